import Crypto
import Identity
import MerkleLog
import Testing

/// Keys that a word decides.
enum TestKeys {
    /// The private key whose seed is the SHA-256 of a phrase.
    static func key(_ phrase: String) throws -> SigningKey {
        try SigningKey(seed: Array(SHA256.hash(data: Array(phrase.utf8))))
    }

    static func signer(_ name: String) throws -> NoteSigner {
        NoteSigner(name: try #require(KeyName(name)), key: try key("signer \(name)"))
    }

    static func cosigner(_ name: String) throws -> Cosigner {
        Cosigner(name: try #require(KeyName(name)), key: try key("cosigner \(name)"))
    }
}
