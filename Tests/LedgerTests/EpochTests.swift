import Contracts
import Identity
import Ledger
import MerkleLog
import Testing

/// The ledger goes from one coordinator to another.
@Suite struct EpochTests {
    private static let successor = "successor"
    private static let everybody = ["ada", "bo", "cy", "di"]

    private static func card(_ name: String, lab: LabID) -> CoordinatorCard {
        CoordinatorCard(
            log: Secrets(name).cosigner, service: Secrets(name).signing,
            address: "https://\(name).example", lab: lab)
    }

    /// A lab whose members have voted for another coordinator, in the last batch.
    private static func decided() throws -> (ledger: TestLedger, end: UInt64) {
        var ledger = try TestLedger()
        try ledger.batch(3)
        try ledger.settle()
        try decide(for: successor, in: &ledger)
        return (ledger, ledger.size)
    }

    private static func decide(for name: String, in ledger: inout TestLedger) throws {
        let proposal = try ProposalID("p-\(ledger.replica.state.members.proposals.count + 1)")
        try ledger.submit(
            OpenProposal(change: .changeCoordinator(card(name, lab: ledger.replica.lab))))
        for voter in everybody.prefix(3) {
            try ledger.submit(CastVote(proposal: proposal, approves: true), by: voter)
        }
        try ledger.cut()
    }

    /// The same lab, with the new coordinator at work.
    private static func changed() throws -> (ledger: TestLedger, end: UInt64) {
        var (ledger, end) = try decided()
        try ledger.restart(as: successor)
        try ledger.settle()
        try ledger.batch(2)
        try ledger.settle()
        return (ledger, end)
    }

    @Test("The old coordinator signs the batch that decides, and nothing after it")
    func oldCoordinator() throws {
        var (ledger, end) = try Self.decided()
        #expect(
            ledger.sequencer.published.statement.origin.description == "lab.example/test/epoch-1")
        #expect(ledger.lab.origin.epoch == 2)
        #expect(ledger.lab.epochs.map(\.after) == [0, end])
        #expect(ledger.sequencer.pause == .replaced)
        let refusal = #expect(throws: Refusal.self) { try ledger.submit() }
        #expect(refusal?.code == .coordinatorReplaced)
        // The members' cosignatures still make its last checkpoint certain.
        #expect(try ledger.cosign(Self.everybody) != nil)
        #expect(ledger.replica.finality.certifiedSize == end)
        #expect(!ledger.sequencer.canCut)
    }

    @Test("The new one begins with the members' certificate of what it takes over")
    func newCoordinator() throws {
        var (ledger, end) = try Self.decided()
        try ledger.restart(as: Self.successor)
        #expect(ledger.sequencer.pause == .handover)
        let refusal = #expect(throws: Refusal.self) { try ledger.submit() }
        #expect(refusal?.code == .coordinatorHandover)
        #expect(!ledger.sequencer.canCut)

        try ledger.cosign(Self.everybody)
        #expect(ledger.sequencer.pause == nil)
        try ledger.submit()
        let batch = try ledger.cut()
        guard case .certificate(let first) = try Entry(parsing: batch.batch.entries[0]).content
        else {
            Issue.record("the first entry of an epoch is a certificate")
            return
        }
        #expect(first.statement.head.size == end)
        #expect(first.statement.origin.description == "lab.example/test/epoch-1")
        #expect(batch.batch.checkpoint.statement.origin.description == "lab.example/test/epoch-2")
        try ledger.settle()
        #expect(ledger.replica.finality.stage(of: end) == .final)
    }

    @Test("The old coordinator's certificate of the end is enough for the new one to begin")
    func certificateTakenOver() throws {
        var (ledger, _) = try Self.decided()
        let certificate = try #require(try ledger.cosign(Self.everybody))
        try ledger.restart(as: Self.successor, certificate: certificate)
        #expect(ledger.sequencer.pause == nil)
        try ledger.cut()
        try ledger.settle()
    }

    @Test("A node follows the lab from one coordinator to the next, in either's pieces")
    func followed() throws {
        let (ledger, end) = try Self.changed()
        var node = try ledger.node()
        // Nobody can check the second epoch's signature before the first one's end is executed.
        node.catchUp(with: ledger)
        #expect(node.follower.size == 0)
        #expect(node.alarms.map(\.code).allSatisfy { $0 == "coordinator.not_signed" })
        let last = try #require(ledger.batches.last { $0.size <= end }?.batch.checkpoint)
        node.receive(ledger.batch(from: 0, checkpoint: last))
        #expect(node.follower.size == end)
        node.catchUp(with: ledger)
        #expect(node.follower.size == ledger.size)
        #expect(node.follower.replica.finality.finalSize > end)
        #expect(node.cosignedSizes.last == ledger.size)
        #expect(node.follower.halted == nil)
    }

    @Test("A batch of an epoch that a node has not come to makes it ask for what lies between")
    func gap() throws {
        let (ledger, end) = try Self.changed()
        var node = try ledger.node()
        let first = try #require(ledger.batches.first)
        node.receive(first.batch)
        let later = try #require(ledger.batches.first { $0.batch.start > end })
        node.receive(later.batch)
        #expect(node.follows == [first.size])
        #expect(node.alarms.isEmpty)
        #expect(node.follower.size == first.size)
    }

    @Test("What the old key signs behind the change is refused, and accuses nobody")
    func oldKeyAfterwards() throws {
        var (ledger, end) = try Self.changed()
        var node = try ledger.node()
        for batch in ledger.batches { node.receive(batch.batch) }
        #expect(node.follower.size == ledger.size)
        let before = node.alarms.count

        let entries = try ledger.ended([ledger.transactionEntry()])
        let head = ledger.replica.headExtended(by: entries)
        let old = Secrets("coordinator").cosigner
        let epochs = ledger.lab.epochs.map(\.origin)
        for origin in epochs {
            let forged = try UnverifiedCheckpoint(
                Checkpoint(origin: origin.log, head: head),
                signedBy: NoteSigner(name: origin.keyName, key: old))
            node.receive(LedgerBatch(start: ledger.size, entries: entries, checkpoint: forged))
        }
        // A second history of the time when the key counted: whoever has the key by now can sign it.
        let past = try UnverifiedCheckpoint(
            Checkpoint(
                origin: epochs[0].log,
                head: TreeHead(size: ledger.batches[1].size, root: TreeHash.leaf([1]))),
            signedBy: NoteSigner(name: epochs[0].keyName, key: old))
        node.receive(LedgerBatch(start: 0, entries: [[1]], checkpoint: past))
        #expect(node.alarms.dropFirst(before).map(\.code).count == 3)
        #expect(node.alarms.allSatisfy { $0.code == "coordinator.not_signed" })
        #expect(node.follower.halted == nil)
        #expect(node.evidence.isEmpty)
        #expect(node.follower.size == ledger.size)
        #expect(ledger.size > end)
    }

    @Test("The new key signs nothing that the old one had to sign")
    func newKeyBefore() throws {
        var ledger = try TestLedger()
        var node = try ledger.node()
        for batch in ledger.batches { node.receive(batch.batch) }
        let start = ledger.size
        try Self.decide(for: Self.successor, in: &ledger)
        let batch = try #require(ledger.batches.last).batch
        let origin = ledger.lab.origin
        for name in [origin, try #require(LabOrigin(base: origin.base))] {
            let checkpoint = try UnverifiedCheckpoint(
                Checkpoint(origin: name.log, head: batch.checkpoint.statement.head),
                signedBy: NoteSigner(name: name.keyName, key: Secrets(Self.successor).cosigner))
            node.receive(LedgerBatch(start: start, entries: batch.entries, checkpoint: checkpoint))
        }
        #expect(node.follower.size == start)
        #expect(node.alarms.count == 2)
    }

    @Test(
        "An epoch that begins with anything but the certificate of the last one's end halts a node")
    func noHandover() throws {
        var (ledger, end) = try Self.decided()
        try ledger.restart(as: Self.successor)
        let others = [
            try ledger.transactionEntry(),
            ledger.entry(
                .certificate(
                    try ledger.certificate(
                        ledger.batches[1].batch.checkpoint, by: Self.everybody))),
        ]
        for first in others {
            var node = try ledger.node()
            for batch in ledger.batches { node.receive(batch.batch) }
            #expect(node.follower.size == end)
            let head = ledger.replica.headExtended(by: [first])
            let checkpoint = try UnverifiedCheckpoint(
                Checkpoint(origin: ledger.lab.origin.log, head: head),
                signedBy: NoteSigner(
                    name: ledger.lab.origin.keyName, key: Secrets(Self.successor).cosigner))
            node.receive(LedgerBatch(start: end, entries: [first], checkpoint: checkpoint))
            #expect(node.follower.halted?.code == "misconduct.not_handed_over")
        }
    }

    @Test("The coordinator's own transactions need the new key from the change on")
    func serviceKey() throws {
        var (ledger, _) = try Self.changed()
        let action = try ledger.invitation()
        #expect(throws: TransactionError.wrongSignature(.coordinator)) {
            try ledger.submit(
                action, by: "coordinator", with: Secrets("coordinator").signing)
        }
        // The new one's are refused for what they ask, and not for who asks.
        let refusal = #expect(throws: Refusal.self) {
            try ledger.submit(
                action, by: "coordinator", with: Secrets(Self.successor).signing)
        }
        #expect(refusal?.code == .wrongSender)
    }

    @Test("A lab changes its coordinator more than once, and a restart in between changes nothing")
    func again() throws {
        var (ledger, _) = try Self.changed()
        try Self.decide(for: "third", in: &ledger)
        let end = ledger.size
        try ledger.restart(as: "third")
        try ledger.restart(as: "third")
        try ledger.settle()
        try ledger.batch()
        try ledger.restart(as: "third")
        try ledger.settle()
        #expect(ledger.lab.origin.description == "lab.example/test/epoch-3")
        #expect(ledger.replica.finality.finalSize > end)
        #expect(try ledger.replay().stateRoot == ledger.replica.stateRoot)
        var node = try ledger.node()
        for batch in ledger.batches { node.receive(batch.batch) }
        #expect(node.follower.size == ledger.size)
        #expect(node.alarms.isEmpty)
    }

    @Test("A change of the members that is under way goes on under the next coordinator")
    func cosignersMeanwhile() throws {
        var (ledger, _) = try Self.changed()
        try ledger.suspend("di")
        try Self.decide(for: "third", in: &ledger)
        try ledger.restart(as: "third")
        try ledger.settle()
        #expect(ledger.replica.state.cosigners.newest.map(\.quorum.members) == [3])
        #expect(!ledger.replica.state.cosigners.isChanging)
    }
}
