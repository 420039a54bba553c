import CKernels
import Foundation
package import Memory
import Tensors

/// What a worker left in shared memory, checked: a canonical safetensors file in memory of the node's
/// own.
///
/// The worker may still write to the shared memory while it is read. So each byte is read once, and
/// what is checked is what was read.
package final class ReturnedTensors: Sendable {
    /// A model has some hundreds of tensors; a longer header is there to be parsed at our expense.
    private static let headerBytesMax = 4 << 20
    /// What is larger than this passes the caches by, because it would not stay there.
    private static let streamedBytesMin = 1 << 20

    private let block: ResultMemory.Block
    private let memory: ResultMemory
    package let byteCount: Int

    private init(_ block: ResultMemory.Block, of memory: ResultMemory, byteCount: Int) {
        self.block = block
        self.memory = memory
        self.byteCount = byteCount
    }

    deinit { memory.giveBack(block) }

    /// The file.
    package var bytes: [UInt8] { withUnsafeBytes { Array($0) } }

    package func withUnsafeBytes<Result, Failure>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(rebasing: block.bytes[..<byteCount]))
    }

    /// The file where it lies.
    package var file: FileBytes {
        FileBytes(count: byteCount) { offset, buffer in
            self.withUnsafeBytes {
                buffer.copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + buffer.count]))
            }
        }
    }

    /// Takes over what a worker left, whatever it holds.
    ///
    /// - Throws: ``SandboxFailure``: `update`, or `unavailable`.
    package static func checked(
        _ shared: UnsafeRawBufferPointer
    ) throws(SandboxFailure) -> ReturnedTensors {
        try checked(shared, minus: nil, in: ResultMemory())
    }

    /// Takes over what a worker left, which must have the base's tensors and no others, as the
    /// difference to the base.
    ///
    /// - Throws: ``SandboxFailure``: `update`, or `unavailable`.
    package static func checked(
        _ shared: UnsafeRawBufferPointer, minus base: BaseModel
    ) throws(SandboxFailure) -> ReturnedTensors {
        try checked(shared, minus: base, in: ResultMemory())
    }

    static func checked(
        _ shared: UnsafeRawBufferPointer, minus base: BaseModel?, in memory: ResultMemory
    ) throws(SandboxFailure) -> ReturnedTensors {
        let head: [UInt8]
        let header: SafetensorsHeader
        let dataStart: Int
        do throws(SafetensorsError) {
            let count = try SafetensorsHeader.textByteCount(prefix: shared, max: headerBytesMax)
            dataStart = SafetensorsHeader.prefixByteCount + count
            guard dataStart <= shared.count else {
                throw SafetensorsError.headerCutOff(
                    byteCount: count, found: shared.count - SafetensorsHeader.prefixByteCount)
            }
            head = Array(shared[..<dataStart])
            header = try SafetensorsHeader(parsing: head[SafetensorsHeader.prefixByteCount...])
        } catch {
            if case .unsupportedType(let tensor, let type) = error {
                let expected = base?.header.entries.first { $0.name == tensor }?.elementType
                throw .update(
                    .wrongType(
                        tensor: tensor, found: type,
                        expected: expected?.rawValue ?? "F32 or F64"))
            }
            throw .update(.malformed("\(error)"))
        }
        guard shared.count - dataStart == header.dataByteCount else {
            throw .update(
                .malformed(
                    "it has \(shared.count - dataStart) bytes of data, not \(header.dataByteCount)")
            )
        }
        if let base { try compare(header, with: base.header) }
        // Order, spaces and metadata could carry what they like: one spelling is allowed.
        guard header.bytes == head else {
            throw .update(.malformed("its header is not in the canonical form"))
        }
        // Given back also where a tensor is refused.
        let returned = ReturnedTensors(
            try memory.take(shared.count), of: memory, byteCount: shared.count)
        let file = returned.block.bytes
        file.copyBytes(from: head)
        try take(
            header.entries, from: UnsafeRawBufferPointer(rebasing: shared[dataStart...]),
            minus: base, to: UnsafeMutableRawBufferPointer(rebasing: file[dataStart..<shared.count])
        )
        return returned
    }

    private static func take(
        _ entries: [SafetensorsHeader.Entry], from shared: UnsafeRawBufferPointer,
        minus base: BaseModel?, to target: UnsafeMutableRawBufferPointer
    ) throws(SandboxFailure) {
        guard let base else {
            for entry in entries {
                try take(
                    entry, from: UnsafeRawBufferPointer(rebasing: shared[entry.bytes]), minus: nil,
                    to: UnsafeMutableRawBufferPointer(rebasing: target[entry.bytes]))
            }
            return
        }
        let baseRanges = byName(base.header).mapValues(\.bytes)
        for entry in entries {
            guard let range = baseRanges[Array(entry.name.utf8)] else {
                throw .update(.unexpected(tensor: entry.name))
            }
            try take(
                entry, from: UnsafeRawBufferPointer(rebasing: shared[entry.bytes]),
                minus: UnsafeRawBufferPointer(rebasing: base.data[range]),
                to: UnsafeMutableRawBufferPointer(rebasing: target[entry.bytes]))
        }
    }

    /// - Parameter base: As many bytes, of the same type.
    private static func take(
        _ entry: SafetensorsHeader.Entry, from shared: UnsafeRawBufferPointer,
        minus base: UnsafeRawBufferPointer?, to target: UnsafeMutableRawBufferPointer
    ) throws(SandboxFailure) {
        guard let from = shared.baseAddress, let to = target.baseAddress, !shared.isEmpty else {
            return
        }
        let minus = base?.baseAddress
        let streams: Int32 = target.count >= streamedBytesMin ? 1 : 0
        let isFinite: Int32
        switch entry.elementType {
        case .float32:
            let count = target.count / MemoryLayout<Float>.size
            isFinite = jl_difference_f32(
                to.assumingMemoryBound(to: Float.self), from, minus, count, streams)
        case .float64:
            let count = target.count / MemoryLayout<Double>.size
            isFinite = jl_difference_f64(
                to.assumingMemoryBound(to: Double.self), from, minus, count, streams)
        case .uint32:
            target.copyMemory(from: shared)
            if let base { subtract(base, from: target, as: UInt32.self) }
            isFinite = 1
        case .int8, .uint8:
            target.copyMemory(from: shared)
            if let base { subtract(base, from: target, as: UInt8.self) }
            isFinite = 1
        }
        guard isFinite != 0 else { throw .update(.notFinite(tensor: entry.name)) }
    }

    /// As unsigned numbers go round, which is the same for signed ones.
    private static func subtract<Word: FixedWidthInteger & BitwiseCopyable>(
        _ base: UnsafeRawBufferPointer, from target: UnsafeMutableRawBufferPointer, as _: Word.Type
    ) {
        for start in stride(from: 0, to: target.count, by: MemoryLayout<Word>.size) {
            let value = target.loadUnaligned(fromByteOffset: start, as: Word.self)
            let other = base.loadUnaligned(fromByteOffset: start, as: Word.self)
            target.storeBytes(of: value &- other, toByteOffset: start, as: Word.self)
        }
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
}
