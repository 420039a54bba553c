/// Why a contract refuses an action: the rule, and what it saw.
package struct ContractRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: String, CaseIterable, Sendable {
        /// A rule of the document.
        case rule
        /// The sender is not one who may take the action.
        case party
        /// The action is not taken in this stage.
        case stage
        /// The input is not of the form that the action asks for.
        case input
        /// A value would leave its type's bounds, or cannot be computed.
        case bounds
        case invariant
        /// An overdue obligation comes first, or one is not overdue yet.
        case obligation
        /// A payment is below nothing, or more than there is in escrow.
        case payment
        /// Somebody concerned has not signed.
        case signature
        /// The place is not traded, or not like this.
        case token
    }

    package let kind: Kind
    /// What would have had to hold.
    package let rule: String
    package let clauses: [String]
    package let says: LocalisedText?
    package let saw: [ContractObservation]
    /// Whether a value is missing that an example leaves open.
    let isUnknown: Bool

    init(
        _ kind: Kind, rule: String, clauses: [String] = [], says: LocalisedText? = nil,
        saw: [ContractObservation] = [], isUnknown: Bool = false
    ) {
        self.kind = kind
        self.isUnknown = isUnknown
        self.rule = rule
        self.clauses = clauses
        self.says = says
        self.saw = saw
    }

    /// The same, with the clauses of what it refuses to do.
    func naming(_ clauses: [String]) -> ContractRefusal {
        ContractRefusal(
            kind, rule: rule, clauses: self.clauses + clauses, says: says, saw: saw,
            isUnknown: isUnknown)
    }

    package var description: String {
        let values = saw.map { "\($0.name) is \($0.value)" }.joined(separator: ", ")
        let clause = clauses.isEmpty ? "" : " (clause \(clauses.joined(separator: ", ")))"
        let reason = says.map { "\($0)\(clause): " } ?? ""
        return "\(reason)the rule is `\(rule)`\(values.isEmpty ? "" : "; \(values)")"
    }
}

/// A value that a rule looked at.
package struct ContractObservation: Hashable, Sendable {
    package let name: String
    package let value: String
}

/// A rule that held, and what it saw.
package struct ContractDecision: Hashable, Sendable {
    package let rule: String
    package let clauses: [String]
    package let saw: [ContractObservation]
}
