import Contracts
import Ledger
import MerkleLog

/// What survives a kill: whole batches, in order, and a few records beside them.
///
/// It is written batch by batch in one step, as a transaction of the real store is; a process that
/// is killed before the step has run never wrote the batch, and one that is killed after it did.
struct SimulatedDisk {
    private(set) var entries: [[UInt8]] = []
    private(set) var checkpoints: [UnverifiedCheckpoint] = []
    var certificate: UnverifiedCheckpoint?
    var contributions: [RoundID: [MemberID: SignedContribution]] = [:]
    var evidence: Evidence?
    private var heads: [UInt64: TreeHead] = [:]

    var size: UInt64 { UInt64(entries.count) }
    var checkpoint: UnverifiedCheckpoint? { checkpoints.last }

    init() {}

    mutating func append(_ batch: ExecutedBatch) {
        precondition(batch.batch.start == size, "a batch goes behind the last one")
        entries += batch.batch.entries
        checkpoints.append(batch.batch.checkpoint)
        heads[size] = batch.batch.checkpoint.statement.head
    }

    func head(at size: UInt64) -> TreeHead? { heads[size] }

    /// The entries from a place on, up to the end of a batch.
    func batch(from start: UInt64, entriesMax: Int) -> LedgerBatch? {
        let later = checkpoints.filter { $0.statement.head.size > start }
        let end =
            later.last { $0.statement.head.size - start <= UInt64(entriesMax) } ?? later.first
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
