package import Contracts
import Identity
package import MerkleLog

extension LabOrigin {
    /// The log's name in checkpoints.
    package var log: LogOrigin { LogOrigin(keyName) }

    /// The name of the log's own key.
    package var keyName: KeyName { Self.keyName(description) }

    /// The name under which a member's node cosigns.
    package func cosignerKeyName(of member: MemberID) -> KeyName {
        Self.keyName(cosignerName(of: member))
    }

    private static func keyName(_ text: String) -> KeyName {
        guard let name = KeyName(text) else {
            preconditionFailure("an origin consists of characters that names may have: \(text)")
        }
        return name
    }
}

extension Epoch {
    /// What verifies the coordinator's signature on this epoch's checkpoints.
    package var logVerifier: NoteVerifierKey {
        NoteVerifierKey(name: origin.keyName, ed25519: coordinator.logKey)
    }
}

extension Lab {
    /// What verifies the present coordinator's signature on checkpoints.
    package var logVerifier: NoteVerifierKey {
        NoteVerifierKey(name: origin.keyName, ed25519: coordinator.logKey)
    }

    /// Whether a checkpoint of so many entries is the business of a coordinator that has been
    /// replaced: it may have lost its key since, and what comes under it now accuses nobody.
    package func isPast(_ size: UInt64) -> Bool { epoch(ofSize: size).origin != origin }
}

extension CosignerSet {
    /// What verifies the cosignatures of this set's members.
    package func verifiers(of origin: LabOrigin) -> [MemberID: NoteVerifierKey] {
        Dictionary(
            uniqueKeysWithValues: keys.map { member, key in
                (
                    member,
                    NoteVerifierKey(name: origin.cosignerKeyName(of: member), cosignature: key)
                )
            })
    }
}

/// Why a checkpoint is not certified.
package enum CertificateError: Error, Hashable, Sendable, CustomStringConvertible {
    /// It is for another log, or for one whose epoch does not reach that size.
    case wrongOrigin(String, size: UInt64)
    case unknownSize(UInt64)
    case wrongRoot(claimed: TreeHash, computed: TreeHash)
    case notSignedByLog
    case badSignature(NoteVerificationError)
    case noQuorum(size: UInt64, cosigned: Int, quorum: Quorum)

    package var description: String {
        switch self {
        case .wrongOrigin(let origin, let size):
            "it is for the log \(origin), which has no checkpoint of size \(size) in this lab"
        case .unknownSize(let size):
            "no batch that is still to be certified ends at size \(size)"
        case .wrongRoot(let claimed, let computed):
            "its root is \(claimed), and the entries give \(computed)"
        case .notSignedByLog: "the coordinator has not signed it"
        case .badSignature(let error): error.description
        case .noQuorum(let size, let cosigned, let quorum):
            "\(cosigned) members have cosigned size \(size), and \(quorum.needed) of "
                + "\(quorum.members) must"
        }
    }
}

extension UnverifiedCheckpoint {
    /// Checks that this checkpoint is certified.
    ///
    /// - Parameters:
    ///   - lab: Whose log it is.
    ///   - deciding: The sets that each must have a quorum.
    ///   - unknownSignatures: An audit refuses lines that it cannot account for.
    /// - Throws: ``CertificateError``.
    package func verifyCertified(
        for lab: Lab, deciding: [CosignerSet], unknownSignatures: UnknownSignatures = .ignored
    ) throws(CertificateError) {
        try verifySignedByLog(
            of: lab, alsoKnowing: deciding.flatMap { $0.verifiers(of: lab.origin).values },
            unknownSignatures: unknownSignatures
        ) { signers throws(CertificateError) in
            for set in deciding {
                let verifiers = set.verifiers(of: lab.origin)
                let cosigned = verifiers.values.count { signers.contains($0) }
                guard cosigned >= set.quorum.needed else {
                    throw .noQuorum(
                        size: statement.head.size, cosigned: cosigned, quorum: set.quorum)
                }
            }
        }
    }

    /// Checks that the coordinator of the epoch that it belongs to has signed this checkpoint, and
    /// nothing about cosignatures.
    ///
    /// - Throws: ``CertificateError``.
    package func verifySignedByLog(of lab: Lab) throws(CertificateError) {
        try verifySignedByLog(
            of: lab, alsoKnowing: [], unknownSignatures: .ignored
        ) { _ throws(CertificateError) in }
    }

    private func verifySignedByLog(
        of lab: Lab, alsoKnowing cosigners: [NoteVerifierKey],
        unknownSignatures: UnknownSignatures,
        check: (Set<NoteVerifierKey>) throws(CertificateError) -> Void
    ) throws(CertificateError) {
        let epoch = lab.epoch(ofSize: statement.head.size)
        guard statement.origin == epoch.origin.log else {
            throw .wrongOrigin(statement.origin.description, size: statement.head.size)
        }
        let keyring: NoteKeyring
        do {
            keyring = try NoteKeyring(Set([epoch.logVerifier] + cosigners))
        } catch {
            // Two cosigner keys of one name whose 32-bit ids collide: nobody can say who signed.
            throw .notSignedByLog
        }
        let verified: VerifiedNote
        do {
            verified = try note.verified(by: keyring, unknownSignatures: unknownSignatures)
        } catch {
            throw .badSignature(error)
        }
        let signers = Set(verified.signatures.map(\.key))
        guard signers.contains(epoch.logVerifier) else { throw .notSignedByLog }
        try check(signers)
    }
}
