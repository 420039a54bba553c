import ContractLibrary
package import Contracts
package import Identity
package import Ledger
package import MerkleLog
import Randomness

/// A lab with everybody's keys and a real ledger, in memory: what the tests of stores, servers and
/// audits are run on. The same calls make the same bytes.
package struct SampleLab: Sendable {
    package static let start = Timestamp(milliseconds: 1_767_225_600_000)

    package let genesis: [UInt8]
    package private(set) var logKey: SigningKey
    package private(set) var serviceKey: SigningKey
    /// Who belongs to it; those who are admitted or replaced later are for the test to keep.
    package let founders: [SampleMember]
    package var now: Timestamp
    package private(set) var sequencer: Sequencer
    /// Every batch that was stored, in order.
    package private(set) var batches: [ExecutedBatch] = []

    private var nonces = 0

    /// The members of a lab that trains: three owners of data, a university, a bank and an auditor.
    package static var trainers: [SampleMember] {
        get throws {
            [
                try SampleMember("north", [.dataOwner]), try SampleMember("south", [.dataOwner]),
                try SampleMember("valley", [.dataOwner]),
                try SampleMember("university", [.researcher]),
                try SampleMember("bank", [.issuer]), try SampleMember("auditor", [.auditor]),
            ]
        }
    }

    /// - Parameter seed: Decides the coordinator's keys, and so which lab it is.
    package init(
        _ founders: [SampleMember]? = nil, seed: UInt64 = 1, at start: Timestamp = Self.start,
        rules: Rules = Rules()
    ) throws {
        let founders = try founders ?? Self.trainers
        var random = SeededRandom(seed: seed)
        logKey = SigningKey(from: &random)
        serviceKey = SigningKey(from: &random)
        genesis = try Self.genesis(
            founders, CoordinatorKeys(logKey: logKey.publicKey, serviceKey: serviceKey.publicKey),
            at: start, rules: rules)
        self.founders = founders
        now = start
        let (sequencer, batch) = try Sequencer.founding(genesis, logKey: logKey, at: start)
        self.sequencer = sequencer
        self.sequencer.stored()
        batches = [batch]
    }

    private static func genesis(
        _ founders: [SampleMember], _ coordinator: CoordinatorKeys, at start: Timestamp,
        rules: Rules
    ) throws -> [UInt8] {
        guard let origin = LabOrigin(base: "lab.example/sample"), let first = founders.first
        else { throw SampleLabError.noFounder }
        let transaction = Transaction(
            lab: nil, sender: .member(first.id), nonce: "sample-genesis",
            validUntil: start.advanced(byMilliseconds: 60_000),
            action: try FoundLab(
                title: "Sample lab", origin: origin, coordinator: coordinator,
                constitution: LibraryDocument.constitution.published(), rules: rules,
                founders: founders.map(\.card)))
        let envelopes = founders.map { transaction.signed(with: $0.signingKey) }
        return Entry(
            time: start,
            content: .genesis(
                Envelope(
                    payloadType: Transaction.payloadType, payload: transaction.payload,
                    signatures: envelopes.flatMap(\.signatures)))
        ).bytes
    }

    package var id: LabID { sequencer.replica.lab }
    package var state: LabState { sequencer.replica.state }
    package var origin: LabOrigin { state.lab.origin }
    package var coordinatorKeys: CoordinatorKeys { state.lab.coordinator }
    /// The entries that are stored.
    package var entries: [[UInt8]] { batches.flatMap(\.batch.entries) }
    /// The receipts that are stored.
    package var receipts: [Receipt] { batches.flatMap(\.receipts) }

    package func member(_ name: String) throws -> SampleMember {
        guard let member = founders.first(where: { $0.id.text == name }) else {
            throw SampleLabError.nobody(name)
        }
        return member
    }

    // MARK: - Transactions

    /// An action as a member would hand it in.
    package mutating func envelope(
        _ action: any LabAction, by member: SampleMember, validFor milliseconds: Int64 = 60_000
    ) -> Envelope {
        nonces += 1
        return Transaction(
            lab: id, sender: .member(member.id), nonce: "sample-nonce-\(nonces)",
            validUntil: now.advanced(byMilliseconds: milliseconds), action: action
        ).signed(with: member.signingKey)
    }

    /// Puts a member's action into the batch that gathers, ten milliseconds after the last.
    ///
    /// - Throws: `Refusal` or `TransactionError`.
    @discardableResult
    package mutating func submit(
        _ action: any LabAction, by member: SampleMember
    ) throws -> Receipt {
        try submit(envelope(action, by: member))
    }

    @discardableResult
    package mutating func submit(
        _ action: any LabAction, by name: String
    ) throws -> Receipt {
        try submit(action, by: member(name))
    }

    /// Puts an action of the coordinator into the batch that gathers.
    @discardableResult
    package mutating func submitAsCoordinator(_ action: any LabAction) throws -> Receipt {
        nonces += 1
        let transaction = Transaction(
            lab: id, sender: .coordinator, nonce: "sample-nonce-\(nonces)",
            validUntil: now.advanced(byMilliseconds: 60_000), action: action)
        return try submit(transaction.signed(with: serviceKey))
    }

    private mutating func submit(_ envelope: Envelope) throws -> Receipt {
        now = now.advanced(byMilliseconds: 10)
        let state = state
        let signed = try SignedTransaction(envelope) { state.key(for: $0) }
        return try sequencer.submit(signed, at: now).get()
    }

    // MARK: - Batches and certificates

    /// Ends the batch that has gathered, if there is anything in it.
    @discardableResult
    package mutating func endBatch() -> ExecutedBatch? {
        now = now.advanced(byMilliseconds: 10)
        guard let batch = sequencer.cut(at: now) else { return nil }
        sequencer.stored()
        batches.append(batch)
        return batch
    }

    /// A member's cosignature under the newest checkpoint.
    package func cosignature(of member: SampleMember) -> Cosignature {
        Cosigner(name: origin.cosignerKeyName(of: member.id), key: member.cosignerKey)
            .cosign(sequencer.published.statement, at: UInt64(now.milliseconds / 1_000))
    }

    /// Lets members cosign the newest checkpoint, one after the other, until it is certified.
    ///
    /// - Parameter cosigners: All founders, if absent.
    package mutating func certify(by cosigners: [SampleMember]? = nil) throws {
        let size = sequencer.publishedSize
        for member in cosigners ?? founders {
            _ = try sequencer.receive([cosignature(of: member)], size: size, at: now)
        }
    }

    /// Ends the batch and certifies it, until every transaction is final.
    package mutating func settle(by cosigners: [SampleMember]? = nil) throws {
        repeat {
            endBatch()
            try certify(by: cosigners)
        } while sequencer.pendingCount > 0
    }

    /// Lets the members vote for a new coordinator, ends the batch, and starts that one.
    ///
    /// - Parameter seed: Decides its keys.
    package mutating func changeCoordinator(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let (log, service) = (SigningKey(from: &random), SigningKey(from: &random))
        let card = CoordinatorCard(log: log, service: service, address: nil, lab: id)
        let proposal = try ProposalID("p-\(state.members.proposals.count + 1)")
        let voters = founders.filter { state.members[$0.id]?.votes == true }
        try submit(OpenProposal(change: .changeCoordinator(card)), by: voters[0])
        for voter in voters where state.members.proposals[proposal]?.status == .open {
            try submit(CastVote(proposal: proposal, approves: true), by: voter)
        }
        endBatch()
        (logKey, serviceKey) = (log, service)
        let certificate = sequencer.certificate
        sequencer = Sequencer(
            resuming: sequencer.replica, checkpoint: sequencer.published, logKey: log,
            certificate: certificate, at: now)
    }

    /// Makes the ledger longer by so many invitations.
    package mutating func invite(_ count: Int, by name: String = "north") throws {
        for _ in 0..<count {
            try submit(
                InviteMember(
                    member: try MemberID("guest-\(nonces)"), title: "Guest \(nonces)",
                    expires: now.advanced(byMilliseconds: 86_400_000)),
                by: name)
        }
    }
}

package enum SampleLabError: Error {
    case noFounder
    case nobody(String)
}
