import Foundation
package import Tensors

/// What a worker left in shared memory, copied out and then checked: the worker may still write to
/// the memory while it is read.
package enum ReturnedTensors {
    /// A model has some hundreds of tensors; a longer header is there to be parsed at our expense.
    private static let headerBytesMax = 4 << 20
    /// A multiple of every element's size.
    private static let pieceBytes = 65_536

    /// - Parameters:
    ///   - base: The header of the model that was trained; `nil` where any tensors will do.
    /// - Returns: A canonical safetensors file.
    /// - Throws: ``SandboxFailure/update(_:)``.
    package static func checked(
        _ memory: UnsafeRawBufferPointer, like base: SafetensorsHeader?
    ) throws(SandboxFailure) -> [UInt8] {
        let head: [UInt8]
        let header: SafetensorsHeader
        let dataStart: Int
        do throws(SafetensorsError) {
            let count = try SafetensorsHeader.textByteCount(prefix: memory, max: headerBytesMax)
            dataStart = SafetensorsHeader.prefixByteCount + count
            guard dataStart <= memory.count else {
                throw SafetensorsError.headerCutOff(
                    byteCount: count, found: memory.count - SafetensorsHeader.prefixByteCount)
            }
            head = Array(memory[..<dataStart])
            header = try SafetensorsHeader(parsing: head[SafetensorsHeader.prefixByteCount...])
        } catch {
            if case .unsupportedType(let tensor, let type) = error {
                let expected = base?.entries.first { $0.name == tensor }?.elementType.rawValue
                throw .update(
                    .wrongType(tensor: tensor, found: type, expected: expected ?? "F32 or F64"))
            }
            throw .update(.malformed("\(error)"))
        }
        guard memory.count - dataStart == header.dataByteCount else {
            throw .update(
                .malformed(
                    "it has \(memory.count - dataStart) bytes of data, not \(header.dataByteCount)")
            )
        }
        if let base { try compare(header, with: base) }
        // Order, spaces and metadata could carry what they like: one spelling is allowed.
        guard header.bytes == head else {
            throw .update(.malformed("its header is not in the canonical form"))
        }
        return try copy(memory, head: head, entries: header.entries)
    }

    /// Copies piece by piece, and looks at each piece while it is in the cache.
    private static func copy(
        _ memory: UnsafeRawBufferPointer, head: [UInt8], entries: [SafetensorsHeader.Entry]
    ) throws(SandboxFailure) -> [UInt8] {
        var notFinite: String?
        let file = [UInt8](unsafeUninitializedCapacity: memory.count) { buffer, count in
            let file = UnsafeMutableRawBufferPointer(buffer)
            useHugePages(file)
            file.copyBytes(from: head)
            for entry in entries {
                var start = head.count + entry.bytes.lowerBound
                let end = head.count + entry.bytes.upperBound
                while start < end {
                    let piece = start..<min(start + pieceBytes, end)
                    let copied = UnsafeMutableRawBufferPointer(rebasing: file[piece])
                    copied.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[piece]))
                    if !isFinite(UnsafeRawBufferPointer(copied), entry.elementType) {
                        notFinite = entry.name
                        return
                    }
                    start = piece.upperBound
                }
            }
            count = memory.count
        }
        if let notFinite { throw .update(.notFinite(tensor: notFinite)) }
        return file
    }

    /// Asks for memory in large pages: fetching new memory for a large update in small ones takes
    /// longer than copying it.
    private static func useHugePages(_ buffer: UnsafeMutableRawBufferPointer) {
        #if os(Linux)
            guard buffer.count >= 8 << 20, let start = buffer.baseAddress else { return }
            let page = Int(sysconf(Int32(_SC_PAGESIZE)))
            let first = start.alignedUp(toMultipleOf: page)
            let count = (buffer.count - (first - start)) / page * page
            _ = madvise(first, count, MADV_HUGEPAGE)
        #endif
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
        _ bytes: UnsafeRawBufferPointer, _ type: Tensor.ElementType
    ) -> Bool {
        switch type {
        case .float32: isFinite(bytes, exponent: UInt32(0x7F80_0000))
        case .float64: isFinite(bytes, exponent: UInt64(0x7FF0_0000_0000_0000))
        case .uint32, .int8, .uint8: true
        }
    }

    private static func isFinite<Word: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
        _ bytes: UnsafeRawBufferPointer, exponent: Word
    ) -> Bool {
        let size = MemoryLayout<Word>.size
        // Without a branch within the loop, so that the compiler can use vectors.
        var largest: Word = 0
        for index in 0..<bytes.count / size {
            let word = bytes.loadUnaligned(fromByteOffset: index * size, as: Word.self)
            largest = max(largest, word & exponent)
        }
        return largest != exponent
    }
}
