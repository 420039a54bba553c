import Contracts
import Identity
import Ledger
import MerkleLog
import Randomness
import Testing

@Suite struct FollowerTests {
    /// A ledger of many batches, all certified, which a node can follow.
    private static func ledger(batches: Int = 6) throws -> TestLedger {
        var ledger = try TestLedger()
        for count in 0..<batches {
            try ledger.batch(1 + count % 3)
            try ledger.cosign(["ada", "bo", "cy"])
        }
        return ledger
    }

    // MARK: - Storing and cosigning

    @Test("A node cosigns what it has stored, and not before")
    func storesFirst() throws {
        let ledger = try Self.ledger(batches: 2)
        var node = try ledger.node()
        node.storesAtOnce = false
        for batch in ledger.batches {
            node.receive(batch.batch)
        }
        #expect(node.follower.size == ledger.size)
        #expect(node.cosigned.isEmpty)
        // Nothing else makes it sign.
        node.receiveHeartbeat(size: ledger.size, time: ledger.now, at: ledger.now)
        node.receive(certificate: try #require(ledger.sequencer.certificate))
        node.connect()
        #expect(node.cosigned.isEmpty)

        for batch in ledger.batches {
            node.finishWriting()
            #expect(node.cosignedSizes.last == batch.size)
            #expect(node.follower.storedSize == batch.size)
        }
    }

    @Test("A cosignature is over the coordinator's checkpoint, by the member's key, at the time")
    func cosignature() throws {
        let ledger = try Self.ledger(batches: 1)
        var node = try ledger.node("bo")
        let now = ledger.now.advanced(byMilliseconds: 5_999)
        node.receive(ledger.batch(from: 0), at: now)
        #expect(node.cosigned.count == 1)
        #expect(
            node.cosigned.last?.lines == [
                try ledger.cosignature(
                    of: "bo", at: UInt64(TestLedger.start.milliseconds / 1_000) + 5)
            ])
    }

    @Test("A node stores exactly what the coordinator did, tiles and receipts too")
    func storesTheSame() throws {
        let ledger = try Self.ledger()
        var node = try ledger.node()
        for batch in ledger.batches {
            node.receive(batch.batch)
        }
        #expect(node.disk.map(\.batch) == ledger.batches.map(\.batch))
        #expect(node.disk.map(\.tiles) == ledger.batches.map(\.tiles))
        #expect(
            node.disk.flatMap(\.receipts).map(\.json)
                == ledger.batches.flatMap(\.receipts).map(\.json))
    }

    @Test("What comes in one piece gives the tiles that it would have given in many")
    func catchesUp() throws {
        var ledger = try Self.ledger()
        try ledger.batch(600)
        var node = try ledger.node()
        node.receive(ledger.batch(from: 0))
        #expect(node.cosignedSizes == [ledger.size])
        var tiles: [TileCoordinate: Tile] = [:]
        for tile in ledger.batches.flatMap(\.tiles) {
            tiles[TileCoordinate(level: tile.coordinate.level, index: tile.coordinate.index)] = tile
        }
        #expect(node.disk.first?.tiles == tiles.sorted { $0.key < $1.key }.map(\.value))
    }

    @Test("A new connection repeats the last cosignature, which may have been lost")
    func repeats() throws {
        let ledger = try Self.ledger()
        var node = try ledger.node()
        node.catchUp(with: ledger)
        node.receiveHeartbeat(size: ledger.size, time: ledger.now, at: ledger.now)
        #expect(node.cosignedSizes == [ledger.size], "once is enough while the connection lasts")
        node.connect()
        #expect(node.cosignedSizes == [ledger.size, ledger.size])
        #expect(node.follows == [ledger.size])
    }

    @Test("A node that is no cosigner follows, and signs nothing")
    func onlooker() throws {
        let ledger = try Self.ledger()
        var node = try ledger.node("guest")
        node.catchUp(with: ledger)
        node.connect()
        #expect(node.entries == ledger.entries)
        #expect(node.cosigned.isEmpty)
    }

    // MARK: - What comes out of order

    @Test("A node asks for what it misses, from where it ends")
    func gap() throws {
        let ledger = try Self.ledger()
        var node = try ledger.node()
        node.receive(ledger.batches[0].batch)
        let size = ledger.batches[0].size
        node.receive(ledger.batches[2].batch)
        #expect(node.follows == [size])
        node.receiveHeartbeat(size: ledger.size, time: ledger.now, at: ledger.now)
        #expect(node.follows == [size, size])
        #expect(node.follower.size == size)
        #expect(node.alarms.isEmpty)
    }

    @Test("A batch that has fewer or more entries than its checkpoint says is asked for again")
    func wrongCount() throws {
        let ledger = try Self.ledger()
        let whole = ledger.batch(from: 0)
        for entries in [
            Array(whole.entries.dropLast()), whole.entries + [whole.entries[0]], [],
        ] {
            var node = try ledger.node()
            node.receive(LedgerBatch(start: 0, entries: entries, checkpoint: whole.checkpoint))
            #expect(node.follows == [0])
            #expect(node.follower.size == 0)
            #expect(node.follower.halted == nil)
        }
    }

    @Test("What a node has already does nothing, and what overlaps adds only what is new")
    func duplicates() throws {
        let ledger = try Self.ledger()
        var node = try ledger.node()
        for batch in ledger.batches.prefix(3) {
            node.receive(batch.batch)
        }
        let before = node
        for batch in ledger.batches.prefix(3) {
            node.receive(batch.batch)
        }
        #expect(node.entries == before.entries)
        #expect(node.cosignedSizes == before.cosignedSizes)
        #expect(node.alarms.isEmpty && node.follows.isEmpty)

        node.receive(ledger.batch(from: 1))
        #expect(node.entries == ledger.entries)
        #expect(node.cosignedSizes.last == ledger.size)
    }

    @Test(
        "Through losses, repeats, disorder and kills a node comes to the ledger and signs only it",
        arguments: 0..<60 as Range<UInt64>)
    func anyOrder(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var ledger = try TestLedger()
        var certificates: [UnverifiedCheckpoint] = []
        for _ in 0..<8 {
            try ledger.batch(random.uniformInteger(in: 1...3))
            if random.uniformInteger(below: 2) == 0 {
                certificates += try ledger.cosign(["ada", "bo", "cy"]).map { [$0] } ?? []
            }
        }
        var node = try ledger.node()
        for _ in 0..<60 {
            switch random.uniformInteger(below: 8) {
            case 0: try node.restart()
            case 1: node.connect()
            case 2: node.finishWriting()
            case 3: node.storesAtOnce.toggle()
            case 4:
                if let certificate = certificates.randomElement(using: &random) {
                    node.receive(certificate: certificate)
                }
            default:
                let end = random.uniformInteger(in: 0...ledger.batches.count - 1)
                let start = random.uniformInteger(in: 0...end)
                node.receive(
                    ledger.batch(
                        from: ledger.batches[start].batch.start,
                        checkpoint: ledger.batches[end].batch.checkpoint))
            }
        }
        try node.restart()
        node.storesAtOnce = true
        node.catchUp(with: ledger)

        #expect(node.alarms.isEmpty, "seed \(seed)")
        #expect(node.entries == ledger.entries, "seed \(seed)")
        #expect(node.follower.replica.stateRoot == ledger.replica.stateRoot, "seed \(seed)")
        let checkpoints = ledger.batches.map(\.batch.checkpoint)
        for (size, lines) in node.cosigned {
            let checkpoint = try #require(
                checkpoints.first { $0.statement.head.size == size }, "seed \(seed)")
            let isValid = lines.allSatisfy {
                $0.isValid(for: checkpoint.note.text, by: Secrets("ada").cosigner.publicKey)
            }
            #expect(isValid && lines.count == 1, "seed \(seed), size \(size)")
        }
    }

    // MARK: - Two histories

    @Test("A node that was restarted knows a fork of what it has stored, and stays stopped")
    func forkAfterRestart() throws {
        var ledger = try Self.ledger()
        var forger = ledger
        try ledger.batch()
        _ = try forger.invitation()
        try forger.batch()
        #expect(forger.size == ledger.size)
        #expect(forger.replica.head != ledger.replica.head)

        var node = try ledger.node()
        node.catchUp(with: ledger)
        try node.restart()
        node.receive(forger.batch(from: forger.batches.last?.batch.start ?? 0))
        let halted = try #require(node.follower.halted)
        #expect(halted.code == "misconduct.fork")

        let signed = node.cosignedSizes
        try node.restart()
        node.connect()
        node.receive(forger.batch(from: 0))
        node.catchUp(with: ledger)
        #expect(node.follower.halted == halted)
        #expect(node.cosignedSizes == signed)
        #expect(node.evidence.count == 1)
    }

    @Test("What was verified and not stored before a kill was not signed, and binds nobody")
    func unstoredHistory() throws {
        var ledger = try Self.ledger()
        var node = try ledger.node()
        node.catchUp(with: ledger)
        // The coordinator crashed too: the batch that it had sent was never the ledger's.
        var lost = ledger
        _ = try lost.invitation()
        try lost.batch()
        node.storesAtOnce = false
        node.receive(lost.batch(from: ledger.size))
        try node.restart()
        node.storesAtOnce = true

        try ledger.batch()
        node.catchUp(with: ledger)
        #expect(node.follower.halted == nil)
        #expect(node.entries == ledger.entries)
        #expect(node.cosigned.count { $0.size == ledger.size } == 1)
    }

    @Test("A fork of what is verified and still on its way to the disk is a fork too")
    func forkWhileStoring() throws {
        var ledger = try Self.ledger()
        var forger = ledger
        try ledger.batch()
        _ = try forger.invitation()
        try forger.batch()
        var node = try ledger.node()
        node.storesAtOnce = false
        node.receive(ledger.batch(from: 0))
        node.receive(forger.batch(from: 0))
        #expect(node.follower.halted?.code == "misconduct.fork")
        node.finishWriting()
        #expect(node.cosigned.isEmpty, "it signs neither")
    }

    // MARK: - Members and keys

    @Test("While keys are changing over, a node signs with the old one and the new one")
    func rotation() throws {
        var ledger = try TestLedger()
        try ledger.settle()
        var node = try ledger.node()
        node.catchUp(with: ledger)
        // As an operator must: the node has the new key before the ledger does.
        try node.restart(with: ["ada", "ada's next"])
        let next = Secrets("ada's next").cosigner
        try ledger.submit(
            RotateKeys(
                signing: Secrets("ada").signing, cosigner: next, member: MemberID("ada"),
                lab: ledger.replica.lab), by: "ada")
        try ledger.cut()
        var signers: [Set<NoteKeyID>] = []
        for _ in 0..<4 {
            node.catchUp(with: ledger)
            signers.append(Set(node.cosigned.last?.lines.map(\.keyID) ?? []))
            let lines = try #require(node.cosigned.last?.lines)
            _ = try ledger.sequencer.receive(lines, size: ledger.size, at: ledger.now)
            try ledger.cosign(["bo", "cy"])
            guard ledger.sequencer.canCut else { break }
            try ledger.cut()
        }
        let name = ledger.lab.origin.cosignerKeyName(of: try MemberID("ada"))
        let old = NoteVerifierKey(name: name, cosignature: Secrets("ada").cosigner.publicKey).id
        let new = NoteVerifierKey(name: name, cosignature: next.publicKey).id
        #expect(signers == [[old], [old, new], [new]])
    }

    @Test("A suspended member's node goes on following, and its signature is asked for no more")
    func suspension() throws {
        var ledger = try TestLedger()
        try ledger.suspend("di")
        try ledger.settle(["ada", "bo", "cy"])
        var node = try ledger.node("di")
        node.catchUp(with: ledger)
        #expect(node.entries == ledger.entries)
        #expect(node.cosigned.isEmpty)
    }

    // MARK: - Certificates

    @Test("A certificate of another history, which the coordinator has signed, is a fork")
    func certificateOfAFork() throws {
        let ledger = try Self.ledger()
        var node = try ledger.node()
        node.catchUp(with: ledger)
        node.receive(
            certificate: try ledger.certificate(
                ledger.checkpoint(TreeHead(size: ledger.size, root: .leaf([1]))),
                by: ["ada", "bo", "cy"]))
        #expect(node.alarms.last?.code == "misconduct.fork")
        #expect(node.follower.halted?.code == "misconduct.fork")
    }

    @Test("A node tells a bad certificate, keeps the good one it has, and goes on")
    func badCertificate() throws {
        var ledger = try Self.ledger()
        var node = try ledger.node()
        node.catchUp(with: ledger)
        try ledger.batch()
        node.receive(ledger.batch(from: node.follower.size))
        let good = try ledger.certificate(by: ["ada", "bo", "di"])
        node.receive(certificate: good)
        for (certificate, problem) in [
            (ledger.sequencer.published, "0 members have cosigned size \(ledger.size)"),
            (try ledger.certificate(by: ["ada", "bo"]), "2 members have cosigned"),
            (
                try ledger.certificate(
                    ledger.checkpoint(ledger.replica.head, origin: TestLedger.otherOrigin()),
                    by: ["ada", "bo", "cy"]), "it is for the log lab.example/other/epoch-1"
            ),
        ] {
            node.receive(certificate: certificate)
            #expect(node.alarms.last?.code == "coordinator.not_signed")
            #expect(node.alarms.last?.description.contains(problem) == true, "\(node.alarms)")
            #expect(node.follower.certificate == good, "\(problem)")
        }
        #expect(node.follower.halted == nil)

        // What it keeps is still good after a restart.
        try node.restart()
        #expect(node.follower.certificate == good)
        #expect(node.follower.replica.finality.certifiedSize == ledger.size)
    }

    @Test("An older certificate that comes late does not take a newer one's place")
    func lateCertificate() throws {
        var ledger = try TestLedger()
        let older = try ledger.certificate(by: ["ada", "bo", "cy"])
        try ledger.batch()
        let newer = try ledger.certificate(by: ["ada", "bo", "cy"])
        var node = try ledger.node()
        node.receive(ledger.batch(from: 0))
        for certificate in [newer, older] {
            node.receive(certificate: certificate)
            #expect(node.follower.certificate == newer)
        }
        #expect(node.alarms.isEmpty)
    }

    @Test("A certificate that runs ahead of the entries is passed over without an alarm")
    func earlyCertificate() throws {
        let ledger = try Self.ledger()
        var node = try ledger.node()
        node.receive(ledger.batches[0].batch)
        node.receive(certificate: try #require(ledger.sequencer.certificate))
        #expect(node.alarms.isEmpty)
        #expect(node.follower.certificate == nil)
        node.catchUp(with: ledger)
        #expect(node.follower.certificate == ledger.sequencer.certificate)
    }
}
