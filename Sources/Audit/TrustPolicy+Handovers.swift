import Contracts
import Ledger
import MerkleLog

/// Where one coordinator took over from another.
struct Handover {
    /// Of the last checkpoint of the old one, as it stands on the ledger.
    let certificate: UnverifiedCheckpoint
    let next: NoteVerifierKey
}

extension TrustPolicy {
    func knows(_ origin: LogOrigin) -> Bool { logs.contains { $0.origin == origin } }

    /// This policy with the logs of later epochs: those that a checkpoint leads to which the policy
    /// believes.
    ///
    /// - Throws: `CheckpointVerificationError` or `TrustPolicyError`.
    func following(_ handovers: [Handover]) throws -> TrustPolicy {
        var policy = self
        for handover in handovers where policy.knows(handover.certificate.statement.origin) {
            guard !policy.logs.contains(where: { $0.key == handover.next }) else { continue }
            _ = try policy.verify(handover.certificate, unknownSignatures: .ignored)
            policy = try TrustPolicy(
                logs: policy.logs + [Log(key: handover.next)], witnesses: policy.witnesses,
                groups: policy.groups, quorum: policy.quorum)
        }
        return policy
    }
}
