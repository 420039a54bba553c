package import Contracts
import Encodings
package import Foundation
import Ledger
package import MerkleLog
import Storage
import Trainers

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

private struct Verification {
    private static let progressEntries: UInt64 = 256

    let audit: AuditFolder
    var report: AuditReport

    mutating func run(policy: TrustPolicy?, lab: LabID?, progress: (UInt64) -> Void) {
        guard let checkpoint = readCheckpoint() else {
            checkFiles()
            return
        }
        let head = checkpoint.statement.head
        report.size = head.size
        report.root = head.root.base64
        checkPolicy(policy, checkpoint)
        let leaves = readTiles(head)
        execute(checkpoint, leaves: leaves, lab: lab, progress: progress)
        checkFiles()
    }

    // MARK: - Checkpoint and policy

    private mutating func readCheckpoint() -> UnverifiedCheckpoint? {
        do {
            return try UnverifiedCheckpoint(parsing: try audit.read(AuditFolder.checkpoint))
        } catch {
            report.found(AuditFolder.checkpoint, "audit.checkpoint", "\(error)")
            return nil
        }
    }

    private mutating func checkPolicy(_ given: TrustPolicy?, _ checkpoint: UnverifiedCheckpoint) {
        do {
            let policy =
                try given ?? TrustPolicy(parsing: try audit.read(AuditFolder.policy))
            let verified = try policy.verify(checkpoint, unknownSignatures: .refused)
            report.cosigners = verified.cosignings.map { "\($0.witness)" }
            report.checks.append(.init("cosignatures under the checkpoint", report.cosigners.count))
        } catch {
            report.found(AuditFolder.checkpoint, "audit.policy", "\(error)")
        }
    }

    // MARK: - The tree

    /// Checks that the tiles lead to the checkpoint.
    ///
    /// - Returns: For each level-0 tile its hashes, where the tiles are sound; they are then what the
    ///   checkpoint commits to.
    private mutating func readTiles(_ head: TreeHead) -> [UInt64: [TreeHash]]? {
        var tiles: [TileCoordinate: [TreeHash]] = [:]
        for coordinate in TileSequence(ofLogOfSize: head.size) {
            do {
                let row = TileCoordinate(level: coordinate.level, index: coordinate.index)
                tiles[row] =
                    try Tile(coordinate, content: try audit.read(coordinate.path)).hashes
            } catch {
                // The first will do: whoever made the checkpoint up may claim any size.
                report.found(coordinate.path, "audit.tile", "\(error)")
                return nil
            }
        }
        report.checks.append(.init("tiles", tiles.count))
        let leaves = tiles.filter { $0.key.level == 0 }
        let isSound = checkTree(tiles, leaves: leaves, head)
        return isSound
            ? Dictionary(uniqueKeysWithValues: leaves.map { ($0.key.index, $0.value) }) : nil
    }

    /// Hashes the leaves upwards, and compares every tile and the root on the way.
    private mutating func checkTree(
        _ tiles: [TileCoordinate: [TreeHash]], leaves: [TileCoordinate: [TreeHash]],
        _ head: TreeHead
    ) -> Bool {
        var frontier = TiledFrontier()
        var computed: [TileCoordinate: [TreeHash]] = [:]
        for (_, hashes) in leaves.sorted(by: { $0.key < $1.key }) {
            for tile in frontier.append(hashes) {
                let row = TileCoordinate(
                    level: tile.coordinate.level, index: tile.coordinate.index)
                computed[row] = tile.hashes
            }
        }
        for (row, hashes) in computed.sorted(by: { $0.key < $1.key })
        where row.level > 0 && tiles[row] != hashes {
            report.found(
                row.path, "audit.tile", "its hashes are not those of the tiles below it")
        }
        guard frontier.head == head else {
            report.found(
                "tile/0", "audit.root",
                "the leaves lead to the root \(frontier.head.root.base64), and the checkpoint has "
                    + "\(head.root.base64)")
            return false
        }
        return true
    }

    // MARK: - Execution

    private mutating func execute(
        _ checkpoint: UnverifiedCheckpoint, leaves: [UInt64: [TreeHash]]?, lab: LabID?,
        progress: (UInt64) -> Void
    ) {
        var replica: Replica?
        var counts = Counts()
        for coordinate in TileSequence(ofLogOfSize: report.size).entryBundles {
            let entries: [[UInt8]]
            do {
                entries = try EntryBundle(content: try audit.read(coordinate.path)).entries
            } catch {
                report.found(coordinate.path, "audit.bundle", "\(error)")
                return
            }
            guard entries.count == coordinate.width else {
                report.found(
                    coordinate.path, "audit.bundle",
                    "it holds \(entries.count) entries where \(coordinate.width) should be")
                return
            }
            let start = coordinate.index * UInt64(TileCoordinate.widthMax)
            for (offset, bytes) in entries.enumerated() {
                let index = start + UInt64(offset)
                if let committed = leaves?[coordinate.index], committed[offset] != .leaf(bytes) {
                    report.found(
                        "entry \(index)", "audit.entry",
                        "its content is not what the checkpoint commits to")
                    return
                }
                guard step(&replica, bytes, at: index, lab: lab, &counts) else { return }
                if index % Self.progressEntries == 0 { progress(index) }
            }
        }
        guard let replica else { return }
        finish(replica, checkpoint, counts)
    }

    private struct Counts {
        var transactions = 0
        var refused = 0
        var batches = 0
        var certificates = 0
        var money = 0
    }

    /// Executes one entry.
    ///
    /// - Returns: Whether to go on.
    private mutating func step(
        _ replica: inout Replica?, _ bytes: [UInt8], at index: UInt64, lab: LabID?,
        _ counts: inout Counts
    ) -> Bool {
        do throws(Misconduct) {
            guard replica != nil else {
                let founded = try Replica(genesis: bytes)
                report.lab = founded.lab.text
                if let lab, lab != founded.lab {
                    report.found("entry 0", "audit.lab", "it founds the lab \(founded.lab)")
                    return false
                }
                replica = founded
                return true
            }
            guard let executed = try replica?.execute(bytes) else { return false }
            if let receipt = executed.receipt {
                counts.transactions += 1
                counts.refused += receipt.refusal == nil ? 0 : 1
            } else if executed.batchEnd != nil {
                counts.batches += 1
                if let state = replica?.state { counts.money += checkMoney(state, at: index) }
            } else {
                counts.certificates += 1
            }
            return true
        } catch {
            report.found("entry \(index)", error.code, error.description)
            return false
        }
    }

    /// - Returns: How many currencies were looked at.
    private mutating func checkMoney(_ state: LabState, at index: UInt64) -> Int {
        var sums: [CurrencyCode: Int64] = [:]
        for (account, minorUnits) in state.accounts.all {
            sums[account.currency, default: 0] += minorUnits
        }
        for (code, currency) in state.accounts.currencies.sorted
        where sums[code, default: 0] != currency.issued {
            report.found(
                "entry \(index)", "audit.money",
                "the accounts hold \(sums[code, default: 0]) \(code), and \(currency.issued) were "
                    + "issued")
        }
        return state.accounts.currencies.count
    }

    private mutating func finish(
        _ executed: Replica, _ checkpoint: UnverifiedCheckpoint, _ counts: Counts
    ) {
        var replica = executed
        guard replica.isAtBatchEnd else {
            report.found(
                "entry \(report.size - 1)", "audit.batch", "the export ends inside a batch")
            return
        }
        do {
            try replica.learn(certificate: checkpoint)
        } catch {
            report.found(
                AuditFolder.checkpoint, "audit.quorum",
                "the members of that time have not certified it: \(error)")
        }
        report.checks += [
            .init("transactions re-executed, with their signatures", counts.transactions),
            .init("of these refused, as the ledger says", counts.refused),
            .init("state roots", counts.batches), .init("certificates", counts.certificates),
            .init("sums of currencies", counts.money),
        ]
        checkRounds(replica.state)
    }

    // MARK: - Rounds

    private mutating func checkRounds(_ state: LabState) {
        var checked = 0
        var unchecked = 0
        for job in state.jobs.all {
            for round in state.jobs.rounds(of: job) where round.status == .closed {
                guard let result = round.result else { continue }
                let needed = round.contributions.map(\.update) + [round.base].compactMap(\.self)
                guard needed.allSatisfy({ audit.exists("\(AuditFolder.blobs)/\($0)") }) else {
                    unchecked += 1
                    continue
                }
                check(round, of: job, result: result)
                checked += 1
            }
        }
        report.checks.append(.init("rounds added up again", checked, unchecked: unchecked))
    }

    private mutating func check(_ round: Round, of job: Job, result: BlobDigest) {
        do {
            let audit = audit
            let computed = try RoundAggregation.result(
                of: round.task, trainer: job.trainer,
                base: try round.base.map { try audit.read("\(AuditFolder.blobs)/\($0)") },
                contributions: round.contributions
            ) { try audit.read("\(AuditFolder.blobs)/\($0.update)") }
            let digest = computed.map(BlobDigest.init(of:))
            guard digest == result else {
                report.found(
                    "round \(round.id)", "audit.sum",
                    "what was sealed adds up to \(digest?.text ?? "nothing"), and the ledger has "
                        + "\(result)")
                return
            }
        } catch {
            report.found("round \(round.id)", "audit.sum", "\(error)")
        }
    }

    // MARK: - Files

    /// Compares every file with the manifest: what no other check looks into is found here.
    private mutating func checkFiles() {
        do {
            guard let stored = try audit.storedManifest() else {
                report.found(
                    AuditFolder.manifest, "audit.manifest", "it is not what sha256sum prints")
                return
            }
            let computed = try audit.computedManifest()
            for path in Set(stored.keys).union(computed.keys).sorted()
            where stored[path] != computed[path] {
                let problem =
                    computed[path] == nil
                    ? "the file is missing"
                    : stored[path] == nil
                        ? "the manifest does not know the file"
                        : "its content is not that of the manifest"
                report.found(path, "audit.file", problem)
            }
            for path in computed.keys.sorted() where path.hasPrefix("\(AuditFolder.blobs)/") {
                let name = path.dropFirst(AuditFolder.blobs.count + 1)
                guard computed[path] != String(name) else { continue }
                report.found(path, "audit.blob", "its content does not have the digest of its name")
            }
            report.checks.append(.init("files", computed.count))
        } catch {
            report.found(AuditFolder.manifest, "audit.manifest", "\(error)")
        }
    }
}
