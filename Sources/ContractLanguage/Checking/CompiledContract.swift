import Policy

/// A document that has been checked and compiled: nothing is left to be discovered when it runs but
/// what its rules decide.
package final class CompiledContract: Sendable {
    /// What one expression may cost at most, in the machine's steps.
    package static let expressionCostMax = 200_000
    /// What an action may cost at most, with what is decided before and after it.
    package static let costMax = 1_000_000
    /// How many bytes the parties, terms and state of an instance can take at most: the lab keeps and
    /// reads all of them with each action.
    package static let bytesMax = 262_144

    /// What all examples of a document may cost at most.
    package static let examplesCostMax = 10_000_000

    struct Action: Sendable {
        enum Change: Sendable {
            case set(Formula)
            case add(Formula)
            case subtract(Formula)
            case append(Formula)
            case put(key: Formula, value: Formula)
            case remove(Formula)
        }

        struct Payment: Sendable {
            enum Destination: Sendable {
                case purse(ActionText.Payment.Purse)
                case split(Formula)
                case member(Formula)
            }

            let text: ActionText.Payment
            let to: Destination
            /// `nil` for what is left in escrow.
            let amount: Formula?
            let condition: Formula?
        }

        let text: ActionText
        let scope: Scope
        let rules: [(text: ActionText.Rule, formula: Formula)]
        /// With the place of the state variable.
        let effects: [(index: Int, change: Change)]
        let payments: [Payment]
        let events: [(name: String, data: [(name: String, formula: Formula)])]
        let turns: [(condition: Formula?, stage: String)]
        /// With what is decided before and after it.
        var costMax: Int
    }

    struct Obligation: Sendable {
        let text: ContractDocument.Obligation
        let within: Formula
    }

    package struct Token: Sendable {
        package let text: TokenText
        let transfer: Formula
        let unless: Formula?
        let permille: Formula?
        let beneficiaries: Formula?
    }

    package let document: ContractDocument
    /// The parties that may make the offer.
    package let offerors: [String]
    /// Whether an instance has a currency.
    package let usesMoney: Bool
    /// The most that one of its actions can cost.
    package let costMax: Int
    let conclusion: Scope
    let standing: Scope
    let invariantScope: Scope
    let initial: [Formula?]
    let actions: [String: Action]
    let obligations: [String: Obligation]
    let invariants: [(text: ContractDocument.Invariant, formula: Formula)]
    package let token: Token?

    /// Checks a document completely.
    ///
    /// - Throws: ``DocumentProblems`` with everything that is wrong.
    package init(_ document: ContractDocument) throws(DocumentProblems) {
        var checker = DocumentChecker(document)
        checker.check()
        let parts = checker.parts
        self.document = document
        conclusion = parts.conclusion
        standing = parts.standing
        invariantScope = parts.invariantScope
        initial = parts.initial
        actions = parts.actions
        obligations = parts.obligations
        invariants = parts.invariants
        token = parts.token
        usesMoney = parts.usesMoney
        costMax = parts.actions.values.map(\.costMax).max() ?? 0
        offerors = checker.offerors
        if let problems = DocumentProblems(checker.problems) { throw problems }
        let failures = failuresAtTheBeginning() + document.examples.compactMap { failure(of: $0) }
        if let problems = DocumentProblems(failures) { throw problems }
    }
}
