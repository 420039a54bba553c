package import Encodings
package import Policy

/// A request to take an action of an instance.
package struct ContractCall: Sendable {
    package enum Sender: Hashable, Sendable {
        case member(String)
        case lab

        package var text: String {
            switch self {
            case .member(let name): name
            case .lab: "lab"
            }
        }
    }

    package let action: String
    package let sender: Sender
    package let input: JSONValue
    package let now: Instant
    /// What the contract holds, in minor units.
    package let escrow: Int64

    package init(
        action: String, sender: Sender, input: JSONValue, now: Instant, escrow: Int64
    ) {
        self.action = action
        self.sender = sender
        self.input = input
        self.now = now
        self.escrow = escrow
    }
}
