import Encodings
import MerkleLog
import Testing

@Suite struct SignedNoteTests {
    private static let signature = "— a.example AAAAAQI=\n"

    @Test("Published notes are read, and printed as they were", arguments: PublishedNotes.all)
    func publishedNotes(text: String) throws {
        let note = try SignedNote(parsing: Array(text.utf8))
        #expect(note.description == text)
        #expect(note.bytes == Array(text.utf8))
    }

    @Test("The text of a note may have empty lines; the last one divides")
    func emptyLines() throws {
        let note = try SignedNote(parsing: Array(PublishedNotes.poem.utf8))
        #expect(
            note.text.description == """
                Ognuno sta solo sul cuor della terra
                trafitto da un raggio di sole:

                ed è subito sera.

                """)
        #expect(note.signatures.map(\.description) == ["quasimodo.example/salvatore+367ba04b"])

        for text in ["\n", "\n\n", "a\n\n\n", "\n\na\n"] {
            let note = try SignedNote(parsing: Array((text + "\n" + Self.signature).utf8))
            #expect(note.text.description == text)
        }
    }

    @Test(
        "What is no note is refused, with reason and place",
        arguments: [
            ("", .noSignature),
            ("a\n", .noSignature),
            ("a\n\n", .noSignature),
            ("\n" + signature, .noSignature),
            ("a\n" + signature, .noSignature),
            ("a\n\n" + signature + "\n", .noSignature),
            ("a\n\n" + signature.dropLast(), .unfinishedSignature),
            ("a\r\n\n" + signature, .controlCharacter(13, offset: 1)),
            ("a\tb\n\n" + signature, .controlCharacter(9, offset: 1)),
            ("a\u{0}\n\n" + signature, .controlCharacter(0, offset: 1)),
            ("a\n\n- a.example AAAAAQI=\n", .badSignatureLine(3, "\"- a.example AAAAAQI=\"")),
            (
                "a\nb\n\n— a.example  AAAAAQI=\n",
                .badSignatureLine(4, "\"— a.example  AAAAAQI=\"")
            ),
            ("a\n\n" + signature + "b\n", .badSignatureLine(4, "\"b\"")),
            ("a\n\n— a.example\n", .badSignatureLine(3, "\"— a.example\"")),
            ("a\n\n—a.example AAAAAQI=\n", .badSignatureLine(3, "\"—a.example AAAAAQI=\"")),
            ("a\n\n— AAAAAQI=\n", .badSignatureLine(3, "\"— AAAAAQI=\"")),
            ("a\n\n—  AAAAAQI=\n", .badSignatureLine(3, "\"—  AAAAAQI=\"")),
            ("a\n\n— a+b AAAAAQI=\n", .badSignatureLine(3, "\"— a+b AAAAAQI=\"")),
            ("a\n\n— a\u{2003}b AAAAAQI=\n", .badSignatureLine(3, "\"— a\u{2003}b AAAAAQI=\"")),
            ("a\n\n— a.example AAAAAQI\n", .badSignatureLine(3, "\"— a.example AAAAAQI\"")),
            ("a\n\n— a.example AAAAAQJ=\n", .badSignatureLine(3, "\"— a.example AAAAAQJ=\"")),
            ("a\n\n— a.example AAAAAQI= \n", .badSignatureLine(3, "\"— a.example AAAAAQI= \"")),
            // A key's number alone is no signature.
            ("a\n\n— a.example AAAAAQ==\n", .badSignatureLine(3, "\"— a.example AAAAAQ==\"")),
            ("a\n\n— a.example \n", .badSignatureLine(3, "\"— a.example \"")),
        ] as [(String, NoteError)])
    func malformedNotes(text: String, error: NoteError) {
        #expect(throws: error) { try SignedNote(parsing: Array(text.utf8)) }
    }

    @Test(
        "A note that is not UTF-8 is refused at the byte",
        arguments: [
            ([0xFF], 3), ([0xC3], 3), ([0xC0, 0x80], 3), ([0xED, 0xA0, 0x80], 3),
            ([0xC3, 0xA8, 0xF5], 5),
        ] as [([UInt8], Int)])
    func notUTF8(fault: [UInt8], offset: Int) {
        let bytes = Array("abc".utf8) + fault + Array("\n\n\(Self.signature)".utf8)
        #expect(throws: NoteError.notUTF8(offset: offset)) { try SignedNote(parsing: bytes) }
    }

    @Test("Of the control characters below 0x20 only a newline may stand in a note")
    func controlCharacters() throws {
        for byte in UInt8(0)..<0x20 where byte != UInt8(ascii: "\n") {
            let bytes = [0x61, byte] + Array("\n\n\(Self.signature)".utf8)
            #expect(throws: NoteError.controlCharacter(byte, offset: 1)) {
                try SignedNote(parsing: bytes)
            }
        }
        // The specification forbids no others, so they must be accepted.
        for character in ["\u{7F}", "\u{85}", "\u{9B}"] {
            let note = "a\(character)\n\n\(Self.signature)"
            #expect(throws: Never.self) { try SignedNote(parsing: Array(note.utf8)) }
        }
    }

    @Test("Sixteen signatures of the largest kind are accepted, and 128 of any kind")
    func limits() throws {
        let large = "— a.example \(Base64.encode([UInt8](repeating: 7, count: 5_004)))\n"
        let many = "a\n\n" + String(repeating: large, count: 16)
        #expect(try SignedNote(parsing: Array(many.utf8)).signatures.count == 16)

        let most = "a\n\n" + String(repeating: Self.signature, count: 128)
        let note = try SignedNote(parsing: Array(most.utf8))
        #expect(note.signatures.count == 128)
        #expect(throws: NoteError.tooManySignatures(129)) {
            try SignedNote(parsing: Array((most + Self.signature).utf8))
        }
        #expect(throws: NoteError.tooManySignatures(129)) {
            try note.adding([note.signatures[0]])
        }

        let long = [UInt8](repeating: 0x61, count: 1 << 20)
        #expect(throws: NoteError.tooLarge(long.count + 25)) {
            try SignedNote(parsing: long + Array("\n\n\(Self.signature)".utf8))
        }
        #expect(throws: NoteError.tooLarge(long.count + 25)) {
            try SignedNote(
                NoteText(long + [UInt8(ascii: "\n")]), signatures: [note.signatures[0]])
        }
    }

    @Test(
        "A text is finished lines of UTF-8",
        arguments: [
            ("", .unfinishedText), ("a", .unfinishedText), ("a\nb", .unfinishedText),
            ("a\u{7}\n", .controlCharacter(7, offset: 1)),
        ] as [(String, NoteError)])
    func texts(text: String, error: NoteError) {
        #expect(throws: error) { try NoteText(text) }
    }

    @Test("Texts are compared byte for byte, whatever Unicode says")
    func equality() throws {
        #expect(try NoteText("caf\u{E9}\n") != NoteText("cafe\u{301}\n"))
        #expect(try NoteText("caf\u{E9}\n") == NoteText("caf\u{E9}\n"))
    }

    @Test("Signature lines that stand alone are read as those of a note")
    func signatureLists() throws {
        let lines = Self.signature + "— b.example AAAAAgI=\n"
        let signatures = try NoteSignature.list(parsing: Array(lines.utf8))
        #expect(signatures.map(\.line).joined() == lines)
        #expect(signatures.map(\.bytes) == [[2], [2]])
        #expect(throws: NoteError.noSignature) { try NoteSignature.list(parsing: []) }
        #expect(throws: NoteError.badSignatureLine(2, "\"\"")) {
            try NoteSignature.list(parsing: Array((Self.signature + "\n").utf8))
        }
    }

    @Test("A message shows outside text cut short, and nothing in it that a terminal obeys")
    func quoting() {
        let text = "a\n\n" + String(repeating: "\u{9B}2J\u{202E}", count: 40) + "\n"
        let error = #expect(throws: NoteError.self) { try SignedNote(parsing: Array(text.utf8)) }
        let message = "\(error.map { "\($0)" } ?? "")"
        #expect(message.hasSuffix("…\""))
        #expect(message.contains(#"\u{9b}2J\u{202e}"#))
        #expect(!message.unicodeScalars.contains { $0.properties.generalCategory == .control })
    }
}

/// Notes from the specifications and from other projects' test data.
enum PublishedNotes {
    /// C2SP signed-note.
    static let poem = """
        Ognuno sta solo sul cuor della terra
        trafitto da un raggio di sole:

        ed è subito sera.

        — quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=

        """

    /// C2SP signed-note, "Example".
    static let example = """
        This is an example message.

        — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=

        """

    /// C2SP tlog-cosignature.
    static let cosigned = """
        example.com/behind-the-sofa
        20852163
        CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

        — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
        — witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==

        """

    /// FiloSottile/sunlight, cmd/skylight/testdata (ISC licence): a log's signature of type 5,
    /// and a witness's.
    static let witnessed = """
        rome2026h1.example.org
        300
        lCkHUpkmVBEms2r2T1K6Og69+wUuuN3MIEW1/ezu2v0=

        — rome2026h1.example.org kVB1JgAAAZtxtEwABAMARzBFAiEAi+mTa2xjL1IdWpH82OeciGsGvwRAP+f1WkfKaSZCfFECIHoNPZ/Q3y6UNzvKOO9cuLr6V16vPNfhwhle9f6r5H/Z
        — witness.example.org uKLPIAAAAABpVGeAhm2bOvKc3LaB9PFN1ruG19Y5yqslmcAAbhftnn1Zznmo0LXFZq4LGvqKqLX8jWlwLKasxEGTLIqAVusneCBmBw==

        """

    /// The same source: a mirror of 300 records.
    static let mirrored = """
        rome2026h1.example.org
        300
        gw31yQrqZZCcEOPrzX+bpy3nJ6QgngTKn8G1m0i62uU=

        — mirror.example.org P7FI7wAAAABpVGeAjA1S4pJm6MbcXjX7UUImu4azZtrfcVW2uyr/LXIYlwEJzXC0N0EiZkbqfLdXt/4gVEEuGmxJjAfXKMCISpsJAg==

        """

    /// The same source: a second witness.
    static let witnessedToo = """
        milan2026h1.example.org
        300
        lCkHUpkmVBEms2r2T1K6Og69+wUuuN3MIEW1/ezu2v0=

        — witness2.example.org LlW4lgAAAABpVGeAN/uFWqfjdU94rrKxFycCggM0Sa1L5tOJCJdYBwJ41CQsgKWA6B0+vywok3cPI3JIzuPeR+VotuYe/eNy0+30Dw==

        """

    static let all = [poem, example, cosigned, witnessed, mirrored, witnessedToo]
}
