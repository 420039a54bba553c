/// Why a policy is not well formed, and in which line.
package struct TrustPolicyError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Problem: Error, Hashable, Sendable {
        case tooLarge(Int)
        /// The column is counted from 1, in octets.
        case forbiddenOctet(UInt8, column: Int)
        case unfinishedLine
        case unknownKeyword(String)
        case wrongForm(expected: String)
        case badKey(NoteVerifierKeyError)
        case wrongKeyType(UInt8, role: String)
        case duplicateKey(KeyName)
        case ambiguousKey(AmbiguousKeyError)
        case reservedName
        case duplicateName(PolicyWord)
        case unknownName(PolicyWord)
        case emptyGroup(PolicyWord)
        case inTwoGroups(PolicyWord, first: PolicyWord)
        case badThreshold(String)
        case thresholdOutside(Int, parts: Int)
        case tooMany(String)
        case secondQuorum
        case missingQuorum
    }

    /// Counted from 1; none where the policy was not read from a file, or the fault is not in one
    /// line.
    package let line: Int?
    package let problem: Problem

    package init(line: Int?, problem: Problem) {
        self.line = line
        self.problem = problem
    }

    package var description: String {
        line.map { "line \($0): \(problem)" } ?? "\(problem)"
    }
}

extension TrustPolicyError.Problem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .tooLarge(let count):
            "the policy has \(count) bytes; the most is \(TrustPolicy.byteCountMax)"
        case .forbiddenOctet(let octet, let column):
            "column \(column) has the control character \(octet); only tab and newline may stand "
                + "in a policy"
        case .unfinishedLine:
            "the last line does not end with a newline; is the file complete?"
        case .unknownKeyword(let word):
            "a line begins with log, witness, group or quorum, and not with \(word)"
        case .wrongForm(let expected):
            "the line should be: \(expected)"
        case .badKey(let error):
            error.description
        case .wrongKeyType(let type, let role):
            "a key of type \(type) cannot be a \(role)'s here; "
                + "a log's is of type 1 or 4, and a witness's of type 4"
        case .duplicateKey(let name):
            "the key of \(Quoted(name.utf8)) stands in the policy already; "
                + "another name does not make it another key"
        case .ambiguousKey(let error):
            error.description
        case .reservedName:
            "none is no name; it may stand only in the quorum line"
        case .duplicateName(let name):
            "\(Quoted(name.octets)) is defined twice"
        case .unknownName(let name):
            "no line above defines \(Quoted(name.octets))"
        case .emptyGroup(let name):
            "the group \(Quoted(name.octets)) is empty"
        case .inTwoGroups(let name, let first):
            "\(Quoted(name.octets)) is a member of the group \(Quoted(first.octets)) already"
        case .badThreshold(let word):
            "how many of a group must have witnessed is any, all or a number, and not \(word)"
        case .thresholdOutside(let count, let parts):
            "\(count) of a group of \(parts) is out of range"
        case .tooMany(let what):
            "more than \(TrustPolicy.countMax) \(what)"
        case .secondQuorum:
            "the quorum is defined already"
        case .missingQuorum:
            "the policy has no quorum line"
        }
    }
}
