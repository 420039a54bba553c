package import Contracts
import Crypto
import Encodings
import Identity
package import MerkleLog
package import MerkleMap

/// The ledger as somebody who has executed every entry knows it: the tree, the state, and what is
/// certified.
///
/// The coordinator, every node and the auditor hold one, and it is the only place where an entry
/// becomes a change of state. It is a value: whoever wants to look ahead works on a copy.
package struct Replica: Sendable {
    package let lab: LabID
    package private(set) var state: LabState
    package private(set) var finality = Finality()
    /// The time of the last entry.
    package private(set) var time: Timestamp

    private var tree = TiledFrontier()
    private var map = AuthenticatedMap()
    private var changed: [String: MapHash?] = [:]
    /// The leaves of the batch that no state entry has ended yet.
    private var openLeaves: [TreeHash] = []
    private var lastTransaction: UInt64 = 0
    /// The ends of batches that could still be certified, in the order of their sizes.
    private var boundaries: [Boundary] = []
    private var certifiedOnLedger: UInt64 = 0
    /// Certificates that have been checked and do not stand on the ledger yet, by size: a node hears
    /// of each before it meets it there, and need not check its signatures twice.
    private var verified: [UInt64: UnverifiedCheckpoint] = [:]

    /// The end of a batch.
    private struct Boundary: Sendable {
        let head: TreeHead
        let lastTransaction: UInt64
    }

    /// A batch that has just been ended.
    package struct BatchEnd: Sendable {
        package let head: TreeHead
        package let stateRoot: MapHash
        /// The tiles that the batch made or made longer.
        package let tiles: [Tile]
    }

    /// Executes the first entry of a ledger.
    ///
    /// - Throws: ``Misconduct``: `malformedEntry` or `badGenesis`.
    package init(genesis bytes: [UInt8]) throws(Misconduct) {
        let entry = try Self.parse(bytes, at: 0)
        guard case .genesis(let envelope) = entry.content else {
            throw .badGenesis("it is of another kind")
        }
        let leaf = TreeHash.leaf(bytes)
        lab = LabID(leafHash: leaf.bytes)
        time = entry.time
        do {
            let founding = try Self.founding(in: envelope)
            state = try LabState(founding: founding, id: lab, at: entry.time)
        } catch let error as TransactionError {
            throw .badGenesis(error.description)
        } catch let error as Refusal {
            throw .badGenesis(error.description)
        } catch {
            throw .badGenesis("\(error)")
        }
        note(state.drainFounding())
        openLeaves.append(leaf)
    }

    private static func founding(in envelope: Envelope) throws -> FoundLab {
        guard envelope.payloadType == Transaction.payloadType else {
            throw TransactionError.wrongPayloadType(envelope.payloadType)
        }
        let transaction = try Transaction(payload: envelope.payload)
        guard transaction.lab == nil, let founding = transaction.action as? FoundLab else {
            throw TransactionError.foreignLab(transaction.lab)
        }
        guard founding.founders.map({ Sender.member($0.member) }).contains(transaction.sender),
            envelope.signatures.count == founding.founders.count
        else { throw TransactionError.signatures(envelope.signatures.count) }
        for founder in founding.founders
        where !envelope.isSigned(by: founder.keys.signing) {
            throw TransactionError.wrongSignature(.member(founder.member))
        }
        return founding
    }

    /// How many entries have been executed.
    package var size: UInt64 { tree.size + UInt64(openLeaves.count) }
    /// The tree at the end of the last batch.
    package var head: TreeHead { tree.head }
    package var isAtBatchEnd: Bool { openLeaves.isEmpty }
    package var stateRoot: MapHash { map.root }

    /// Whether a certificate for this checkpoint would make anything final that is not, so that it
    /// should be put on the ledger.
    package func needsCertificate(size: UInt64) -> Bool {
        guard size > certifiedOnLedger,
            let boundary = boundaries.first(where: { $0.head.size == size })
        else { return false }
        return boundary.lastTransaction >= certifiedOnLedger || state.cosigners.isChanging
    }

    /// Whether the ledger ends where a new coordinator takes over: nothing may follow but the
    /// certificate of everything so far.
    package var awaitsHandover: Bool { state.lab.isHandedOver(at: size) }

    /// The tree's root at the end of a recent batch.
    package func head(at size: UInt64) -> TreeHead? {
        size == head.size ? head : boundaries.first { $0.head.size == size }?.head
    }

    /// The tree that these entries would make of the one at the end of the last batch.
    package func headExtended(by entries: [[UInt8]]) -> TreeHead {
        var frontier = tree.frontier
        for entry in entries {
            frontier.append(.leaf(entry))
        }
        return frontier.head
    }

    /// What convinces somebody who knows the state root of a row, or of its absence.
    package func stateProof(of key: String) -> MapProof {
        map.proof(of: MapHash(sha256: Array(key.utf8)))
    }
}

// MARK: - Reading a ledger

extension Replica {
    /// Executes the next entry of a ledger that somebody else has written.
    ///
    /// - Returns: The receipt, if the entry is a transaction; the end of the batch, if it ends one.
    /// - Throws: ``Misconduct``. The replica is then of no more use.
    package mutating func execute(
        _ bytes: [UInt8]
    ) throws(Misconduct) -> (receipt: Receipt?, batchEnd: BatchEnd?) {
        let index = size
        let entry = try Self.parse(bytes, at: index)
        guard entry.time >= time else {
            throw .timeWentBack(index: index, time: entry.time, before: time)
        }
        time = entry.time
        if awaitsHandover {
            guard case .certificate(let checkpoint) = entry.content,
                checkpoint.statement.head.size == index
            else { throw .notHandedOver(index: index) }
        }
        switch entry.content {
        case .genesis:
            throw .genesisTwice(index: index)
        case .transaction(let envelope):
            do {
                let signed = try SignedTransaction(envelope) { state.key(for: $0) }
                let executed = try state.execute(signed, at: index, time: entry.time)
                note(executed.writes)
                addLeaf(bytes, ofTransaction: true)
                return (executed.receipt, nil)
            } catch {
                throw .badTransaction(index: index, error)
            }
        case .certificate(let checkpoint):
            do {
                try verify(checkpoint)
            } catch {
                throw .badCertificate(index: index, error)
            }
            take(certificate: checkpoint)
            addLeaf(bytes, ofTransaction: false)
            return (nil, nil)
        case .state(let root):
            let computed = rootAtBatchEnd(time: entry.time)
            guard computed == root else {
                throw .wrongStateRoot(index: index, claimed: root, computed: computed)
            }
            addLeaf(bytes, ofTransaction: false)
            return (nil, endBatch())
        }
    }

    /// Checks a certificate for one of the batches that have been executed, and takes note of it.
    ///
    /// - Throws: ``CertificateError``. The replica is then as before.
    package mutating func learn(
        certificate: UnverifiedCheckpoint
    ) throws(CertificateError) {
        // Also where the size is known to be certified: whoever learns this one shows it to others.
        try verify(certificate)
        let size = certificate.statement.head.size
        verified[size] = certificate
        finality.certified(size: size)
    }

    private func verify(_ certificate: UnverifiedCheckpoint) throws(CertificateError) {
        let claimed = certificate.statement.head
        if verified[claimed.size] == certificate { return }
        guard let boundary = boundaries.first(where: { $0.head.size == claimed.size }) else {
            throw .unknownSize(claimed.size)
        }
        guard boundary.head.root == claimed.root else {
            throw .wrongRoot(claimed: claimed.root, computed: boundary.head.root)
        }
        try certificate.verifyCertified(
            for: state.lab, deciding: state.cosigners.deciding(size: claimed.size))
    }

    private static func parse(_ bytes: [UInt8], at index: UInt64) throws(Misconduct) -> Entry {
        do {
            return try Entry(parsing: bytes)
        } catch {
            throw .malformedEntry(index: index, error)
        }
    }
}

// MARK: - Writing a ledger

extension Replica {
    /// Tries a transaction, and adds it if it applies.
    ///
    /// - Returns: The entry with its receipt; or the refusal, and then nothing has changed.
    /// - Throws: ``TransactionError``.
    package mutating func add(
        _ signed: SignedTransaction, at now: Timestamp
    ) throws(TransactionError) -> Result<(entry: [UInt8], receipt: Receipt), Refusal> {
        let time = max(now, self.time)
        let bytes = Entry(time: time, content: .transaction(signed.envelope)).bytes
        guard bytes.count <= Entry.bytesMax else { throw .tooLarge(bytes: bytes.count) }
        var next = state
        let executed = try next.execute(signed, at: size, time: time)
        if let refusal = executed.receipt.refusal { return .failure(refusal) }
        self.time = time
        state = next
        note(executed.writes)
        addLeaf(bytes, ofTransaction: true)
        return .success((bytes, executed.receipt))
    }

    /// Adds a certificate, which must be a valid one.
    package mutating func add(
        certificate: UnverifiedCheckpoint, at now: Timestamp
    ) -> [UInt8] {
        time = max(now, time)
        let bytes = Entry(time: time, content: .certificate(certificate)).bytes
        take(certificate: certificate)
        addLeaf(bytes, ofTransaction: false)
        return bytes
    }

    /// Ends the batch.
    ///
    /// - Returns: The state entry that ends it, and what came of it.
    package mutating func addState(at now: Timestamp) -> (entry: [UInt8], end: BatchEnd) {
        time = max(now, time)
        let root = rootAtBatchEnd(time: time)
        let bytes = Entry(time: time, content: .state(root: root)).bytes
        addLeaf(bytes, ofTransaction: false)
        return (bytes, endBatch())
    }
}

// MARK: - The steps they share

extension Replica {
    private mutating func note(_ writes: [StateWrite]) {
        for write in writes {
            changed[write.key] = .some(write.row.map { MapHash(sha256: $0.canonicalBytes) })
        }
    }

    private mutating func addLeaf(_ bytes: [UInt8], ofTransaction isTransaction: Bool) {
        if isTransaction { lastTransaction = size }
        openLeaves.append(.leaf(bytes))
    }

    private mutating func take(certificate: UnverifiedCheckpoint) {
        let covered = certificate.statement.head.size
        state.certified(size: covered, at: size)
        finality.recorded(size: covered, at: size)
        certifiedOnLedger = max(certifiedOnLedger, covered)
        boundaries.removeAll { $0.head.size < covered }
        verified = verified.filter { $0.key > covered }
    }

    /// The root of the authenticated state behind all entries so far.
    private mutating func rootAtBatchEnd(time: Timestamp) -> MapHash {
        note(state.endBatch(size: size + 1, time: time))
        map.update(
            changed.map {
                AuthenticatedMap.Change(key: MapHash(sha256: $0.key.utf8), value: $0.value)
            })
        changed = [:]
        return map.root
    }

    private mutating func endBatch() -> BatchEnd {
        let tiles = tree.append(openLeaves)
        openLeaves = []
        boundaries.append(Boundary(head: tree.head, lastTransaction: lastTransaction))
        return BatchEnd(head: tree.head, stateRoot: map.root, tiles: tiles)
    }
}
