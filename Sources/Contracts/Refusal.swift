package import ContractLanguage
package import Encodings

/// Why the machine refused a transaction: the rule that said no, and what it saw.
package struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// What a program branches on. The raw values are in receipts and the HTTP interface: add
    /// codes, but never rename or reuse one.
    package enum Code: String, CaseIterable, Sendable {
        case alreadyExists = "already_exists"
        case unknown = "unknown"
        case wrongSender = "wrong_sender"
        case wrongStage = "wrong_stage"
        case wrongValue = "wrong_value"
        case limit = "limit"

        case transactionExpired = "transaction.expired"
        case transactionLifetime = "transaction.lifetime"
        case transactionReplayed = "transaction.replayed"
        case memberSuspended = "member.suspended"
        case memberRole = "member.role"
        case alreadyVoted = "proposal.already_voted"
        case contractInvalid = "contract.invalid_document"
        case contractRule = "contract.rule"
        case contractBounds = "contract.bounds"
        case contractInvariant = "contract.invariant"
        case contractObligation = "contract.obligation"
        case contractPayment = "contract.payment"
        case contractSignature = "contract.signature"
        case contractToken = "contract.token"
        case contractFrozen = "contract.frozen"
        case contractAncestorEnded = "contract.ancestor_ended"
        case licenceForm = "licence.form"
        case participantsTooFew = "round.participants_too_few"
        case wrongRound = "round.wrong_number"
        case contributionInvalid = "round.contribution_invalid"
        case notIndependent = "model.not_independent"
        case validationsTooFew = "model.validations_too_few"
        case overdrawn = "account.overdrawn"
        case overflow = "account.overflow"
        case paymentTooLarge = "account.payment_too_large"
        case holdExpired = "hold.expired"
        case tradeExpired = "trade.expired"
        case coordinatorReplaced = "coordinator.replaced"
        case coordinatorHandover = "coordinator.handover"
    }

    package let code: Code
    /// What would have had to hold.
    package let rule: String
    package let saw: [Observation]
    /// For a rule of a contract: the clauses that it enforces.
    package let clauses: [String]
    /// What a contract says to the one that is refused.
    package let says: LocalisedText?

    package init(
        _ code: Code, rule: String, saw: [Observation], clauses: [String] = [],
        says: LocalisedText? = nil
    ) {
        self.code = code
        self.rule = rule
        self.saw = saw
        self.clauses = clauses
        self.says = says
    }

    package init(
        _ code: Code, rule: String, saw: KeyValuePairs<String, any CustomStringConvertible>
    ) {
        self.init(code, rule: rule, saw: saw.map(Observation.init))
    }

    /// One line for a person. Its wording may change.
    package var description: String {
        let clause =
            clauses.isEmpty ? "" : " (clause \(clauses.joined(separator: ", ")))"
        let reason = says.map { "\($0)\(clause); " } ?? ""
        return "\(code.rawValue): \(reason)the rule is `\(rule)`; \(Observation.sentence(saw))"
    }

    package var json: JSONValue {
        [
            "code": .string(code.rawValue), "rule": .string(rule),
            "saw": .array(saw.map(\.json)),
            "clauses": clauses.isEmpty ? nil : .array(clauses.map { .string($0) }),
            "says": says?.json,
        ]
    }
}

/// A value that a rule looked at.
package struct Observation: Hashable, Sendable {
    package let name: String
    package let text: String

    package init(_ name: String, _ value: any CustomStringConvertible) {
        self.name = name
        text = value.description
    }

    package var json: JSONValue { ["name": .string(name), "value": .string(text)] }

    static func sentence(_ observations: [Observation]) -> String {
        observations.map { "\($0.name) is \($0.text)" }.joined(separator: ", ")
    }
}

/// A rule that held, and what it saw: the other half of a receipt.
package struct Decision: Hashable, Sendable, CustomStringConvertible {
    package let rule: String
    package let saw: [Observation]

    package var description: String { "`\(rule)` holds; \(Observation.sentence(saw))" }

    package var json: JSONValue {
        ["rule": .string(rule), "saw": .array(saw.map(\.json))]
    }
}
