import ContractLibrary
import Contracts
import Encodings

/// Training, and what comes out of it.
extension Workload {
    func propose(_ state: LabState) throws -> Request? {
        let open = state.jobs.all.count { $0.status == .proposed || $0.status == .running }
        guard open < 2, let user = schedule.pick(researchers(state)) else { return nil }
        let training = schedule.pick(1...3)
        var byOwner: [MemberID: Licence] = [:]
        var cost: Int64 = 0
        for licence in state.licences where licence.licensee == user.id {
            guard byOwner[licence.licensor] == nil, let terms = licence.terms else { continue }
            let fees = terms.feePerRound.minorUnits * Int64(training + 2)
            let account = AccountID(
                holder: .member(user.id), currency: terms.feePerRound.currency)
            let canPay = cost + fees <= state.accounts.balance(of: account)
            guard isUsable(licence, in: state) && canPay || schedule.chance(0.03) else { continue }
            byOwner[licence.licensor] = licence
            cost += fees
        }
        guard byOwner.count >= max(1, state.lab.rules.participantsMin) else { return nil }
        let licences = byOwner.values.map(\.id).sorted()
        let least = state.lab.rules.participantsMin
        return request(
            ProposeJob(
                job: try newName("job"), model: try ModelID("model-\(user.id)"),
                purpose: schedule.chance(0.95) ? "research" : "profit", licences: licences,
                trainer: ["kind": "simulated"],
                plan: JobPlan([
                    .init(task: .statistics, rounds: 1),
                    .init(task: .train, rounds: training),
                    .init(task: .evaluate, rounds: 1),
                ]),
                participantsMin: schedule.chance(0.4)
                    ? least : schedule.pick(least...licences.count),
                roundTimeoutMilliseconds: Int64(schedule.pick(1_500...4_000))),
            by: user)
    }

    /// Whether the licence will do for some rounds of research.
    private func isUsable(_ licence: Licence, in state: LabState) -> Bool {
        guard let terms = licence.terms else { return false }
        return licence.stage == "active" && terms.purposes.contains("research")
            && terms.expires - lab.coordinator.now > 1_000
            && state.members[licence.licensor]?.status == .active
            && state.datasets[licence.dataset]?.status == .registered
    }

    func start(_ state: LabState) -> Request? {
        guard let job = schedule.pick(state.jobs.all.filter { $0.status == .proposed }) else {
            return nil
        }
        return request(StartJob(job: job.id), by: present(job.owner))
    }

    func abandonJob(_ state: LabState) -> Request? {
        let open = state.jobs.all.filter { $0.status == .proposed || $0.status == .running }
        guard let job = schedule.pick(open) else { return nil }
        return request(AbandonJob(job: job.id, reason: "no use"), by: present(job.owner))
    }

    // MARK: - Models

    func registerModel(_ state: LabState) -> Request? {
        let versions = state.models.all.flatMap { state.models.versions(of: $0) }.map(\.job)
        let done = state.jobs.all.filter { $0.status == .complete && !versions.contains($0.id) }
        guard let job = schedule.pick(done), let weights = job.weights else { return nil }
        return request(
            RegisterModelVersion(job: job.id, weights: weights), by: present(job.owner))
    }

    private func version(_ state: LabState) -> ModelVersion? {
        schedule.pick(state.models.all.flatMap { state.models.versions(of: $0) })
    }

    func validate(_ state: LabState) -> Request? {
        guard let version = version(state), version.status == .registered else { return nil }
        let involved = version.lineage.map(\.member) + [state.models[version.id.model]?.owner]
        let independent = lab.nodes.filter {
            state.members[$0.id]?.status == .active && !$0.keys.isRotating
                && !involved.contains($0.id)
        }
        return request(
            ValidateModelVersion(
                version: version.id, rows: 50, metricsMicro: ["auc": 900_000],
                accepts: schedule.chance(0.9)),
            by: schedule.pick(schedule.chance(0.9) ? independent : active(state)))
    }

    func release(_ state: LabState) -> Request? {
        guard let version = version(state), let model = state.models[version.id.model],
            version.status == .registered
        else { return nil }
        return request(ReleaseModelVersion(version: version.id), by: present(model.owner))
    }

    func withdrawModel(_ state: LabState) -> Request? {
        guard let version = version(state), let model = state.models[version.id.model] else {
            return nil
        }
        return request(
            WithdrawModelVersion(version: version.id, reason: "no use"), by: present(model.owner))
    }

    /// Puts something on one history that no other has.
    func differ(_ branch: SimulatedCoordinator) {
        note(to: branch)
    }
}
