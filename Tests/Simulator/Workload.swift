import Contracts
import Encodings
import Federation
import Identity
import Ledger

/// Members who go about their business: they apply, vote, license, train and pay, sensibly most of
/// the time.
final class Workload {
    private static let currency = CurrencyCode("CNY")
    private unowned let lab: Simulation
    private var submitted: [SignedTransaction] = []
    private var names = 0

    init(_ lab: Simulation) {
        self.lab = lab
    }

    static func genesis(of lab: Simulation, founders: [SimulatedNode]) throws -> [UInt8] {
        guard let origin = LabOrigin(base: "simulated.example/lab"), let signer = founders.first
        else { return [] }
        let founding = FoundLab(
            title: "Simulated lab", origin: origin,
            coordinator: CoordinatorKeys(
                logKey: lab.coordinator.logKey.publicKey,
                serviceKey: lab.coordinator.serviceKey.publicKey),
            rules: Rules(), founders: founders.map(card))
        let transaction = Transaction(
            lab: nil, sender: .member(signer.id), nonce: "simulated-genesis",
            validUntil: lab.coordinator.now, action: founding)
        let payload = transaction.payload
        let signatures = founders.flatMap {
            Envelope(signing: payload, as: Transaction.payloadType, with: $0.signingKey).signatures
        }
        return Entry(
            time: lab.coordinator.now,
            content: .genesis(
                Envelope(
                    payloadType: Transaction.payloadType, payload: payload, signatures: signatures))
        ).bytes
    }

    private static func card(_ node: SimulatedNode) -> MemberCard {
        MemberCard(
            member: node.id, title: "Institution \(node.id)", category: .data,
            roles: node.id.text == "fay"
                ? [.auditor] : [.dataOwner, .researcher, .issuer],
            keys: MemberKeys(
                signing: node.signingKey.publicKey,
                cosigner: (node.cosignerKeys.last ?? node.signingKey).publicKey))
    }

    func begin() {
        lab.schedule.after(lab.schedule.pick(20...250), "workload") { [self] in
            guard !lab.isHealed else { return }
            if let state = lab.coordinator.machine?.state { act(on: state) }
            begin()
        }
    }

    private func act(on state: LabState) {
        let candidates: [(LabState) throws -> Void] =
            active(state).count < 4
            ? [apply, vote, vote, registerDataset, issue]
            : [
                apply, vote, vote, registerDataset, registerDataset, offer, offer, accept, accept,
                accept, propose, propose, propose, start, start, start, pay, issue, issue,
                registerModel, validate, release, suspend, withdraw, rotate, again, nonsense,
            ]
        do {
            try lab.schedule.pick(candidates)?(state)
        } catch {
            lab.violated("the workload made something impossible: \(error)")
        }
    }

    private func submit(
        _ action: any LabAction, as node: SimulatedNode, in state: LabState,
        then: @escaping () -> Void = {}
    ) throws {
        names += 1
        let transaction = Transaction(
            lab: state.id, sender: .member(node.id), nonce: "workload-\(names)",
            validUntil: lab.coordinator.now.advanced(byMilliseconds: 120_000), action: action)
        let envelope = transaction.signed(with: node.signingKey)
        let signed = try SignedTransaction(envelope) { _ in node.signingKey.publicKey }
        submitted.append(signed)
        send(signed, then: then)
    }

    private func send(_ signed: SignedTransaction, then: @escaping () -> Void) {
        lab.schedule.after(lab.schedule.pick(lab.faults.delay), "submit") { [self] in
            lab.trace("submit \(signed.transaction.actionName) by \(signed.transaction.sender)")
            lab.coordinator.submit(signed) { [lab] receipt in
                lab.invariants.acknowledged(receipt)
                then()
            }
        }
    }

    private func active(_ state: LabState, _ role: Role? = nil) -> [SimulatedNode] {
        lab.nodes.filter { node in
            guard let member = state.members[node.id], member.status == .active else {
                return false
            }
            return role.map { member.card.roles.contains($0) } ?? true
        }
    }

    private func newName<Subject>(_ prefix: String) throws -> Identifier<Subject> {
        names += 1
        return try Identifier("\(prefix)-\(names)")
    }

    // MARK: - Members

    private func apply(_ state: LabState) throws {
        let outsiders = lab.nodes.filter { state.members[$0.id] == nil }
        guard let node = lab.schedule.pick(outsiders) else { return }
        try submit(ApplyForMembership(card: Self.card(node)), as: node, in: state)
    }

    private func vote(_ state: LabState) throws {
        let open = state.members.proposals.sorted.map(\.row).filter { $0.status == .open }
        guard let proposal = lab.schedule.pick(open),
            let voter = lab.schedule.pick(active(state).filter { proposal.votes[$0.id] == nil })
        else { return }
        try submit(
            CastVote(proposal: proposal.id, approves: lab.schedule.chance(0.9)), as: voter,
            in: state)
    }

    private func suspend(_ state: LabState) throws {
        let members = active(state)
        if let away = state.members.all.first(where: { $0.status == .suspended }),
            let sponsor = lab.schedule.pick(members)
        {
            try submit(
                OpenProposal(change: .reinstate(away.id, keys: nil)), as: sponsor, in: state)
            return
        }
        guard members.count > 4, lab.schedule.chance(0.3), let by = lab.schedule.pick(members),
            let target = lab.schedule.pick(members), target !== by
        else { return }
        try submit(OpenProposal(change: .suspend(target.id)), as: by, in: state)
    }

    private func rotate(_ state: LabState) throws {
        guard lab.schedule.chance(0.3), let node = lab.schedule.pick(active(state)),
            node.cosignerKeys.count < 3
        else { return }
        let next = lab.newKey()
        // As an operator must: the node has the new key before the ledger does.
        node.cosignerKeys.append(next)
        lab.kill(node)
        try submit(
            RotateKeys(
                signing: node.signingKey, cosigner: next, member: node.id, lab: state.id),
            as: node, in: state)
    }

    // MARK: - Data and licences

    private func registerDataset(_ state: LabState) throws {
        guard let node = lab.schedule.pick(active(state, .dataOwner)),
            let dataset = node.datasets.first, state.datasets[dataset] == nil
        else { return }
        try submit(
            RegisterDataset(
                dataset: dataset, title: "Records", schema: ["columns": []], rows: 100,
                commitment: BlobDigest(sha256: [UInt8](repeating: 7, count: 32))),
            as: node, in: state)
    }

    private func offer(_ state: LabState) throws {
        guard let dataset = lab.schedule.pick(state.datasets.all),
            let user = lab.schedule.pick(active(state, .researcher)), user.id != dataset.owner,
            let owner = lab.node(dataset.owner), let currency = Self.currency
        else { return }
        let free = state.accounts.currencies[currency] == nil || lab.schedule.chance(0.6)
        let terms = LicenceTerms(
            dataset: dataset.id, licensee: user.id, purposes: ["research"],
            roundsMax: Int64(lab.schedule.pick(2...25)),
            feePerRound: Money(free ? 0 : Int64(lab.schedule.pick(1...30)), currency),
            expires: lab.coordinator.now.advanced(
                byMilliseconds: Int64(lab.schedule.pick(10_000...200_000))))
        try submit(
            OfferLicence(licence: try newName("l"), terms: terms),
            as: lab.schedule.chance(0.5) ? owner : user, in: state)
    }

    private func accept(_ state: LabState) throws {
        guard let licence = lab.schedule.pick(state.licences.all.filter { $0.stage == .offered }),
            let node = lab.node(
                licence.offeredBy == licence.licensor ? licence.terms.licensee : licence.licensor)
        else { return }
        try submit(AcceptLicence(licence: licence.id), as: node, in: state)
    }

    private func withdraw(_ state: LabState) throws {
        guard lab.schedule.chance(0.3),
            let licence = lab.schedule.pick(state.licences.all.filter { $0.stage == .active }),
            let node = lab.node(licence.licensor)
        else { return }
        try submit(
            WithdrawLicence(licence: licence.id, reason: "changed our mind"), as: node, in: state)
    }

    // MARK: - Jobs and models

    private func propose(_ state: LabState) throws {
        guard state.jobs.all.count(where: { $0.status == .proposed || $0.status == .running }) < 3,
            let user = lab.schedule.pick(active(state, .researcher))
        else { return }
        var byOwner: [MemberID: Licence] = [:]
        for licence in state.licences.all
        where licence.stage == .active && licence.terms.licensee == user.id {
            byOwner[licence.licensor] = licence
        }
        guard byOwner.count >= 2 else { return }
        let licences = byOwner.values.map(\.id).sorted()
        try submit(
            ProposeJob(
                job: try newName("job"), model: try ModelID("model-\(user.id)"),
                purpose: lab.schedule.chance(0.9) ? "research" : "profit", licences: licences,
                trainer: ["kind": "simulated"],
                plan: JobPlan([
                    .init(task: .statistics, rounds: 1),
                    .init(task: .train, rounds: lab.schedule.pick(1...4)),
                    .init(task: .evaluate, rounds: 1),
                ]), participantsMin: lab.schedule.pick(2...licences.count),
                roundTimeoutMilliseconds: Int64(lab.schedule.pick(1_500...6_000))),
            as: user, in: state)
    }

    private func start(_ state: LabState) throws {
        guard let job = lab.schedule.pick(state.jobs.all.filter { $0.status == .proposed }),
            let node = lab.node(job.owner)
        else { return }
        try submit(StartJob(job: job.id), as: node, in: state)
    }

    private func registerModel(_ state: LabState) throws {
        guard let job = lab.schedule.pick(state.jobs.all.filter { $0.status == .complete }),
            let weights = job.weights, let node = lab.node(job.owner)
        else { return }
        try submit(RegisterModelVersion(job: job.id, weights: weights), as: node, in: state)
    }

    private func validate(_ state: LabState) throws {
        guard let model = lab.schedule.pick(state.models.all),
            let version = lab.schedule.pick(state.models.versions(of: model)),
            let node = lab.schedule.pick(active(state))
        else { return }
        try submit(
            ValidateModelVersion(
                version: version.id, rows: 50, metricsMicro: ["auc": 900_000], accepts: true),
            as: node, in: state)
    }

    private func release(_ state: LabState) throws {
        guard let model = lab.schedule.pick(state.models.all),
            let version = lab.schedule.pick(state.models.versions(of: model)),
            let node = lab.node(model.owner)
        else { return }
        try submit(ReleaseModelVersion(version: version.id), as: node, in: state)
    }

    // MARK: - Money

    private func issue(_ state: LabState) throws {
        guard let currency = Self.currency else { return }
        guard let row = state.accounts.currencies[currency] else {
            guard let node = lab.schedule.pick(active(state, .issuer)) else { return }
            try submit(
                RegisterCurrency(currency: currency, title: "Yuan", scale: 2), as: node, in: state)
            return
        }
        guard let issuer = lab.node(row.issuer), let to = lab.schedule.pick(active(state)) else {
            return
        }
        let amount = lab.schedule.chance(0.02) ? Int64.max : Int64(lab.schedule.pick(1...2_000))
        try submit(IssueMoney(amount: Money(amount, currency), to: to.id), as: issuer, in: state)
    }

    private func pay(_ state: LabState) throws {
        guard let currency = Self.currency, let from = lab.schedule.pick(active(state)),
            let to = lab.schedule.pick(active(state))
        else { return }
        let amount = Money(Int64(lab.schedule.pick(0...3_000)), currency)
        try submit(TransferMoney(amount: amount, to: to.id), as: from, in: state)
    }

    // MARK: - Mischief

    /// Sends an old transaction once more.
    private func again(_ state: LabState) throws {
        guard let signed = lab.schedule.pick(submitted) else { return }
        send(signed) {}
    }

    /// Asks for what only the coordinator may do, and for what does not exist.
    private func nonsense(_ state: LabState) throws {
        guard let node = lab.schedule.pick(active(state)) else { return }
        let round = RoundID(job: try JobID("job-0"), number: 0)
        try submit(
            lab.schedule.chance(0.5)
                ? OpenRound(round: round, task: .train, base: nil, participants: [node.id])
                : AcceptLicence(licence: try LicenceID("none")),
            as: node, in: state)
    }
}
