package import ContractLanguage
package import Contracts
import Encodings
package import Identity
package import LabAPI
import Ledger

/// What the founder of a lab decides, and signs.
package struct Founding {
    package let title: String
    package let origin: LabOrigin
    package let coordinator: CoordinatorKeys
    package let coordinatorURL: String
    package let constitution: ContractDocument
    package let rules: Rules
    package let founder: MemberCard
    package let key: SigningKey

    package init(
        title: String, origin: LabOrigin, coordinator: CoordinatorKeys, coordinatorURL: String,
        constitution: ContractDocument, rules: Rules, founder: MemberCard, key: SigningKey
    ) {
        self.title = title
        self.origin = origin
        self.coordinator = coordinator
        self.coordinatorURL = coordinatorURL
        self.constitution = constitution
        self.rules = rules
        self.founder = founder
        self.key = key
    }

    /// The signed first entry, in the lab's card.
    package func card(at now: Timestamp) throws -> LabCard {
        var random = SystemRandomNumberGenerator()
        let nonce = Hex.encode((0..<16).map { _ in UInt8.random(in: 0...255, using: &random) })
        let transaction = Transaction(
            lab: nil, sender: .member(founder.member), nonce: nonce,
            validUntil: now.advanced(byMilliseconds: 60_000),
            action: FoundLab(
                title: title, origin: origin, coordinator: coordinator,
                constitution: constitution, rules: rules, founders: [founder]))
        let entry = Entry(time: now, content: .genesis(transaction.signed(with: key)))
        return try LabCard(genesis: entry.bytes, coordinator: coordinatorURL)
    }
}
