import Crypto
import Encodings

/// An Ed25519 public key (RFC 8032) that is fit to be someone's: its encoding is the only one of
/// its point, and the point is not one of the eight that make a signature say nothing.
///
/// Libraries differ on those edge cases. They cannot differ about a key of this type, so nodes
/// that verify with another library still agree.
package struct PublicKey: Hashable, Sendable {
    package static let byteCount = 32

    /// The encoding of RFC 8032 §5.1.2, 32 bytes.
    package let bytes: [UInt8]
    /// What envelopes and request signatures name the key by.
    package let id: KeyID

    /// - Throws: ``PublicKeyError``.
    package init(_ bytes: [UInt8]) throws(PublicKeyError) {
        guard bytes.count == Self.byteCount else { throw .wrongLength(bytes.count) }
        var y = bytes
        y[31] &= 0x7F
        guard Self.isBelowFieldPrime(y) else { throw .notCanonical }
        guard !Self.smallOrderY.contains(y) else { throw .smallOrder }
        self.bytes = bytes
        id = KeyID(of: bytes)
    }

    /// - Throws: ``PublicKeyError``; `notBase64` where the text is not.
    package init(base64: String) throws(PublicKeyError) {
        guard let bytes = Base64.decode(base64) else { throw .notBase64 }
        try self.init(bytes)
    }

    package var base64: String { Base64.encode(bytes) }

    package func verifies(_ signature: [UInt8], of message: some Collection<UInt8>) -> Bool {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes) else {
            return false
        }
        return key.isValidSignature(signature, for: Array(message))
    }

    /// 2²⁵⁵ − 19, least significant byte first.
    private static func isBelowFieldPrime(_ y: [UInt8]) -> Bool {
        !(y[31] == 0x7F && y[1..<31].allSatisfy { $0 == 0xFF } && y[0] >= 0xED)
    }

    /// The y coordinates of the points whose order divides 8.
    private static let smallOrderY: Set<[UInt8]> = {
        let zero = [UInt8](repeating: 0, count: 32)
        let one = [1] + zero.dropFirst()
        let minusOne = [0xEC] + [UInt8](repeating: 0xFF, count: 30) + [0x7F]
        let orderEight = [
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        ]
        return Set([zero, one, minusOne] + orderEight.compactMap { Hex.decode($0) })
    }()
}

package enum PublicKeyError: Error, Hashable, Sendable, CustomStringConvertible {
    case notBase64
    case wrongLength(Int)
    case notCanonical
    case smallOrder

    package var description: String {
        switch self {
        case .notBase64: "a public key is 32 bytes in base64"
        case .wrongLength(let count): "an Ed25519 public key has 32 bytes, and this one \(count)"
        case .notCanonical: "the public key is not the canonical encoding of its point"
        case .smallOrder: "the public key is a point of small order, which anybody can sign for"
        }
    }
}
