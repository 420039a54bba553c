package import Encodings

/// What an import could not take over as it stands, by name, with its place and the reason.
package struct ImportReport: Hashable, Sendable {
    package struct Finding: Hashable, Sendable {
        package enum Effect: String, Hashable, Sendable {
            /// Its rule is a denial: a permission does not apply, a prohibition always does.
            case denied
            /// Taken in one of several possible senses, which the reason names.
            case assumed
            /// Without effect on what may be done.
            case ignored
        }

        package let effect: Effect
        /// The operand, operator, action, property … as the document names it.
        package let term: String
        package let path: String
        package let reason: String

        package init(_ effect: Effect, _ term: String, at path: String, _ reason: String) {
            self.effect = effect
            self.term = term
            self.path = path
            self.reason = reason
        }

        package var json: JSONValue {
            [
                "effect": .string(effect.rawValue), "term": .string(term), "path": .string(path),
                "reason": .string(reason),
            ]
        }
    }

    package private(set) var findings: [Finding] = []
    private var known: Set<Finding> = []

    package init() {}

    package var denials: [Finding] { findings.filter { $0.effect == .denied } }

    package mutating func add(_ finding: Finding) {
        if known.insert(finding).inserted { findings.append(finding) }
    }

    package mutating func add(contentsOf other: ImportReport) {
        for finding in other.findings { add(finding) }
    }

    package var json: JSONValue { .array(findings.map(\.json)) }
}
