/// Writes a safetensors file block by block, for whoever never has all of it: the header goes first,
/// because all sizes are known from the start.
///
/// ```swift
/// var writer = SafetensorsWriter(header)
/// try writer.begin { try blob.write($0) }
/// try writer.write(block) { try blob.write($0) }   // until all is written
/// try writer.finish()
/// ```
package struct SafetensorsWriter: Sendable {
    private let header: SafetensorsHeader
    /// How much of the data has been written; `nil` before the header has.
    private var offset: Int?

    package init(_ header: SafetensorsHeader) {
        self.header = header
    }

    /// Writes the header.
    ///
    /// - Throws: What the sink throws.
    package mutating func begin(
        to sink: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        precondition(offset == nil, "the header has been written")
        try header.bytes.withUnsafeBytes(sink)
        offset = 0
    }

    /// Writes the next elements, which may belong to several tensors, but all of them to float32.
    ///
    /// - Throws: ``SafetensorsError/wrongPlace(offset:byteCount:)``, and what the sink throws.
    package mutating func write(
        _ elements: UnsafeBufferPointer<Float>, to sink: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let bytes = UnsafeRawBufferPointer(elements)
        let start = offset ?? 0
        let isElsewhere = header.entries.contains {
            $0.elementType != .float32
                && $0.bytes.overlaps(
                    start..<start.addingReportingOverflow(bytes.count).partialValue)
        }
        guard !isElsewhere else {
            throw SafetensorsError.wrongPlace(offset: start, byteCount: bytes.count)
        }
        try write(bytes: bytes, to: sink)
    }

    /// Writes the next bytes of the data, whatever type they are of.
    ///
    /// - Throws: ``SafetensorsError/wrongPlace(offset:byteCount:)``, and what the sink throws.
    package mutating func write(
        bytes: UnsafeRawBufferPointer, to sink: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        guard let start = offset, bytes.count <= header.dataByteCount - start else {
            throw SafetensorsError.wrongPlace(offset: offset ?? 0, byteCount: bytes.count)
        }
        guard !bytes.isEmpty else { return }
        try sink(bytes)
        offset = start + bytes.count
    }

    /// Makes sure that the file is whole.
    ///
    /// - Throws: ``SafetensorsError/unfinished(written:expected:)``.
    package func finish() throws(SafetensorsError) {
        guard let offset, offset == header.dataByteCount else {
            throw .unfinished(written: offset ?? 0, expected: header.dataByteCount)
        }
    }
}
