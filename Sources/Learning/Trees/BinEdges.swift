import CKernels

/// Where the values of each input are cut into bins: bin b holds what is above edge b − 1 and at
/// most edge b.
package struct BinEdges: Hashable, Sendable {
    /// For each input at most 254, ascending.
    package let edges: [[Float]]

    init(_ edges: [[Float]]) {
        self.edges = edges
    }

    var width: Int { edges.count }

    /// Where the slots of each input begin, in sums over bins: one for each bin, and one for
    /// missing values behind them. The last element is the number of all slots.
    var slotOffsets: [UInt32] {
        edges.reduce(into: [0]) { $0.append($0[$0.count - 1] + UInt32($1.count) + 2) }
    }

    /// For each row and input the bin, or 255 where the value is missing.
    func bins(of inputs: DesignMatrix) -> [UInt8] {
        precondition(inputs.width == width, "the inputs are not these")
        let starts = edges.reduce(into: [UInt32(0)]) {
            $0.append($0[$0.count - 1] + UInt32($1.count))
        }
        // A pointer to nothing is no pointer.
        let flat = edges.flatMap(\.self) + [0]
        return [UInt8](unsafeUninitializedCapacity: inputs.rowCount * width) { bins, count in
            count = inputs.rowCount * width
            guard let first = bins.baseAddress else { return }
            jl_bin_rows(first, inputs.values, flat, starts, inputs.rowCount, width)
        }
    }

    /// The edges that the members' summaries lead to: all their cuts where these are few enough;
    /// otherwise those that divide the rows of all members most evenly, as far as the summaries
    /// tell.
    init(merging summaries: [TreeStatistics], bins: Int) {
        let width = summaries.first?.columns.count ?? 0
        edges = (0..<width).map { column in
            let parts = summaries.map { $0.columns[column] }
            let cuts = Set(parts.flatMap(\.cuts)).sorted()
            guard cuts.count >= bins else { return cuts }
            let total = parts.reduce(0) { $0 + $1.rows.reduce(0, +) }
            var below = [Double](repeating: 0, count: cuts.count)
            for part in parts {
                for (place, rows) in part.rowsBelow(cuts).enumerated() { below[place] += rows }
            }
            // The rows above the last edge are shared out among the bins that are left, so that one
            // frequent value takes but one bin.
            var chosen: [Float] = []
            var wanted = total / Double(bins)
            for (place, cut) in cuts.enumerated()
            where chosen.count < bins - 1 && below[place] >= wanted {
                chosen.append(cut)
                wanted =
                    below[place] + (total - below[place]) / Double(bins - chosen.count)
            }
            return chosen
        }
    }
}
