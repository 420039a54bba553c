import Contracts
import Federation
import Identity
import Ledger
import MerkleLog

/// What a lying coordinator does, with its lying members to help it: it runs several histories and
/// shows them to different nodes, makes batches, certificates and tasks up, dates things wrong, and
/// withholds.
final class LyingCoordinator {
    private static let branchesMax = 3

    private unowned let lab: Simulation
    /// Which history each node is shown.
    private var shown: [MemberID: SimulatedCoordinator] = [:]
    private(set) var overheard: [TreeHead: [Cosignature]] = [:]
    /// What was sent to a node that should halt it.
    private var forged: [TreeHead: Forgery] = [:]
    private var forgedCertificates: Set<UnverifiedCheckpoint> = []

    init(_ lab: Simulation) {
        self.lab = lab
    }

    func branch(of node: SimulatedNode) -> SimulatedCoordinator? { shown[node.id] }

    func begin() {
        lab.schedule.after(lab.schedule.pick(100...800), "lie") { [self] in
            guard !lab.isHealed else { return }
            switch lab.schedule.pick(lab.scenario.tactics) {
            case .fork: fork()
            case .reroute: reroute()
            case .batch: sendForgedBatch()
            case .certificate: sendForgedCertificate()
            case .task: sendForgedTask()
            case .withhold: withhold()
            case .clock: shiftClock()
            case nil: break
            }
            begin()
        }
    }

    private var upright: [SimulatedCoordinator] { lab.coordinators.filter { $0.machine != nil } }

    private func connections() -> [Network.Connection] { lab.nodes.compactMap(\.connection) }

    private func count(_ what: String) {
        lab.tally["lie: \(what)", default: 0] += 1
        lab.trace("lie: \(what)")
    }

    // MARK: - Histories

    /// Goes on from the newest batch, or from an earlier one, under the same key and with other
    /// entries; some of the nodes are shown the new history from now on.
    private func fork() {
        guard lab.coordinators.count < Self.branchesMax, let source = lab.schedule.pick(upright)
        else { return }
        let isCareful = lab.schedule.chance(0.8)
        let cut = isCareful || lab.schedule.chance(0.3) ? 0 : lab.schedule.pick(1...8)
        let disk = source.disk.without(batches: cut)
        guard let head = lab.histories[disk.head] else { return }
        let unaware = lab.nodes.filter { node in
            guard let follower = node.machine?.follower else { return false }
            return node.isHonest && lab.coordinator(of: node) === source
                && follower.size <= head.size
                && (follower.size == 0
                    || lab.histories[follower.replica.head]?.agrees(with: head) == true)
        }
        // A careful liar sees to it that nobody notices, and that each history has its believers.
        guard !isCareful || unaware.count >= 2 else { return }
        count(cut == 0 ? "fork" : "rewrite")
        let branch = SimulatedCoordinator("branch \(lab.coordinators.count)", on: disk, lab: lab)
        lab.add(branch)
        branch.start()
        // The two go different ways at once; otherwise they might well write the same.
        lab.workload.differ(branch)
        if isCareful {
            let believers = lab.schedule.pick(1...unaware.count - 1)
            let first = lab.schedule.pick(0...unaware.count - 1)
            for offset in 0..<believers {
                show(branch, to: unaware[(first + offset) % unaware.count])
            }
        } else {
            for node in lab.nodes where lab.schedule.chance(0.5) {
                show(branch, to: node)
            }
        }
    }

    private func reroute() {
        guard let node = lab.schedule.pick(lab.nodes), let other = lab.schedule.pick(upright),
            lab.coordinators.count > 1
        else { return }
        count("reroute")
        show(other, to: node)
    }

    private func show(_ branch: SimulatedCoordinator, to node: SimulatedNode) {
        shown[node.id] = branch
        lab.network.disconnect(node)
    }

    /// Lying members cosign what anybody publishes.
    func published(_ batch: LedgerBatch, by branch: SimulatedCoordinator) {
        let head = batch.checkpoint.statement.head
        sendTasksTooSoon(batch, by: branch)
        for node in lab.nodes where node.lies?.cosigning == .everything {
            for key in node.cosignerKeys {
                let cosignature = Cosigner(
                    name: lab.origin.cosignerKeyName(of: node.id), key: key
                ).cosign(
                    batch.checkpoint.statement, at: UInt64(branch.now.milliseconds / 1_000))
                lab.histories[head]?.cosigned(with: key.publicKey)
                lab.schedule.after(lab.schedule.pick(lab.faults.delay), "collusion") {
                    branch.receive(.cosignatures([cosignature], size: head.size), from: node.id)
                }
            }
        }
    }

    func overheard(_ cosignatures: [Cosignature], head: TreeHead?) {
        guard let head else { return }
        let known = overheard[head, default: []]
        overheard[head] =
            known
            + cosignatures.filter { new in
                !known.contains { $0.name == new.name && $0.keyID == new.keyID }
            }
    }

    // MARK: - Things that are not so

    private func sendForgedBatch() {
        let ready = connections().filter { connection in
            let follower = connection.node.machine?.follower
            return connection.node.isHonest && follower?.halted == nil
                && follower?.replica.head == connection.coordinator.disk.head
        }
        guard let forgery = lab.schedule.pick(Forgery.allCases),
            let victim = lab.schedule.pick(ready),
            let block = lab.histories[victim.coordinator.disk.head],
            let batch = forgery.batch(after: block, self, lab)
        else { return }
        count(forgery.rawValue)
        forged[batch.checkpoint.statement.head] = forgery
        let everybody = lab.schedule.chance(0.1)
        for connection in connections()
        where connection === victim || everybody && connection.coordinator === victim.coordinator {
            lab.network.send(.batch(batch), over: connection)
        }
    }

    private func sendForgedCertificate() {
        guard let victim = lab.schedule.pick(connections()),
            let newest = lab.histories[victim.coordinator.disk.head],
            let block = lab.schedule.pick(Array(newest.line.prefix(3))),
            let certificate = Forgery.certificate(at: block, self, lab)
        else { return }
        count("certificate")
        forgedCertificates.insert(certificate)
        lab.network.send(.certificate(certificate), over: victim)
    }

    /// Asks for training as soon as the round is opened, and before that is final.
    private func sendTasksTooSoon(_ batch: LedgerBatch, by branch: SimulatedCoordinator) {
        guard lab.scenario.tactics.contains(.task), let state = branch.machine?.state else {
            return
        }
        for round in state.jobs.running.compactMap({ state.jobs[$0] })
            .compactMap({ state.jobs.current(of: $0) }) where round.index >= batch.start
        {
            for connection in connections() where connection.coordinator === branch {
                count("task too soon")
                lab.network.send(
                    .task(TrainingTask(round: round.id, index: round.index)), over: connection)
            }
        }
    }

    /// A task for a round that is over, not final, not there, of another entry, or of others.
    private func sendForgedTask() {
        guard let victim = lab.schedule.pick(connections()),
            let state = victim.coordinator.machine?.state
        else { return }
        let rounds = state.jobs.all.flatMap { state.jobs.rounds(of: $0) }
        guard let round = lab.schedule.pick(rounds.suffix(5)) else { return }
        count("task")
        let next = RoundID(job: round.id.job, number: round.id.number + 1)
        let index = lab.schedule.pick([round.index, round.index, victim.coordinator.disk.size])
        let task = TrainingTask(
            round: lab.schedule.chance(0.7) ? round.id : next, index: index ?? 0)
        lab.network.send(.task(task), over: victim)
    }

    private func withhold() {
        guard let node = lab.schedule.pick(lab.nodes) else { return }
        count("withhold")
        lab.network.ignored.insert(node.id)
        lab.schedule.after(lab.schedule.pick(500...8_000), "speak") { [self] in
            lab.network.ignored.remove(node.id)
        }
    }

    private func shiftClock() {
        guard let branch = lab.schedule.pick(upright) else { return }
        count("clock")
        branch.clockOffset = lab.schedule.pick([-60_000, -60_000, -60_000, 60_000]) ?? 0
        lab.schedule.after(lab.schedule.pick(1_000...6_000), "clock back") {
            branch.clockOffset = 0
        }
    }

    /// Dates a new entry right behind the last one, long after that, when nodes have heard that there
    /// was nothing in between.
    func backdate() {
        for branch in upright {
            branch.clockOffset = -60_000
            lab.workload.note(to: branch)
        }
    }

    // MARK: - What honest nodes make of it

    /// An honest node has been sent a certificate: one that is none has changed nothing.
    func checkRefused(
        _ certificate: UnverifiedCheckpoint, by node: SimulatedNode, at before: Follower
    ) {
        guard node.isHonest, forgedCertificates.contains(certificate),
            let after = node.machine?.follower
        else { return }
        if after.certificate == certificate || after.replica.finality != before.replica.finality {
            lab.violated("\(node.id) takes a certificate for one that is none")
        }
    }

    /// An honest node has been sent a batch: if it shows a second history, or says what is not so,
    /// the node has noticed.
    func checkCaught(
        _ node: SimulatedNode, by batch: LedgerBatch, at before: Follower
    ) {
        let claimed = batch.checkpoint.statement.head
        guard node.isHonest, before.halted == nil, let after = node.machine?.follower else {
            return
        }
        if let forgery = forged[claimed] {
            // A node that is not where the batch begins asks for what lies between.
            guard batch.start == before.size,
                lab.histories[before.replica.head] === lab.histories[claimed]?.parent
            else { return }
            lab.tally["seen through: \(forgery.rawValue)", default: 0] += 1
            if after.halted?.code != forgery.code {
                lab.violated(
                    "\(node.id) was sent a batch with \(forgery.rawValue): "
                        + "\(after.halted?.code ?? "nothing is wrong to it")")
            }
        } else if let mine = lab.histories[before.replica.head],
            let shown = lab.histories[claimed], !mine.agrees(with: shown),
            batch.start <= before.size,
            claimed.size > before.size || claimed.size <= node.disk.size,
            // Under the key of a coordinator that was replaced, anything may be shown.
            !before.replica.state.lab.isPast(claimed.size),
            (try? batch.checkpoint.verifySignedByLog(of: before.replica.state.lab)) != nil
        {
            if after.halted == nil { lab.violated("\(node.id) overlooked a second history") }
            lab.tally["second histories", default: 0] += 1
        }
    }
}
