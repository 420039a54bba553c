import ContractLibrary
import Contracts
import Identity
import Ledger
import MerkleLog
import MerkleMap

/// What a lying coordinator may put its signature under.
enum Forgery: String, CaseIterable {
    case wrongStateRoot = "a wrong state root"
    case timeBack = "an entry before its time"
    case unsigned = "a transaction in another's name"
    case foreign = "a transaction of another lab"
    case outsider = "a transaction of nobody's"
    case noQuorum = "a certificate of too few"
    case foundedTwice = "a second founding"
    case malformed = "an entry that is none"
    case unfinished = "a batch without an end"
    case otherEntries = "a checkpoint over something else"
    case otherKey = "a signature of somebody else"
    case oldKey = "a signature of a coordinator that was replaced"

    /// What the node must find the coordinator guilty of; nothing, where it is not the coordinator's.
    var code: String? {
        switch self {
        case .wrongStateRoot: "misconduct.wrong_state_root"
        case .timeBack: "misconduct.time_went_back"
        case .unsigned, .foreign, .outsider: "misconduct.bad_transaction"
        case .noQuorum: "misconduct.bad_certificate"
        case .foundedTwice: "misconduct.genesis_twice"
        case .malformed: "misconduct.malformed_entry"
        case .unfinished: "misconduct.checkpoint_inside_batch"
        case .otherEntries: "misconduct.not_an_extension"
        case .otherKey, .oldKey: nil
        }
    }

    /// A batch behind a good one, signed by the coordinator's key.
    ///
    /// - Returns: `nil` where it cannot be made just now.
    func batch(
        after block: Block, _ liar: LyingCoordinator, _ lab: Simulation
    ) -> LedgerBatch? {
        let epochs = block.replica.state.lab.epochs
        if self == .oldKey, epochs.count < 2 { return nil }
        // Where a coordinator has just taken over, everything else is refused for one reason.
        if self != .oldKey, block.replica.awaitsHandover { return nil }
        guard let first = entry(after: block, liar, lab) else { return nil }
        var replica = block.replica
        var entries = [first.bytes]
        if self != .unfinished {
            let (state, _) = replica.addState(at: block.time)
            let wrong = Entry(
                time: block.time, content: .state(root: MapHash(sha256: first.bytes)))
            entries = self == .wrongStateRoot ? [wrong.bytes] : entries + [state]
        }
        var head = block.replica.headExtended(by: entries)
        if self == .otherEntries {
            head = TreeHead(size: head.size, root: TreeHash.leaf(entries[0]))
        }
        let present = block.replica.state.lab.coordinator
        var key = self == .otherKey ? present.serviceKey : present.logKey
        var origin = block.replica.state.lab.origin
        if self == .oldKey, let old = lab.schedule.pick(epochs.dropLast()) {
            key = old.coordinator.logKey
            // Under its own name, or under its successor's.
            if lab.schedule.chance(0.5) { origin = old.origin }
        }
        guard let checkpoint = Self.signed(head, with: lab.secret(key), origin) else { return nil }
        lab.histories.add(
            forged: Block(after: block, entries, head: head, forgery: rawValue))
        return LedgerBatch(start: block.size, entries: entries, checkpoint: checkpoint)
    }

    private func entry(
        after block: Block, _ liar: LyingCoordinator, _ lab: Simulation
    ) -> Entry? {
        let state = block.replica.state
        let time = block.time
        guard let member = state.members.all.first, let node = lab.node(member.id),
            member.keys.signing == node.keys.signing.publicKey
        else { return nil }
        func transaction(lab id: LabID?, as sender: MemberID, with key: SigningKey) -> Entry {
            let transaction = Transaction(
                lab: id, sender: .member(sender), nonce: "forged-\(block.size)",
                validUntil: time.advanced(byMilliseconds: 60_000),
                action: TakeContractAction.withdraw(Self.licence, reason: "forged"))
            return Entry(time: time, content: .transaction(transaction.signed(with: key)))
        }
        switch self {
        case .timeBack:
            return Entry(
                time: time.advanced(byMilliseconds: -1),
                content: .state(root: block.replica.stateRoot))
        case .unsigned:
            return transaction(
                lab: state.id, as: member.id, with: lab.secret(state.lab.coordinator.serviceKey))
        case .foreign:
            let other = LabID(leafHash: TreeHash.leaf([1]).bytes)
            return transaction(lab: other, as: member.id, with: node.keys.signing)
        case .outsider:
            guard let nobody = try? MemberID("nobody") else { return nil }
            return transaction(
                lab: state.id, as: nobody, with: lab.secret(state.lab.coordinator.serviceKey))
        case .noQuorum:
            return Self.certificate(at: block, liar, lab).map {
                Entry(time: time, content: .certificate($0))
            }
        case .foundedTwice:
            return try? Entry(parsing: lab.genesis).dated(time)
        case .malformed:
            return Entry(
                time: time,
                content: .transaction(Envelope(payloadType: "", payload: [], signatures: [])))
        case .wrongStateRoot, .unfinished, .otherEntries, .otherKey, .oldKey:
            return transaction(lab: state.id, as: member.id, with: node.keys.signing)
        }
    }

    private static let licence: LicenceID = {
        do {
            return try LicenceID("none")
        } catch {
            preconditionFailure("\(error)")
        }
    }()

    private static func signed(
        _ head: TreeHead, with key: SigningKey, _ origin: LabOrigin
    ) -> UnverifiedCheckpoint? {
        try? UnverifiedCheckpoint(
            Checkpoint(origin: origin.log, head: head),
            signedBy: NoteSigner(name: origin.keyName, key: key))
    }

    /// A certificate that is none: with one signature too few, with some of them twice, or with
    /// more that are under something else, in others' names, or of nobody's.
    static func certificate(
        at block: Block, _ liar: LyingCoordinator, _ lab: Simulation
    ) -> UnverifiedCheckpoint? {
        let deciding = block.replica.state.cosigners.deciding(size: block.size)
        guard let needed = deciding.map(\.quorum.needed).min(),
            let checkpoint = signed(
                block.head,
                with: lab.secret(
                    block.replica.state.lab.epoch(ofSize: block.size).coordinator.logKey),
                block.replica.state.lab.epoch(ofSize: block.size).origin)
        else { return nil }
        let time = UInt64(block.time.milliseconds / 1_000)
        let short = Array(liar.overheard[block.head, default: []].prefix(needed - 1))
        let stolen = liar.overheard.filter { $0.key != block.head }.values.flatMap { $0 }
            .sorted { $0.noteSignature.line < $1.noteSignature.line }
        let names = block.replica.state.members.all.map {
            lab.origin.cosignerKeyName(of: $0.id)
        }
        let nobodys = names.map {
            Cosigner(name: $0, key: lab.newKey()).cosign(checkpoint.statement, at: time)
        }
        let liars = names.flatMap { name in
            lab.nodes.filter { !$0.isHonest && lab.origin.cosignerKeyName(of: $0.id) != name }
                .map {
                    Cosigner(name: name, key: $0.keys.cosigner)
                        .cosign(checkpoint.statement, at: time)
                }
        }
        let lines = lab.schedule.pick([
            short, short, short + short, short + nobodys, short + stolen.suffix(4), short + liars,
        ])
        return lines.flatMap { try? checkpoint.adding($0) }
    }
}

extension Entry {
    fileprivate func dated(_ time: Timestamp) -> Entry { Entry(time: time, content: content) }
}
