import Contracts
import Encodings
import Identity
import Ledger
import MerkleLog
import Randomness
import Testing

@Suite struct SequencerTests {
    // MARK: - Taking in

    @Test("What would be refused is refused at once, and leaves no entry")
    func tries() throws {
        var ledger = try TestLedger()
        let before = ledger.replica
        let refusal = #expect(throws: Refusal.self) {
            try ledger.submit(TakeContractAction(contract: ContractID("none"), action: "accept"))
        }
        #expect(refusal?.code == .unknown)
        #expect(ledger.sequencer.pendingCount == 0)
        #expect(!ledger.sequencer.canCut)
        #expect(ledger.replica.size == before.size)

        // It is tried behind what waits already.
        let guest = InviteMember(
            member: try MemberID("ada"), title: "Ada again",
            expires: ledger.now.advanced(byMilliseconds: 1_000))
        #expect(throws: Refusal.self) { try ledger.submit(guest) }
        let dataset = RegisterDataset(
            dataset: try DatasetID("d"), title: "Data", schema: [:], rows: 1,
            commitment: BlobDigest(sha256: [UInt8](repeating: 7, count: 32)))
        try ledger.submit(dataset)
        let again = #expect(throws: Refusal.self) { try ledger.submit(dataset, by: "bo") }
        #expect(again?.code == .alreadyExists)
        #expect(ledger.sequencer.pendingCount == 1)
    }

    @Test("What is no transaction of this lab is refused as such")
    func strangers() throws {
        var ledger = try TestLedger()
        var other = try TestLedger(["ada"])
        let foreign = try other.signed(other.invitation(), by: "ada")
        #expect(throws: TransactionError.foreignLab(other.replica.lab)) {
            _ = try ledger.sequencer.submit(foreign, at: ledger.now)
        }
        let eve = Sender.member(try MemberID("eve"))
        #expect(throws: TransactionError.unknownSender(eve)) { try ledger.submit(by: "eve") }
        let ada = Sender.member(try MemberID("ada"))
        #expect(throws: TransactionError.wrongSignature(ada)) {
            try ledger.submit(with: Secrets("eve").signing)
        }
        #expect(throws: TransactionError.wrongSignature(.coordinator)) {
            try ledger.submit(by: "coordinator", with: Secrets("ada").signing)
        }
        #expect(ledger.sequencer.pendingCount == 0)
    }

    @Test("What makes no entry is refused for its size")
    func tooLarge() throws {
        var ledger = try TestLedger()
        let envelope = TestLedger.envelope(
            of: [UInt8](repeating: 0x20, count: 500), signedBy: ["ada"])
        let seal = SealRound(
            round: RoundID(job: try JobID("j"), number: 0),
            contributions: [Envelope](repeating: envelope, count: 80))
        let error = #expect(throws: TransactionError.self) {
            try ledger.submit(seal, by: "coordinator")
        }
        guard case .tooLarge(let bytes) = error else {
            Issue.record("refused for another reason: \(String(describing: error))")
            return
        }
        #expect(bytes > Entry.bytesMax)
        #expect(ledger.sequencer.pendingCount == 0)
    }

    @Test("A transaction is taken once: not twice in a batch, not in two, not after a restart")
    func replays() throws {
        var ledger = try TestLedger()
        let signed = try ledger.signed(ledger.invitation(), by: "ada")
        func expectReplay(at stage: String) throws {
            var sequencer = ledger.sequencer
            let result = try sequencer.submit(signed, at: ledger.now)
            guard case .failure(let refusal) = result else {
                Issue.record("taken a second time \(stage)")
                return
            }
            #expect(refusal.code == .transactionReplayed)
        }
        _ = try ledger.sequencer.submit(signed, at: ledger.now).get()
        try expectReplay(at: "in one batch")
        try ledger.cut()
        try expectReplay(at: "in the next batch")
        try ledger.restart()
        try expectReplay(at: "after a restart")
        try ledger.settle()
        try ledger.restart()
        try expectReplay(at: "when it is final")
        // Nor when nobody remembers it: then it has run out.
        ledger.now = ledger.now.advanced(byMilliseconds: 10 * 60_000)
        try ledger.batch()
        let late = try ledger.sequencer.submit(signed, at: ledger.now)
        #expect(throws: Refusal.self) { try late.get() }
    }

    // MARK: - Batches

    @Test("What comes in while a batch is being stored goes into one batch after it")
    func groups() throws {
        var ledger = try TestLedger()
        try ledger.submit()
        let firstCut = ledger.sequencer.cut(at: ledger.now)
        let first = try #require(firstCut)
        #expect(first.batch.entries.count == 2, "one transaction, and the state")
        for _ in 0..<5 {
            try ledger.submit()
        }
        #expect(!ledger.sequencer.canCut)
        let premature = ledger.sequencer.cut(at: ledger.now)
        #expect(premature == nil, "one batch at a time")
        #expect(ledger.sequencer.publishedSize == first.batch.start, "nothing is shown before")
        #expect(ledger.sequencer.publishedReplica.size == first.batch.start)

        ledger.sequencer.stored()
        #expect(ledger.sequencer.publishedSize == first.size)
        #expect(ledger.sequencer.published == first.batch.checkpoint)
        #expect(ledger.sequencer.publishedReplica.head == first.batch.checkpoint.statement.head)
        #expect(ledger.sequencer.publishedReplica.size == first.size, "what waits is not shown")
        let secondCut = ledger.sequencer.cut(at: ledger.now)
        let second = try #require(secondCut)
        #expect(second.batch.start == first.size)
        #expect(second.batch.entries.count == 6)
        #expect(second.receipts.map(\.index) == (first.size..<first.size + 5).map(\.self))
        ledger.sequencer.stored()
        let empty = ledger.sequencer.cut(at: ledger.now)
        #expect(empty == nil, "there is nothing to store")
    }

    @Test("A coordinator founds only the lab that names its key")
    func foreignKey() throws {
        #expect(
            throws: Misconduct.badGenesis(
                "it names another key for the log than this coordinator's")
        ) {
            try Sequencer.founding(
                TestLedger.genesis(["ada"]), logKey: Secrets("eve").cosigner, at: TestLedger.start)
        }
    }

    // MARK: - Restarts

    @Test("A batch that was cut and not stored is as if it had never been")
    func cutAndNotStored() throws {
        var ledger = try TestLedger()
        try ledger.batch(2)
        let before = ledger.sequencer.published
        let lost = try ledger.signed(ledger.invitation(), by: "ada")
        _ = try ledger.sequencer.submit(lost, at: ledger.now).get()
        _ = ledger.sequencer.cut(at: ledger.now)

        try ledger.restart()
        #expect(ledger.sequencer.published == before, "the same checkpoint, signature and all")
        #expect(ledger.sequencer.pendingCount == 0)
        // Nobody had been told that it was taken, so it is sent again.
        _ = try ledger.sequencer.submit(lost, at: ledger.now).get()
        try ledger.cut()
        try ledger.settle()
        #expect(try ledger.replay().head == ledger.replica.head)
    }

    @Test("A batch that was stored and not acknowledged is there after a restart")
    func storedAndNotAcknowledged() throws {
        var ledger = try TestLedger()
        let signed = try ledger.signed(ledger.invitation(), by: "ada")
        _ = try ledger.sequencer.submit(signed, at: ledger.now).get()
        let cut = ledger.sequencer.cut(at: ledger.now)
        let batch = try #require(cut)
        ledger.keep(batch)

        try ledger.restart()
        #expect(ledger.sequencer.published == batch.batch.checkpoint)
        let again = try ledger.sequencer.submit(signed, at: ledger.now)
        #expect(throws: Refusal.self, "whoever asks again hears that it stands there") {
            try again.get()
        }
        // Its checkpoint gathers cosignatures, though it had never been shown.
        let certificate = try ledger.cosign(["ada", "bo", "cy"])
        #expect(certificate?.statement.head == batch.batch.checkpoint.statement.head)
    }

    @Test("A certificate that was stored and does not stand on the ledger is put there")
    func certificateBeforeItsEntry() throws {
        var ledger = try TestLedger()
        try ledger.batch()
        let certificate = try #require(try ledger.cosign(["ada", "bo", "cy"]))
        try ledger.restart(certificate: certificate)
        #expect(ledger.sequencer.certificate == certificate)
        #expect(ledger.sequencer.pendingCount == 1)
        let batch = try ledger.cut()
        guard case .certificate(certificate)? = try? Entry(parsing: batch.batch.entries[0]).content
        else {
            Issue.record("the batch begins with another entry")
            return
        }
        try ledger.settle()
        #expect(ledger.replica.finality.finalSize >= certificate.statement.head.size)
    }

    @Test("A certificate that stands on the ledger is not put there again, change or no change")
    func certificateAfterItsEntry() throws {
        var ledger = try TestLedger()
        try ledger.settle()
        try ledger.suspend("di")
        let certificate = try #require(try ledger.cosign(["ada", "bo", "cy"]))
        try ledger.cut()
        #expect(ledger.replica.state.cosigners.isChanging)
        try ledger.restart(certificate: certificate)
        #expect(ledger.sequencer.certificate == certificate)
        #expect(ledger.sequencer.pendingCount == 0)
    }

    @Test("A certificate of another ledger, or one without a quorum, is not taken up")
    func badStoredCertificate() throws {
        var ledger = try TestLedger()
        try ledger.batch()
        for certificate in [
            try ledger.certificate(by: ["ada", "bo"]),
            try ledger.certificate(
                ledger.checkpoint(TreeHead(size: ledger.size, root: .leaf([1]))),
                by: ["ada", "bo", "cy"]),
        ] {
            try ledger.restart(certificate: certificate)
            #expect(ledger.sequencer.certificate == nil)
            #expect(ledger.sequencer.pendingCount == 0)
        }
    }

    @Test(
        "Whenever the coordinator is killed, what it acknowledged stays and it signs one history",
        arguments: 0..<60 as Range<UInt64>)
    func anyKill(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var ledger = try TestLedger()
        var acknowledged: [UInt64: TransactionID] = [:]
        var shown: [UInt64: UnverifiedCheckpoint] = [:]
        var underWay: ExecutedBatch?
        var certificate: UnverifiedCheckpoint?
        for step in 0..<80 {
            ledger.now = ledger.now.advanced(
                byMilliseconds: Int64(random.uniformInteger(below: 300)))
            switch random.uniformInteger(below: 10) {
            case 0...3:
                try ledger.submit()
            case 4:
                underWay = ledger.sequencer.cut(at: ledger.now) ?? underWay
            case 5, 6:
                guard let batch = underWay else { continue }
                ledger.keep(batch)
                underWay = nil
                // A kill right here loses the acknowledgement, and not the batch.
                if random.uniformInteger(below: 4) == 0 {
                    try ledger.restart(certificate: certificate)
                    #expect(ledger.sequencer.published == batch.batch.checkpoint, "seed \(seed)")
                    continue
                }
                ledger.sequencer.stored()
                shown[batch.size] = batch.batch.checkpoint
                for receipt in batch.receipts {
                    acknowledged[receipt.index] = receipt.transaction
                }
            case 7:
                underWay = nil
                try ledger.restart(certificate: certificate)
                shown[ledger.size] = shown[ledger.size] ?? ledger.sequencer.published
                #expect(
                    shown[ledger.size] == ledger.sequencer.published, "seed \(seed), step \(step)")
            default:
                certificate = try ledger.cosign(["ada", "bo", "cy"]) ?? certificate
            }
        }
        let replica = try ledger.replay()
        for (size, checkpoint) in shown {
            let head = TreeFrontier(over: ledger.entries.prefix(Int(size))).head
            #expect(checkpoint.statement.head == head, "seed \(seed)")
        }
        for (index, id) in acknowledged {
            let entry = try Entry(parsing: ledger.entries[Int(index)])
            guard case .transaction(let envelope) = entry.content else {
                Issue.record("entry \(index) is no transaction, seed \(seed)")
                continue
            }
            #expect(TransactionID(of: envelope) == id, "seed \(seed)")
        }
        try ledger.restart(certificate: certificate)
        try ledger.settle()
        #expect(
            ledger.replica.finality.finalSize >= replica.size
                || !replica.needsCertificate(size: replica.size), "seed \(seed)")
    }
}
