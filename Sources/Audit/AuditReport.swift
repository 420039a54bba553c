package import Encodings

/// What an audit checked, how much of it, and what did not hold.
package struct AuditReport: Sendable {
    /// Something that does not hold.
    package struct Finding: Hashable, Sendable, CustomStringConvertible {
        /// The file or the entry, such as `entry 17`.
        package let place: String
        /// What programs branch on.
        package let rule: String
        package let problem: String

        package var description: String { "\(place): \(problem) [\(rule)]" }
    }

    /// One thing that was checked.
    package struct Check: Hashable, Sendable {
        package let name: String
        package let count: Int
        /// What was not exported, and so could not be checked.
        package let unchecked: Int

        init(_ name: String, _ count: Int, unchecked: Int = 0) {
            self.name = name
            self.count = count
            self.unchecked = unchecked
        }
    }

    package internal(set) var lab: String?
    package internal(set) var size: UInt64 = 0
    package internal(set) var root: String?
    package internal(set) var cosigners: [String] = []
    package internal(set) var checks: [Check] = []
    package internal(set) var findings: [Finding] = []
    /// The policy came with the export, so it vouches for nothing but consistency.
    package let policyIsOwn: Bool

    package var holds: Bool { findings.isEmpty }

    /// Whether everything that the ledger speaks of was there to be checked.
    package var isComplete: Bool { checks.allSatisfy { $0.unchecked == 0 } }

    init(policyIsOwn: Bool) {
        self.policyIsOwn = policyIsOwn
    }

    mutating func found(_ place: String, _ rule: String, _ problem: String) {
        findings.append(Finding(place: place, rule: rule, problem: problem))
    }

    package var json: JSONValue {
        [
            "holds": .bool(holds), "isComplete": .bool(isComplete), "lab": lab.map { .string($0) },
            "size": .integer(Int64(clamping: size)), "root": root.map { .string($0) },
            "cosigners": .array(cosigners.map { .string($0) }),
            "policyIsOwn": .bool(policyIsOwn),
            "checks": .array(
                checks.map {
                    [
                        "name": .string($0.name), "count": .integer(Int64($0.count)),
                        "unchecked": .integer(Int64($0.unchecked)),
                    ]
                }),
            "findings": .array(
                findings.map {
                    [
                        "place": .string($0.place), "rule": .string($0.rule),
                        "problem": .string($0.problem),
                    ]
                }),
        ]
    }
}
