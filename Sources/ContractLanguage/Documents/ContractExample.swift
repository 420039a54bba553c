package import Encodings

/// A case in a document: what is given, what is done, and what must come of it.
package struct ContractExample: Sendable {
    package enum Outcome: Sendable {
        /// The clause that refuses, or what kind of rule.
        case refused(String)
        case applied(Expected)
    }

    /// What must be true afterwards; only what is stated is compared.
    package struct Expected: Sendable {
        package let stage: String?
        package let state: [(name: String, value: JSONValue)]
        /// To whom how much is paid in all; `nil` where nothing is said of payments.
        package let paid: [(to: String, amount: Int64)]?
        package let emitted: [String]?
    }

    package let title: LocalisedText?
    package let given: JSONValue
    package let action: String
    package let by: String?
    package let input: JSONValue?
    package let outcome: Outcome
    package let path: String
}
