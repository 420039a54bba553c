import Contracts
import Ledger
import MerkleLog

/// What survives a kill: whole batches, in order, and a few records beside them.
///
/// A batch is written in one step, as a transaction of the real store is: a process that is killed
/// half-way through never wrote it.
struct SimulatedDisk {
    private(set) var entries: [[UInt8]] = []
    private(set) var checkpoints: [UnverifiedCheckpoint] = []
    private(set) var certificate: UnverifiedCheckpoint?
    private(set) var contributions: [RoundID: [MemberID: SignedContribution]] = [:]
    var evidence: Evidence?
    private var frontier = TreeFrontier()
    private var heads: [UInt64: TreeHead] = [:]

    var size: UInt64 { UInt64(entries.count) }
    /// The tree that the entries make, whatever the checkpoints say.
    var head: TreeHead { frontier.head }
    var checkpoint: UnverifiedCheckpoint? { checkpoints.last }

    init() {}

    mutating func append(_ batch: ExecutedBatch) {
        precondition(batch.batch.start == size, "a batch goes behind the last one")
        entries += batch.batch.entries
        for entry in batch.batch.entries {
            frontier.append(.leaf(entry))
        }
        checkpoints.append(batch.batch.checkpoint)
        heads[size] = head
    }

    /// The disk of a coordinator that never wrote the last batches.
    func without(batches: Int) -> SimulatedDisk {
        var earlier = SimulatedDisk()
        for checkpoint in checkpoints.dropLast(min(batches, checkpoints.count - 1)) {
            let range = Int(earlier.size)..<Int(checkpoint.statement.head.size)
            let batch = LedgerBatch(
                start: earlier.size, entries: Array(entries[range]), checkpoint: checkpoint)
            earlier.append(ExecutedBatch(batch: batch, tiles: [], receipts: []))
        }
        if let certificate, certificate.statement.head.size <= earlier.size {
            earlier.certificate = certificate
        }
        return earlier
    }

    mutating func keep(_ certificate: UnverifiedCheckpoint) {
        let kept = self.certificate?.statement.head.size ?? 0
        if certificate.statement.head.size >= kept { self.certificate = certificate }
    }

    /// The first contribution of a member to a round stays.
    mutating func keep(_ signed: SignedContribution) {
        let contribution = signed.contribution
        let earlier = contributions[contribution.round]?[contribution.member]
        contributions[contribution.round, default: [:]][contribution.member] = earlier ?? signed
    }

    /// The root that the tree had at any smaller size.
    func head(at size: UInt64) -> TreeHead? {
        guard size <= self.size else { return nil }
        return heads[size] ?? TreeFrontier(over: entries.prefix(Int(size))).head
    }

    /// The entries from a place on, up to the end of a batch.
    func batch(from start: UInt64, entriesMax: Int) -> LedgerBatch? {
        let later = checkpoints.drop { $0.statement.head.size <= start }
        let end =
            later.last {
                $0.statement.head.size - start <= UInt64(entriesMax)
                    && $0.statement.origin == later.first?.statement.origin
            } ?? later.first
        guard let end else { return nil }
        return LedgerBatch(
            start: start,
            entries: Array(entries[Int(start)..<Int(end.statement.head.size)]), checkpoint: end)
    }

    /// Executes everything again, as after a restart.
    func replay() throws -> Replica? {
        guard let genesis = entries.first else { return nil }
        var replica = try Replica(genesis: genesis)
        for entry in entries.dropFirst() {
            _ = try replica.execute(entry)
        }
        return replica
    }
}
