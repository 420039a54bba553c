import ContractLibrary
import Contracts
import Encodings
import Federation
import Identity
import Ledger
import Randomness

/// Members who go about their business: they apply, vote, license, train and pay, sensibly most of
/// the time.
final class Workload {
    static let currency = CurrencyCode("CNY")
    private static let quietPace = 80...400
    unowned let lab: Simulation
    private var submitted: [Envelope] = []
    /// What members have really signed.
    private(set) var genuine: Set<TransactionID> = []
    private var names = 0
    /// Members that somebody has ever asked to go: enough must stay to outvote the liars.
    private var leaving: Set<MemberID> = []

    init(_ lab: Simulation) {
        self.lab = lab
    }

    var schedule: Schedule { lab.schedule }

    static func genesis(of lab: Simulation, founders: [SimulatedNode]) throws -> [UInt8] {
        guard let signer = founders.first else { return [] }
        let founding = try FoundLab(
            title: "Simulated lab", origin: lab.origin,
            coordinator: lab.founding, constitution: LibraryDocument.constitution.published(),
            rules: lab.scenario.rules, founders: founders.map { card($0, lab) })
        let transaction = Transaction(
            lab: nil, sender: .member(signer.id), nonce: "simulated-genesis",
            validUntil: lab.coordinator.now, action: founding)
        let payload = transaction.payload
        let signatures = founders.flatMap {
            Envelope(
                signing: payload, as: Transaction.payloadType, with: $0.keys.signing
            ).signatures
        }
        return Entry(
            time: lab.coordinator.now,
            content: .genesis(
                Envelope(
                    payloadType: Transaction.payloadType, payload: payload, signatures: signatures))
        ).bytes
    }

    static func card(_ node: SimulatedNode, _ lab: Simulation) -> MemberCard {
        // One member, and not the first, only watches.
        let watches = node === lab.nodes.last && lab.nodes.count > 3
        return MemberCard(
            member: node.id, title: "Institution \(node.id)", category: .data,
            roles: watches ? [.auditor] : [.dataOwner, .researcher, .issuer],
            keys: node.keys.publicKeys)
    }

    // MARK: - What is done when

    func begin() {
        let pace = lab.isHealed ? Self.quietPace : lab.scenario.pace
        schedule.after(schedule.pick(pace), "workload") { [self] in
            guard !lab.isHealed || lab.recovery.isTraining else { return }
            if let coordinator = schedule.pick(lab.coordinators),
                let state = coordinator.machine?.state
            {
                act(on: state, at: coordinator)
            }
            begin()
        }
    }

    /// Does one thing of those that can be done, the likelier ones sooner.
    private func act(on state: LabState, at coordinator: SimulatedCoordinator) {
        var left =
            lab.isHealed
            ? Errand.peaceful.map { ($0, $0.weight) }
            : Errand.allCases.map {
                ($0, $0.weight * (lab.scenario.zeal[$0] ?? 1))
            }
        do {
            if let request = try prepare(state), let action = request.action {
                submit(action, by: request.node, to: coordinator)
                return
            }
            for _ in 0..<6 {
                let total = left.reduce(0) { $0 + $1.1 }
                var mark = schedule.random.uniformFraction() * total
                let position =
                    left.firstIndex {
                        mark -= $0.1
                        return mark < 0
                    } ?? left.count - 1
                let errand = left.remove(at: position)
                // Where nothing else can be done, that is no reason to undo everything.
                if errand.1 == 0 || errand.1 < 1 && schedule.chance(0.7) { continue }
                if try run(errand.0, state, coordinator) { return }
            }
        } catch {
            lab.violated("the workload made something impossible: \(error)")
        }
    }

    private func run(
        _ errand: Errand, _ state: LabState, _ coordinator: SimulatedCoordinator
    ) throws -> Bool {
        let request: Request? =
            switch errand {
            case .apply: apply(state)
            case .invite: try invite(state)
            case .vote: vote(state)
            case .suspend: suspend(state)
            case .reinstate: reinstate(state)
            case .leave: leave(state)
            case .rotate: rotate(state)
            case .amend: amend(state)
            case .changeCoordinator: changeCoordinator(state)
            case .stop: stop(state)
            case .resume: resume(state)
            case .freeze: freeze(state)
            case .unfreeze: unfreeze(state)
            case .constitute: try constitute(state)
            case .divide: try divide(state)
            case .merge: merge(state)
            case .trade: try trade(state)
            case .settleTrade: settleTrade(state)
            case .offerGrant: try grant(contract: state)
            case .act: act(state)
            case .registerDataset: registerDataset(state)
            case .retireDataset: retireDataset(state)
            case .offer: try offer(state)
            case .accept: answer(state) { .accept($0) }
            case .decline: answer(state) { .decline($0) }
            case .withdraw: withdraw(state)
            case .lapse: lapse(state)
            case .propose: try propose(state)
            case .start: start(state)
            case .abandonJob: abandonJob(state)
            case .registerModel: registerModel(state)
            case .validate: validate(state)
            case .release: release(state)
            case .withdrawModel: withdrawModel(state)
            case .issue: issue(state)
            case .pay: pay(state)
            case .split: split(state)
            case .reverse: reverse(state)
            case .redeem: redeem(state)
            case .hold: try hold(state)
            case .settleHold: settleHold(state)
            case .charge: charge(state)
            case .grant: grant(state)
            case .again: again()
            case .nonsense: try nonsense(state)
            }
        guard let request else { return false }
        if let action = request.action { submit(action, by: request.node, to: coordinator) }
        return true
    }

    /// What somebody asks of the lab; nothing where it has been done in another way.
    struct Request {
        let node: SimulatedNode
        let action: (any LabAction)?
    }

    func request(_ action: (any LabAction)?, by node: SimulatedNode?) -> Request? {
        node.map { Request(node: $0, action: action) }
    }

    // MARK: - Submitting

    func submit(
        _ action: any LabAction, by node: SimulatedNode, to coordinator: SimulatedCoordinator,
        then: @escaping (Result<Receipt, Refusal>) -> Void = { _ in }
    ) {
        guard let state = coordinator.machine?.state else { return }
        names += 1
        let lifetime = schedule.chance(0.05) ? 1 : 30_000
        let now = Timestamp(milliseconds: Int64(schedule.now))
        let transaction = Transaction(
            lab: state.id, sender: .member(node.id), nonce: "simulated-\(names)",
            validUntil: now.advanced(byMilliseconds: Int64(lifetime)), action: action)
        let envelope = transaction.signed(with: node.keys.signing)
        submitted.append(envelope)
        genuine.insert(TransactionID(of: envelope))
        lab.trace("\(node.id) wants \(transaction.actionName)")
        send(envelope, to: coordinator, then: then)
    }

    private func send(
        _ envelope: Envelope, to coordinator: SimulatedCoordinator,
        then: @escaping (Result<Receipt, Refusal>) -> Void = { _ in }
    ) {
        guard !lab.goesWrong(lab.faults.requestLoss) else { return }
        schedule.after(schedule.pick(lab.faults.delay), "submit") {
            coordinator.submit(envelope, answer: then)
        }
    }

    /// A transaction that any voter may send at any time.
    func note(
        to coordinator: SimulatedCoordinator? = nil,
        then: @escaping (Result<Receipt, Refusal>) -> Void = { _ in }
    ) {
        let coordinator = coordinator ?? lab.coordinator
        guard let state = coordinator.machine?.state, let node = active(state).first,
            let name: MemberID = try? newName("guest")
        else { return }
        submit(
            InviteMember(
                member: name, title: "Guest",
                expires: coordinator.now.advanced(byMilliseconds: 600_000)),
            by: node, to: coordinator, then: then)
    }

    /// Sends an old transaction once more.
    private func again() -> Request? {
        guard let envelope = schedule.pick(submitted), let node = lab.nodes.first,
            let coordinator = schedule.pick(lab.coordinators)
        else { return nil }
        send(envelope, to: coordinator)
        return request(nil, by: node)
    }

    /// Asks for what only the coordinator may do, and for what does not exist.
    private func nonsense(_ state: LabState) throws -> Request? {
        guard let node = schedule.pick(active(state)) else { return nil }
        let none = try JobID("none")
        let round = RoundID(job: state.jobs.all.last?.id ?? none, number: 0)
        let actions: [any LabAction] = [
            OpenRound(round: round, task: .train, base: nil, participants: [node.id]),
            SealRound(round: round, contributions: []),
            CloseRound(round: round, result: nil),
            AbandonRound(round: round, reason: "nonsense"),
            TakeContractAction.accept(try LicenceID("none")),
        ]
        if schedule.chance(0.3), let other = schedule.pick(active(state)), other !== node,
            let coordinator = schedule.pick(lab.coordinators)
        {
            // In another's name.
            let transaction = Transaction(
                lab: state.id, sender: .member(other.id), nonce: "pretence-\(submitted.count)",
                validUntil: coordinator.now.advanced(byMilliseconds: 30_000), action: LeaveLab())
            send(transaction.signed(with: node.keys.signing), to: coordinator)
            return request(nil, by: node)
        }
        return request(schedule.pick(actions), by: node)
    }

    // MARK: - Who and what there is

    /// Members that may act and vote, the present ones.
    func active(_ state: LabState, _ role: Role? = nil) -> [SimulatedNode] {
        lab.nodes.filter { node in
            guard let member = state.members[node.id], member.votes, !node.keys.isRotating else {
                return false
            }
            return role.map { member.card.roles.contains($0) } ?? true
        }
    }

    func newName<Subject>(_ prefix: String) throws -> Identifier<Subject> {
        names += 1
        return try Identifier("\(prefix)-\(names)")
    }

    /// Whether a member may go and leave the liars outnumbered.
    func mayLeave(_ node: SimulatedNode, _ state: LabState) -> Bool {
        let liars = lab.nodes.filter { !$0.isHonest && state.members[$0.id]?.status == .active }
        let left = state.members.all.count {
            $0.status == .active && $0.id != node.id && !leaving.contains($0.id)
        }
        let rule = state.lab.rules.faults
        guard left >= 2, liars.isEmpty || rule.liars(among: left) >= liars.count else {
            return false
        }
        leaving.insert(node.id)
        return true
    }
}
