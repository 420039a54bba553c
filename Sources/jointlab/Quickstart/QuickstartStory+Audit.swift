import Audit
import Coordinator
import Encodings
import Foundation
import LabAPI
import Ledger
import MerkleLog
import Node
import Participation
import Storage
import Transport

/// Step 8: the ledger is exported and audited.
extension QuickstartStory {
    func audit(_ lab: inout QuickstartLab) async throws {
        heading(
            8,
            "The ledger is exported\(keep ? "" : ", the processes are stopped,") and audited offline",
            lab)
        try await settle(lab)
        try await waitForAuditor(lab)
        let auditor = NodeHome(folder.appending(path: Self.auditor))
        command("audit policy --home auditor > policy   (from the auditor's own node)")
        let database = try LedgerDatabase(path: auditor.ledger.path)
        guard let replica = try database.replay() else { return }
        let policy = try TrustPolicy(of: replica.state)
        command("audit export --home coordinator export --blobs all")
        let export = folder.appending(path: "export")
        let coordinator = CoordinatorHome(folder.appending(path: "coordinator"))
        let summary = try AuditExport.write(
            try LedgerDatabase(path: coordinator.ledger.path),
            blobs: BlobStore(readingFolder: coordinator.blobs), include: .all, to: export)
        say(
            "   \(summary.entries) entries, \(summary.tiles) tiles, \(summary.blobs) blobs exported"
        )
        if !keep {
            lab.relayTask?.cancel()
            lab.processes.stopAll()
            say("   all processes are stopped")
        }

        command("audit verify export --policy policy")
        let report = AuditVerifier.verify(export, policy: policy, lab: lab.card?.lab)
        for line in AuditView.text(report).split(separator: "\n") { say("   \(line)") }
        guard report.holds else { throw LabProcesses.Failure(description: "the audit failed") }
        try flip(export, policy: policy)
    }

    func waitForAuditor(_ lab: QuickstartLab) async throws {
        let session = try lab.session(Self.auditor)
        try await wait {
            let theirs = try await session.coordinator.get("/v1/lab")["ledger"] ?? .null
            let ours = try await session.node()?.get("/v1/lab")["ledger"] ?? .null
            return ours["sequenced"] == theirs["sequenced"]
        }
    }

    /// Flips one byte in a copy of the export, in the middle of an entry.
    func flip(_ export: URL, policy: TrustPolicy) throws {
        let copy = folder.appending(path: "export-with-a-flipped-byte")
        try FileManager.default.copyItem(at: export, to: copy)
        guard
            let path = FileManager.default.enumerator(atPath: copy.path)?.compactMap({
                $0 as? String
            })
            .filter({ $0.hasPrefix("tile/entries/") && !$0.hasSuffix(".p") }).sorted()
            .first(where: { path in
                var isFolder: ObjCBool = false
                let place = copy.appending(path: path).path
                return FileManager.default.fileExists(atPath: place, isDirectory: &isFolder)
                    && !isFolder.boolValue
            })
        else { return }
        let bundle = copy.appending(path: path)
        var bytes = Array(try Data(contentsOf: bundle))
        let entries = try EntryBundle(content: bytes).entries
        let chosen = entries.count / 2
        // Every entry stands behind its length in two bytes.
        let start = entries[..<chosen].reduce(2) { $0 + $1.count + 2 }
        let position = start + entries[chosen].count / 2
        bytes[position] ^= 0x01
        try Data(bytes).write(to: bundle)
        say("   one bit of byte \(position) of \(path) is flipped in a copy:")
        let report = AuditVerifier.verify(copy, policy: policy)
        for finding in report.findings.prefix(1) { say("     FAILED \(finding)") }
        guard !report.holds else {
            throw LabProcesses.Failure(description: "the audit did not find the flipped byte")
        }
    }
}
