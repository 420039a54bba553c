package import Encodings

/// A contract document as it is written: the form is right, and nothing else has been checked.
///
/// Names are kept in the order of their UTF-8, so that a document means the same whatever order its
/// author wrote it in.
package struct ContractDocument: Sendable {
    /// The canonical JSON of a document may have so many bytes.
    package static let bytesMax = 48_000
    /// The version of the language and of its cost table.
    package static let language: Int64 = 1

    package struct Clause: Sendable {
        package enum Enforcement: String, CaseIterable, Sendable {
            /// A rule, an effect or a payment sees to it.
            case machine
            /// An obligation with a deadline, and what follows where it is not met.
            case obligation
            /// People see to it.
            case none
        }

        package let name: String
        package let title: LocalisedText
        package let enforcement: Enforcement
    }

    package enum Party: Hashable, Sendable {
        case member
        case members(countMax: Int)
    }

    package struct Field: Sendable {
        package let name: String
        package let type: DataType
    }

    package struct Variable: Sendable {
        package let name: String
        package let type: DataType
        /// An expression over terms and parties; the least value of the type where there is none.
        package let initial: ExpressionText?
    }

    package struct Obligation: Sendable {
        package let name: String
        package let by: String
        /// An expression of a duration.
        package let within: ExpressionText
        package let says: LocalisedText
        package let clauses: [String]
        /// The action that anybody may take when it is overdue.
        package let remedy: String?
    }

    package struct Invariant: Sendable {
        package let condition: ExpressionText
        package let says: LocalisedText?
        package let clauses: [String]
    }

    package let name: String
    package let version: Int64
    package let title: LocalisedText
    /// By language: a file's name, or the digest of the text.
    package let prose: [(language: String, reference: String)]
    /// What people call the document's names: `licensee`, or `input.rounds` where a name has two meanings.
    package let words: [(name: String, text: LocalisedText)]
    package let clauses: [Clause]
    package let parties: [(name: String, kind: Party)]
    /// The parties that may make the offer; `nil` where the checker finds them.
    package let offer: [String]?
    package let terms: [Field]
    package let state: [Variable]
    package let stages: [String]
    package let final: [String]
    package let actions: [ActionText]
    package let obligations: [Obligation]
    package let invariants: [Invariant]
    package let token: TokenText?
    package let examples: [ContractExample]
    /// The whole of it.
    package let source: JSONValue

    package func party(_ name: String) -> Party? { parties.first { $0.name == name }?.kind }
    package func clause(_ name: String) -> Clause? { clauses.first { $0.name == name } }
    package func action(_ name: String) -> ActionText? { actions.first { $0.name == name } }

    /// What people call a name of `parties`, `terms`, `state`, `input`, `stages`, `actions`, `obligations` or
    /// `events`.
    package func word(_ kind: String, _ name: String) -> LocalisedText? {
        (words.first { $0.name == "\(kind).\(name)" } ?? words.first { $0.name == name })?.text
    }

    /// `dataset-licence@1`
    package var label: String { "\(name)@\(version)" }
}

/// An expression of the rules' language as it stands in a document.
package struct ExpressionText: Hashable, Sendable {
    package let text: String
    /// Where it stands: `actions.train.require[2].cel`.
    package let path: String
}

/// How a place in a contract is traded, as it is written.
package struct TokenText: Sendable {
    package struct Quota: Sendable {
        /// The state variable that counts what is used.
        package let used: String
        /// The term that bounds it.
        package let limit: String
    }

    package let holder: String
    package let transfer: ExpressionText
    /// Whose consent a transfer needs, unless the expression holds.
    package let consent: (by: String, unless: ExpressionText?)?
    package let quotas: [Quota]
    /// Thousandths of a price, and a map of members to weights.
    package let share: (permille: ExpressionText, to: ExpressionText)?
    package let ends: [String]
    package let clauses: [String]
}
