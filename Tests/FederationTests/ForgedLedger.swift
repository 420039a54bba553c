import Contracts
import Federation
import Identity
import Ledger
import MerkleLog
import Testing

/// The ledger of a coordinator that puts whatever it likes on it, with signatures that are right.
struct ForgedLedger {
    private(set) var replica: Replica
    private(set) var entries: [[UInt8]]
    private var now: Timestamp
    private var nonces = 0

    /// Takes over where an honest one stands.
    init(_ lab: FederatedLab) throws {
        replica = try lab.replay()
        entries = lab.entries
        now = max(lab.now, replica.time)
    }

    /// Puts an action on the ledger, whether it applies or not.
    @discardableResult
    mutating func put(
        _ action: any LabAction, by sender: String = "coordinator", at time: Timestamp? = nil
    ) throws -> Receipt {
        nonces += 1
        now = max(now, time ?? now)
        let transaction = Transaction(
            lab: replica.lab,
            sender: sender == "coordinator" ? .coordinator : .member(try MemberID(sender)),
            nonce: "forged-nonce-\(nonces)", validUntil: now.advanced(byMilliseconds: 60_000),
            action: action)
        let envelope = transaction.signed(with: Secrets(sender).signing)
        let entry = Entry(time: now, content: .transaction(envelope)).bytes
        entries.append(entry)
        return try #require(try replica.execute(entry).receipt)
    }

    /// Opens a round for these, whether the ledger allows it or not.
    @discardableResult
    mutating func open(
        _ number: Int, for names: [String] = FederatedLab.owners, of job: String = "j-1",
        task: RoundTask = .statistics, base: BlobDigest? = nil, at time: Timestamp? = nil
    ) throws -> Receipt {
        try put(
            OpenRound(
                round: RoundID(job: JobID(job), number: number), task: task, base: base,
                participants: names.map { try MemberID($0) }), at: time)
    }

    mutating func endBatch() {
        entries.append(replica.addState(at: now).entry)
    }

    /// A certificate of the last batch, by a quorum.
    func certificate() throws -> UnverifiedCheckpoint {
        let checkpoint = try checkpoint()
        return try checkpoint.adding(
            ["ada", "bo", "cy"].map { name in
                Cosigner(
                    name: replica.state.lab.origin.cosignerKeyName(of: try MemberID(name)),
                    key: Secrets(name).cosigner
                ).cosign(checkpoint.statement, at: 1)
            })
    }

    private func checkpoint() throws -> UnverifiedCheckpoint {
        let origin = replica.state.lab.origin
        return try UnverifiedCheckpoint(
            Checkpoint(origin: origin.log, head: replica.head),
            signedBy: NoteSigner(name: origin.keyName, key: Secrets("coordinator").cosigner))
    }

    /// Ends the batch, and lets a quorum make everything in it final.
    mutating func makeFinal() throws {
        endBatch()
        let certificate = try certificate()
        entries.append(replica.add(certificate: certificate, at: now))
        endBatch()
        try replica.learn(certificate: self.certificate())
    }

    /// What a node is sent from a place on.
    func batch(from start: UInt64) throws -> LedgerBatch {
        LedgerBatch(
            start: start, entries: Array(entries[Int(start)...]), checkpoint: try checkpoint())
    }

    /// A node that has followed so far, with its data at hand.
    func node(_ name: String = "ada") throws -> TestNode {
        var node = try TestNode(name, genesis: entries[0])
        try node.catchUp(with: self)
        return node
    }
}
