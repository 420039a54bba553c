package import Contracts
package import Identity
package import MerkleLog

/// The coordinator's side of the ledger: tries transactions, orders them in batches, signs
/// checkpoints and gathers cosignatures.
///
/// It is a machine: it holds no store and no clock. Its user cuts a batch, makes it durable, says so
/// with ``stored()`` and only then shows it to anybody. If the store fails, the machine is thrown
/// away and a new one made from the store: nothing has been acknowledged that is not in it.
package struct Sequencer: Sendable {
    /// Everything that has been accepted, stored or not.
    package private(set) var replica: Replica
    /// How much of the ledger is durable, and what it says about its newest checkpoint.
    package private(set) var published: UnverifiedCheckpoint
    /// The ledger as far as it is durable: what may be shown.
    package private(set) var publishedReplica: Replica
    /// The newest certificate, on the ledger or not.
    package private(set) var certificate: UnverifiedCheckpoint?

    private let signer: NoteSigner
    private var pendingStart: UInt64
    private var pendingEntries: [[UInt8]] = []
    private var pendingReceipts: [Receipt] = []
    private var inFlight: (batch: ExecutedBatch, replica: Replica)?
    /// The times of the first entry in flight, and of the first one pending.
    private var inFlightSince: Timestamp?
    private var pendingSince: Timestamp?
    private var collector = CosignatureCollector()

    /// Founds a lab.
    ///
    /// - Returns: The sequencer, and the first batch, which is to be stored like any other.
    /// - Throws: ``Misconduct/badGenesis(_:)`` where the founding is not valid.
    package static func founding(
        _ genesis: [UInt8], logKey: SigningKey, at now: Timestamp
    ) throws(Misconduct) -> (sequencer: Sequencer, batch: ExecutedBatch) {
        var replica = try Replica(genesis: genesis)
        guard replica.state.lab.coordinator.logKey == logKey.publicKey else {
            throw .badGenesis("it names another key for the log than this coordinator's")
        }
        let (entry, end) = replica.addState(at: now)
        let signer = NoteSigner(name: replica.state.lab.origin.keyName, key: logKey)
        let checkpoint = Self.signed(end.head, of: replica, by: signer)
        let batch = ExecutedBatch(
            batch: LedgerBatch(start: 0, entries: [genesis, entry], checkpoint: checkpoint),
            tiles: end.tiles, receipts: [])
        var sequencer = Sequencer(replica: replica, signer: signer, published: checkpoint)
        sequencer.inFlight = (batch, replica)
        sequencer.inFlightSince = replica.time
        return (sequencer, batch)
    }

    /// Takes a ledger up again, or over from the coordinator of the epoch before.
    ///
    /// - Parameters:
    ///   - replica: What executing the stored entries gave; it is at the end of a batch.
    ///   - checkpoint: The stored checkpoint over them; the old coordinator has signed it where this
    ///     one has just taken over.
    ///   - logKey: The log's key; the lab names it.
    ///   - certificate: The newest one that was stored.
    ///   - now: What is put on the ledger at once is dated so, and not when the ledger was left.
    package init(
        resuming replica: Replica, checkpoint: UnverifiedCheckpoint, logKey: SigningKey,
        certificate: UnverifiedCheckpoint?, at now: Timestamp
    ) {
        precondition(replica.isAtBatchEnd, "batches are stored whole")
        precondition(
            checkpoint.statement.head == replica.head, "the checkpoint is over the entries")
        self.init(
            replica: replica,
            signer: NoteSigner(name: replica.state.lab.origin.keyName, key: logKey),
            published: checkpoint)
        if let certificate, (try? self.replica.learn(certificate: certificate)) != nil {
            self.certificate = certificate
            recordCertificate(certificate, at: now)
        }
        expectCosignatures()
    }

    private init(replica: Replica, signer: NoteSigner, published: UnverifiedCheckpoint) {
        self.replica = replica
        self.signer = signer
        self.published = published
        publishedReplica = replica
        pendingStart = replica.size
    }

    private static func signed(
        _ head: TreeHead, of replica: Replica, by signer: NoteSigner
    ) -> UnverifiedCheckpoint {
        do {
            // The batch that decides on a change of the coordinator is the old one's to sign.
            let epoch = replica.state.lab.epoch(ofSize: head.size)
            let checkpoint = try Checkpoint(origin: epoch.origin.log, head: head)
            return try UnverifiedCheckpoint(checkpoint, signedBy: signer)
        } catch {
            preconditionFailure("a tree that is not empty makes a checkpoint: \(error)")
        }
    }

    /// How many entries are durable.
    package var publishedSize: UInt64 { published.statement.head.size }

    /// How many entries wait for the next batch.
    package var pendingCount: Int { pendingEntries.count }

    /// Until when whoever has what is published has everything; `nil` where that is now. A sign of
    /// life must not be dated later: the entries that are still to come would look back-dated.
    package var unpublishedSince: Timestamp? { inFlightSince ?? pendingSince }

    private mutating func append(_ entry: [UInt8]) {
        pendingSince = pendingSince ?? replica.time
        pendingEntries.append(entry)
    }

    /// Whether ``cut(at:)`` would make a batch.
    package var canCut: Bool { inFlight == nil && !pendingEntries.isEmpty }

    /// Why no transaction can be taken just now, or by this coordinator at all; `nil` where one can.
    package var pause: Pause? {
        if replica.state.lab.origin.keyName != signer.verifierKey.name { return .replaced }
        return replica.awaitsHandover ? .handover : nil
    }

    /// Why a coordinator takes no transactions.
    package enum Pause: Hashable, Sendable {
        /// The members have put another in its place.
        case replaced
        /// It has just taken over, and the members have not all cosigned what it took over yet.
        case handover
    }

    /// Tries a transaction, and takes it in if it applies.
    ///
    /// - Returns: The receipt, which counts once the batch is stored; or the refusal.
    /// - Throws: ``TransactionError``.
    package mutating func submit(
        _ transaction: SignedTransaction, at now: Timestamp
    ) throws(TransactionError) -> Result<Receipt, Refusal> {
        if let pause { return .failure(pause.refusal) }
        switch try replica.add(transaction, at: now) {
        case .success(let (entry, receipt)):
            append(entry)
            pendingReceipts.append(receipt)
            return .success(receipt)
        case .failure(let refusal):
            return .failure(refusal)
        }
    }

    /// Ends the batch that has gathered, signs its checkpoint, and hands it out to be stored.
    ///
    /// - Returns: `nil` where there is nothing to store, or another batch is on its way.
    package mutating func cut(at now: Timestamp) -> ExecutedBatch? {
        guard canCut else { return nil }
        let (entry, end) = replica.addState(at: now)
        let batch = ExecutedBatch(
            batch: LedgerBatch(
                start: pendingStart, entries: pendingEntries + [entry],
                checkpoint: Self.signed(end.head, of: replica, by: signer)),
            tiles: end.tiles, receipts: pendingReceipts)
        pendingStart = batch.size
        pendingEntries = []
        pendingReceipts = []
        inFlight = (batch, replica)
        (inFlightSince, pendingSince) = (pendingSince, nil)
        return batch
    }

    /// The batch that was cut last is durable: from now on it may be shown.
    package mutating func stored() {
        guard let (batch, replica) = inFlight else {
            preconditionFailure("no batch is on its way to the store")
        }
        inFlight = nil
        inFlightSince = nil
        published = batch.batch.checkpoint
        publishedReplica = replica
        expectCosignatures()
    }

    private mutating func expectCosignatures() {
        collector.expect(
            published, deciding: replica.state.cosigners.deciding(size: publishedSize))
    }

    /// Takes a node's cosignatures under the checkpoint of a size; ones that come too late are
    /// passed over.
    ///
    /// - Returns: The certificate, when these complete it.
    /// - Throws: ``CosignatureRefusal``.
    package mutating func receive(
        _ cosignatures: [Cosignature], size: UInt64, at now: Timestamp
    ) throws(CosignatureRefusal) -> UnverifiedCheckpoint? {
        let origin = replica.state.lab.origin
        guard let certificate = try collector.add(cosignatures, size: size, of: origin) else {
            return nil
        }
        // The quorum was counted with the sets that decide on this size, as everybody counts it.
        guard (try? replica.learn(certificate: certificate)) != nil else { return nil }
        self.certificate = certificate
        recordCertificate(certificate, at: now)
        return certificate
    }

    /// Puts a certificate on the ledger if it makes something final. Otherwise none would ever be
    /// the last: each would be an entry that needs a certificate.
    private mutating func recordCertificate(
        _ certificate: UnverifiedCheckpoint, at now: Timestamp
    ) {
        let size = certificate.statement.head.size
        guard pause != .replaced, replica.needsCertificate(size: size) else { return }
        // A new coordinator's first entry is this certificate and no other.
        guard !replica.awaitsHandover || size == replica.size else { return }
        append(replica.add(certificate: certificate, at: now))
    }
}

extension Sequencer.Pause {
    fileprivate var refusal: Refusal {
        switch self {
        case .replaced:
            Refusal(
                .coordinatorReplaced, rule: "this coordinator writes the present epoch",
                saw: ["epoch": "another coordinator's"])
        case .handover:
            Refusal(
                .coordinatorHandover,
                rule: "the members have certified what the new coordinator takes over",
                saw: ["certificate": "not there yet: try again in a few seconds"])
        }
    }
}
