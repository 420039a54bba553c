package import Contracts
package import Identity
import Randomness

/// An institution with its keys, which follow from its name.
package struct SampleMember: Sendable {
    package let id: MemberID
    package let roles: [Role]
    package let signingKey: SigningKey
    package let cosignerKey: SigningKey

    /// - Parameter generation: Other keys for the same name, as after a rotation.
    package init(_ name: String, _ roles: [Role], generation: UInt64 = 0) throws {
        id = try MemberID(name)
        self.roles = roles
        let seed = name.utf8.reduce(generation) { $0 &* 131 &+ UInt64($1) }
        var random = SeededRandom(seed: seed)
        signingKey = SigningKey(from: &random)
        cosignerKey = SigningKey(from: &random)
    }

    package var keys: MemberKeys {
        MemberKeys(signing: signingKey.publicKey, cosigner: cosignerKey.publicKey)
    }

    package var card: MemberCard {
        MemberCard(
            member: id, title: "Institution \(id)", category: .data, roles: roles, keys: keys)
    }
}
