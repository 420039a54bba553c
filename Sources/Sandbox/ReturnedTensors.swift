package import Tensors

/// What a worker left in shared memory, copied out and then checked: the worker may still write to
/// the memory while it is read.
package enum ReturnedTensors {
    /// A model has some hundreds of tensors; a longer header is there to be parsed at our expense.
    private static let headerBytesMax = 4 << 20

    /// - Parameters:
    ///   - base: The header of the model that was trained; `nil` where any tensors will do.
    /// - Returns: A canonical safetensors file.
    /// - Throws: ``SandboxFailure/update(_:)``.
    package static func checked(
        _ memory: UnsafeRawBufferPointer, like base: SafetensorsHeader?
    ) throws(SandboxFailure) -> [UInt8] {
        let file = [UInt8](unsafeUninitializedCapacity: memory.count) { buffer, count in
            UnsafeMutableRawBufferPointer(buffer).copyMemory(from: memory)
            count = memory.count
        }
        let header: SafetensorsHeader
        let dataStart: Int
        do throws(SafetensorsError) {
            let count = try SafetensorsHeader.textByteCount(prefix: file, max: headerBytesMax)
            dataStart = SafetensorsHeader.prefixByteCount + count
            guard dataStart <= file.count else {
                throw SafetensorsError.headerCutOff(
                    byteCount: count, found: file.count - SafetensorsHeader.prefixByteCount)
            }
            header = try SafetensorsHeader(
                parsing: file[SafetensorsHeader.prefixByteCount..<dataStart])
        } catch {
            if case .unsupportedType(let tensor, let type) = error {
                let expected = base?.entries.first { $0.name == tensor }?.elementType.rawValue
                throw .update(
                    .wrongType(tensor: tensor, found: type, expected: expected ?? "F32 or F64"))
            }
            throw .update(.malformed("\(error)"))
        }
        guard file.count - dataStart == header.dataByteCount else {
            throw .update(
                .malformed(
                    "it has \(file.count - dataStart) bytes of data, not \(header.dataByteCount)"))
        }
        if let base { try compare(header, with: base) }
        // Order, spaces and metadata could carry what they like: one spelling is allowed.
        guard header.bytes.elementsEqual(file[..<dataStart]) else {
            throw .update(.malformed("its header is not in the canonical form"))
        }
        for entry in header.entries {
            let bytes = dataStart + entry.bytes.lowerBound..<dataStart + entry.bytes.upperBound
            guard isFinite(file, bytes, entry.elementType) else {
                throw .update(.notFinite(tensor: entry.name))
            }
        }
        return file
    }

    private static func compare(
        _ header: SafetensorsHeader, with base: SafetensorsHeader
    ) throws(SandboxFailure) {
        guard !header.entries.isEmpty || base.entries.isEmpty else { throw .update(.nothing) }
        let expected = byName(base)
        let found = byName(header)
        for entry in header.entries where expected[Array(entry.name.utf8)] == nil {
            throw .update(.unexpected(tensor: entry.name))
        }
        for entry in base.entries {
            guard let other = found[Array(entry.name.utf8)] else {
                throw .update(.missing(tensor: entry.name))
            }
            guard other.shape == entry.shape else {
                throw .update(
                    .wrongShape(tensor: entry.name, found: other.shape, expected: entry.shape))
            }
            guard other.elementType == entry.elementType else {
                throw .update(
                    .wrongType(
                        tensor: entry.name, found: other.elementType.rawValue,
                        expected: entry.elementType.rawValue))
            }
        }
    }

    private static func byName(_ header: SafetensorsHeader) -> [[UInt8]: SafetensorsHeader.Entry] {
        Dictionary(header.entries.map { (Array($0.name.utf8), $0) }, uniquingKeysWith: { $1 })
    }

    /// Neither infinite nor NaN: their exponents have all bits set (IEEE 754).
    private static func isFinite(
        _ file: [UInt8], _ range: Range<Int>, _ type: Tensor.ElementType
    ) -> Bool {
        file.withUnsafeBytes { file in
            let bytes = UnsafeRawBufferPointer(rebasing: file[range])
            switch type {
            case .float32:
                return isFinite(bytes, exponent: UInt32(0x7F80_0000))
            case .float64:
                return isFinite(bytes, exponent: UInt64(0x7FF0_0000_0000_0000))
            }
        }
    }

    private static func isFinite<Word: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
        _ bytes: UnsafeRawBufferPointer, exponent: Word
    ) -> Bool {
        let count = bytes.count / MemoryLayout<Word>.size
        var start = 0
        while start < count {
            // Without a branch within a block, so that the compiler can use vectors.
            let end = min(start + 4_096, count)
            var found: Word = 0
            for index in start..<end {
                let word = bytes.loadUnaligned(
                    fromByteOffset: index * MemoryLayout<Word>.size, as: Word.self)
                found |= word & exponent == exponent ? 1 : 0
            }
            if found != 0 { return false }
            start = end
        }
        return true
    }
}
