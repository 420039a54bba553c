package import Contracts
package import Identity
package import MerkleLog

/// A node's side of the ledger: verifies what the coordinator sends, executes it, has it stored, and
/// only then cosigns it.
///
/// It is a machine: it holds no store and no clock. It never cosigns two histories, because it
/// cosigns only what extends the one history that is in its store.
package struct Follower: Sendable {
    package enum Command: Sendable {
        /// Make this durable, then call ``stored(size:at:)``.
        case store(ExecutedBatch)
        /// Send these to the coordinator.
        case cosign(size: UInt64, [Cosignature])
        /// Ask the coordinator for entries from here on.
        case follow(from: UInt64)
        /// Keep this for good.
        case keep(Evidence)
        /// Tell people.
        case raise(Alarm)
    }

    package let member: MemberID
    package private(set) var replica: Replica
    /// The newest checkpoint of the coordinator that this node has verified.
    package private(set) var verified: UnverifiedCheckpoint?
    /// How many entries are durable.
    package private(set) var storedSize: UInt64
    /// The largest checkpoint that this node has cosigned since it started.
    package private(set) var cosignedSize: UInt64 = 0
    /// Why the node signs nothing any more.
    package private(set) var halted: CaughtMisconduct?
    /// The newest certificate that the node knows.
    package private(set) var certificate: UnverifiedCheckpoint?

    private let cosignerKeys: [SigningKey]
    private var clock = ClockWatch()
    private var awaitingStore: [UnverifiedCheckpoint] = []
    private var raisedDoubts: Set<UInt64> = []

    /// - Parameters:
    ///   - replica: What executing the stored entries gave, or the genesis entry where nothing is
    ///     stored yet.
    ///   - checkpoint: The stored checkpoint over those entries.
    ///   - certificate: The newest one that was stored.
    ///   - cosignerKeys: The member's cosigner keys, the present one and those it replaces.
    ///   - halted: What was caught before a restart.
    package init(
        member: MemberID, resuming replica: Replica, checkpoint: UnverifiedCheckpoint?,
        certificate: UnverifiedCheckpoint?, cosignerKeys: [SigningKey],
        halted: CaughtMisconduct? = nil
    ) {
        self.member = member
        self.replica = replica
        verified = checkpoint
        self.cosignerKeys = cosignerKeys
        self.halted = halted
        storedSize = replica.head.size
        if let certificate, (try? self.replica.learn(certificate: certificate)) != nil {
            self.certificate = certificate
        }
    }

    /// How many entries this node has verified, up to the end of a batch.
    package var size: UInt64 { replica.head.size }

    /// What to do when a connection to the coordinator has been made: go on from the end, and
    /// repeat the last cosignature, which may have been lost.
    package mutating func connected(at now: Timestamp) -> [Command] {
        guard halted == nil else { return [] }
        cosignedSize = 0
        watchStored(at: now)
        return [.follow(from: size)] + cosign(at: now)
    }

    /// Takes entries from the coordinator.
    ///
    /// - Parameter headAt: The root that the stored tree had at a smaller size.
    package mutating func receive(
        _ batch: LedgerBatch, at now: Timestamp, headAt: (UInt64) -> TreeHead?
    ) -> [Command] {
        guard halted == nil else { return [] }
        do {
            try batch.checkpoint.verifySignedByLog(of: replica.state.lab)
        } catch {
            // Behind a change of the coordinator that this node has not come to yet, it knows no key.
            if case .wrongOrigin = error, batch.start > size { return [.follow(from: size)] }
            return [
                .raise(.notFromCoordinator("a batch came with a checkpoint of which \(error)"))
            ]
        }
        let claimed = batch.checkpoint.statement.head
        guard claimed.size > size else {
            return compare(batch, with: replica.head(at: claimed.size) ?? headAt(claimed.size))
        }
        guard batch.start <= size else { return [.follow(from: size)] }
        guard batch.start + UInt64(batch.entries.count) == claimed.size else {
            return [.follow(from: size)]
        }

        var next = replica
        var tiles: [TileCoordinate: Tile] = [:]
        var receipts: [Receipt] = []
        var watch = clock
        let skew = replica.state.lab.rules.clockSkewMaxMilliseconds
        let added = Array(batch.entries.dropFirst(Int(size - batch.start)))
        do throws(Misconduct) {
            try requireExtension(added, to: claimed)
            for (offset, entry) in added.enumerated() {
                if size + UInt64(offset) < next.size {
                    try requireGenesis(entry)
                    continue
                }
                let executed = try next.execute(entry)
                watch.watch(index: next.size - 1, time: next.time, now: now, skew: skew)
                if let receipt = executed.receipt { receipts.append(receipt) }
                for tile in executed.batchEnd?.tiles ?? [] {
                    // A later version of a partial tile takes the earlier one's place.
                    let row = TileCoordinate(
                        level: tile.coordinate.level, index: tile.coordinate.index)
                    tiles[row] = tile
                }
            }
            guard next.isAtBatchEnd else { throw .checkpointInsideBatch(size: claimed.size) }
        } catch {
            return halt(error, over: batch)
        }

        let executed = ExecutedBatch(
            batch: LedgerBatch(
                start: size, entries: added, checkpoint: batch.checkpoint),
            tiles: tiles.sorted { $0.key < $1.key }.map(\.value), receipts: receipts)
        clock = watch
        clock.live(at: next.time, now: now, skew: skew)
        replica = next
        verified = batch.checkpoint
        awaitingStore.append(batch.checkpoint)
        return [.store(executed)] + raiseDoubts(at: now)
    }

    /// The entries are in the store.
    package mutating func stored(size: UInt64, at now: Timestamp) -> [Command] {
        storedSize = max(storedSize, size)
        return cosign(at: now)
    }

    /// Takes a certificate that is not on the ledger, or not yet.
    package mutating func receive(
        certificate: UnverifiedCheckpoint, at now: Timestamp
    ) -> [Command] {
        guard halted == nil else { return [] }
        do {
            try replica.learn(certificate: certificate)
        } catch {
            switch error {
            // It runs ahead of the entries, or lies far behind: neither says anything to us.
            case .unknownSize: return []
            case .wrongRoot where isSignedByLog(certificate):
                let claimed = certificate.statement.head
                let shown = LedgerBatch(start: claimed.size, entries: [], checkpoint: certificate)
                return compare(shown, with: replica.head(at: claimed.size))
            case .wrongOrigin, .wrongRoot, .notSignedByLog, .badSignature, .noQuorum:
                return [.raise(.notFromCoordinator("a certificate came of which \(error)"))]
            }
        }
        if certificate.statement.head.size >= (self.certificate?.statement.head.size ?? 0) {
            self.certificate = certificate
        }
        return cosign(at: now)
    }

    /// The coordinator says that its ledger has this size at this time by its clock.
    package mutating func receiveHeartbeat(
        size: UInt64, time: Timestamp, at now: Timestamp
    ) -> [Command] {
        guard halted == nil else { return [] }
        guard size <= self.size else { return [.follow(from: self.size)] }
        if size == self.size {
            clock.live(
                at: time, now: now, skew: replica.state.lab.rules.clockSkewMaxMilliseconds)
        }
        // The last cosignature may have been lost on its way, and in a quiet lab no other follows.
        if replica.finality.certifiedSize < cosignedSize { cosignedSize = 0 }
        return cosign(at: now)
    }

    // MARK: - Steps

    /// A checkpoint of a size that the node has already: the same one again, or a fork.
    private mutating func compare(_ batch: LedgerBatch, with known: TreeHead?) -> [Command] {
        let claimed = batch.checkpoint.statement.head
        guard let known, known != claimed else { return [] }
        if replica.state.lab.isPast(claimed.size) {
            return [
                .raise(
                    .notFromCoordinator(
                        "a checkpoint of size \(claimed.size) came under the key of a coordinator "
                            + "that has been replaced, and shows another history"))
            ]
        }
        return halt(.fork(claimed: claimed, known: known), over: batch)
    }

    private func isSignedByLog(_ checkpoint: UnverifiedCheckpoint) -> Bool {
        (try? checkpoint.verifySignedByLog(of: replica.state.lab)) != nil
    }

    /// Checks that the entries lead from the verified tree to the claimed one, before a single one
    /// is looked into: what the coordinator has not committed to, it cannot be blamed for.
    private func requireExtension(
        _ entries: [[UInt8]], to claimed: TreeHead
    ) throws(Misconduct) {
        let computed = replica.headExtended(by: entries)
        guard computed == claimed else {
            throw .notAnExtension(from: replica.head, claimed: claimed, computed: computed)
        }
    }

    /// A node knows its lab by the first entry, and has executed it before it follows anybody.
    private func requireGenesis(_ entry: [UInt8]) throws(Misconduct) {
        let lab = LabID(leafHash: TreeHash.leaf(entry).bytes)
        guard lab == replica.lab else { throw .badGenesis("it founds the lab \(lab)") }
    }

    private mutating func halt(_ misconduct: Misconduct, over batch: LedgerBatch) -> [Command] {
        let evidence = Evidence(misconduct: misconduct, batch: batch, verified: verified)
        halted = CaughtMisconduct(misconduct)
        return [.keep(evidence), .raise(.misconduct(misconduct))]
    }

    /// Doubts do not outlive the process: what was stored and never cosigned may be dated in a time
    /// that has not come yet.
    private mutating func watchStored(at now: Timestamp) {
        guard size > 0 else { return }
        clock.watch(
            stored: size - 1, time: replica.time, now: now,
            skew: replica.state.lab.rules.clockSkewMaxMilliseconds)
    }

    private mutating func raiseDoubts(at now: Timestamp) -> [Command] {
        clock.settle(
            certifiedSize: replica.finality.certifiedSize, now: now,
            skew: replica.state.lab.rules.clockSkewMaxMilliseconds)
        return clock.doubts.filter { raisedDoubts.insert($0.index).inserted }.map {
            .raise(
                .timeOffClock(
                    index: $0.index, time: $0.time, earliest: $0.earliest, latest: $0.latest))
        }
    }

    private mutating func cosign(at now: Timestamp) -> [Command] {
        awaitingStore.removeAll { $0.statement.head.size < storedSize }
        guard halted == nil, let checkpoint = awaitingStore.first ?? verified,
            checkpoint.statement.head.size == storedSize, storedSize > cosignedSize
        else { return [] }
        clock.settle(
            certifiedSize: replica.finality.certifiedSize, now: now,
            skew: replica.state.lab.rules.clockSkewMaxMilliseconds)
        guard clock.doubts.allSatisfy({ $0.index >= storedSize }) else { return [] }

        let origin = replica.state.lab.origin
        let deciding = replica.state.cosigners.deciding(size: storedSize)
        let wanted = Set(deciding.compactMap { $0.keys[member] })
        let cosignatures = cosignerKeys.filter { wanted.contains($0.publicKey) }.map { key in
            Cosigner(name: origin.cosignerKeyName(of: member), key: key)
                .cosign(checkpoint.statement, at: UInt64(now.milliseconds / 1_000))
        }
        guard !cosignatures.isEmpty else { return [] }
        cosignedSize = storedSize
        return [.cosign(size: storedSize, cosignatures)]
    }
}
