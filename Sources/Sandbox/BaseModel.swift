package import Memory
import Tensors

/// The model that a `fit` starts from, in memory that its worker only reads. Each byte of it is
/// accounted for.
package struct BaseModel {
    private let memory: SharedMemory
    let header: SafetensorsHeader
    /// Where the data lies.
    private let place: Range<Int>

    /// Copies a file to the beginning of the memory, which is as long at least.
    ///
    /// - Throws: ``SafetensorsError``, and what reading throws.
    init(_ file: FileBytes, in memory: SharedMemory) throws {
        let bytes = try memory.put(file)
        let count = try SafetensorsHeader.textByteCount(prefix: bytes)
        let start = SafetensorsHeader.prefixByteCount + count
        guard start <= bytes.count else {
            throw SafetensorsError.headerCutOff(byteCount: count, found: bytes.count)
        }
        header = try SafetensorsHeader(
            parsing: bytes[SafetensorsHeader.prefixByteCount..<start])
        guard bytes.count - start == header.dataByteCount else {
            throw SafetensorsError.wrongDataByteCount(
                found: bytes.count - start, expected: header.dataByteCount)
        }
        place = start..<bytes.count
        self.memory = memory
    }

    /// - Throws: ``SafetensorsError``, and what reading throws.
    package init(_ file: FileBytes) throws {
        try self.init(
            file, in: SharedMemory(byteCount: max(file.count, 1), workerWrites: false))
    }

    /// Valid while this value lives.
    var data: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: memory.bytes[place])
    }
}
