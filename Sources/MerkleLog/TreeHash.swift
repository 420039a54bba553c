package import Crypto
import Encodings

/// A SHA-256 hash in a Merkle tree: of a leaf, of two subtrees together, or of the empty tree.
///
/// The first byte of what is hashed keeps leaves and parents apart, so that nobody can show a
/// parent as an entry (RFC 6962 §2.1).
package struct TreeHash: Hashable, Sendable, CustomStringConvertible {
    package static let byteCount = 32

    /// The root of a tree without leaves.
    package static let empty = TreeHash(SHA256.hash(data: [UInt8]()))

    // The bytes as they lie in memory. Words rather than an array: millions of hashes are
    // compared, copied and put into tiles, and none of that may allocate or count references.
    private let word0: UInt64
    private let word1: UInt64
    private let word2: UInt64
    private let word3: UInt64

    /// The hash of an entry.
    package static func leaf(_ entry: [UInt8]) -> TreeHash {
        var hasher = SHA256()
        withUnsafeBytes(of: UInt8(0)) { hasher.update(bufferPointer: $0) }
        entry.withUnsafeBytes { hasher.update(bufferPointer: $0) }
        return TreeHash(hasher.finalize())
    }

    /// The hash of the subtree that two neighbouring subtrees make.
    package static func parent(_ left: TreeHash, _ right: TreeHash) -> TreeHash {
        // One buffer on the stack and one update. An update each for prefix, left and right
        // costs more, and an array would be allocated for every hash.
        withUnsafeTemporaryAllocation(byteCount: 1 + 2 * byteCount, alignment: 1) { buffer in
            buffer[0] = 1
            buffer.storeBytes(of: left, toByteOffset: 1, as: TreeHash.self)
            buffer.storeBytes(of: right, toByteOffset: 1 + byteCount, as: TreeHash.self)
            var hasher = SHA256()
            hasher.update(bufferPointer: UnsafeRawBufferPointer(buffer))
            return TreeHash(hasher.finalize())
        }
    }

    private init(_ digest: SHA256Digest) {
        self = digest.withUnsafeBytes { $0.loadUnaligned(as: TreeHash.self) }
    }

    /// - Returns: `nil` unless there are 32 bytes.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        self = withUnsafeTemporaryAllocation(byteCount: Self.byteCount, alignment: 8) { buffer in
            buffer.copyBytes(from: bytes)
            return buffer.load(as: TreeHash.self)
        }
    }

    /// - Returns: `nil` unless the text is 32 bytes in base64 with padding.
    package init?(base64: some StringProtocol) {
        guard let bytes = Base64.decode(base64) else { return nil }
        self.init(bytes: bytes)
    }

    package var bytes: [UInt8] { withUnsafeBytes(of: self) { Array($0) } }
    package var base64: String { Base64.encode(bytes) }

    /// In hexadecimal.
    package var description: String { Hex.encode(bytes) }

    /// Feeds the 32 bytes to a running checksum.
    package func update(_ checksum: inout some HashFunction) {
        withUnsafeBytes(of: self) { checksum.update(bufferPointer: $0) }
    }
}
