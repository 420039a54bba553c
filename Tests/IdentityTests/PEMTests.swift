import Encodings
import Identity
import Randomness
import Testing

@Suite struct PEMTests {
    /// Made by `openssl genpkey -algorithm ed25519` of OpenSSL 3.0.19.
    static let file = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEIMB4yNMz9zB2Jx5wSqrPeUp5YPMjPfe71uTa9G2GEcQs
        -----END PRIVATE KEY-----

        """
    /// The last 32 bytes of `openssl pkey -pubout -outform DER`.
    static let publicKey = "hrroD31v0RioqC2COW5Mc9D2CyqJGVbI/NHX3q9bvP8="
    /// `openssl pkeyutl -sign -rawin` over `jointlab`.
    static let signature =
        "7d/Zwd8zMTq1lvZyex+eXGT/337CiAMZdk2JpF2H7FcDlBkCrmlmk3w0t8K6gz0EWr0HGdgT9CADA8suMW5YAg=="

    @Test("A key that OpenSSL made is read, and signs as OpenSSL signs")
    func readsOpenSSL() throws {
        let key = try SigningKey(pem: Self.file)
        #expect(key.publicKey.base64 == Self.publicKey)
        #expect(Base64.encode(key.signature(of: "jointlab".utf8)) == Self.signature)
    }

    @Test("A key is written as OpenSSL writes it, to the byte")
    func writesLikeOpenSSL() throws {
        #expect(try SigningKey(pem: Self.file).pem == Self.file)
    }

    @Test("Line ends of another system and long files in short lines are read")
    func lineEnds() throws {
        let windows = Self.file.replacing("\n", with: "\r\n")
        #expect(try SigningKey(pem: windows).publicKey.base64 == Self.publicKey)
        let short = Self.file.replacing("MC4CAQAwBQYDK2VwBCIEI", with: "MC4CAQAw\nBQYDK2VwBCIEI")
        #expect(try SigningKey(pem: short).publicKey.base64 == Self.publicKey)
    }

    static let notKeys: [(String, SigningKeyError)] = [
        ("", .notPEM), ("\n", .notPEM), ("MC4CAQAwBQYDK2VwBCIEIMB4", .notPEM),
        ("-----BEGIN PRIVATE KEY-----", .notPEM),
        ("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", .notEd25519),
        (file.replacing("PRIVATE", with: "PUBLIC"), .notPEM),
        (file.replacing("PRIVATE", with: "ENCRYPTED PRIVATE"), .notPEM),
        (file.replacing("MC4CAQ", with: "MC4C!Q"), .notPEM),
        (file.replacing("EcQs", with: "EcQ="), .notEd25519),
        (file.replacing("EcQs", with: "EcQsAAAA"), .notEd25519),
        // An X25519 key of OpenSSL: the same form, another algorithm.
        (
            """
            -----BEGIN PRIVATE KEY-----
            MC4CAQAwBQYDK2VuBCIEIJD1FyCZ6y+/4HV0hTeIoeCXQmMoPPgLt/p+555TAtpC
            -----END PRIVATE KEY-----
            """, .notEd25519
        ),
    ]

    @Test("What is no private Ed25519 key in PEM is refused with the reason", arguments: notKeys)
    func refusesOthers(text: String, error: SigningKeyError) {
        #expect(throws: error) { try SigningKey(pem: text) }
    }

    @Test("Every key comes back from its file", arguments: 0..<20 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let key = SigningKey(from: &random)
        #expect(try SigningKey(pem: key.pem).seed == key.seed, "seed \(seed)")
    }
}
