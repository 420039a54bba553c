import Audit
import Contracts
import Foundation
import Ledger
import MerkleLog
import SampleLab
import Storage
import Testing

/// Auditors, over changes of the coordinator.
@Suite struct EpochAuditTests {
    private let folder: TemporaryFolder
    private var lab: SampleLab
    private let founding: TrustPolicy

    init() throws {
        folder = try TemporaryFolder()
        lab = try SampleLab()
        founding = try TrustPolicy(of: lab.state)
    }

    private func export(_ name: String = "export") async throws -> URL {
        let database = try LedgerDatabase(path: folder.file("\(name).sqlite").path)
        try await lab.store(in: database)
        _ = try AuditExport.write(
            database, blobs: BlobStore(readingFolder: folder.file("blobs")), include: .none,
            to: folder.file(name))
        let check = try database.check()
        #expect(check.difference == nil)
        #expect(try database.replay()?.stateRoot == lab.sequencer.publishedReplica.stateRoot)
        try database.close()
        return folder.file(name)
    }

    @Test("An auditor that has only the founding policy follows the lab through every epoch")
    mutating func followed() async throws {
        try lab.invite(5)
        try lab.settle()
        for seed in 90...91 as ClosedRange<UInt64> {
            try lab.changeCoordinator(seed: seed)
            try lab.settle()
            try lab.invite(3)
            try lab.settle()
        }
        let report = AuditVerifier.verify(
            try await export(), policy: founding, lab: lab.id)
        #expect(report.findings == [])
        let changes = report.checks.first { $0.name == "changes of the coordinator" }
        #expect(changes?.count == 2)
        #expect(report.cosigners.count >= 4)
        // And one that knows the present log needs nothing of the kind.
        let own = AuditVerifier.verify(folder.file("export"), policy: nil)
        #expect(own.findings == [])
    }

    @Test("The last checkpoint of an old coordinator is audited by its own key")
    mutating func atTheEnd() async throws {
        try lab.invite(5)
        try lab.settle()
        try lab.changeCoordinator(seed: 90)
        try lab.certify()
        let export = try await export()
        let report = AuditVerifier.verify(export, policy: founding)
        #expect(report.findings == [])
        #expect(report.size == lab.state.lab.epochs[1].after)
    }

    @Test("An old policy believes no new key that its own members have not certified")
    mutating func strangers() async throws {
        try lab.invite(2)
        try lab.settle()
        try lab.changeCoordinator(seed: 90)
        try lab.settle()
        let export = try await export()
        let other = try TrustPolicy(of: SampleLab(seed: 2).state)
        let report = AuditVerifier.verify(export, policy: other)
        #expect(report.findings.map(\.rule) == ["audit.policy"])
    }

    @Test("A checkpoint that the old key signs behind the change is found")
    mutating func oldKey() async throws {
        let old = lab.logKey
        try lab.invite(2)
        try lab.settle()
        try lab.changeCoordinator(seed: 90)
        try lab.settle()
        let export = try await export()
        let head = try #require(lab.sequencer.certificate).statement.head
        for origin in lab.state.lab.epochs.map(\.origin) {
            let checkpoint = try UnverifiedCheckpoint(
                Checkpoint(origin: origin.log, head: head),
                signedBy: NoteSigner(name: origin.keyName, key: old))
            // Even with a quorum under it, which no honest members give.
            let lines = lab.founders.map { member in
                Cosigner(
                    name: origin.cosignerKeyName(of: member.id), key: member.cosignerKey
                ).cosign(checkpoint.statement, at: 1_767_225_700)
            }
            try Data(checkpoint.adding(lines).bytes).write(
                to: export.appending(path: AuditFolder.checkpoint))
            let report = AuditVerifier.verify(export, policy: founding)
            #expect(report.findings.contains { $0.rule == "audit.quorum" }, "\(origin)")
        }
    }
}
