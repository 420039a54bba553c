extension TrustPolicy {
    private enum Usage {
        static let log = "log <vkey> [<url>]"
        static let witness = "witness <name> <vkey> [<url>]"
        static let group = "group <name> all|any|<k> <name>..."
        static let quorum = "quorum <name>|none"
    }

    /// Reads a policy file (C2SP tlog-policy, "Policy file syntax and structure").
    ///
    /// Only a whole line can be a comment. A last line without a newline is refused: a file that
    /// was cut off could ask for less than it did.
    ///
    /// - Throws: ``TrustPolicyError``.
    package init(parsing file: [UInt8]) throws(TrustPolicyError) {
        guard file.count <= Self.byteCountMax else {
            throw TrustPolicyError(line: nil, problem: .tooLarge(file.count))
        }
        var lines = file.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let unfinished = lines.removeLast()
        guard unfinished.isEmpty else {
            throw TrustPolicyError(line: lines.count + 1, problem: .unfinishedLine)
        }

        var builder = TrustPolicyBuilder()
        for (position, line) in lines.enumerated() {
            do {
                try Self.read(line, into: &builder)
            } catch {
                throw TrustPolicyError(line: position + 1, problem: error)
            }
        }
        do {
            self = try builder.finish()
        } catch {
            throw TrustPolicyError(line: nil, problem: error)
        }
    }

    private static func read(
        _ line: ArraySlice<UInt8>, into builder: inout TrustPolicyBuilder
    ) throws(TrustPolicyError.Problem) {
        let isAllowed = { (octet: UInt8) in
            octet == UInt8(ascii: "\t") || 0x20...0x7E ~= octet || octet >= 0x80
        }
        if let fault = line.firstIndex(where: { !isAllowed($0) }) {
            throw .forbiddenOctet(line[fault], column: fault - line.startIndex + 1)
        }
        let words = line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            .compactMap { PolicyWord($0) }
        guard let keyword = words.first, keyword.octets[0] != UInt8(ascii: "#") else { return }

        switch keyword.octets {
        case Array("log".utf8):
            guard 2...3 ~= words.count else { throw .wrongForm(expected: Usage.log) }
            try builder.add(Log(key: try key(words[1]), url: words.dropFirst(2).first))
        case Array("witness".utf8):
            guard 3...4 ~= words.count else { throw .wrongForm(expected: Usage.witness) }
            try builder.add(
                Witness(name: words[1], key: try key(words[2]), url: words.dropFirst(3).first))
        case Array("group".utf8):
            guard words.count >= 4 else { throw .wrongForm(expected: Usage.group) }
            try builder.add(
                Group(
                    name: words[1], threshold: try threshold(words[2]),
                    parts: Array(words.dropFirst(3))))
        case Array("quorum".utf8):
            guard words.count == 2 else { throw .wrongForm(expected: Usage.quorum) }
            try builder.set(words[1] == .reserved ? .noWitness : .of(words[1]))
        default:
            throw .unknownKeyword("\(Quoted(keyword.octets))")
        }
    }

    private static func key(
        _ word: PolicyWord
    ) throws(TrustPolicyError.Problem) -> NoteVerifierKey {
        guard let text = String(validating: word.octets, as: UTF8.self) else {
            throw .badKey(.badName)
        }
        do {
            return try NoteVerifierKey(parsing: text)
        } catch {
            throw .badKey(error)
        }
    }

    private static func threshold(
        _ word: PolicyWord
    ) throws(TrustPolicyError.Problem) -> Threshold {
        switch word.octets {
        case Array("any".utf8): return .any
        case Array("all".utf8): return .all
        default:
            guard let count = UInt64(decimal: word.octets).flatMap({ Int(exactly: $0) }) else {
                throw .badThreshold("\(Quoted(word.octets))")
            }
            return .atLeast(count)
        }
    }
}
