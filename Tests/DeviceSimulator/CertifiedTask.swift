package import Contracts
import Learning
import Ledger
package import MerkleLog
package import Relay
package import SampleLab

extension SampleLab {
    /// The task that a relay makes of an open round, behind `settle()`.
    ///
    /// - Parameter certificate: The checkpoint to rely on; the lab's newest, if absent.
    package func task(
        of round: RoundID, certificate: UnverifiedCheckpoint? = nil
    ) throws -> DeviceTask {
        let entries = entries
        guard let certificate = certificate ?? sequencer.certificate, let last = entries.last,
            certificate.statement.head.size == UInt64(entries.count)
        else { throw SampleLabError.nobody("a certified checkpoint") }
        let receipt = try InclusionReceipt(
            index: UInt64(entries.count - 1),
            proof: InclusionProof(Self.path(to: entries.count - 1, in: entries[...])),
            checkpoint: certificate)
        guard let rows = DeviceTask.ProvenRows(round, in: sequencer.replica) else {
            throw SampleLabError.nobody("\(round)")
        }
        return DeviceTask(rows, stateEntry: last, receipt: receipt)
    }

    /// PATH of RFC 6962 §2.1.1, as it stands there.
    private static func path(to index: Int, in entries: ArraySlice<[UInt8]>) -> [TreeHash] {
        guard entries.count > 1 else { return [] }
        var left = 1
        while left * 2 < entries.count { left *= 2 }
        let (low, high) = (entries.prefix(left), entries.dropFirst(left))
        return index < left
            ? path(to: index, in: low) + [TreeFrontier(over: high).root]
            : path(to: index - left, in: high) + [TreeFrontier(over: low).root]
    }

    /// A device of an owner that trains.
    package func card(
        of device: DeviceID, at owner: String, relay: String = "http://127.0.0.1:9"
    ) throws -> RelayCard {
        RelayCard(
            lab: id, policy: try TrustPolicy(of: state), member: try member(owner).id,
            dataset: try DatasetID("\(owner)-data"),
            schema: try DatasetSchema(json: SampleData.schema), device: device, relay: relay)
    }
}
