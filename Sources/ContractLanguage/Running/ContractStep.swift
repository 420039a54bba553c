package import Encodings

/// What an action does: the instance after it, and what is to happen beside it.
package struct ContractStep: Sendable {
    package struct Payment: Hashable, Sendable {
        package enum Purse: Hashable, Sendable {
            case member(String)
            case escrow
        }

        package let from: Purse
        package let to: Purse
        /// In minor units of the instance's currency; above 0.
        package let amount: Int64
    }

    package struct Event: Hashable, Sendable {
        package let name: String
        package let data: JSONValue
    }

    package let instance: ContractInstance
    /// In the order in which they are made.
    package let payments: [Payment]
    package let events: [Event]
    /// The rules that held.
    package let decisions: [ContractDecision]
    /// What the contract holds afterwards.
    package let escrow: Int64
    /// What deciding it took, in the machine's steps.
    package let cost: Int
}
