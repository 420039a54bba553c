import Contracts
package import MerkleLog

/// Gathers the cosignatures under the newest checkpoints until each has its quorum.
struct CosignatureCollector: Sendable {
    /// So many checkpoints may wait for their quorum; members that are behind further are not
    /// waited for, their next cosignature is for a newer one.
    private static let waitingMax = 256

    private struct Waiting: Sendable {
        let checkpoint: UnverifiedCheckpoint
        let deciding: [CosignerSet]
        var cosignatures: [KeyName: [NoteKeyID: Cosignature]] = [:]
    }

    /// By size, in order.
    private var waiting: [Waiting] = []

    /// Begins to gather for a checkpoint, which is larger than all before.
    mutating func expect(_ checkpoint: UnverifiedCheckpoint, deciding: [CosignerSet]) {
        waiting.append(Waiting(checkpoint: checkpoint, deciding: deciding))
        if waiting.count > Self.waitingMax { waiting.removeFirst() }
    }

    /// Adds cosignatures to the checkpoint of a size.
    ///
    /// - Returns: The certificate, when they complete it.
    /// - Throws: ``CosignatureRefusal``.
    mutating func add(
        _ lines: [Cosignature], size: UInt64, of origin: LabOrigin
    ) throws(CosignatureRefusal) -> UnverifiedCheckpoint? {
        guard
            let position = waiting.firstIndex(where: { $0.checkpoint.statement.head.size == size })
        else { return nil }
        for cosignature in lines {
            let known = waiting[position].deciding.lazy.flatMap { set in
                set.keys.map { (origin.cosignerKeyName(of: $0.key), $0.value) }
            }
            let key = known.first { name, key in
                NoteVerifierKey(name: name, cosignature: key).id == cosignature.keyID
                    && name == cosignature.name
            }
            guard let key else { throw .unknownCosigner(cosignature.name) }
            guard cosignature.isValid(for: waiting[position].checkpoint.note.text, by: key.1) else {
                throw .wrongSignature(cosignature.name)
            }
            waiting[position].cosignatures[cosignature.name, default: [:]][cosignature.keyID] =
                cosignature
        }
        guard isComplete(waiting[position], of: origin) else { return nil }
        let complete = waiting[position]
        waiting.removeFirst(position + 1)
        let ordered = complete.cosignatures.values.flatMap(\.values).sorted {
            ($0.name.description, $0.keyID.value) < ($1.name.description, $1.keyID.value)
        }
        do {
            return try complete.checkpoint.adding(ordered)
        } catch {
            throw .tooMany
        }
    }

    private func isComplete(_ waiting: Waiting, of origin: LabOrigin) -> Bool {
        waiting.deciding.allSatisfy { set in
            let cosigned = set.verifiers(of: origin).values.count { verifier in
                waiting.cosignatures[verifier.name]?[verifier.id] != nil
            }
            return cosigned >= set.quorum.needed
        }
    }
}

/// Why a cosignature is not taken.
package enum CosignatureRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    case unknownCosigner(KeyName)
    case wrongSignature(KeyName)
    case tooMany

    package var description: String {
        switch self {
        case .unknownCosigner(let name): "\(name) is not a cosigner of this checkpoint"
        case .wrongSignature(let name):
            "the cosignature of \(name) is not one over this checkpoint"
        case .tooMany: "the checkpoint has more cosignatures than a note can hold"
        }
    }
}
