import Contracts
import Encodings
import Ledger
import MerkleLog
import SampleLab
import Testing

/// The dates that a coordinator gives to entries, and nodes that look at their clocks.
@Suite struct DatingTests {
    private let lab: SampleLab
    private let later: Timestamp

    init() throws {
        var lab = try SampleLab()
        try lab.invite(1)
        lab.endBatch()
        // The certificate is there, and the entry that it is to become is not stored.
        try lab.certify()
        self.lab = lab
        later = lab.now.advanced(byMilliseconds: 3_600_000)
    }

    /// The replica of whoever has the stored entries.
    private func replica() throws -> Replica {
        var replica = try Replica(genesis: lab.genesis)
        for entry in lab.entries.dropFirst() { _ = try replica.execute(entry) }
        return replica
    }

    private func follower() throws -> Follower {
        let north = try lab.member("north")
        return Follower(
            member: north.id, resuming: try replica(),
            checkpoint: lab.batches.last?.batch.checkpoint, certificate: nil,
            cosignerKeys: [north.cosignerKey])
    }

    private func isCosigned(_ commands: [Follower.Command]) -> Bool {
        commands.contains { if case .cosign = $0 { true } else { false } }
    }

    @Test(
        "A coordinator that comes back after an hour dates what it adds by now, and nodes cosign it"
    )
    func comesBack() throws {
        var sequencer = Sequencer(
            resuming: try replica(), checkpoint: lab.sequencer.published, logKey: lab.logKey,
            certificate: lab.sequencer.certificate, at: later)
        #expect(sequencer.pendingCount == 1)
        var node = try follower()
        _ = node.connected(at: later)
        // The sign of life comes first, and then what was waiting.
        _ = node.receiveHeartbeat(size: node.size, time: later, at: later)
        let cut = sequencer.cut(at: later.advanced(byMilliseconds: 50))
        let batch = try #require(cut)
        for entry in batch.batch.entries {
            #expect(try JSONValue(parsing: entry)["time"]?.integer ?? 0 >= later.milliseconds)
        }
        let commands = node.receive(batch.batch, at: later) { _ in nil }
        #expect(!commands.contains { if case .raise = $0 { true } else { false } })
        #expect(isCosigned(node.stored(size: batch.size, at: later)))
    }

    @Test("While entries wait for a slow disk, no sign of life is dated after them")
    func slowDisk() throws {
        var sequencer = Sequencer(
            resuming: try replica(), checkpoint: lab.sequencer.published, logKey: lab.logKey,
            certificate: lab.sequencer.certificate, at: later)
        #expect(sequencer.unpublishedSince == later)
        let cut = sequencer.cut(at: later.advanced(byMilliseconds: 50))
        let batch = try #require(cut)
        var node = try follower()
        _ = node.connected(at: later)
        var now = later
        for _ in 0..<30 {
            now = now.advanced(byMilliseconds: 2_000)
            let time = try #require(sequencer.unpublishedSince)
            #expect(time == later)
            _ = node.receiveHeartbeat(size: node.size, time: time, at: now)
        }
        sequencer.stored()
        #expect(sequencer.unpublishedSince == nil)
        _ = node.receive(batch.batch, at: now) { _ in nil }
        #expect(isCosigned(node.stored(size: batch.size, at: now)))
    }
}
