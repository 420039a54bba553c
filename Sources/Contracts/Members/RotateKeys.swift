package import Encodings
package import Identity

/// The action `member.rotate_keys`: a member replaces its keys. It signs with the key it has, and
/// the new ones sign a statement, which shows that it holds them.
package struct RotateKeys: LabAction {
    package static let name = "member.rotate_keys"

    package let keys: MemberKeys
    package let signingProof: [UInt8]
    package let cosignerProof: [UInt8]

    /// - Parameter member: Whose keys they will be.
    package init(
        signing: SigningKey, cosigner: SigningKey, member: MemberID, lab: LabID
    ) {
        keys = MemberKeys(signing: signing.publicKey, cosigner: cosigner.publicKey)
        let statement = Self.statement(keys, member: member, lab: lab)
        signingProof = signing.signature(of: statement)
        cosignerProof = cosigner.signature(of: statement)
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        keys = try MemberKeys(&input, "keys")
        signingProof = try input.bytes("signingProof")
        cosignerProof = try input.bytes("cosignerProof")
    }

    package var input: JSONValue {
        [
            "keys": keys.json, "signingProof": .string(Base64.encode(signingProof)),
            "cosignerProof": .string(Base64.encode(cosignerProof)),
        ]
    }

    private static func statement(_ keys: MemberKeys, member: MemberID, lab: LabID) -> [UInt8] {
        Array("jointlab keys v1\n".utf8)
            + (["lab": lab.json, "member": member.json, "keys": keys.json] as JSONValue)
            .canonicalBytes
    }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        let sender = try state.members.sender(of: context)
        try state.members.requireFree(sender.id, keys, except: sender.id)
        try state.requireNewNumber(keys.cosigner, of: sender.id)
        if keys.cosigner != sender.keys.cosigner {
            // A node holds its present key and the one before. If the set that still decides knew it
            // by one before that, nobody could cosign for it, and a small lab would stand still.
            try context.require(
                state.cosigners.isSettled(sender.keys.cosigner, of: sender.id), .wrongStage,
                rule: "the last change of the cosigner key has been certified",
                saw: ["member": sender.id, "key": sender.keys.cosigner.id])
        }
        let statement = Self.statement(keys, member: sender.id, lab: state.id)
        try context.require(
            keys.signing.verifies(signingProof, of: statement), .wrongValue,
            rule: "the new signing key signs for itself", saw: ["key": keys.signing.id])
        try context.require(
            keys.cosigner.verifies(cosignerProof, of: statement), .wrongValue,
            rule: "the new cosigner key signs for itself", saw: ["key": keys.cosigner.id])
        state.members.setKeys(keys, of: sender.id)
    }
}
