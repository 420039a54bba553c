import Encodings
import Learning

/// MNIST, read from its IDX files: 60,000 images to train on and 10,000 to judge by.
struct DigitImages {
    static let width = 784
    let layout: FeatureLayout
    let target: Target
    let training: LabelledRows
    let test: LabelledRows

    /// - Throws: ``ReferenceDataError``.
    init(reading data: ReferenceData) throws {
        layout = try .numeric((0..<Self.width).map { "p\($0)" })
        target = try Target(json: [
            "kind": "classes", "column": "digit",
            "classes": .array((0...9).map { .string("\($0)") }),
        ])
        training = try Self.rows(data, "train", count: 60_000)
        test = try Self.rows(data, "t10k", count: 10_000)
    }

    /// Inputs from 0 to 1.
    private static func rows(
        _ data: ReferenceData, _ name: String, count: Int
    ) throws(ReferenceDataError) -> LabelledRows {
        let images = try elements(
            data, "mnist/\(name)-images-idx3-ubyte.gz", shape: [count, 28, 28])
        let labels = try elements(data, "mnist/\(name)-labels-idx1-ubyte.gz", shape: [count])
        guard labels.allSatisfy({ $0 <= 9 }) else {
            throw .malformed(
                file: "mnist/\(name)-labels-idx1-ubyte.gz", line: 1,
                problem: "should hold digits")
        }
        return LabelledRows(
            inputs: DesignMatrix(width: width, values: images.map { Float($0) / 255 }),
            labels: labels.map { Float($0) })
    }

    /// An IDX file of bytes: two zeros, 8, the number of dimensions, each as a big-endian integer
    /// of four bytes, and the elements.
    private static func elements(
        _ data: ReferenceData, _ file: String, shape: [Int]
    ) throws(ReferenceDataError) -> ArraySlice<UInt8> {
        let bytes = try data.decompressed(file)
        var header: [UInt8] = [0, 0, 8, UInt8(shape.count)]
        for length in shape {
            header += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) }
        }
        guard bytes.starts(with: header), bytes.count == header.count + shape.reduce(1, *) else {
            throw .malformed(
                file: file, line: 1, problem: "should be an IDX file of the shape \(shape)")
        }
        return bytes[header.count...]
    }
}
