import Identity
import MerkleLog
import Testing

@Suite struct NoteVerificationTests {
    private let text: NoteText
    private let anna: NoteSigner
    private let bert: NoteSigner

    init() throws {
        text = try NoteText("A text.\n")
        anna = try TestKeys.signer("anna.example")
        bert = try TestKeys.signer("bert.example")
    }

    /// C2SP signed-note, "Example".
    @Test("The specification's note is verified by its key")
    func specifiedNote() throws {
        let key = try NoteVerifierKey(
            parsing: "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
        let note = try SignedNote(parsing: Array(PublishedNotes.example.utf8))
        let verified = try note.verified(by: NoteKeyring([key]))
        #expect(verified.signatures.map(\.key) == [key])
        #expect(verified.text.description == "This is an example message.\n")

        let changed = PublishedNotes.example.replacing("example message", with: "example massage")
        #expect(throws: NoteVerificationError.badSignature(line: 3, by: key.name)) {
            try SignedNote(parsing: Array(changed.utf8)).verified(by: NoteKeyring([key]))
        }
    }

    @Test("Signatures by unknown keys are passed over, and reported with their lines")
    func unknownKeys() throws {
        let note = try sign(anna, bert, try TestKeys.signer("carl.example"))
        let verified = try note.verified(by: NoteKeyring([bert.verifierKey]))
        #expect(verified.signatures.map(\.key) == [bert.verifierKey])
        #expect(verified.signatures.map(\.timestamp) == [nil])
        #expect(verified.unknownSignatures.map(\.line) == [3, 5])
        #expect(
            verified.unknownSignatures.map(\.signature)
                == [note.signatures[0], note.signatures[2]])
    }

    @Test("An audit may refuse signatures by unknown keys")
    func unknownKeysRefused() throws {
        let note = try sign(anna, bert)
        let error = #expect(throws: NoteVerificationError.self) {
            try note.verified(
                by: NoteKeyring([bert.verifierKey]), unknownSignatures: .refused)
        }
        guard case .unknownSignatures(let unknown) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(unknown.map(\.line) == [3])
        #expect(
            "\(NoteVerificationError.unknownSignatures(unknown))"
                == "signatures by unknown keys: \"anna.example\" in line 3")
        let both = try NoteKeyring([anna.verifierKey, bert.verifierKey])
        #expect(try note.verified(by: both, unknownSignatures: .refused).unknownSignatures == [])
    }

    @Test("A note without a known signature is refused")
    func noKnownKey() throws {
        let note = try sign(anna)
        #expect(throws: NoteVerificationError.noKnownSignature) {
            try note.verified(by: NoteKeyring([bert.verifierKey]))
        }
        #expect(throws: NoteVerificationError.noKnownSignature) {
            try note.verified(by: NoteKeyring([]))
        }
    }

    @Test("One bad signature by a known key spoils the note, beside good ones")
    func badSignature() throws {
        let other = try NoteText("Another text.\n")
        let keyring = try NoteKeyring([anna.verifierKey, bert.verifierKey])
        for bad in [[1], [0], [1, 0, 1]] {
            let signatures = [0, 1, 0].enumerated().map { position, signer in
                (signer == 0 ? anna : bert).signature(of: bad.contains(position) ? other : text)
            }
            let note = try SignedNote(text, signatures: signatures)
            let first = try #require(bad.min())
            #expect(
                throws: NoteVerificationError.badSignature(
                    line: 3 + first, by: signatures[first].name)
            ) {
                try note.verified(by: keyring)
            }
        }
    }

    @Test("A key is known only where name and number both are its own")
    func halves() throws {
        // The same key under another name, and another key with the same name.
        let renamed = NoteSigner(
            name: bert.verifierKey.name, key: try TestKeys.key("signer anna.example"))
        let impostor = NoteSigner(
            name: anna.verifierKey.name, key: try TestKeys.key("impostor"))
        let note = try sign(anna, renamed, impostor)
        let verified = try note.verified(by: NoteKeyring([anna.verifierKey]))
        #expect(verified.signatures.count == 1)
        #expect(verified.unknownSignatures.map(\.line) == [4, 5])

        // Another name before the known number is another key.
        let line = anna.signature(of: text).line.replacing("anna.example", with: "anne.example")
        let borrowed = try SignedNote(
            text, signatures: NoteSignature.list(parsing: Array(line.utf8)))
        #expect(throws: NoteVerificationError.noKnownSignature) {
            try borrowed.verified(by: NoteKeyring([anna.verifierKey]))
        }
    }

    @Test("A key that signs twice is verified twice")
    func twice() throws {
        let note = try sign(anna, anna)
        let verified = try note.verified(by: NoteKeyring([anna.verifierKey]))
        #expect(verified.signatures.count == 2)
    }

    @Test("A known key of a type that cannot be verified is named")
    func unsupportedType() throws {
        // transparency-dev/formats, note/note_verifier_test.go: an ECDSA key and its note.
        let key = try NoteVerifierKey(
            parsing: "rekor.sigstore.dev+c0d23d6a+AjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNhtmPtrWm3U"
                + "1eQXBogSMdGvXwBcK5AW5i0hrZLOC96l+smGNM7nwZ4QvFK/4sueRoVj//QP22Ni4Qt9DPfkWLc=")
        let note = try SignedNote(
            parsing: Array(
                """
                Rekor
                798034
                f+7CoKgXKE/tNys9TTXcr/ad6U/K3xvznmzew9y6SP0=

                — rekor.sigstore.dev wNI9ajBEAiARInWIWyCdyG27CO6LPnPekyw20qO0YJfoaPaowGp/XgIgc+qEHS3+GKVClgqq20uDLet7MCoTURUCRdxwWBHHufk=

                """.utf8))
        #expect(throws: NoteVerificationError.unsupportedType(2, line: 5, by: key.name)) {
            try note.verified(by: NoteKeyring([key]))
        }
    }

    @Test("A key that signs notes cannot pass for one that cosigns, nor the reverse")
    func typesApart() throws {
        let key = try TestKeys.key("one key")
        let name = try #require(KeyName("one.example"))
        let (signer, cosigner) = (NoteSigner(name: name, key: key), Cosigner(name: name, key: key))
        let checkpoint = try Checkpoint(
            origin: LogOrigin(name), head: TreeHead(size: 1, root: .leaf([])))
        let signed = try SignedNote(
            checkpoint.text, signatures: [signer.signature(of: checkpoint.text)])
        let cosigned = try SignedNote(
            checkpoint.text, signatures: [cosigner.cosign(checkpoint, at: 1).noteSignature])

        let notes = try NoteKeyring([signer.verifierKey])
        let checkpoints = try NoteKeyring([cosigner.verifierKey])
        #expect(try signed.verified(by: notes).signatures.map(\.timestamp) == [nil])
        #expect(try cosigned.verified(by: checkpoints).signatures.map(\.timestamp) == [1])
        #expect(throws: NoteVerificationError.noKnownSignature) {
            try signed.verified(by: checkpoints)
        }
        #expect(throws: NoteVerificationError.noKnownSignature) {
            try cosigned.verified(by: notes)
        }
    }

    @Test("Every changed byte of a signed text is noticed")
    func everyByteOfTheTextCounts() throws {
        let note = try sign(anna)
        let keyring = try NoteKeyring([anna.verifierKey])
        for index in text.bytes.indices.dropLast() {
            var bytes = note.bytes
            bytes[index] ^= 1
            let changed = try SignedNote(parsing: bytes)
            #expect(throws: NoteVerificationError.badSignature(line: 3, by: anna.verifierKey.name))
            {
                try changed.verified(by: keyring)
            }
        }
    }

    private func sign(_ signers: NoteSigner...) throws -> SignedNote {
        try SignedNote(text, signatures: signers.map { $0.signature(of: text) })
    }
}
