package import Encodings

/// A transfer that was made, kept so that it can be reversed, once.
package struct Transfer: StateRow, Hashable {
    /// The transfer's entry.
    package let index: UInt64
    package let from: MemberID
    package let to: MemberID
    package let amount: Money
    /// The entry that undid it.
    package var reversedBy: UInt64?

    package var json: JSONValue {
        [
            "from": from.json, "to": to.json, "amount": amount.json,
            "reversedBy": reversedBy.map { .integer(Int64(clamping: $0)) },
        ]
    }
}
