/// An action of a document as it is written.
package struct ActionText: Sendable {
    package enum Actor: Hashable, Sendable, CustomStringConvertible {
        case party(String)
        /// Of two parties the one that did not make the offer.
        case counterparty
        /// Any member of the lab.
        case anyone
        /// The lab itself.
        case lab

        package var description: String {
            switch self {
            case .party(let name): name
            case .counterparty: "counterparty"
            case .anyone: "anyone"
            case .lab: "lab"
            }
        }
    }

    package struct Rule: Sendable {
        package let condition: ExpressionText
        package let says: LocalisedText
        package let clauses: [String]
    }

    package struct Effect: Sendable {
        package enum Change: Sendable {
            case set(ExpressionText)
            case add(ExpressionText)
            case subtract(ExpressionText)
            case append(ExpressionText)
            case put(key: ExpressionText, value: ExpressionText)
            case remove(ExpressionText)
        }

        package let variable: String
        package let change: Change
        package let path: String
    }

    package struct Payment: Sendable {
        package enum Purse: Hashable, Sendable, CustomStringConvertible {
            case party(String)
            case escrow
            case sender

            package var description: String {
                switch self {
                case .party(let name): name
                case .escrow: "escrow"
                case .sender: "sender"
                }
            }
        }

        package enum Destination: Sendable {
            case purse(Purse)
            /// A map from members to weights.
            case split(ExpressionText)
            case member(ExpressionText)
        }

        package enum Amount: Sendable {
            case units(ExpressionText)
            /// What is left in escrow.
            case rest
        }

        package let from: Purse
        package let to: Destination
        package let amount: Amount
        package let condition: ExpressionText?
        package let clauses: [String]
        package let path: String
    }

    package struct Event: Sendable {
        package let name: String
        package let data: [(name: String, value: ExpressionText)]
    }

    package struct Turn: Sendable {
        /// Always, where there is none.
        package let condition: ExpressionText?
        package let stage: String
    }

    package let name: String
    /// Empty for what only an obligation's `else` names.
    package let by: [Actor]
    package let from: [String]
    package let input: [ContractDocument.Field]
    package let rules: [Rule]
    package let effects: [Effect]
    package let payments: [Payment]
    package let opens: [String]
    package let fulfils: [String]
    package let events: [Event]
    /// The stage after it; the old one where it is empty or nothing holds.
    package let turns: [Turn]
    package let clauses: [String]
    package let title: LocalisedText?

    /// Whether it is only taken when an obligation is overdue.
    package var isRemedy: Bool { by.isEmpty }
}
