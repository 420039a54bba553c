import ContractLibrary
import Contracts
import Encodings
import Identity
import Ledger
import MerkleLog
import Randomness
import Testing

/// The secrets of somebody in a test; the name decides them.
struct Secrets {
    let signing: SigningKey
    let cosigner: SigningKey

    init(_ name: String) {
        let seed = name.utf8.reduce(17 as UInt64) { $0 &* 31 &+ UInt64($1) }
        var random = SeededRandom(seed: seed)
        signing = SigningKey(from: &random)
        cosigner = SigningKey(from: &random)
    }

    var keys: MemberKeys {
        MemberKeys(signing: signing.publicKey, cosigner: cosigner.publicKey)
    }
}

/// A ledger with its coordinator: every batch that is cut is durable at once, and kept.
struct TestLedger {
    static let start = Timestamp(milliseconds: 1_767_225_600_000)

    var sequencer: Sequencer
    var now = Self.start
    private(set) var batches: [ExecutedBatch] = []
    private var nonces: Int

    /// - Parameter nonces: Where to begin to count, so that two ledgers of one lab differ.
    init(
        _ founders: [String] = ["ada", "bo", "cy", "di"], rules: Rules = Rules(), nonces: Int = 0
    ) throws {
        let (sequencer, batch) = try Sequencer.founding(
            Self.genesis(founders, rules: rules), logKey: Secrets("coordinator").cosigner,
            at: Self.start)
        self.sequencer = sequencer
        self.nonces = nonces
        self.sequencer.stored()
        batches = [batch]
    }

    static func card(_ name: String, roles: [Role] = [.dataOwner, .issuer]) throws -> MemberCard {
        MemberCard(
            member: try MemberID(name), title: "Institution \(name)", category: .data,
            roles: roles, keys: Secrets(name).keys)
    }

    static func founding(_ founders: [String], rules: Rules = Rules()) throws -> FoundLab {
        try FoundLab(
            title: "Test lab", origin: try #require(LabOrigin(base: "lab.example/test")),
            coordinator: CoordinatorKeys(
                logKey: Secrets("coordinator").cosigner.publicKey,
                serviceKey: Secrets("coordinator").signing.publicKey),
            constitution: LibraryDocument.constitution.published(), rules: rules,
            founders: try founders.map { try card($0) })
    }

    /// The first entry, signed by every founder.
    static func genesis(
        _ founders: [String], rules: Rules = Rules(), signedBy signers: [String]? = nil
    ) throws -> [UInt8] {
        let transaction = Transaction(
            lab: nil, sender: .member(try MemberID(founders[0])), nonce: "test-genesis",
            validUntil: start, action: try founding(founders, rules: rules))
        return Entry(
            time: start,
            content: .genesis(
                envelope(
                    of: transaction.payload, signedBy: signers ?? founders))
        ).bytes
    }

    static func envelope(of payload: [UInt8], signedBy names: [String]) -> Envelope {
        Envelope(
            payloadType: Transaction.payloadType, payload: payload,
            signatures: names.flatMap {
                Envelope(
                    signing: payload, as: Transaction.payloadType, with: Secrets($0).signing
                ).signatures
            })
    }

    var replica: Replica { sequencer.replica }
    var lab: Lab { replica.state.lab }
    var entries: [[UInt8]] { batches.flatMap(\.batch.entries) }
    var size: UInt64 { sequencer.publishedSize }

    // MARK: - Writing

    /// An action that can always be applied, whoever asks for it.
    mutating func invitation() throws -> any LabAction {
        nonces += 1
        return InviteMember(
            member: try MemberID("guest-\(nonces)"), title: "Guest",
            expires: now.advanced(byMilliseconds: 60_000))
    }

    mutating func signed(
        _ action: any LabAction, by sender: String, with key: SigningKey? = nil
    ) throws -> SignedTransaction {
        nonces += 1
        let key = key ?? Secrets(sender).signing
        let transaction = Transaction(
            lab: replica.lab,
            sender: sender == "coordinator" ? .coordinator : .member(try MemberID(sender)),
            nonce: "test-nonce-\(nonces)", validUntil: now.advanced(byMilliseconds: 60_000),
            action: action)
        return try SignedTransaction(transaction.signed(with: key)) { _ in key.publicKey }
    }

    @discardableResult
    mutating func submit(
        _ action: (any LabAction)? = nil, by sender: String = "ada", with key: SigningKey? = nil
    ) throws -> Receipt {
        let action = try action ?? invitation()
        let signed = try signed(action, by: sender, with: key)
        return try sequencer.submit(signed, at: now).get()
    }

    /// Ends the batch and stores it.
    @discardableResult
    mutating func cut() throws -> ExecutedBatch {
        let cut = sequencer.cut(at: now)
        let batch = try #require(cut)
        sequencer.stored()
        batches.append(batch)
        return batch
    }

    /// Takes a batch for durable without telling the coordinator so.
    mutating func keep(_ batch: ExecutedBatch) {
        batches.append(batch)
    }

    /// A kill and a start: the coordinator has what is durable, and nothing else.
    ///
    /// - Parameter name: Whose keys it has; another after a change of the coordinator.
    mutating func restart(
        as name: String = "coordinator", certificate: UnverifiedCheckpoint? = nil
    ) throws {
        sequencer = Sequencer(
            resuming: try replay(), checkpoint: try #require(batches.last).batch.checkpoint,
            logKey: Secrets(name).cosigner, certificate: certificate, at: now)
    }

    /// A batch of so many transactions.
    @discardableResult
    mutating func batch(_ count: Int = 1) throws -> ExecutedBatch {
        for _ in 0..<count {
            try submit()
        }
        return try cut()
    }

    /// Votes a member out, and ends the batch.
    mutating func suspend(_ name: String, votes: [String] = ["ada", "bo", "cy"]) throws {
        let proposal = try ProposalID("p-\(replica.state.members.proposals.count + 1)")
        try submit(OpenProposal(change: .suspend(try MemberID(name))), by: votes[0])
        for voter in votes {
            try submit(CastVote(proposal: proposal, approves: true), by: voter)
        }
        try cut()
    }

    // MARK: - Cosigning

    /// A node's cosignatures under a checkpoint.
    func cosignature(
        of name: String, under checkpoint: UnverifiedCheckpoint? = nil, with key: SigningKey? = nil,
        at time: UInt64 = 1_767_225_601
    ) throws -> Cosignature {
        Cosigner(
            name: lab.origin.cosignerKeyName(of: try MemberID(name)),
            key: key ?? Secrets(name).cosigner
        ).cosign((checkpoint ?? sequencer.published).statement, at: time)
    }

    /// Lets nodes cosign the newest checkpoint.
    @discardableResult
    mutating func cosign(_ names: [String]) throws -> UnverifiedCheckpoint? {
        var certificate: UnverifiedCheckpoint?
        for name in names {
            certificate =
                try sequencer.receive([cosignature(of: name)], size: size, at: now) ?? certificate
        }
        return certificate
    }

    /// Cosigns and cuts until nothing is left to be put on the ledger.
    mutating func settle(_ names: [String] = ["ada", "bo", "cy", "di"]) throws {
        for _ in 0..<20 {
            try cosign(names)
            guard sequencer.canCut else { return }
            try cut()
        }
        Issue.record("there is no end of certificates")
    }

    /// A certificate of any checkpoint, by whomever.
    func certificate(
        _ checkpoint: UnverifiedCheckpoint? = nil, by names: [String]
    ) throws -> UnverifiedCheckpoint {
        let checkpoint = checkpoint ?? sequencer.published
        return try checkpoint.adding(names.map { try cosignature(of: $0, under: checkpoint) })
    }

    /// A checkpoint that the coordinator signs, over whatever is asked for.
    func checkpoint(
        _ head: TreeHead, origin: LogOrigin? = nil,
        by key: SigningKey = Secrets("coordinator").cosigner
    ) throws -> UnverifiedCheckpoint {
        try UnverifiedCheckpoint(
            Checkpoint(origin: origin ?? lab.origin.log, head: head),
            signedBy: NoteSigner(name: lab.origin.keyName, key: key))
    }

    // MARK: - What only a dishonest coordinator does

    /// Entries behind the last batch, under a checkpoint that the coordinator signs over them.
    func forged(_ entries: [[UInt8]]) throws -> LedgerBatch {
        LedgerBatch(
            start: size, entries: entries,
            checkpoint: try checkpoint(replica.headExtended(by: entries)))
    }

    /// Entries, ended by the state entry that is right for them.
    func ended(_ entries: [[UInt8]]) throws -> [[UInt8]] {
        var replica = replica
        for entry in entries {
            _ = try replica.execute(entry)
        }
        return entries + [replica.addState(at: now).entry]
    }

    func entry(_ content: Entry.Content, at time: Timestamp? = nil) -> [UInt8] {
        Entry(time: time ?? now, content: content).bytes
    }

    /// An entry with a transaction that nobody could object to.
    mutating func transactionEntry(
        by sender: String = "ada", at time: Timestamp? = nil
    ) throws -> [UInt8] {
        entry(.transaction(try signed(invitation(), by: sender).envelope), at: time)
    }

    /// The name of another lab's log.
    static func otherOrigin() throws -> LogOrigin {
        try #require(LabOrigin(base: "lab.example/other")).log
    }

    // MARK: - Reading

    /// Everything up to the end of the last batch, executed again.
    func replay() throws -> Replica {
        var replica = try Replica(genesis: entries[0])
        for entry in entries.dropFirst() {
            _ = try replica.execute(entry)
        }
        return replica
    }

    /// A node of this lab that has nothing but the first entry.
    func node(_ name: String = "ada") throws -> TestNode {
        try TestNode(name, genesis: entries[0])
    }

    /// The entries from a place on, with the newest checkpoint.
    func batch(from start: UInt64, checkpoint: UnverifiedCheckpoint? = nil) -> LedgerBatch {
        let checkpoint = checkpoint ?? sequencer.published
        return LedgerBatch(
            start: start,
            entries: Array(entries[Int(start)..<Int(checkpoint.statement.head.size)]),
            checkpoint: checkpoint)
    }
}
