package import Contracts
import Synchronization
package import Tensors
import Trainers

/// Blobs in memory, for aggregation to read and write.
package final class MemoryBlobs: Sendable {
    private let blobs = Mutex<[BlobDigest: [UInt8]]>([:])

    package init() {}

    package func keep(_ bytes: [UInt8]) -> BlobDigest {
        let digest = BlobDigest(of: bytes)
        blobs.withLock { $0[digest] = bytes }
        return digest
    }

    package var all: [BlobDigest: [UInt8]] { blobs.withLock { $0 } }

    package subscript(_ digest: BlobDigest) -> [UInt8]? { blobs.withLock { $0[digest] } }

    package func file(_ digest: BlobDigest) throws -> SafetensorsFile {
        try SafetensorsFile(
            self[digest] ?? [], headerByteCountMax: RoundAggregation.headerBytesMax)
    }

    package func sink() -> MemorySink { MemorySink(blobs: self) }
}

package struct MemorySink: ResultSink {
    fileprivate let blobs: MemoryBlobs
    private var bytes: [UInt8] = []

    fileprivate init(blobs: MemoryBlobs) { self.blobs = blobs }

    package mutating func write(_ bytes: UnsafeRawBufferPointer) {
        self.bytes.append(contentsOf: bytes)
    }

    package consuming func finish() -> BlobDigest { blobs.keep(bytes) }
}
