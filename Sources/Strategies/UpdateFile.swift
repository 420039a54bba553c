package import Tensors

/// An update's file as it lies somewhere: its header, and a way to read its data.
package struct UpdateFile: Sendable {
    /// Fills the buffer with a range of the bytes behind the header.
    package typealias Read =
        @Sendable (
            _ range: Range<Int>, _ buffer: UnsafeMutableRawBufferPointer
        ) throws -> Void

    package let header: SafetensorsHeader
    package let read: Read

    /// - Parameters:
    ///   - header: Whose ``SafetensorsHeader/dataByteCount`` bytes have been found to be there.
    ///   - read: Is asked for ranges within them.
    package init(header: SafetensorsHeader, read: @escaping Read) {
        self.header = header
        self.read = read
    }

    /// A file in memory.
    ///
    /// - Throws: ``UpdateFormatError/file(_:)``.
    package init(
        _ bytes: [UInt8], headerByteCountMax: Int = SafetensorsHeader.textByteCountMax
    ) throws(UpdateFormatError) {
        let header: SafetensorsHeader
        let start: Int
        do throws(SafetensorsError) {
            let textStart = SafetensorsHeader.prefixByteCount
            let textByteCount = try SafetensorsHeader.textByteCount(
                prefix: bytes, max: headerByteCountMax)
            guard textByteCount <= bytes.count - textStart else {
                throw .headerCutOff(byteCount: textByteCount, found: bytes.count - textStart)
            }
            start = textStart + textByteCount
            header = try SafetensorsHeader(parsing: bytes[textStart..<start])
            guard bytes.count - start == header.dataByteCount else {
                throw .wrongDataByteCount(
                    found: bytes.count - start, expected: header.dataByteCount)
            }
        } catch {
            throw .file(error)
        }
        self.init(header: header) { range, buffer in
            bytes.withUnsafeBytes { bytes in
                buffer.copyMemory(
                    from: UnsafeRawBufferPointer(
                        rebasing: bytes[start + range.lowerBound..<start + range.upperBound]))
            }
        }
    }

    /// Some elements of a tensor, of whose type `Element` has to be.
    func elements<Element: BitwiseCopyable>(
        _ range: Range<Int>, of entry: SafetensorsHeader.Entry, as type: Element.Type = Element.self
    ) throws -> [Element] {
        try [Element](unsafeUninitializedCapacity: range.count) { buffer, initialized in
            try read(
                bytes(range, of: entry),
                UnsafeMutableRawBufferPointer(
                    UnsafeMutableBufferPointer(rebasing: buffer[..<range.count])))
            initialized = range.count
        }
    }

    func read(
        _ range: Range<Int>, of entry: SafetensorsHeader.Entry,
        into buffer: UnsafeMutableBufferPointer<Float>
    ) throws {
        try read(bytes(range, of: entry), UnsafeMutableRawBufferPointer(buffer))
    }

    private func bytes(_ range: Range<Int>, of entry: SafetensorsHeader.Entry) -> Range<Int> {
        let width = entry.elementType.byteCount
        return entry.bytes.lowerBound + range.lowerBound * width..<entry.bytes.lowerBound
            + range.upperBound * width
    }
}
