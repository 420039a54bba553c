package import Contracts
package import Storage
import Strategies
package import Tensors

extension BlobStore {
    /// Opens a model or an update, of which only the header is read now.
    ///
    /// - Throws: `StorageError` where it is not here, `SafetensorsError` where it is no such file.
    package func tensors(_ digest: BlobDigest) throws -> SafetensorsFile {
        try SafetensorsFile(
            open(digest).bytes, headerByteCountMax: RoundAggregation.headerBytesMax)
    }
}

extension BlobWriter: ResultSink {
    package consuming func finish() throws -> BlobDigest { try finish(expecting: nil) }
}
