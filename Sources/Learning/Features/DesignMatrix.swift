import CKernels

/// Rows of inputs, one behind the other (row-major), in single precision.
package struct DesignMatrix: Sendable {
    package let rowCount: Int
    /// P, the number of inputs.
    package let width: Int
    /// `rowCount` × `width` numbers; NaN stands for a missing one until it is standardised.
    package private(set) var values: [Float]

    /// - Precondition: The values fill the rows, and there are less than 2³² of these.
    package init(width: Int, values: [Float]) {
        precondition(width > 0 && values.count.isMultiple(of: width), "the rows are not complete")
        rowCount = values.count / width
        precondition(rowCount <= Int(UInt32.max), "the rows are too many to be numbered")
        self.width = width
        self.values = values
    }

    /// The numbers of one row.
    package subscript(row: Int) -> ArraySlice<Float> { values[row * width..<(row + 1) * width] }

    /// These rows, in this order.
    func rows(_ indices: [UInt32]) -> DesignMatrix {
        let values = [Float](unsafeUninitializedCapacity: indices.count * width) { out, count in
            count = indices.count * width
            guard count > 0, let start = out.baseAddress else { return }
            jl_copy_rows(start, self.values, indices, indices.count, width)
        }
        return DesignMatrix(width: width, values: values)
    }

    /// Brings each input to mean 0 and scale 1, and a missing one to 0, which is the mean.
    ///
    /// - Precondition: The standardisation is of the same width.
    mutating func standardise(by standardisation: Standardisation) {
        precondition(standardisation.means.count == width, "the inputs are not these")
        jl_standardise(
            &values, standardisation.means, standardisation.scales, rowCount, width)
    }
}
