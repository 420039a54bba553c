import Contracts
import Encodings
import Foundation
import Identity
import LabFixture
import Ledger
import MerkleLog
import Node
import Participation
import Storage

/// A ledger in the hands of whoever has the coordinator's keys: it is kept as the rules ask, and can
/// be continued in any other way.
struct RogueLedger: Sendable {
    private(set) var replica: Replica
    private(set) var entries: [[UInt8]] = []
    /// Dates what comes next.
    var time: Timestamp

    private(set) var checkpoint: UnverifiedCheckpoint
    private var pending: [[UInt8]] = []
    private let logKey: SigningKey
    private let serviceKey: SigningKey

    init(genesis: [UInt8], logKey: SigningKey, serviceKey: SigningKey) throws {
        replica = try Replica(genesis: genesis)
        time = replica.time
        self.logKey = logKey
        self.serviceKey = serviceKey
        checkpoint = try Self.signed(.empty, replica.state.lab, logKey)
        pending = [genesis]
        try endBatch()
    }

    var lab: Lab { replica.state.lab }
    var state: LabState { replica.state }
    var size: UInt64 { UInt64(entries.count) }

    /// Everything from a place on, as one batch; `nil` where there is nothing.
    func batch(from start: UInt64) -> LedgerBatch? {
        start < size
            ? LedgerBatch(
                start: start, entries: Array(entries[Int(start)...]), checkpoint: checkpoint) : nil
    }

    // MARK: - What an honest coordinator does

    /// Puts a member's transaction into the next batch.
    ///
    /// - Returns: Its place.
    @discardableResult
    mutating func add(_ envelope: Envelope) throws -> UInt64 {
        let signed = try SignedTransaction(envelope) { [state] in state.key(for: $0) }
        let (entry, receipt) = try replica.add(signed, at: time).get()
        pending.append(entry)
        return receipt.index
    }

    /// Puts one of the coordinator's own transactions into the next batch.
    @discardableResult
    mutating func add(_ action: any LabAction) throws -> UInt64 {
        try add(own(action))
    }

    /// Puts one of the coordinator's own transactions on the ledger that its rules refuse: such a
    /// thing may stand there, as a race that was lost.
    mutating func addRefused(_ action: any LabAction) throws -> UInt64 {
        let entry = Entry(time: time, content: .transaction(own(action))).bytes
        let executed = try replica.execute(entry)
        guard let receipt = executed.receipt, receipt.refusal != nil else {
            preconditionFailure("the rules allow this")
        }
        pending.append(entry)
        return receipt.index
    }

    /// One of the coordinator's own transactions.
    func own(_ action: any LabAction) -> Envelope {
        Transaction(
            lab: replica.lab, sender: .coordinator, nonce: UUID().uuidString,
            validUntil: time.advanced(byMilliseconds: 60_000), action: action
        ).signed(with: serviceKey)
    }

    /// Puts a certificate into the next batch.
    mutating func add(certificate: UnverifiedCheckpoint) {
        pending.append(replica.add(certificate: certificate, at: time))
    }

    /// Ends the batch with its state entry and a signed checkpoint.
    @discardableResult
    mutating func endBatch() throws -> LedgerBatch {
        let (entry, end) = replica.addState(at: time)
        let start = size
        entries += pending + [entry]
        pending = []
        checkpoint = try Self.signed(end.head, lab, logKey)
        return LedgerBatch(
            start: start, entries: Array(entries[Int(start)...]), checkpoint: checkpoint)
    }

    /// The newest checkpoint under the cosignatures of some members.
    func certificate(by members: [MemberSession]) throws -> UnverifiedCheckpoint {
        let seconds = UInt64(MemberSession.now.milliseconds / 1_000)
        return try checkpoint.adding(
            try members.map { member in
                Cosigner(
                    name: lab.origin.cosignerKeyName(of: member.id),
                    key: try KeyFile.read(member.home.cosignerKey)
                ).cosign(checkpoint.statement, at: seconds)
            })
    }

    /// Certifies what there is, and puts that on the ledger.
    ///
    /// - Returns: The batch with the certificate; once that is certified, everything before is
    ///   final.
    mutating func record(_ certificate: UnverifiedCheckpoint) throws -> LedgerBatch {
        try replica.learn(certificate: certificate)
        add(certificate: certificate)
        return try endBatch()
    }

    // MARK: - What a rogue one does

    /// Any entries behind any beginning, with a checkpoint that they really lead to.
    func forged(
        _ more: [[UInt8]], behind beginning: (any Collection<[UInt8]>)? = nil,
        from start: UInt64? = nil
    ) throws -> LedgerBatch {
        let all = (beginning.map { Array($0) } ?? entries) + more
        let start = start ?? UInt64(all.count - more.count)
        return LedgerBatch(
            start: start, entries: Array(all[Int(start)...]),
            checkpoint: try Self.signed(TreeFrontier(over: all).head, lab, logKey))
    }

    /// A batch as it should be, but for a checkpoint that another key has signed.
    func unsigned(_ batch: LedgerBatch, by key: SigningKey) throws -> LedgerBatch {
        LedgerBatch(
            start: batch.start, entries: batch.entries,
            checkpoint: try Self.signed(batch.checkpoint.statement.head, lab, key))
    }

    private static func signed(
        _ head: TreeHead, _ lab: Lab, _ key: SigningKey
    ) throws -> UnverifiedCheckpoint {
        try UnverifiedCheckpoint(
            Checkpoint(origin: lab.origin.log, head: head),
            signedBy: NoteSigner(name: lab.origin.keyName, key: key))
    }
}
