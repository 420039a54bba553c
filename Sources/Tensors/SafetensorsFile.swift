/// A safetensors file that stays where it is: its header has been read, and any of its elements can
/// be, a block at a time.
///
/// It is as strict as ``Safetensors``: each byte of the file is accounted for.
package struct SafetensorsFile: Sendable {
    /// Fills a buffer with the file's bytes from a place on, or throws.
    package typealias Reading =
        @Sendable (_ offset: Int, _ buffer: UnsafeMutableRawBufferPointer) throws -> Void

    package let header: SafetensorsHeader
    /// Where the data begins.
    private let dataStart: Int
    private let read: Reading
    /// The tensors of float32, and how many elements come before each.
    private let float32: [(start: Int, entry: SafetensorsHeader.Entry)]

    /// How many float32 elements the file has.
    package let float32Count: Int

    /// Reads the header.
    ///
    /// - Parameters:
    ///   - byteCount: The length of the file.
    ///   - headerByteCountMax: How long its JSON text may be. Parsed, it takes some tens of times
    ///     its length, so pass what honest files need.
    /// - Throws: ``SafetensorsError``, which says what is wrong and with which tensor, and what
    ///   reading throws.
    package init(
        byteCount: Int, headerByteCountMax: Int = SafetensorsHeader.textByteCountMax,
        read: @escaping Reading
    ) throws {
        func bytes(_ range: Range<Int>) throws -> [UInt8] {
            var bytes = [UInt8](repeating: 0, count: range.count)
            try bytes.withUnsafeMutableBytes { try read(range.lowerBound, $0) }
            return bytes
        }
        let textStart = SafetensorsHeader.prefixByteCount
        let prefix = try bytes(0..<min(max(byteCount, 0), textStart))
        let textByteCount = try SafetensorsHeader.textByteCount(
            prefix: prefix, max: headerByteCountMax)
        guard textByteCount <= byteCount - textStart else {
            throw SafetensorsError.headerCutOff(
                byteCount: textByteCount, found: byteCount - textStart)
        }
        let dataStart = textStart + textByteCount
        let header = try SafetensorsHeader(parsing: bytes(textStart..<dataStart))
        guard byteCount - dataStart == header.dataByteCount else {
            throw SafetensorsError.wrongDataByteCount(
                found: byteCount - dataStart, expected: header.dataByteCount)
        }
        self.header = header
        self.dataStart = dataStart
        self.read = read
        var count = 0
        float32 = header.entries.filter { $0.elementType == .float32 }.map { entry in
            defer { count += entry.elementCount }
            return (count, entry)
        }
        float32Count = count
    }

    /// Where a tensor's bytes lie in the file.
    package func bytes(of entry: SafetensorsHeader.Entry) -> Range<Int> {
        (dataStart + entry.bytes.lowerBound)..<(dataStart + entry.bytes.upperBound)
    }

    /// Fills a buffer with a range of the data, counted from its first byte.
    ///
    /// - Throws: ``SafetensorsError/outOfBounds(first:wanted:count:)``, and what reading throws.
    package func readData(
        _ range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer
    ) throws {
        guard range.lowerBound >= 0, range.upperBound <= header.dataByteCount,
            buffer.count == range.count
        else {
            throw SafetensorsError.outOfBounds(
                first: range.lowerBound, wanted: range.count, count: header.dataByteCount)
        }
        guard !buffer.isEmpty else { return }
        try read(dataStart + range.lowerBound, buffer)
    }

    /// Reads elements of one tensor in their little-endian form.
    ///
    /// - Parameters:
    ///   - first: The first of them, counted in the tensor.
    ///   - buffer: A whole number of elements, at most those that the tensor still has.
    /// - Throws: ``SafetensorsError/outOfBounds(first:wanted:count:)``, and what reading throws.
    package func read(
        _ entry: SafetensorsHeader.Entry, from first: Int,
        into buffer: UnsafeMutableRawBufferPointer
    ) throws {
        let size = entry.elementType.byteCount
        let wanted = buffer.count / size
        guard first >= 0, first <= entry.elementCount, wanted <= entry.elementCount - first,
            buffer.count % size == 0
        else {
            throw SafetensorsError.outOfBounds(
                first: first, wanted: wanted, count: entry.elementCount)
        }
        guard wanted > 0 else { return }
        try read(dataStart + entry.bytes.lowerBound + first * size, buffer)
    }

    /// Reads elements of all float32 tensors, taken as one vector in the order of the file.
    ///
    /// - Parameters:
    ///   - range: Within ``float32Count``.
    ///   - buffer: As many elements.
    /// - Throws: ``SafetensorsError/outOfBounds(first:wanted:count:)``, and what reading throws.
    package func readFloat32(
        _ range: Range<Int>, into buffer: UnsafeMutableBufferPointer<Float>
    ) throws {
        guard range.lowerBound >= 0, range.upperBound <= float32Count,
            buffer.count == range.count
        else {
            throw SafetensorsError.outOfBounds(
                first: range.lowerBound, wanted: range.count, count: float32Count)
        }
        var place = range.lowerBound
        for (start, entry) in float32[index(of: place)...] where place < range.upperBound {
            let end = min(start + entry.elementCount, range.upperBound)
            guard end > place else { continue }
            let part = buffer[(place - range.lowerBound)..<(end - range.lowerBound)]
            try read(
                entry, from: place - start,
                into: UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: part)))
            place = end
        }
    }

    /// All float32 tensors as one vector, in the order of the file: how many elements there are, and
    /// what reads a range of them into a buffer of its length.
    package var parameters:
        (
            count: Int,
            read: @Sendable (Range<Int>, UnsafeMutableBufferPointer<Float>) throws -> Void
        )
    { (float32Count, { try readFloat32($0, into: $1) }) }

    /// The last float32 tensor that begins at an element or before it.
    private func index(of element: Int) -> Int {
        var range = 0..<float32.count
        while range.count > 1 {
            let middle = range.lowerBound + range.count / 2
            range =
                float32[middle].start <= element
                ? middle..<range.upperBound : range.lowerBound..<middle
        }
        return range.lowerBound
    }
}

extension SafetensorsHeader.Entry {
    package var elementCount: Int { bytes.count / elementType.byteCount }
}
