import Contracts
import Ledger
import MerkleLog
import Testing

/// A node holds the coordinator's dates against its own clock; the lab allows them to be ten
/// seconds apart.
@Suite struct ClockTests {
    private static let skew = Rules().clockSkewMaxMilliseconds

    /// A ledger, and a node that has everything and has just heard of the coordinator.
    private static func lab() throws -> (ledger: TestLedger, node: TestNode) {
        var ledger = try TestLedger()
        try ledger.settle()
        var node = try ledger.node()
        node.catchUp(with: ledger)
        return (ledger, node)
    }

    /// A batch whose entries are dated so much off the ledger's present time.
    private static func batch(
        _ ledger: inout TestLedger, off milliseconds: Int64
    ) throws -> LedgerBatch {
        let now = ledger.now
        ledger.now = now.advanced(byMilliseconds: milliseconds)
        defer { ledger.now = now }
        return try ledger.batch().batch
    }

    @Test(
        "A date ahead of the node's clock is cosigned up to the limit, and not beyond"
    )
    func ahead() throws {
        for (off, isCosigned) in [(Self.skew, true), (Self.skew + 1, false)] {
            var (ledger, node) = try Self.lab()
            node.receive(try Self.batch(&ledger, off: off), at: ledger.now)
            #expect(node.entries == ledger.entries, "it is stored in any case")
            #expect((node.cosignedSizes.last == ledger.size) == isCosigned, "\(off)")
            #expect(node.alarms.isEmpty == isCosigned)
        }
    }

    @Test("A date ahead is cosigned once the time has come")
    func timeComes() throws {
        var (ledger, node) = try Self.lab()
        let index = ledger.size
        node.receive(try Self.batch(&ledger, off: Self.skew + 5_000), at: ledger.now)
        let time = ledger.now.advanced(byMilliseconds: Self.skew + 5_000)
        let latest = ledger.now.advanced(byMilliseconds: Self.skew)
        let earliest = ledger.now.advanced(byMilliseconds: -Self.skew)
        #expect(
            node.alarms == [
                .timeOffClock(index: index, time: time, earliest: earliest, latest: latest),
                .timeOffClock(index: index + 1, time: time, earliest: earliest, latest: latest),
            ])
        #expect(node.alarms.first?.code == "clock.off")
        #expect(
            node.alarms.first?.description
                == "entry \(index) is dated 2026-01-01T00:00:15.000Z, and by this node's clock it "
                + "should be dated from 2025-12-31T23:59:50.000Z to 2026-01-01T00:00:10.000Z: "
                + "cosignature withheld")

        for (wait, isCosigned) in [(4_999, false), (5_000, true)] as [(Int64, Bool)] {
            let now = ledger.now.advanced(byMilliseconds: wait)
            node.receiveHeartbeat(size: ledger.size, time: now, at: now)
            #expect((node.cosignedSizes.last == ledger.size) == isCosigned, "after \(wait) ms")
        }
        #expect(node.alarms.count == 2, "each is told once")
        #expect(node.follower.halted == nil)
    }

    @Test("A date from before the coordinator's last sign of life is back-dated")
    func backDated() throws {
        for (off, isCosigned) in [(-Self.skew, true), (-Self.skew - 1, false)] {
            var (ledger, node) = try Self.lab()
            let before = ledger.now
            ledger.now = before.advanced(byMilliseconds: 60_000)
            node.receiveHeartbeat(size: ledger.size, time: ledger.now, at: ledger.now)
            node.receive(try Self.batch(&ledger, off: off), at: ledger.now)
            #expect((node.cosignedSizes.last == ledger.size) == isCosigned, "\(off)")
            #expect(node.alarms.isEmpty == isCosigned)

            // Time does not heal it: only a quorum of others does.
            let later = ledger.now.advanced(byMilliseconds: 3_600_000)
            node.receiveHeartbeat(size: ledger.size, time: later, at: later)
            node.connect(at: later)
            #expect((node.cosignedSizes.last == ledger.size) == isCosigned)
            node.receive(certificate: try ledger.certificate(by: ["bo", "cy", "di"]), at: later)
            #expect(node.cosignedSizes.last == ledger.size)
        }
    }

    @Test("What was dated off the clock holds up later batches too, until a quorum has decided")
    func laterBatches() throws {
        var (ledger, node) = try Self.lab()
        node.receive(try Self.batch(&ledger, off: Self.skew + 5_000), at: ledger.now)
        try ledger.batch()
        let signed = node.cosignedSizes
        node.receive(ledger.batch(from: node.follower.size), at: ledger.now)
        #expect(node.cosignedSizes == signed)
        #expect(Set(node.alarms).count == node.alarms.count, "each is told once")
        node.receive(certificate: try ledger.certificate(by: ["bo", "cy", "di"]), at: ledger.now)
        #expect(node.cosignedSizes == signed + [ledger.size])
    }

    @Test("A doubt about what is verified does not hold up what was stored before it")
    func earlierBatches() throws {
        var (ledger, node) = try Self.lab()
        node.storesAtOnce = false
        let good = try ledger.batch().batch
        node.receive(good, at: ledger.now)
        node.receive(try Self.batch(&ledger, off: Self.skew + 60_000), at: ledger.now)
        node.finishWriting(at: ledger.now)
        #expect(node.cosignedSizes.last == good.checkpoint.statement.head.size)
        node.finishWriting(at: ledger.now)
        #expect(node.cosignedSizes.last == good.checkpoint.statement.head.size)
    }

    @Test("A node that was away takes the dates of that time as they are")
    func away() throws {
        var (ledger, node) = try Self.lab()
        for _ in 0..<5 {
            ledger.now = ledger.now.advanced(byMilliseconds: 600_000)
            try ledger.batch()
        }
        let now = ledger.now.advanced(byMilliseconds: 86_400_000)
        node.receive(ledger.batch(from: node.follower.size), at: now)
        #expect(node.cosignedSizes.last == ledger.size)
        #expect(node.alarms.isEmpty)

        // So does one that has been started anew.
        var fresh = try ledger.node("bo")
        fresh.receive(ledger.batch(from: 0), at: now)
        #expect(fresh.cosignedSizes == [ledger.size])
    }

    @Test("What a node has vouched for it vouches for again, however much later it connects anew")
    func connectsAnew() throws {
        var (ledger, node) = try Self.lab()
        node.receive(try Self.batch(&ledger, off: 0), at: ledger.now)
        #expect(node.cosignedSizes.last == ledger.size)
        // Its cosignature was lost, and no quorum has come about without it.
        let later = ledger.now.advanced(byMilliseconds: 60_000)
        node.receiveHeartbeat(size: ledger.size, time: later, at: later)
        let before = node.cosignedSizes.count
        node.connect(at: later.advanced(byMilliseconds: 1_000))
        #expect(node.cosignedSizes.count == before + 1)
        #expect(node.cosignedSizes.last == ledger.size)
        #expect(node.alarms.isEmpty)
    }

    @Test(
        "An old heartbeat, or one by a wrong clock, is no sign of life"
    )
    func noSignOfLife() throws {
        var (ledger, node) = try Self.lab()
        let before = ledger.now
        let later = before.advanced(byMilliseconds: 60_000)
        // An old one, and one of a clock that is far off.
        node.receiveHeartbeat(size: ledger.size - 1, time: later, at: later)
        node.receiveHeartbeat(
            size: ledger.size, time: later, at: later.advanced(byMilliseconds: Self.skew + 1))
        node.receive(try Self.batch(&ledger, off: 0), at: later)
        #expect(node.cosignedSizes.last == ledger.size)
        #expect(node.alarms.isEmpty)
    }

    @Test("A node whose own clock is slow says so, and goes on when it is set")
    func slowNode() throws {
        var ledger = try TestLedger()
        var node = try ledger.node()
        node.clockAheadMilliseconds = -3_600_000
        node.catchUp(with: ledger)
        // It was told the first entry by people, and vouches for its date no more than for them.
        #expect(node.alarms.map(\.code) == ["clock.off"])
        #expect(node.cosigned.isEmpty)
        node.clockAheadMilliseconds = 0
        node.receiveHeartbeat(size: ledger.size, time: ledger.now, at: ledger.now)
        #expect(node.cosignedSizes == [ledger.size])
        try ledger.batch()
        node.catchUp(with: ledger)
        #expect(node.cosignedSizes.last == ledger.size)
    }
}
