package import Memory

/// A safetensors file that stays where it is: its header has been read, and any part of its data can
/// be, a block at a time.
///
/// It is as strict as ``Safetensors``: each byte of the file is accounted for.
package struct SafetensorsFile: Sendable {
    package let header: SafetensorsHeader
    /// Where the data begins.
    private let dataStart: Int
    /// All of the file, its header too.
    package let bytes: FileBytes

    /// Reads the header.
    ///
    /// - Parameters:
    ///   - file: Its bytes.
    ///   - headerByteCountMax: How long its JSON text may be. Parsed, it takes some tens of times
    ///     its length, so pass what honest files need.
    /// - Throws: ``SafetensorsError``, which says what is wrong and with which tensor, and what
    ///   reading throws.
    package init(
        _ file: FileBytes, headerByteCountMax: Int = SafetensorsHeader.textByteCountMax
    ) throws {
        let byteCount = file.count
        func part(_ range: Range<Int>) throws -> [UInt8] {
            var part = [UInt8](repeating: 0, count: range.count)
            try part.withUnsafeMutableBytes { try file.read(from: range.lowerBound, into: $0) }
            return part
        }
        let textStart = SafetensorsHeader.prefixByteCount
        let prefix = try part(0..<min(byteCount, textStart))
        let textByteCount = try SafetensorsHeader.textByteCount(
            prefix: prefix, max: headerByteCountMax)
        guard textByteCount <= byteCount - textStart else {
            throw SafetensorsError.headerCutOff(
                byteCount: textByteCount, found: byteCount - textStart)
        }
        let dataStart = textStart + textByteCount
        let header = try SafetensorsHeader(parsing: part(textStart..<dataStart))
        guard byteCount - dataStart == header.dataByteCount else {
            throw SafetensorsError.wrongDataByteCount(
                found: byteCount - dataStart, expected: header.dataByteCount)
        }
        self.header = header
        self.dataStart = dataStart
        bytes = file
    }

    /// A file in memory.
    ///
    /// - Throws: ``SafetensorsError``.
    package init(
        _ bytes: [UInt8], headerByteCountMax: Int = SafetensorsHeader.textByteCountMax
    ) throws {
        try self.init(FileBytes(bytes), headerByteCountMax: headerByteCountMax)
    }

    /// Fills a buffer with a range of the data, counted from its first byte.
    ///
    /// - Throws: ``SafetensorsError/outOfBounds(first:wanted:count:)``, and what reading throws.
    package func read(
        _ range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer
    ) throws {
        guard range.lowerBound >= 0, range.upperBound <= header.dataByteCount,
            buffer.count == range.count
        else {
            throw SafetensorsError.outOfBounds(
                first: range.lowerBound, wanted: range.count, count: header.dataByteCount)
        }
        guard !buffer.isEmpty else { return }
        try bytes.read(from: dataStart + range.lowerBound, into: buffer)
    }

    /// Fills a buffer with elements of one tensor, in their little-endian form.
    ///
    /// - Parameters:
    ///   - elements: Counted in the tensor.
    ///   - buffer: As many elements.
    /// - Throws: ``SafetensorsError/outOfBounds(first:wanted:count:)``, and what reading throws.
    package func read(
        _ elements: Range<Int>, of entry: SafetensorsHeader.Entry,
        into buffer: UnsafeMutableRawBufferPointer
    ) throws {
        let width = entry.elementType.byteCount
        guard elements.lowerBound >= 0, elements.upperBound <= entry.elementCount,
            buffer.count == elements.count * width
        else {
            throw SafetensorsError.outOfBounds(
                first: elements.lowerBound, wanted: elements.count, count: entry.elementCount)
        }
        let start = entry.bytes.lowerBound
        try read(
            start + elements.lowerBound * width..<start + elements.upperBound * width, into: buffer)
    }

    /// Elements of one tensor, of whose type `Element` has to be.
    ///
    /// - Throws: As ``read(_:of:into:)``.
    package func elements<Element: BitwiseCopyable>(
        _ range: Range<Int>, of entry: SafetensorsHeader.Entry, as type: Element.Type = Element.self
    ) throws -> [Element] {
        try [Element](unsafeUninitializedCapacity: range.count) { buffer, initialized in
            try read(
                range, of: entry,
                into: UnsafeMutableRawBufferPointer(
                    UnsafeMutableBufferPointer(rebasing: buffer[..<range.count])))
            initialized = range.count
        }
    }
}

extension SafetensorsHeader.Entry {
    package var elementCount: Int { bytes.count / elementType.byteCount }
}
