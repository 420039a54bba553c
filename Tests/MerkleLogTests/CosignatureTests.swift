import Encodings
import Identity
import MerkleLog
import Testing

@Suite struct CosignatureTests {
    /// FiloSottile/sunlight, cmd/skylight/testdata (ISC licence); its generator derives the
    /// private keys from these phrases. 1767139200 is the last day of 2025.
    @Test(
        "Published cosignatures are verified, and made again to the byte",
        arguments: [
            (
                PublishedNotes.witnessed, "skylight test witness key",
                "witness.example.org+b8a2cf20+BFLN3yikSfFkVAJtrnh/CiY3Zozkoy7clp+P7XB28qUN"
            ),
            (
                PublishedNotes.witnessedToo, "skylight test witness2 key",
                "witness2.example.org+2e55b896+BIZ7fpceQWd60IfqQeS9IAnmNOCZjMDne8lZuguz/bi9"
            ),
            (
                PublishedNotes.mirrored, "skylight test mirror key",
                "mirror.example.org+3fb148ef+BAAjjch9GyYz0sJsJx7ALhbdAtz2ov0unbzSl1vMp94O"
            ),
        ])
    func publishedCosignatures(text: String, phrase: String, key: String) throws {
        let key = try NoteVerifierKey(parsing: key)
        let published = try UnverifiedCheckpoint(parsing: Array(text.utf8))
        let verified = try published.note.verified(by: NoteKeyring([key]))
        #expect(verified.signatures.map(\.key) == [key])
        #expect(verified.signatures.map(\.timestamp) == [1_767_139_200])

        let cosigner = Cosigner(name: key.name, key: try TestKeys.key(phrase))
        let cosignature = cosigner.cosign(published.statement, at: 1_767_139_200)
        #expect(cosigner.verifierKey == key)
        #expect(cosignature.noteSignature == published.note.signatures.last)
    }

    @Test("The time of the specification's example is read")
    func specifiedTime() throws {
        let note = try SignedNote(parsing: Array(PublishedNotes.cosigned.utf8))
        let cosignature = try Cosignature(note.signatures[1])
        #expect(cosignature.timestamp == 1_679_315_147)
        #expect(cosignature.noteSignature == note.signatures[1])
        #expect(throws: CosignatureError.wrongLength(64)) { try Cosignature(note.signatures[0]) }
    }

    @Test(
        "A cosignature's line leads back to it",
        arguments: [
            0, 1, 1_679_315_147, 1 << 32, Cosignature.timestampMax,
        ] as [UInt64])
    func roundTrip(timestamp: UInt64) throws {
        let cosigner = try TestKeys.cosigner("witness.example")
        let checkpoint = try checkpoint()
        let cosignature = cosigner.cosign(checkpoint, at: timestamp)
        let lines = Array(cosignature.noteSignature.line.utf8)
        let read = try Cosignature(NoteSignature.list(parsing: lines)[0])
        #expect(read == cosignature)
        #expect(read.timestamp == timestamp)
        let key = try TestKeys.key("cosigner witness.example").publicKey
        #expect(read.isValid(for: checkpoint.text, by: key))
    }

    @Test("The time is signed, and so is every line of the checkpoint, extensions too")
    func everythingIsSigned() throws {
        let cosigner = try TestKeys.cosigner("witness.example")
        let checkpoint = try checkpoint(extensionLines: ["more"])
        let keyring = try NoteKeyring([cosigner.verifierKey])
        let line = cosigner.cosign(checkpoint, at: 1_000).noteSignature
        let bad = NoteVerificationError.badSignature(line: 6, by: cosigner.verifierKey.name)

        // Each byte behind the key's number: eight of the time, 64 of the signature.
        for index in line.bytes.indices {
            let note = try SignedNote(checkpoint.text, signatures: [line.flipped(at: index)])
            #expect(throws: bad) { try note.verified(by: keyring) }
        }
        for (index, byte) in checkpoint.text.bytes.enumerated() where byte != UInt8(ascii: "\n") {
            var text = checkpoint.text.bytes
            text[index] ^= 1
            let note = try SignedNote(NoteText(text), signatures: [line])
            #expect(throws: NoteVerificationError.self) { try note.verified(by: keyring) }
        }
        #expect(throws: Never.self) {
            try SignedNote(checkpoint.text, signatures: [line]).verified(by: keyring)
        }
    }

    @Test("A time beyond 2⁶³ − 1 is no time")
    func largestTime() throws {
        let cosigner = try TestKeys.cosigner("witness.example")
        let line = cosigner.cosign(try checkpoint(), at: 5).noteSignature
        #expect(throws: CosignatureError.timestampTooLarge(1 << 63 + 5)) {
            try Cosignature(line.flipped(at: 0, by: 0x80))
        }
    }

    private func checkpoint(extensionLines: [String] = []) throws -> Checkpoint {
        try Checkpoint(
            origin: #require(LogOrigin("example.com/log")),
            head: TreeHead(size: 7, root: .leaf([7])),
            extensionLines: extensionLines.compactMap { NoteLine($0) })
    }
}

extension NoteSignature {
    /// The line with one byte of its signature changed, through its text.
    fileprivate func flipped(at index: Int, by bits: UInt8 = 1) throws -> NoteSignature {
        var changed = bytes
        changed[index] ^= bits
        return try NoteSignature.list(parsing: Array(line(with: changed).utf8))[0]
    }

    private func line(with bytes: [UInt8]) -> String {
        let id = stride(from: 24, through: 0, by: -8).map {
            UInt8(truncatingIfNeeded: keyID.value >> UInt32($0))
        }
        return "— \(name) \(Base64.encode(id + bytes))\n"
    }
}
