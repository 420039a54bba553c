import Contracts
import Federation
import Identity
import Ledger
import MerkleLog
import MerkleMap

/// The invariants of the design, checked from outside the machines with what the simulator alone
/// knows: what every disk holds, who has cosigned what, and who has touched which data.
final class Invariants {
    private unowned let lab: Simulation
    /// The one history that the coordinator's disk holds.
    private var heads: [UInt64: TreeHead] = [:]
    private var stateRoots: [UInt64: MapHash] = [:]
    private var deciding: [UInt64: [CosignerSet]] = [:]
    private var certificates: [(index: UInt64, size: UInt64)] = []
    private var cosigned: [UInt64: Set<MemberID>] = [:]
    private var acknowledged: [UInt64: TransactionID] = [:]
    private var finalSizes: [MemberID: UInt64] = [:]
    private var touches: [LicenceID: Set<RoundID>] = [:]
    private var checkedEntries = 0
    private var checkedRounds: Set<RoundID> = []

    init(_ lab: Simulation) {
        self.lab = lab
    }

    /// The coordinator has made a batch durable.
    func batchStored(_ coordinator: SimulatedCoordinator) {
        guard let machine = coordinator.machine, let checkpoint = coordinator.disk.checkpoint else {
            return
        }
        let head = checkpoint.statement.head
        heads[head.size] = head
        deciding[head.size] = machine.state.cosigners.deciding(size: head.size)
        readNewEntries(of: coordinator.disk)
        checkMoney(machine.state, of: "the coordinator")
        checkSums(machine.state)
        checkAcknowledged(coordinator)
    }

    private func readNewEntries(of disk: SimulatedDisk) {
        for index in checkedEntries..<disk.entries.count {
            guard let entry = try? Entry(parsing: disk.entries[index]) else {
                lab.violated("the coordinator stored a malformed entry at \(index)")
                return
            }
            switch entry.content {
            case .certificate(let checkpoint):
                certificates.append((UInt64(index), checkpoint.statement.head.size))
            case .state(let root): stateRoots[UInt64(index) + 1] = root
            case .genesis, .transaction: break
            }
        }
        checkedEntries = disk.entries.count
    }

    func restarted(_ coordinator: SimulatedCoordinator) {
        for size in coordinator.disk.checkpoints.map(\.statement.head.size) where heads[size] == nil
        {
            heads[size] = coordinator.disk.head(at: size)
            deciding[size] = coordinator.machine?.state.cosigners.deciding(size: size)
        }
        readNewEntries(of: coordinator.disk)
        checkAcknowledged(coordinator)
    }

    func acknowledged(_ receipt: Receipt) {
        acknowledged[receipt.index] = receipt.transaction
    }

    /// A node has cosigned the checkpoint of a size, which must be in its store.
    func cosigned(by node: SimulatedNode, size: UInt64) {
        if node.disk.size < size {
            lab.violated("\(node.id) cosigned size \(size) with \(node.disk.size) entries stored")
        }
        cosigned[size, default: []].insert(node.id)
    }

    /// A node has heard something: final is forever, and everybody computes the same state.
    func check(_ node: SimulatedNode) {
        guard let replica = node.machine?.replica else { return }
        if let root = stateRoots[replica.size], root != replica.stateRoot {
            lab.violated("\(node.id) has another state root at size \(replica.size)")
        }
        if let head = heads[replica.size], head != replica.head {
            lab.violated("\(node.id) has another root at size \(replica.size)")
        }
        let finality = replica.finality
        if finality.finalSize > finalSizes[node.id, default: 0] {
            finalSizes[node.id] = finality.finalSize
            if !isFinal(finality.finalSize) {
                lab.violated(
                    "\(node.id) takes \(finality.finalSize) entries for final, and no quorum has "
                        + "made them so")
            }
        }
        checkMoney(replica.state, of: node.id.text)
    }

    /// Whether a quorum has cosigned a checkpoint that contains a certificate over so many entries,
    /// which a quorum has cosigned in its turn: counted by hand.
    private func isFinal(_ size: UInt64) -> Bool {
        guard hasQuorum(size) else { return false }
        return certificates.contains { certificate in
            certificate.size >= size
                && cosigned.keys.contains { $0 > certificate.index && hasQuorum($0) }
        }
    }

    private func hasQuorum(_ size: UInt64) -> Bool {
        guard let sets = deciding[size] else { return false }
        return sets.allSatisfy { set in
            let signers = cosigned[size, default: []].intersection(set.keys.keys)
            return signers.count >= set.quorum.needed
        }
    }

    /// A node is about to open its data: only under a final entry that allows exactly this, and
    /// within the licence.
    func touchesData(_ node: SimulatedNode, _ order: TrainingOrder) {
        let round = order.round
        guard let entry = try? Entry(parsing: lab.coordinator.disk.entries[Int(round.index)]),
            case .transaction(let envelope) = entry.content,
            let transaction = try? Transaction(payload: envelope.payload),
            let open = transaction.action as? OpenRound, open.round == round.id,
            open.participants.contains(node.id)
        else {
            lab.violated("\(node.id) touches data that entry \(round.index) does not allow")
            return
        }
        let final = certificates.contains { certificate in
            certificate.size > round.index
                && cosigned.keys.contains { $0 > certificate.index && hasQuorum($0) }
        }
        if !final { lab.violated("\(node.id) touches data before entry \(round.index) is final") }

        guard let state = node.machine?.replica.state,
            let licence = state.licences[order.participant.licence]
        else {
            lab.violated("\(node.id) touches data without a licence")
            return
        }
        touches[licence.id, default: []].insert(round.id)
        let count = touches[licence.id, default: []].count
        if count > licence.terms.roundsMax || entry.time >= licence.terms.expires
            || !licence.terms.purposes.contains(order.job.purpose)
            || licence.terms.dataset != order.participant.dataset
            || licence.terms.licensee != order.job.owner
        {
            lab.violated("licence \(licence.id) is overrun by round \(round.id)")
        }
    }

    private func checkMoney(_ state: LabState, of whom: String) {
        var sums: [CurrencyCode: Int64] = [:]
        for (account, minorUnits) in state.accounts.all {
            if minorUnits < 0 { lab.violated("account \(account) of \(whom) is below zero") }
            sums[account.currency, default: 0] += minorUnits
        }
        for (code, currency) in state.accounts.currencies.sorted
        where sums[code, default: 0] != currency.issued {
            lab.violated(
                "\(whom) has \(sums[code, default: 0]) \(code), and \(currency.issued) were issued")
        }
    }

    /// The sum is the sum: the published result is the strategy applied to what was sealed.
    private func checkSums(_ state: LabState) {
        for job in state.jobs.all {
            for round in state.jobs.rounds(of: job)
            where round.status == .closed && checkedRounds.insert(round.id).inserted {
                if round.contributions.count < job.participantsMin {
                    lab.violated("round \(round.id) was closed with too few contributions")
                }
                guard let result = round.result else { continue }
                let base =
                    round.base.flatMap { lab.blobs[$0] }
                    ?? [Float](repeating: 0, count: SimulatedTrainer.parameters)
                var sum = [Double](repeating: 0, count: base.count)
                var weight = 0.0
                for contribution in round.contributions {
                    guard let update = lab.blobs[contribution.update] else { continue }
                    for index in sum.indices {
                        sum[index] += Double(update[index]) * Double(contribution.weight)
                    }
                    weight += Double(contribution.weight)
                }
                let expected = zip(base, sum).map { $0 + Float($1 / weight) }
                if lab.blobs[result] != expected {
                    lab.violated(
                        "the result of round \(round.id) is not the sum of what was sealed")
                }
            }
        }
    }

    private func checkAcknowledged(_ coordinator: SimulatedCoordinator) {
        for (index, id) in acknowledged {
            guard index < coordinator.disk.size,
                let entry = try? Entry(parsing: coordinator.disk.entries[Int(index)]),
                case .transaction(let envelope) = entry.content, TransactionID(of: envelope) == id
            else {
                lab.violated("the acknowledged entry \(index) is lost")
                return
            }
        }
        // What has been looked up once is on an append-only disk.
        acknowledged = [:]
    }

    /// The lab has had all the time it needs since the last fault.
    func checkEnd() {
        let ledger = lab.coordinator.disk
        guard let machine = lab.coordinator.machine else {
            lab.violated("the coordinator is not up at the end")
            return
        }
        for job in machine.state.jobs.all where job.status == .running {
            lab.violated("job \(job.id) is still running at the end")
        }
        for node in lab.nodes {
            check(node)
            if node.disk.entries != ledger.entries {
                lab.violated(
                    "\(node.id) holds \(node.disk.size) of \(ledger.size) entries at the end")
            }
        }
        if machine.sequencer.replica.needsCertificate(size: ledger.size) {
            lab.violated("the last entries are not final at the end")
        }
    }
}
