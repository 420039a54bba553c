import Encodings
import Identity
import MerkleLog
import Testing

@Suite struct NoteVerifierKeyTests {
    @Test(
        "Published keys are read, and printed as they were",
        arguments: [
            // C2SP signed-note, "Example".
            ("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", 1),
            // transparency-dev/formats, log/note_test.go; the last has a plus sign in its base64.
            ("Log+2271c621+AemuH5ooBpEPcr+W8onrjA1NfuzBVHdezakU81Ekarvs", 1),
            ("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", 1),
            ("KnownAgain+4893b26c+AQ+LR7BFF/F/dkpIBjBpSvT0crkteizuUkavAoGeaYMj", 1),
            // transparency-dev/formats, note/note_cosigv1_test.go.
            ("TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6", 1),
            ("remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2", 4),
            // transparency-dev/formats, note/note_verifier_test.go: ECDSA, and an RFC 6962 log.
            (
                "rekor.sigstore.dev+c0d23d6a+AjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNhtmPtrWm3U1eQXBogSMdGv"
                    + "XwBcK5AW5i0hrZLOC96l+smGNM7nwZ4QvFK/4sueRoVj//QP22Ni4Qt9DPfkWLc=", 2
            ),
            (
                "ct.googleapis.com/logs/us1/argon2024+7deb49d0+BTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABB25bK"
                    + "nLaZTFXOa2pgO70rjcVEMXKJkMBgFQHZ1kwFlGK9zIAx0FtC2oCfeZQe0E++VXuiYE9hFSzhRlOy92K8A=",
                5
            ),
        ] as [(String, UInt8)])
    func publishedKeys(text: String, type: UInt8) throws {
        let key = try NoteVerifierKey(parsing: text)
        #expect(key.text == text)
        #expect(key.type == type)
        switch key.kind {
        case .ed25519: #expect(type == 1)
        case .cosignature: #expect(type == 4)
        case .unsupported(let unsupported, let material):
            #expect(unsupported == type)
            #expect(key.material == material)
        }
    }

    @Test(
        "What is no key is refused, with the reason",
        arguments: [
            ("", .missingPart),
            ("bananas.sigstore.dev+12344556", .missingPart),
            ("+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", .badName),
            ("exam ple+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", .badName),
            ("exam\u{A0}ple+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", .badName),
            ("exam\u{2003}ple+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", .badName),
            ("exam\u{1}ple+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", .badName),
            ("example.com/foo+NOT_A_NUMBER+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", .badID),
            ("example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", .badID),
            ("example.com/foo+530d903+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", .badID),
            ("example.com/foo+530d903a+THIS_IS_NOT_BASE64!", .badMaterial),
            ("example.com/foo+530d903a+", .badMaterial),
            (
                "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k=",
                .badMaterial
            ),
            (
                "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k+",
                .badMaterial
            ),
            (
                "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3Q==",
                .badPublicKey(.wrongLength(30))
            ),
            (
                "example.com/foo+530d903a+BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                .badPublicKey(.smallOrder)
            ),
        ] as [(String, NoteVerifierKeyError)])
    func malformedKeys(text: String, error: NoteVerifierKeyError) {
        #expect(throws: error) { try NoteVerifierKey(parsing: text) }
    }

    @Test(
        "A key whose name, type or number was changed is refused",
        arguments: [
            "example.org/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
            "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
            "example.com/foo+530d903a+BOkyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
            "example.com/foo+00000000+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        ])
    func changedKeys(text: String) throws {
        let error = #expect(throws: NoteVerifierKeyError.self) {
            try NoteVerifierKey(parsing: text)
        }
        guard case .wrongID(let stated, let computed) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(text.contains("+\(stated)+"))
        #expect(stated != computed)
    }

    @Test("A key's number depends on its name, its type and the key")
    func numbers() throws {
        let key = try TestKeys.key("a").publicKey
        let (foo, bar) = (try #require(KeyName("foo")), try #require(KeyName("bar")))
        let numbers = Set([
            NoteVerifierKey(name: foo, ed25519: key).id,
            NoteVerifierKey(name: foo, cosignature: key).id,
            NoteVerifierKey(name: bar, ed25519: key).id,
            NoteVerifierKey(name: foo, ed25519: try TestKeys.key("b").publicKey).id,
        ])
        #expect(numbers.count == 4)
    }

    @Test("Names are compared byte for byte, whatever Unicode says")
    func names() throws {
        let composed = try #require(KeyName("caf\u{E9}"))
        let decomposed = try #require(KeyName("cafe\u{301}"))
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed]).count == 2)
        #expect(KeyName("K") != KeyName("\u{212A}"))
        #expect(KeyName("") == nil)
        #expect(KeyName("a+b") == nil)
        #expect(KeyName("a\nb") == nil)
        #expect(KeyName("\u{85}") == nil)
    }

    @Test("Keys that share name and number are ambiguous; the same key twice is not")
    func keyring() throws {
        let one = try NoteVerifierKey(parsing: "foo+00000001+Aw==")
        let other = try NoteVerifierKey(parsing: "foo+00000001+A4A=")
        #expect(throws: Never.self) { try NoteKeyring([one, one]) }
        let error = #expect(throws: AmbiguousKeyError.self) { try NoteKeyring([one, other]) }
        #expect(error?.key == other)
    }
}
