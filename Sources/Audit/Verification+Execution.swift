import Contracts
import Ledger
import MerkleLog

/// Whether the entries, executed again, come to what stands on the ledger.
extension Verification {
    mutating func execute(
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
            let isHandover = replica?.awaitsHandover == true
            guard let executed = try replica?.execute(bytes) else { return false }
            if isHandover { noteHandover(bytes, replica) }
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

    /// Takes note of the first entry of an epoch, which has been executed.
    private mutating func noteHandover(_ bytes: [UInt8], _ replica: Replica?) {
        guard let next = replica?.state.lab.logVerifier,
            case .certificate(let certificate) = try? Entry(parsing: bytes).content
        else { return }
        handovers.append(Handover(certificate: certificate, next: next))
    }

    /// - Returns: How many currencies were looked at.
    private mutating func checkMoney(_ state: LabState, at index: UInt64) -> Int {
        var sums: [CurrencyCode: Int64] = [:]
        for (account, minorUnits) in state.accounts.all {
            sums[account.currency, default: 0] += minorUnits
            let credit = state.accounts.limit(of: account).credit
            if minorUnits < -credit {
                report.found(
                    "entry \(index)", "audit.money",
                    "account \(account) holds \(minorUnits), and its credit is \(credit)")
            }
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
        let replica = executed
        guard replica.isAtBatchEnd else {
            report.found(
                "entry \(report.size - 1)", "audit.batch", "the export ends inside a batch")
            return
        }
        do {
            try checkpoint.verifyCertified(
                for: replica.state.lab,
                deciding: replica.state.cosigners.deciding(size: checkpoint.statement.head.size),
                unknownSignatures: .refused)
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
}
