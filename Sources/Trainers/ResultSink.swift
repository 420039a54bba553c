package import Contracts
import Crypto

/// Where a round's result is written to as it is computed.
package protocol ResultSink: ~Copyable {
    mutating func write(_ bytes: UnsafeRawBufferPointer) throws
    /// - Returns: The digest of all that was written.
    consuming func finish() throws -> BlobDigest
}

/// Keeps nothing but the digest: for who checks a result that is there already.
package struct DigestSink: ResultSink {
    private var hash = SHA256()

    package init() {}

    package mutating func write(_ bytes: UnsafeRawBufferPointer) {
        hash.update(bufferPointer: bytes)
    }

    package consuming func finish() -> BlobDigest {
        BlobDigest(sha256: Array(hash.finalize()))
    }
}
