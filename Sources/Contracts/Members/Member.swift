package import Encodings
package import Identity

/// An institution in the lab.
package struct Member: StateRow, Hashable {
    package enum Status: String, Sendable {
        case active
        case suspended
        case left
    }

    package let card: MemberCard
    /// Those that it came with, and what the members have appointed it to since.
    package internal(set) var roles: [Role]
    package var keys: MemberKeys
    package var status: Status
    /// Since when the status is what it is.
    package var since: Timestamp

    package var id: MemberID { card.member }

    /// Whether it votes on proposals. An auditor watches and cosigns; it has no say.
    package var votes: Bool { status == .active && card.roles != [.auditor] }

    package var json: JSONValue {
        [
            "member": card.member.json, "title": .string(card.title),
            "category": .string(card.category.rawValue),
            "roles": .array(roles.map { .string($0.rawValue) }), "keys": keys.json,
            "status": .string(status.rawValue), "since": since.json,
        ]
    }
}

/// What a member may do in the lab beside voting and cosigning.
package enum Role: String, CaseIterable, Comparable, Sendable {
    /// Follows and cosigns; alone, it does not vote.
    case auditor
    /// Registers datasets and grants licences on them.
    case dataOwner = "data-owner"
    /// Issues currencies: a settlement bank.
    case issuer
    /// Proposes jobs and registers model versions.
    case researcher

    package static func < (left: Role, right: Role) -> Bool { left.rawValue < right.rawValue }
}

/// What a partner brings.
package enum PartnerCategory: String, CaseIterable, Sendable {
    case applications
    case computing
    case data
    case investment
    case models
    case oversight
    case research
}

/// A member's two keys. They are never the same: a cosignature does not say whose role it was
/// made in.
package struct MemberKeys: Hashable, Sendable {
    /// Signs transactions, contributions and requests.
    package let signing: PublicKey
    /// Signs what the member's node has verified and stored.
    package let cosigner: PublicKey

    package init(signing: PublicKey, cosigner: PublicKey) {
        self.signing = signing
        self.cosigner = cosigner
    }

    package var json: JSONValue {
        ["signing": .string(signing.base64), "cosigner": .string(cosigner.base64)]
    }

    package init(_ fields: inout JSONFields, _ key: String) throws(JSONShapeError) {
        var inner = try fields.fields(key)
        signing = try inner.publicKey("signing")
        cosigner = try inner.publicKey("cosigner")
        try inner.finish()
        guard signing != cosigner else {
            throw inner.wrong("cosigner", "should not be the key that signs transactions")
        }
    }
}

/// How an institution introduces itself: what it would be called, what it brings, its public keys.
package struct MemberCard: Hashable, Sendable {
    package let member: MemberID
    package let title: String
    package let category: PartnerCategory
    /// Sorted, each once.
    package let roles: [Role]
    package let keys: MemberKeys

    package init(
        member: MemberID, title: String, category: PartnerCategory, roles: [Role], keys: MemberKeys
    ) {
        self.member = member
        self.title = title
        self.category = category
        self.roles = Set(roles).sorted()
        self.keys = keys
    }

    package var json: JSONValue {
        [
            "member": member.json, "title": .string(title),
            "category": .string(category.rawValue),
            "roles": .array(roles.map { .string($0.rawValue) }), "keys": keys.json,
        ]
    }

    package init(_ fields: inout JSONFields) throws(JSONShapeError) {
        member = try fields.identifier("member")
        guard member.text != Sender.coordinatorName else {
            throw fields.wrong("member", "should not be “\(Sender.coordinatorName)”")
        }
        title = try fields.title("title")
        category = try fields.choice("category")
        roles = try fields.choices("roles")
        keys = try MemberKeys(&fields, "keys")
    }
}

extension JSONFields {
    package mutating func choice<Choice>(
        _ key: String
    ) throws(JSONShapeError) -> Choice
    where Choice: RawRepresentable<String> & CaseIterable {
        let text = try string(key)
        guard let choice = Choice(rawValue: text) else {
            let all = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw wrong(key, "should be one of \(all), and is “\(text.prefix(40))”")
        }
        return choice
    }

    mutating func choices<Choice>(
        _ key: String
    ) throws(JSONShapeError) -> [Choice]
    where Choice: RawRepresentable<String> & CaseIterable & Hashable & Comparable {
        let texts = try strings(key)
        let choices = Set(texts.compactMap(Choice.init(rawValue:)))
        guard choices.count == texts.count else {
            let all = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw wrong(key, "should list some of \(all), each once")
        }
        return choices.sorted()
    }
}
