import Contracts
import Encodings
import Identity
import Ledger
import MerkleLog
import MerkleMap
import Testing

/// Everything that a coordinator can do wrong, done by one that signs it.
@Suite struct MisconductTests {
    /// A ledger at work, with everything final, and a node that has followed it.
    private static func lab() throws -> (ledger: TestLedger, node: TestNode) {
        var ledger = try TestLedger()
        try ledger.batch(3)
        try ledger.settle()
        var node = try ledger.node()
        node.catchUp(with: ledger)
        #expect(node.cosignedSizes.last == ledger.size)
        return (ledger, node)
    }

    /// Shows a batch to a node, and expects that it stops for good and keeps what proves why.
    private static func expectHalt(
        of node: TestNode, on batch: LedgerBatch, over ledger: TestLedger,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Misconduct {
        var node = node
        let before = node
        node.receive(batch, at: ledger.now)

        #expect(node.evidence.count == 1, sourceLocation: sourceLocation)
        let evidence = try #require(node.evidence.first, sourceLocation: sourceLocation)
        let misconduct = evidence.misconduct
        #expect(node.alarms == [.misconduct(misconduct)], sourceLocation: sourceLocation)
        #expect(
            node.follower.halted == CaughtMisconduct(misconduct), sourceLocation: sourceLocation)

        // Nothing of it is taken over, and nothing is signed any more, not even what is right.
        var honest = ledger
        try honest.batch()
        try honest.cosign(["ada", "bo", "cy", "di"])
        for isRestarted in [false, true] {
            if isRestarted { try node.restart() }
            node.connect()
            node.catchUp(with: honest)
            node.receiveHeartbeat(size: honest.size, time: honest.now, at: honest.now)
            #expect(node.entries == before.entries, sourceLocation: sourceLocation)
            #expect(node.cosignedSizes == before.cosignedSizes, sourceLocation: sourceLocation)
            #expect(node.follows == before.follows, sourceLocation: sourceLocation)
            #expect(
                node.follower.halted == CaughtMisconduct(misconduct),
                sourceLocation: sourceLocation)
            #expect(node.evidence.count == 1, sourceLocation: sourceLocation)
        }
        try expectProof(
            in: evidence, shownTo: before, lab: ledger.lab, sourceLocation: sourceLocation)
        return misconduct
    }

    /// Somebody else who holds the ledger up to the checkpoint in the evidence can check it: the
    /// coordinator signed both checkpoints, and the entries are as bad as they are said to be.
    private static func expectProof(
        in evidence: Evidence, shownTo node: TestNode, lab: Lab, sourceLocation: SourceLocation
    ) throws {
        let json = try JSONValue(parsing: evidence.json.canonicalBytes)
        #expect(
            CaughtMisconduct(json) == CaughtMisconduct(evidence.misconduct),
            sourceLocation: sourceLocation)
        let batch = try LedgerBatch(try #require(json["batch"], sourceLocation: sourceLocation))
        try batch.checkpoint.verifySignedByLog(of: lab)
        if let verified = json["verified"]?.string {
            let checkpoint = try UnverifiedCheckpoint(parsing: Array(verified.utf8))
            try checkpoint.verifySignedByLog(of: lab)
            #expect(
                checkpoint.statement.head == node.follower.replica.head,
                sourceLocation: sourceLocation)
        } else {
            #expect(node.follower.size == 0, sourceLocation: sourceLocation)
        }
        var other = node
        other.receive(batch)
        #expect(
            other.follower.halted == CaughtMisconduct(evidence.misconduct),
            sourceLocation: sourceLocation)
    }

    // MARK: - Histories

    @Test("Two histories of one size are a fork")
    func fork() throws {
        let (honest, node) = try Self.lab()
        var ledger = honest
        var follower = node
        try ledger.batch()
        follower.catchUp(with: ledger)
        var forger = honest
        // Another transaction than the one that the node has seen.
        _ = try forger.invitation()
        try forger.batch()
        let caught = try Self.expectHalt(
            of: follower, on: forger.batch(from: honest.size), over: ledger)
        #expect(
            caught
                == .fork(
                    claimed: forger.sequencer.published.statement.head,
                    known: ledger.sequencer.published.statement.head))
        #expect(
            caught.description
                == "the coordinator signed two histories: at size \(ledger.size) the root "
                + "\(forger.replica.head.root), and before that \(ledger.replica.head.root)")
    }

    @Test("A fork is seen at every smaller size, whether the node keeps its root at hand or not")
    func oldFork() throws {
        let (honest, node) = try Self.lab()
        for size in 1..<honest.size {
            let known = TreeFrontier(over: honest.entries.prefix(Int(size))).head
            let claimed = TreeHead(size: size, root: .leaf([UInt8(size)]))
            let batch = LedgerBatch(
                start: 0, entries: [], checkpoint: try honest.checkpoint(claimed))
            #expect(
                try Self.expectHalt(of: node, on: batch, over: honest)
                    == .fork(claimed: claimed, known: known))
        }
    }

    @Test("A rewritten entry does not lead to the signed checkpoint")
    func rewritten() throws {
        let (honest, node) = try Self.lab()
        var ledger = honest
        let batch = try ledger.batch().batch
        var entries = batch.entries
        entries[0] = try ledger.transactionEntry()
        let caught = try Self.expectHalt(
            of: node,
            on: LedgerBatch(start: batch.start, entries: entries, checkpoint: batch.checkpoint),
            over: honest)
        #expect(
            caught
                == .notAnExtension(
                    from: honest.replica.head, claimed: ledger.replica.head,
                    computed: honest.replica.headExtended(by: entries)))
        #expect(caught.code == "misconduct.not_an_extension")
    }

    @Test("A ledger that was rewritten before it grew does not extend what was verified")
    func rewrittenPast() throws {
        let (honest, node) = try Self.lab()
        var other = try TestLedger(nonces: 1_000)
        try other.batch(3)
        try other.settle()
        try other.batch(5)
        let caught = try Self.expectHalt(
            of: node, on: other.batch(from: honest.size), over: honest)
        #expect(caught.code == "misconduct.not_an_extension")
        #expect(caught.index == nil)
        // Sent from the beginning, it is no better.
        #expect(
            try Self.expectHalt(of: node, on: other.batch(from: 0), over: honest).code
                == "misconduct.not_an_extension")
    }

    // MARK: - Entries

    @Test("An entry that is none is told by its place")
    func malformed() throws {
        var (ledger, node) = try Self.lab()
        let good = try ledger.transactionEntry()
        let oversized = try Self.oversizedEntry(ledger)
        let cases: [(entry: [UInt8], error: EntryError)] = [
            (good + [0x20], .notCanonical),
            (oversized, .tooLarge(bytes: oversized.count)),
            (
                Array("{}".utf8),
                .wrongShape(JSONShapeError(path: "time", problem: "is missing"))
            ),
        ]
        for (entry, error) in cases {
            let caught = try Self.expectHalt(
                of: node, on: try ledger.forged([good, entry]), over: ledger)
            #expect(caught == .malformedEntry(index: ledger.size + 1, error))
            #expect(caught.description == "entry \(ledger.size + 1) is no entry: \(error)")
        }
        #expect(
            try Self.expectHalt(of: node, on: try ledger.forged([[]]), over: ledger).code
                == "misconduct.malformed_entry")
    }

    @Test("A transaction that may not stand on the ledger is the coordinator's fault")
    func badTransactions() throws {
        var (ledger, node) = try Self.lab()
        let other = try TestLedger(["ada"])
        let ada = Sender.member(try MemberID("ada"))
        let payload = try ledger.signed(ledger.invitation(), by: "ada").transaction.payload
        let twice = TestLedger.envelope(of: payload, signedBy: ["ada", "bo"])
        let foreign = Transaction(
            lab: other.replica.lab, sender: ada, nonce: "test-foreign",
            validUntil: ledger.now, action: try ledger.invitation()
        ).signed(with: Secrets("ada").signing)
        let wrongType = Envelope(
            signing: payload, as: "application/json", with: Secrets("ada").signing)
        let cases: [(envelope: Envelope, error: TransactionError)] = [
            (TestLedger.envelope(of: payload, signedBy: ["bo"]), .wrongSignature(ada)),
            (twice, .signatures(2)),
            (foreign, .foreignLab(other.replica.lab)),
            (wrongType, .wrongPayloadType("application/json")),
            (
                try ledger.signed(ledger.invitation(), by: "eve").envelope,
                .unknownSender(.member(try MemberID("eve")))
            ),
            (
                TestLedger.envelope(of: Array("{}".utf8), signedBy: ["ada"]),
                .wrongShape(JSONShapeError(path: "action", problem: "is missing"))
            ),
        ]
        for (envelope, error) in cases {
            let caught = try Self.expectHalt(
                of: node, on: try ledger.forged([ledger.entry(.transaction(envelope))]),
                over: ledger)
            #expect(caught == .badTransaction(index: ledger.size, error))
        }
    }

    @Test("A signature by the key that a member had before is a bad one")
    func rotatedKey() throws {
        var (ledger, node) = try Self.lab()
        try ledger.submit(
            RotateKeys(
                signing: Secrets("bo's next").signing, cosigner: Secrets("bo").cosigner,
                member: MemberID("bo"), lab: ledger.replica.lab), by: "bo")
        try ledger.cut()
        node.catchUp(with: ledger)
        let batch = try ledger.forged([try ledger.transactionEntry(by: "bo")])
        #expect(
            try Self.expectHalt(of: node, on: batch, over: ledger)
                == .badTransaction(
                    index: ledger.size, .wrongSignature(.member(try MemberID("bo")))))
    }

    @Test("A lab is founded once")
    func genesisTwice() throws {
        let (ledger, node) = try Self.lab()
        let batch = try ledger.forged([ledger.entries[0]])
        let caught = try Self.expectHalt(of: node, on: batch, over: ledger)
        #expect(caught == .genesisTwice(index: ledger.size))
        #expect(caught.description == "entry \(ledger.size) founds the lab a second time")
    }

    @Test("A node knows its lab, and follows the coordinator into no other")
    func otherGenesis() throws {
        var other = try TestLedger(["bo", "ada"])
        try other.batch()
        let ledger = try TestLedger()
        let caught = try Self.expectHalt(
            of: try ledger.node(), on: other.batch(from: 0), over: ledger)
        #expect(caught == .badGenesis("it founds the lab \(other.replica.lab)"))
        #expect(caught.index == 0)
    }

    @Test("Time does not go back, not by a millisecond")
    func timeWentBack() throws {
        var (ledger, node) = try Self.lab()
        let before = ledger.replica.time
        let batch = try ledger.forged([
            try ledger.transactionEntry(at: before.advanced(byMilliseconds: -1))
        ])
        #expect(
            try Self.expectHalt(of: node, on: batch, over: ledger)
                == .timeWentBack(
                    index: ledger.size, time: before.advanced(byMilliseconds: -1), before: before))

        // The same moment is as good as a later one.
        node.receive(try ledger.forged(ledger.ended([ledger.transactionEntry(at: before)])))
        #expect(node.follower.halted == nil)
        #expect(node.cosignedSizes.last == ledger.size + 2)
    }

    @Test("A state root that executing the ledger does not give is told by both roots")
    func wrongStateRoot() throws {
        var (ledger, node) = try Self.lab()
        let claimed = MapHash(sha256: [1])
        let entries = [try ledger.transactionEntry(), ledger.entry(.state(root: claimed))]
        let right = try Entry(parsing: try ledger.ended([entries[0]])[1])
        guard case .state(let computed) = right.content else {
            Issue.record("a batch ends with the state")
            return
        }
        #expect(
            try Self.expectHalt(of: node, on: try ledger.forged(entries), over: ledger)
                == .wrongStateRoot(
                    index: ledger.size + 1, claimed: claimed, computed: computed))
    }

    @Test("A checkpoint stands at the end of a batch and nowhere else")
    func insideBatch() throws {
        var (ledger, node) = try Self.lab()
        let entries = [try ledger.transactionEntry(), try ledger.transactionEntry()]
        for open in [
            entries, try ledger.ended([entries[0]]) + [entries[1]],
        ] {
            let caught = try Self.expectHalt(of: node, on: try ledger.forged(open), over: ledger)
            #expect(caught == .checkpointInsideBatch(size: ledger.size + UInt64(open.count)))
        }
    }

    // MARK: - Certificates

    @Test("A certificate on the ledger is one that a quorum has made")
    func badCertificates() throws {
        let (ledger, node) = try Self.lab()
        let head = ledger.replica.head
        let origin = try TestLedger.otherOrigin()
        let elsewhere = try ledger.checkpoint(head, origin: origin)
        let otherRoot = try ledger.checkpoint(TreeHead(size: head.size, root: .leaf([1])))
        let ahead = try ledger.checkpoint(TreeHead(size: head.size + 1, root: .leaf([1])))
        let unsigned = try ledger.checkpoint(head, by: Secrets("eve").cosigner)
        let quorum = Quorum(members: 4, faults: .third)
        let everybody = ["ada", "bo", "cy", "di"]
        let twice = try ledger.certificate(by: ["ada", "bo"])
            .adding([ledger.cosignature(of: "bo", at: 1_767_225_999)])
        let stranger = try ledger.certificate(by: ["ada", "bo"])
            .adding([ledger.cosignature(of: "eve"), ledger.cosignature(of: "cy", with: .eve)])
        let spoilt = try ledger.certificate(by: ["ada", "bo", "cy"])
            .adding([ledger.cosignature(of: "di", under: otherRoot)])
        let log = ledger.lab.origin.keyName

        let cases: [(certificate: UnverifiedCheckpoint, error: CertificateError)] = [
            (
                try ledger.certificate(by: ["ada", "bo"]),
                .noQuorum(size: head.size, cosigned: 2, quorum: quorum)
            ),
            (twice, .noQuorum(size: head.size, cosigned: 2, quorum: quorum)),
            (stranger, .noQuorum(size: head.size, cosigned: 2, quorum: quorum)),
            (
                spoilt,
                .badSignature(
                    .badSignature(
                        line: 9,
                        by: ledger.lab.origin.cosignerKeyName(of: try MemberID("di"))))
            ),
            (
                try ledger.certificate(elsewhere, by: everybody),
                .wrongOrigin(origin.description, size: head.size)
            ),
            (
                try ledger.certificate(otherRoot, by: everybody),
                .wrongRoot(claimed: .leaf([1]), computed: head.root)
            ),
            (try ledger.certificate(ahead, by: everybody), .unknownSize(head.size + 1)),
            (try ledger.certificate(unsigned, by: everybody), .notSignedByLog),
            (ledger.sequencer.published, .noQuorum(size: head.size, cosigned: 0, quorum: quorum)),
            (
                try UnverifiedCheckpoint(
                    Checkpoint(origin: ledger.lab.origin.log, head: head),
                    signedBy: NoteSigner(name: log, key: Secrets("eve").cosigner)),
                .badSignature(.noKnownSignature)
            ),
        ]
        for (certificate, error) in cases {
            let batch = try ledger.forged([ledger.entry(.certificate(certificate))])
            #expect(
                try Self.expectHalt(of: node, on: batch, over: ledger)
                    == .badCertificate(index: ledger.size, error))
        }
    }

    @Test("A certificate of a size that a later one has covered is no longer looked at")
    func coveredCertificate() throws {
        let (ledger, node) = try Self.lab()
        let first = try ledger.certificate(
            ledger.batches[0].batch.checkpoint, by: ["ada", "bo", "cy", "di"])
        let batch = try ledger.forged([ledger.entry(.certificate(first))])
        #expect(
            try Self.expectHalt(of: node, on: batch, over: ledger)
                == .badCertificate(index: ledger.size, .unknownSize(2)))
    }

    // MARK: - What is no misconduct

    @Test("A coordinator is not blamed for what it has not signed")
    func notSigned() throws {
        var (ledger, node) = try Self.lab()
        let entries = [try ledger.transactionEntry(at: Timestamp(milliseconds: 0))]
        let head = ledger.replica.headExtended(by: entries)
        for checkpoint in [
            try ledger.checkpoint(head, by: Secrets("eve").cosigner),
            try ledger.checkpoint(head, origin: TestLedger.otherOrigin()),
            try ledger.checkpoint(
                TreeHead(size: ledger.size, root: .leaf([1])), by: Secrets("eve").cosigner),
        ] {
            node.receive(
                LedgerBatch(start: ledger.size, entries: entries, checkpoint: checkpoint))
        }
        #expect(node.alarms.map(\.code) == [String](repeating: "coordinator.not_signed", count: 3))
        #expect(node.evidence.isEmpty)
        #expect(node.follower.halted == nil)

        try ledger.batch()
        node.catchUp(with: ledger)
        #expect(node.cosignedSizes.last == ledger.size)
    }

    @Test("A refused transaction on the ledger lost a race, and is no misconduct")
    func lostRace() throws {
        var (ledger, node) = try Self.lab()
        let invitation = try ledger.invitation()
        let late = try ledger.signed(
            RegisterDataset(
                dataset: DatasetID("d"), title: "Data", schema: [:], rows: 1,
                commitment: BlobDigest(sha256: [UInt8](repeating: 7, count: 32))),
            by: "ada")
        try ledger.submit(invitation)
        try ledger.cut()
        node.catchUp(with: ledger)
        let entry = ledger.entry(.transaction(late.envelope))
        node.receive(try ledger.forged(try ledger.ended([entry, entry])))
        #expect(node.follower.halted == nil)
        let receipts = try #require(node.disk.last?.receipts)
        #expect(receipts.map { $0.refusal?.code } == [nil, .transactionReplayed])
        #expect(receipts.map(\.index) == [ledger.size, ledger.size + 1])
    }

    // MARK: - Help

    private static func oversizedEntry(_ ledger: TestLedger) throws -> [UInt8] {
        let payload = [UInt8](repeating: 0x20, count: 49_200)
        let entry = ledger.entry(
            .transaction(TestLedger.envelope(of: payload, signedBy: ["ada"])))
        try #require(entry.count > Entry.bytesMax)
        return entry
    }
}

extension SigningKey {
    /// Of somebody who is no member.
    fileprivate static var eve: SigningKey { Secrets("eve").cosigner }
}
