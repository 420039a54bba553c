/// A checkpoint that a policy believes: signed by its log, and cosigned by the policy's quorum.
///
/// Only ``TrustPolicy/verify(_:unknownSignatures:)`` makes one.
package struct VerifiedCheckpoint: Hashable, Sendable {
    /// That a witness had seen nothing newer of the log at a time, and nothing that contradicts.
    package struct Cosigning: Hashable, Sendable {
        package let witness: PolicyWord
        /// In seconds since 1970, by the witness's clock; the newest, where it cosigned twice.
        package let timestamp: UInt64
    }

    package let checkpoint: Checkpoint
    /// With all its signatures, those by unknown keys too.
    package let note: SignedNote
    package let log: TrustPolicy.Log
    /// The witnesses of the policy that cosigned, in its order.
    package let cosignings: [Cosigning]
    package let unknownSignatures: [VerifiedNote.UnknownSignature]

    package var head: TreeHead { checkpoint.head }

    package var cosigners: Set<PolicyWord> { Set(cosignings.map(\.witness)) }
}

extension TrustPolicy {
    /// Checks a checkpoint: its origin, the log's signature, every cosignature by a witness of
    /// this policy, and the quorum.
    ///
    /// The cosignatures' times are returned, and not judged.
    ///
    /// - Throws: ``CheckpointVerificationError``.
    package func verify(
        _ checkpoint: UnverifiedCheckpoint, unknownSignatures: UnknownSignatures = .ignored
    ) throws(CheckpointVerificationError) -> VerifiedCheckpoint {
        let origin = checkpoint.statement.origin
        let logs = logs.filter { $0.origin == origin }
        guard !logs.isEmpty else { throw .unknownLog(origin) }

        let note: VerifiedNote
        do {
            note = try checkpoint.note.verified(by: keyring, unknownSignatures: unknownSignatures)
        } catch {
            throw .note(error)
        }
        let signers = Set(note.signatures.map(\.key))
        guard let log = logs.first(where: { signers.contains($0.key) }) else {
            throw .notSignedByLog(origin)
        }

        let cosignings = witnesses.compactMap { witness in
            note.signatures.filter { $0.key == witness.key }.compactMap(\.timestamp).max().map {
                VerifiedCheckpoint.Cosigning(witness: witness.name, timestamp: $0)
            }
        }
        if case .of(let name) = quorum {
            let cosigners = cosignings.map(\.witness)
            guard whoWitnessed(cosigners: Set(cosigners)).contains(name) else {
                throw .quorumNotMet(name, cosigners: cosigners)
            }
        }
        return VerifiedCheckpoint(
            checkpoint: checkpoint.statement, note: checkpoint.note, log: log,
            cosignings: cosignings, unknownSignatures: note.unknownSignatures)
    }

    /// Checks a note that should be a checkpoint.
    ///
    /// - Throws: As ``verify(_:unknownSignatures:)-(UnverifiedCheckpoint,_)``.
    package func verify(
        _ note: SignedNote, unknownSignatures: UnknownSignatures = .ignored
    ) throws(CheckpointVerificationError) -> VerifiedCheckpoint {
        let checkpoint: UnverifiedCheckpoint
        do {
            checkpoint = try UnverifiedCheckpoint(note)
        } catch {
            throw .notACheckpoint(error)
        }
        return try verify(checkpoint, unknownSignatures: unknownSignatures)
    }

    /// The witnesses that cosigned, and the groups that count as having witnessed by them.
    private func whoWitnessed(cosigners: Set<PolicyWord>) -> Set<PolicyWord> {
        // A group stands after its parts, so one pass is enough.
        groups.reduce(into: cosigners) { witnessed, group in
            if group.parts.count(where: witnessed.contains) >= group.partsMin {
                witnessed.insert(group.name)
            }
        }
    }
}

/// Why a policy does not believe a checkpoint.
package enum CheckpointVerificationError: Error, Hashable, Sendable, CustomStringConvertible {
    case notACheckpoint(CheckpointError)
    case unknownLog(LogOrigin)
    case note(NoteVerificationError)
    case notSignedByLog(LogOrigin)
    /// The quorum's name, and who cosigned, in the policy's order.
    case quorumNotMet(PolicyWord, cosigners: [PolicyWord])

    package var description: String {
        switch self {
        case .notACheckpoint(let error):
            error.description
        case .unknownLog(let origin):
            "the policy has no log \(Quoted(origin.line.utf8))"
        case .note(let error):
            error.description
        case .notSignedByLog(let origin):
            "no key of the log \(Quoted(origin.line.utf8)) signed its checkpoint"
        case .quorumNotMet(let name, []):
            "the quorum \(Quoted(name.octets)) is not met: nobody cosigned"
        case .quorumNotMet(let name, let cosigners):
            "the quorum \(Quoted(name.octets)) is not met: only "
                + cosigners.map { "\(Quoted($0.octets))" }.joined(separator: ", ") + " cosigned"
        }
    }
}
