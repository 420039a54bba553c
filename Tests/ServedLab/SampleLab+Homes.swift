package import Coordinator
import Foundation
package import LabAPI
import Ledger
import MerkleLog
package import Node
package import SampleLab
import Storage

extension SampleLab {
    /// What a server shows of it.
    package var snapshot: LabSnapshot {
        LabSnapshot(
            replica: sequencer.publishedReplica, finality: sequencer.replica.finality,
            checkpoint: sequencer.published, certificate: sequencer.certificate, connected: [])
    }

    /// Puts the coordinator's keys and the ledger where a coordinator looks for them.
    package func settle(in home: CoordinatorHome) async throws {
        try FileManager.default.createDirectory(
            at: home.folder, withIntermediateDirectories: true)
        try KeyFile.write(logKey, to: home.logKey)
        try KeyFile.write(serviceKey, to: home.serviceKey)
        let database = try LedgerDatabase(path: home.ledger.path)
        try await store(in: database)
        try database.close()
    }

    /// Puts a member's keys and the lab's card where its node looks for them.
    ///
    /// - Parameter coordinator: The coordinator's URL.
    package func settle(
        _ member: SampleMember, in home: NodeHome, coordinator: String
    ) throws {
        try FileManager.default.createDirectory(
            at: home.folder, withIntermediateDirectories: true)
        try KeyFile.write(member.signingKey, to: home.signingKey)
        try KeyFile.write(member.cosignerKey, to: home.cosignerKey)
        try home.write(member.card)
        try home.write(try LabCard(genesis: genesis, coordinator: coordinator))
    }
}
