import Crypto
import Encodings

/// An Ed25519 private key (RFC 8032).
package struct SigningKey: Sendable {
    /// The 32 bytes that RFC 8032 §5.1.5 calls the private key; everything follows from them.
    package let seed: [UInt8]
    package let publicKey: PublicKey
    private let key: Curve25519.Signing.PrivateKey

    /// - Throws: ``SigningKeyError/wrongLength(_:)``.
    package init(seed: [UInt8]) throws(SigningKeyError) {
        guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed),
            let publicKey = try? PublicKey(Array(key.publicKey.rawRepresentation))
        else { throw .wrongLength(seed.count) }
        self.seed = seed
        self.key = key
        self.publicKey = publicKey
    }

    package init(from random: inout some RandomNumberGenerator) {
        let seed = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        do {
            try self.init(seed: seed)
        } catch {
            preconditionFailure("any 32 bytes are an Ed25519 private key: \(error)")
        }
    }

    /// The signature of RFC 8032 §5.1.6, 64 bytes; the same message gives the same signature.
    package func signature(of message: some Collection<UInt8>) -> [UInt8] {
        do {
            return Array(try key.signature(for: Array(message)))
        } catch {
            preconditionFailure("signing with an Ed25519 key cannot fail: \(error)")
        }
    }
}

package enum SigningKeyError: Error, Hashable, Sendable, CustomStringConvertible {
    case wrongLength(Int)
    case notPEM
    case notEd25519

    package var description: String {
        switch self {
        case .wrongLength(let count): "an Ed25519 private key has 32 bytes, and this one \(count)"
        case .notPEM: "this is not a private key in PEM (BEGIN PRIVATE KEY)"
        case .notEd25519: "this private key is not an Ed25519 key"
        }
    }
}

extension SigningKey {
    /// What stands before the seed in the PKCS #8 form of an Ed25519 key (RFC 8410 §7).
    private static let pkcs8Prefix: [UInt8] = [
        0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04,
        0x20,
    ]
    private static let header = "-----BEGIN PRIVATE KEY-----"
    private static let footer = "-----END PRIVATE KEY-----"

    /// The key as a PEM file (RFC 7468) that OpenSSL reads too.
    package var pem: String {
        "\(Self.header)\n\(Base64.encode(Self.pkcs8Prefix + seed))\n\(Self.footer)\n"
    }

    /// - Throws: ``SigningKeyError``: `notPEM` or `notEd25519`.
    package init(pem: String) throws(SigningKeyError) {
        let lines = pem.split(whereSeparator: \.isNewline)
        guard lines.first == Self.header[...], lines.last == Self.footer[...],
            let der = Base64.decode(lines.dropFirst().dropLast().joined())
        else { throw .notPEM }
        guard der.starts(with: Self.pkcs8Prefix), der.count == Self.pkcs8Prefix.count + 32 else {
            throw .notEd25519
        }
        try self.init(seed: Array(der.suffix(32)))
    }
}
