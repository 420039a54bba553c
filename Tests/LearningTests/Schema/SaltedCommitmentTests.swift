import Randomness
import Testing

@testable import Learning

@Suite struct SaltedCommitmentTests {
    private static let salt = CommitmentSalt(Array(0..<32))

    @Test("The commitment is the hash that a second implementation computes")
    func knownCommitments() throws {
        // Python's hashlib over the bytes that the doc comment of SaltedCommitment lists.
        #expect(
            try commitment("id,name, note \n1,Ann,\" a\r\nb\"\n2,\"B \"\"q\"\"\",\n")
                == "47c5cef128b90d3c149bc96b316f62eba4a281e9a0977ba97058220751a06dd2")
        #expect(
            try commitment("1,?\n2.50,3\n")
                == "d6572989e767fe7d339f0765c63af4e388237e740d2e9c46855d59a8cf23abf5")
    }

    @Test("Quotes, delimiters, line endings, blank lines and a byte order mark do not matter")
    func spellingDoesNotMatter() throws {
        let plain = try commitment("a,b\n1,x y\n2,\"p\nq\"\n")
        for other in [
            "a,b\r\n1,x y\r\n2,\"p\r\nq\"\r\n", "a,b\r1,x y\r2,\"p\rq\"",
            "\"a\";\"b\"\n\"1\";\"x y\"\n2;\"p\nq\"\n",
            "\u{FEFF}a\tb\n\n1\tx y\n\n2\t\"p\nq\"",
        ] {
            #expect(try commitment(other) == plain)
        }
    }

    @Test(
        "Every change of the rows does matter",
        arguments: [
            "a,b\n1,xy\n2,z\n", "a,c\n1,x\n2,z\n", "a,b\n1,x\n", "a,b\n2,z\n1,x\n",
            "a,b\n1,x\n2,z\n2,z\n",
            "a,b\n1,x \n2,z\n", "a,b\n1.0,x\n2,z\n", "b,a\nx,1\nz,2\n", "a,b\n,1x\n2,z\n",
        ])
    func changesMatter(text: String) throws {
        #expect(try commitment(text) != commitment("a,b\n1,x\n2,z\n"))
    }

    @Test("Without the salt nobody can compute it")
    func saltMatters() throws {
        let other = try #require(CommitmentSalt(Array(1...32)))
        #expect(try commitment("a\n1\n2\n", salt: other) != commitment("a\n1\n2\n"))
    }

    @Test("A large file is hashed in parts, to the same hash")
    func manyRows() throws {
        var random = SeededRandom(seed: 1)
        let rows = (0..<5_000).map { _ in "\(random.next()),\(random.next())" }
        let first = try commitment("a,b\n" + rows.joined(separator: "\n"))
        #expect(
            try commitment(
                "a;b\r\n" + rows.map { $0.replacing(",", with: ";") }.joined(separator: "\r\n"))
                == first)
    }

    @Test("A commitment and a salt are read from text and bytes of the right length only")
    func parsing() throws {
        let hex = try #require(try commitment("a\n1\n2\n"))
        #expect(SaltedCommitment(hex: hex)?.description == hex)
        #expect(SaltedCommitment(hex: String(hex.dropLast(2))) == nil)
        #expect(SaltedCommitment(hex: hex.uppercased()) == nil)
        #expect(CommitmentSalt([1, 2, 3]) == nil)
        var random = SeededRandom(seed: 1)
        var again = SeededRandom(seed: 1)
        let salt = CommitmentSalt(from: &random)
        #expect(salt == CommitmentSalt(from: &again))
        #expect(salt != CommitmentSalt(from: &again))
        #expect(salt.bytes.count == 32)
    }

    private func commitment(_ text: String, salt: CommitmentSalt? = salt) throws -> String? {
        try DatasetInspection.inspect(reader(text), options: .init(), salt: salt).commitment?.hex
    }
}
