package import Encodings
package import Identity

/// The state of a lab: one value, the same for everybody who has executed the same entries.
///
/// It is a handful of persistent dictionaries, so a copy costs nothing to speak of: a transaction is
/// tried on a copy, a refused one leaves nothing behind, and a reader keeps a snapshot for free.
package struct LabState: Sendable {
    package let id: LabID
    package internal(set) var lab: Lab
    package internal(set) var members: Members
    package internal(set) var datasets: Datasets
    package internal(set) var agreements: Agreements
    package internal(set) var market: Market
    package internal(set) var jobs: Jobs
    package internal(set) var models: Models
    package internal(set) var accounts: Accounts
    package internal(set) var cosigners: Cosigners
    private var seen = SeenTransactions()
    private var outcomes = OutcomeChain()

    /// The state behind the genesis entry.
    ///
    /// - Throws: ``Refusal`` where the founding itself is against the rules.
    package init(founding: FoundLab, id: LabID, at time: Timestamp) throws(Refusal) {
        self.id = id
        lab = Lab(founding, at: time)
        members = Members()
        datasets = Datasets()
        agreements = Agreements()
        market = Market()
        jobs = Jobs()
        models = Models()
        accounts = Accounts()
        for founder in founding.founders {
            try members.found(founder, at: time)
        }
        cosigners = Cosigners(founding: members.cosigners(faults: lab.rules.faults))
        try constitute(founding.constitution, founding.rules, at: time)
    }

    /// The key that must have signed a transaction, or `nil` where nobody may send it.
    package func key(for transaction: Transaction) -> PublicKey? {
        switch transaction.sender {
        case .coordinator: lab.coordinator.serviceKey
        case .member(let member):
            if let application = transaction.action as? ApplyForMembership {
                application.keys.signing
            } else {
                members[member]?.keys.signing
            }
        }
    }

    /// Executes a transaction: it is applied as a whole or refused as a whole.
    ///
    /// - Returns: The receipt, and what it wrote to the authenticated state.
    /// - Throws: ``TransactionError`` for one that may not stand on the ledger at all.
    package mutating func execute(
        _ signed: SignedTransaction, at index: UInt64, time: Timestamp
    ) throws(TransactionError) -> (receipt: Receipt, writes: [StateWrite]) {
        let transaction = signed.transaction
        guard transaction.lab == id else { throw .foreignLab(transaction.lab) }
        guard let key = key(for: transaction) else { throw .unknownSender(transaction.sender) }
        guard key == signed.signer else { throw .wrongSignature(transaction.sender) }

        var writes: [StateWrite] = []
        var moved: [Movement] = []
        var context = ActionContext(index: index, now: time, sender: transaction.sender)
        let outcome: Receipt.Outcome
        do throws(Refusal) {
            try seen.check(signed, now: time, rules: lab.rules)
            do throws(Refusal) {
                (writes, moved) = try perform(transaction.action, in: &context)
                outcome = .applied(
                    decisions: context.decisions, changed: writes.map(\.key),
                    events: context.events)
            } catch {
                outcome = .refused(error)
            }
            seen.remember(signed, writes: &writes)
        } catch {
            outcome = .refused(error)
        }
        let receipt = Receipt(
            index: index, time: time, transaction: signed.id, action: transaction.actionName,
            sender: transaction.sender, outcome: outcome, moved: moved)
        outcomes.add(receipt)
        return (receipt, writes)
    }

    /// Performs an action as a whole, or refuses it and leaves nothing behind.
    ///
    /// - Returns: What it wrote to the authenticated state, and the money that it moved.
    package mutating func perform(
        _ action: any LabAction, in context: inout ActionContext
    ) throws(Refusal) -> (writes: [StateWrite], moved: [Movement]) {
        var next = self
        try action.apply(to: &next, in: &context)
        if next.members.electorate != members.electorate { next.recount(in: &context) }
        var writes: [StateWrite] = []
        next.drainWrites(into: &writes)
        let moved = next.accounts.drainMovements()
        self = next
        return (writes, moved)
    }

    /// Ends a batch: forgets what has run out, and notes who may sign and cosign from here on.
    ///
    /// - Parameters:
    ///   - size: How many entries the ledger has with the `state` entry that ends the batch.
    ///   - time: That entry's time.
    /// - Returns: What is to be written to the authenticated state before its root is taken.
    package mutating func endBatch(size: UInt64, time: Timestamp) -> [StateWrite] {
        var writes: [StateWrite] = []
        seen.forget(before: time, writes: &writes)
        lab.endBatch(size: size)
        lab.drainWrites(into: &writes)
        cosigners.record(members.cosigners(faults: lab.rules.faults), at: size)
        cosigners.drainWrites(into: &writes)
        outcomes.drainWrites(into: &writes)
        return writes
    }

    /// Takes note of a certificate that stands on the ledger.
    ///
    /// - Parameters:
    ///   - size: The size of the checkpoint that a quorum cosigned.
    ///   - index: The certificate's own place.
    package mutating func certified(size: UInt64, at index: UInt64) {
        cosigners.certified(size: size, at: index)
    }

    /// What the founding writes to the authenticated state.
    package mutating func drainFounding() -> [StateWrite] {
        var writes: [StateWrite] = []
        drainWrites(into: &writes)
        return writes
    }

    private mutating func drainWrites(into writes: inout [StateWrite]) {
        lab.drainWrites(into: &writes)
        members.drainWrites(into: &writes)
        datasets.drainWrites(into: &writes)
        agreements.drainWrites(into: &writes)
        market.drainWrites(into: &writes)
        jobs.drainWrites(into: &writes)
        models.drainWrites(into: &writes)
        accounts.drainWrites(into: &writes)
    }

    /// The row that the authenticated state holds under a key such as `contract/l-1`, or `nil`.
    package func row(at key: String) -> JSONValue? {
        guard let slash = key.firstIndex(of: "/") else { return singleton(key) }
        let table = String(key[..<slash])
        let text = String(key[key.index(after: slash)...])
        return members.row(table, text) ?? datasets.row(table, text) ?? agreements.row(table, text)
            ?? market.row(table, text) ?? jobs.row(table, text) ?? models.row(table, text)
            ?? accounts.row(table, text)
            ?? seen.row(table, text)
    }

    private func singleton(_ key: String) -> JSONValue? {
        switch key {
        case Lab.stateKey: lab.json
        case Cosigners.stateKey: cosigners.json
        case OutcomeChain.stateKey: outcomes.row
        default: nil
        }
    }
}
