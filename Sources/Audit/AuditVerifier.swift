package import Contracts
package import Foundation
import Ledger
package import MerkleLog
import Storage

/// Verifies an exported ledger, offline and trusting nobody: every file, every signature, every
/// contract decision, every state root, every quorum, money, and the sums of rounds.
package enum AuditVerifier {
    /// - Parameters:
    ///   - policy: The trust anchor, from somebody the auditor trusts; `nil` to take the one in the
    ///     export, which then only shows that the export agrees with itself.
    ///   - lab: The lab that it should be, if the auditor knows.
    ///   - progress: Is told now and then how many entries have been executed.
    package static func verify(
        _ folder: URL, policy: TrustPolicy?, lab: LabID? = nil,
        progress: (UInt64) -> Void = { _ in }
    ) -> AuditReport {
        var verification = Verification(
            audit: AuditFolder(folder), report: AuditReport(policyIsOwn: policy == nil))
        verification.run(policy: policy, lab: lab, progress: progress)
        return verification.report
    }
}

/// One audit under way: what is looked at, and what has been found so far.
struct Verification {
    static let progressEntries: UInt64 = 256

    let audit: AuditFolder
    var report: AuditReport
    /// Where coordinators took over, as far as the ledger has been executed.
    var handovers: [Handover] = []

    mutating func run(policy: TrustPolicy?, lab: LabID?, progress: (UInt64) -> Void) {
        guard let checkpoint = readCheckpoint() else {
            checkFiles()
            return
        }
        let head = checkpoint.statement.head
        report.size = head.size
        report.root = head.root.base64
        let followed = checkPolicy(policy, checkpoint)
        let leaves = readTiles(head)
        execute(checkpoint, leaves: leaves, lab: lab, progress: progress)
        if let followed { check(checkpoint, following: followed) }
        checkFiles()
    }

    private mutating func readCheckpoint() -> UnverifiedCheckpoint? {
        do {
            return try UnverifiedCheckpoint(parsing: try audit.read(AuditFolder.checkpoint))
        } catch {
            report.found(AuditFolder.checkpoint, "audit.checkpoint", "\(error)")
            return nil
        }
    }

    /// - Returns: A policy that knows the log only by earlier epochs, so that the ledger must say who
    ///   writes it now; `nil` where the matter is settled.
    private mutating func checkPolicy(
        _ given: TrustPolicy?, _ checkpoint: UnverifiedCheckpoint
    ) -> TrustPolicy? {
        do {
            let policy =
                try given ?? TrustPolicy(parsing: try audit.read(AuditFolder.policy))
            guard policy.knows(checkpoint.statement.origin) else { return policy }
            try check(checkpoint, by: policy)
        } catch {
            report.found(AuditFolder.checkpoint, "audit.policy", "\(error)")
        }
        return nil
    }

    private mutating func check(_ checkpoint: UnverifiedCheckpoint, by policy: TrustPolicy) throws {
        // Members that were admitted since have signed too; the ledger knows them.
        let verified = try policy.verify(checkpoint, unknownSignatures: .ignored)
        report.cosigners = verified.cosignings.map { "\($0.witness)" }
        report.checks.append(.init("cosignatures under the checkpoint", report.cosigners.count))
    }

    private mutating func check(
        _ checkpoint: UnverifiedCheckpoint, following policy: TrustPolicy
    ) {
        do {
            try check(checkpoint, by: try policy.following(handovers))
            report.checks.append(.init("changes of the coordinator", handovers.count))
        } catch {
            report.found(AuditFolder.checkpoint, "audit.policy", "\(error)")
        }
    }
}
