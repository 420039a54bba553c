import Contracts
import LabAPI
import Ledger
import MerkleLog
import Relay
import Storage

extension NodeService {
    /// A round with proofs that somebody without a copy of the ledger checks: waits until a quorum has
    /// cosigned a state that it stands in.
    ///
    /// - Returns: `nil` where none comes in time, or the round is gone.
    func deviceTask(for round: RoundID, within limit: Duration) async throws -> DeviceTask? {
        let clock = ContinuousClock()
        let deadline = clock.now + limit
        // The ledger may be ahead of its certificates at every moment: what it was like at the ends
        // of the last batches is kept until one of them is cosigned.
        var ends: [UInt64: DeviceTask.ProvenRows] = [:]
        while clock.now < deadline {
            let seen = snapshot
            let size = seen.replica.size
            if ends[size] == nil {
                guard let rows = DeviceTask.ProvenRows(round, in: seen.replica) else { return nil }
                ends[size] = rows
                if ends.count > 64 { ends[ends.keys.min() ?? size] = nil }
            }
            if let certificate = seen.certificate,
                let rows = ends[certificate.statement.head.size],
                let task = try task(of: rows, certifiedBy: certificate)
            {
                return task
            }
            let before = progress.version
            _ = try await progress.wait(atMost: .seconds(1)) { [progress] in
                progress.version > before
            }
        }
        return nil
    }

    /// - Returns: `nil` while the entries are not in the store.
    private func task(
        of rows: DeviceTask.ProvenRows, certifiedBy certificate: UnverifiedCheckpoint
    ) throws -> DeviceTask? {
        let size = certificate.statement.head.size
        guard let last = try database.entries(from: size - 1, count: 1).first else { return nil }
        return DeviceTask(
            rows, stateEntry: last,
            receipt: try InclusionReceipt(
                index: size - 1, proof: database.tree.inclusionProof(of: size - 1, at: size),
                checkpoint: certificate))
    }
}
