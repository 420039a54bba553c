import MerkleLog
import Testing

@Suite struct CheckpointTests {
    private static let root = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

    @Test(
        "A checkpoint's text leads back to it",
        arguments: [
            "example.com/log\n0\n\(root)\n",
            "example.com/log\n1\n\(root)\n",
            "go.sum database tree\n18446744073709551615\n\(root)\n",
            "Log+with plus\n9944\n\(root)\nHere's some associated data.\n",
            "Log\n9944\n\(root)\nlots\nof\nlines\n",
            "l\u{E9}g\n5\n\(root)\n \n",
        ])
    func roundTrip(text: String) throws {
        let checkpoint = try Checkpoint(parsing: NoteText(text))
        #expect(checkpoint.text.description == text)
        let lines = text.split(separator: "\n").map(String.init)
        #expect(checkpoint.origin.description == lines[0])
        #expect("\(checkpoint.head.size)" == lines[1])
        #expect(checkpoint.head.root == .empty)
        #expect(checkpoint.extensionLines.map(\.description) == Array(lines.dropFirst(3)))
    }

    /// Some from transparency-dev/formats, log/checkpoint_test.go (Apache-2.0).
    @Test(
        "What is no checkpoint is refused, with the reason",
        arguments: [
            ("Head\n9944\n", .tooFewLines(2)),
            ("\n", .tooFewLines(1)),
            ("\n9944\n\(root)\n", .emptyLine(1)),
            ("Log\n\n\(root)\n", .emptyLine(2)),
            ("Log\n9944\n\(root)\n\n", .emptyLine(4)),
            ("Log\n9944\n\(root)\n\nmore\n", .emptyLine(4)),
            ("Log\nbananas\n\(root)\n", .badSize("\"bananas\"")),
            ("Log\n-34\n\(root)\n", .badSize("\"-34\"")),
            ("Log\n+34\n\(root)\n", .badSize("\"+34\"")),
            ("Log\n034\n\(root)\n", .badSize("\"034\"")),
            ("Log\n00\n\(root)\n", .badSize("\"00\"")),
            ("Log\n34 \n\(root)\n", .badSize("\"34 \"")),
            ("Log\n18446744073709551616\n\(root)\n", .badSize("\"18446744073709551616\"")),
            (
                "Log\n3438945738945739845734895735\n\(root)\n",
                .badSize("\"3438945738945739845734895735\"")
            ),
            ("Log\n123\nThisIsn'tBase64\n", .badRoot("\"ThisIsn'tBase64\"")),
            ("Log\n123\nYmFuYW5hcw==\n", .badRoot("\"YmFuYW5hcw==\"")),
            (
                "Log\n123\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=\n",
                .badRoot("\"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=\"")
            ),
            (
                "Log\n123\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU\n",
                .badRoot("\"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU\"")
            ),
            (
                "Log\n0\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
                .wrongEmptyRoot(zeros)
            ),
        ] as [(String, CheckpointError)])
    func malformedCheckpoints(text: String, error: CheckpointError) {
        #expect(throws: error) { try Checkpoint(parsing: NoteText(text)) }
    }

    private static let zeros = TreeHash(bytes: [UInt8](repeating: 0, count: 32)) ?? .empty

    @Test("An empty log has one root")
    func emptyLog() throws {
        let origin = try #require(LogOrigin("example.com/log"))
        #expect(throws: CheckpointError.wrongEmptyRoot(.leaf([]))) {
            try Checkpoint(origin: origin, head: TreeHead(size: 0, root: .leaf([])))
        }
        #expect(
            Checkpoint(origin: origin, frontier: TreeFrontier())
                == (try Checkpoint(origin: origin, head: .empty)))
    }

    @Test("Origins are compared byte for byte, and are one line")
    func origins() throws {
        #expect(LogOrigin("caf\u{E9}") != LogOrigin("cafe\u{301}"))
        #expect(LogOrigin("") == nil)
        #expect(LogOrigin("a\nb") == nil)
        #expect(LogOrigin("a\tb") == nil)
        #expect(NoteLine("") == nil)
        let name = try #require(KeyName("example.com/log"))
        #expect(LogOrigin(name) == LogOrigin("example.com/log"))
        #expect(KeyName(LogOrigin(name)) == name)
        #expect(KeyName(try #require(LogOrigin("go.sum database tree"))) == nil)
    }

    @Test("A signed checkpoint that is no note or no checkpoint says which")
    func unverifiedErrors() {
        #expect(throws: UnverifiedCheckpointError.note(.noSignature)) {
            try UnverifiedCheckpoint(parsing: Array("Log\n0\n\(Self.root)\n".utf8))
        }
        #expect(throws: UnverifiedCheckpointError.checkpoint(.tooFewLines(1))) {
            try UnverifiedCheckpoint(parsing: Array(PublishedNotes.example.utf8))
        }
    }
}
