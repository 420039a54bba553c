/// An entry that stands on a log at this index, as a checkpoint shows that a policy believes.
///
/// Only ``InclusionReceipt/verify(_:by:unknownSignatures:)`` makes one.
package struct VerifiedEntry: Hashable, Sendable {
    package let entry: [UInt8]
    package let index: UInt64
    package let checkpoint: VerifiedCheckpoint
}

extension InclusionReceipt {
    /// Checks that the receipt is for this entry, and that the policy believes its checkpoint
    /// (C2SP tlog-proof, "Verifying a tlog proof").
    ///
    /// - Throws: ``ReceiptVerificationError``.
    package func verify(
        _ entry: [UInt8], by policy: TrustPolicy,
        unknownSignatures: UnknownSignatures = .ignored
    ) throws(ReceiptVerificationError) -> VerifiedEntry {
        let verified: VerifiedCheckpoint
        do {
            verified = try policy.verify(checkpoint, unknownSignatures: unknownSignatures)
        } catch {
            throw .checkpoint(error)
        }
        do {
            try proof.verify(leaf: .leaf(entry), at: index, in: verified.head)
        } catch {
            throw .inclusion(error)
        }
        return VerifiedEntry(entry: entry, index: index, checkpoint: verified)
    }
}

/// Why a receipt does not show that its entry stands on the log.
package enum ReceiptVerificationError: Error, Hashable, Sendable, CustomStringConvertible {
    case checkpoint(CheckpointVerificationError)
    case inclusion(ProofError)

    package var description: String {
        switch self {
        case .checkpoint(let error): error.description
        case .inclusion(let error): error.description
        }
    }
}
