import Contracts
import Ledger
import MerkleLog
import Testing

/// A member's node: the real machine, on a disk that can be kept from finishing.
struct TestNode {
    let name: String
    private let genesis: [UInt8]
    var follower: Follower
    /// How far the node's clock is ahead of the lab's.
    var clockAheadMilliseconds: Int64 = 0

    /// What survives a restart.
    private(set) var disk: [ExecutedBatch] = []
    private(set) var diskCertificate: UnverifiedCheckpoint?
    private(set) var evidence: [Evidence] = []
    /// Batches on their way to the disk, when `storesAtOnce` is off.
    private(set) var writing: [ExecutedBatch] = []
    var storesAtOnce = true

    private(set) var cosigned: [(size: UInt64, lines: [Cosignature])] = []
    private(set) var alarms: [Alarm] = []
    /// From where on it asked for entries.
    private(set) var follows: [UInt64] = []

    init(_ name: String, genesis: [UInt8]) throws {
        self.name = name
        self.genesis = genesis
        follower = Follower(
            member: try MemberID(name), resuming: try Replica(genesis: genesis), checkpoint: nil,
            certificate: nil, cosignerKeys: [Secrets(name).cosigner])
    }

    var entries: [[UInt8]] { disk.flatMap(\.batch.entries) }
    var cosignedSizes: [UInt64] { cosigned.map(\.size) }

    // MARK: - What reaches it

    mutating func receive(_ batch: LedgerBatch, at now: Timestamp = TestLedger.start) {
        let entries = entries
        let commands = follower.receive(batch, at: clock(now)) { size in
            size <= entries.count ? TreeFrontier(over: entries.prefix(Int(size))).head : nil
        }
        perform(commands, at: now)
    }

    mutating func receive(
        certificate: UnverifiedCheckpoint, at now: Timestamp = TestLedger.start
    ) {
        perform(follower.receive(certificate: certificate, at: clock(now)), at: now)
        diskCertificate = follower.certificate ?? diskCertificate
    }

    mutating func receiveHeartbeat(size: UInt64, time: Timestamp, at now: Timestamp) {
        perform(follower.receiveHeartbeat(size: size, time: time, at: clock(now)), at: now)
    }

    mutating func connect(at now: Timestamp = TestLedger.start) {
        perform(follower.connected(at: clock(now)), at: now)
    }

    /// Takes in everything that a ledger has, and its newest certificate.
    mutating func catchUp(with ledger: TestLedger) {
        receive(ledger.batch(from: follower.size), at: ledger.now)
        if let certificate = ledger.sequencer.certificate {
            receive(certificate: certificate, at: ledger.now)
        }
    }

    // MARK: - Its disk

    /// The oldest batch that is on its way reaches the disk.
    mutating func finishWriting(at now: Timestamp = TestLedger.start) {
        guard !writing.isEmpty else { return }
        let batch = writing.removeFirst()
        disk.append(batch)
        perform(follower.stored(size: batch.size, at: clock(now)), at: now)
    }

    /// A kill and a start: what was on its way to the disk is lost.
    mutating func restart(with cosigners: [String]? = nil) throws {
        writing = []
        var replica = try Replica(genesis: entries.first ?? genesis)
        for entry in entries.dropFirst() {
            _ = try replica.execute(entry)
        }
        follower = Follower(
            member: try MemberID(name), resuming: replica, checkpoint: disk.last?.batch.checkpoint,
            certificate: diskCertificate,
            cosignerKeys: (cosigners ?? [name]).map { Secrets($0).cosigner },
            halted: evidence.last.flatMap { CaughtMisconduct($0.json) })
    }

    // MARK: - What it does

    private func clock(_ now: Timestamp) -> Timestamp {
        now.advanced(byMilliseconds: clockAheadMilliseconds)
    }

    private mutating func perform(_ commands: [Follower.Command], at now: Timestamp) {
        for command in commands {
            switch command {
            case .store(let batch):
                #expect(
                    batch.batch.start == disk.last?.size ?? 0 || !writing.isEmpty,
                    "a batch goes behind the last one")
                writing.append(batch)
                if storesAtOnce { finishWriting(at: now) }
            case .cosign(let size, let lines):
                #expect(
                    size == disk.last?.size, "\(name) cosigns \(size), which is not what it stored")
                cosigned.append((size, lines))
            case .follow(let start): follows.append(start)
            case .keep(let evidence): self.evidence.append(evidence)
            case .raise(let alarm): alarms.append(alarm)
            }
        }
    }
}
