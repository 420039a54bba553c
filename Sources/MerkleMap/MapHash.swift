import Crypto
import Encodings

/// A SHA-256 in the authenticated map.
package struct MapHash: Hashable, Sendable, CustomStringConvertible {
    package static let byteCount = 32
    /// The root of a map without keys, and the hash of an absent branch.
    package static let empty = MapHash(words: .zero)

    // Four words rather than an array of bytes: a map holds one of these a key, and an array would
    // be an allocation each.
    private let words: SIMD4<UInt64>

    private init(words: SIMD4<UInt64>) {
        self.words = words
    }

    package init(sha256 bytes: some Collection<UInt8>) {
        self.init(SHA256.hash(data: Array(bytes)))
    }

    /// - Returns: `nil` unless there are 32 bytes.
    package init?(bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        words = bytes.withUnsafeBytes { $0.loadUnaligned(as: SIMD4<UInt64>.self) }
    }

    private init(_ digest: SHA256Digest) {
        words = digest.withUnsafeBytes { $0.loadUnaligned(as: SIMD4<UInt64>.self) }
    }

    package var bytes: [UInt8] { withUnsafeBytes(of: words) { Array($0) } }
    package var base64: String { Base64.encode(bytes) }
    package var description: String { Hex.encode(bytes) }

    /// The hash of a key with its value: SHA-256 of 0x00, the key's hash and the value's.
    static func leaf(key: MapHash, value: MapHash) -> MapHash {
        node(prefix: 0x00, key, value)
    }

    /// The hash of a branch over two subtrees, one of which may be ``empty``: SHA-256 of 0x01 and
    /// their hashes.
    static func branch(_ left: MapHash, _ right: MapHash) -> MapHash {
        node(prefix: 0x01, left, right)
    }

    private static func node(prefix: UInt8, _ left: MapHash, _ right: MapHash) -> MapHash {
        withUnsafeTemporaryAllocation(byteCount: 65, alignment: 8) { buffer in
            buffer.storeBytes(of: prefix, as: UInt8.self)
            buffer.storeBytes(of: left.words, toByteOffset: 1, as: SIMD4<UInt64>.self)
            buffer.storeBytes(of: right.words, toByteOffset: 33, as: SIMD4<UInt64>.self)
            return MapHash(SHA256.hash(data: UnsafeRawBufferPointer(buffer)))
        }
    }

    /// Bit 0 is the most significant one of the first byte.
    func bit(_ depth: Int) -> Bool {
        let word = words[depth / 64].bigEndian
        return word >> (63 - UInt64(depth % 64)) & 1 == 1
    }
}
