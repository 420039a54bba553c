import ContractLanguage
package import Encodings

/// The action `account.split`: one payment to several members, each by its weight. Nothing is lost
/// in rounding: see ``LargestRemainder``; of equal remainders the earlier name comes first.
package struct SplitPayment: LabAction {
    package static let name = "account.split"
    package static let sharesMax = 256

    package struct Share: Hashable, Sendable {
        package let to: MemberID
        package let weight: Int64

        package init(to: MemberID, weight: Int64) {
            self.to = to
            self.weight = weight
        }

        fileprivate init(_ value: JSONValue, at path: String) throws(JSONShapeError) {
            var fields = try JSONFields(value, at: path)
            to = try fields.identifier("to")
            weight = try fields.integer("weight", in: 1 ... .max)
            try fields.finish()
        }

        fileprivate var json: JSONValue { ["to": to.json, "weight": .integer(weight)] }
    }

    package let amount: Money
    package let shares: [Share]

    package init(amount: Money, shares: [Share]) {
        self.amount = amount
        self.shares = shares
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        amount = try input.money("amount")
        var shares: [Share] = []
        for (position, value) in try input.array("shares").enumerated() {
            shares.append(try Share(value, at: "\(input.path(to: "shares"))[\(position)]"))
        }
        guard (1...Self.sharesMax).contains(shares.count),
            Set(shares.map(\.to)).count == shares.count
        else {
            throw input.wrong("shares", "should be 1 to \(Self.sharesMax) different members")
        }
        self.shares = shares
    }

    package var input: JSONValue {
        ["amount": amount.json, "shares": .array(shares.map(\.json))]
    }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        let sender = try state.members.sender(of: context)
        let sorted = shares.sorted { $0.to < $1.to }
        for share in sorted { _ = try state.members.active(share.to) }
        try context.require(
            amount.minorUnits > 0 && !shares.contains { $0.to == sender.id }, .wrongValue,
            rule: "amount > 0, to other members", saw: ["amount": amount, "sender": sender.id])
        try state.accounts.requireWithinLimit(amount, of: sender.id, in: &context)
        guard
            let parts = LargestRemainder.shares(
                of: amount.minorUnits, weights: sorted.map(\.weight))
        else {
            throw Refusal(.wrongValue, rule: "a weight is positive", saw: ["amount": amount])
        }
        for (share, part) in zip(sorted, parts) {
            try state.accounts.move(
                Money(part, amount.currency), from: .member(sender.id), to: .member(share.to),
                as: .split)
        }
        try state.accounts.chargeFee(on: amount, to: sender.id, in: &context)
    }
}
