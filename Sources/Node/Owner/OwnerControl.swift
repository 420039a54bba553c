import Bundles
import Contracts
import Encodings
import Federation
import Foundation
import HouseRules
import Storage
import Trainers

/// What stands between jobs and an owner's data: its rules, its decisions on jobs and what has been
/// used, all read from the node's folder at the moment of the question, so that the owner may change
/// them while the node runs. What cannot be read allows nothing.
struct OwnerControl: Sendable {
    let home: NodeHome
    let file: RulesFile
    let now: @Sendable () -> Timestamp
    private let counting = UsageLock()

    init(home: NodeHome, rowsMin: Int, now: @escaping @Sendable () -> Timestamp) {
        self.home = home
        file = RulesFile(home.rules, rowsMin: rowsMin)
        self.now = now
    }

    // MARK: - Before a task

    /// - Parameters:
    ///   - round: That the task is of; `nil` asks for any further round.
    ///   - rows: Of the dataset, as it is registered.
    func refusal(
        of job: Job, on dataset: DatasetID, rows: Int, round: RoundID? = nil
    ) -> RuleRefusal? {
        refusal(of: job, on: dataset, rows: rows, round: round, rules: rules)
    }

    /// Decides right before the data is opened, and counts the round.
    func begin(_ round: RoundID, of job: Job, on dataset: DatasetID, rows: Int) throws
        -> RuleRefusal?
    {
        let rules = rules
        if let refusal = refusal(of: job, on: dataset, rows: rows, round: round, rules: rules) {
            return refusal
        }
        guard file.exists, case .success(let rules) = rules else { return nil }
        return try counting.held {
            // Another task may have used up meanwhile what was left.
            if let refusal = refusal(of: job, on: dataset, rows: rows, round: round) {
                return refusal
            }
            var usage = try JobUsage(home.usage)
            try usage.begin(round, on: dataset, day: day(by: rules))
            return nil
        }
    }

    // MARK: - After it

    /// Decides whether an update leaves, and counts it. An owner that has said no in the meantime is
    /// heard; hours that have ended let the work be handed in.
    func release(
        _ bytes: Int, from round: RoundID, of job: Job, on dataset: DatasetID, rows: Int
    ) throws -> RuleRefusal? {
        let rules = rules
        if let refusal = refusal(of: job, on: dataset, rows: rows, round: round, rules: rules),
            refusal.endsWork || refusal.isAwaited
        {
            return refusal
        }
        guard file.exists, case .success(let rules) = rules else { return nil }
        return try counting.held {
            var usage = try JobUsage(home.usage)
            let task = try task(job, on: dataset, rows: rows, round: round, rules)
            if let refusal = rules.decision(onUpdateOf: bytes, for: task) { return refusal }
            try usage.leave(bytes, of: job.id)
            return nil
        }
    }

    // MARK: - Limits and approvals

    /// What a bundle gets at most.
    func limits(for dataset: DatasetID, atMost standing: TrainerLimits) -> TrainerLimits {
        guard case .success(let rules) = rules else { return standing }
        let own = rules.limits(for: dataset)
        var limits = standing
        limits.cpuSeconds = min(limits.cpuSeconds, own.cpuSeconds ?? .max)
        limits.wallSeconds = min(limits.wallSeconds, own.wallSeconds ?? .max)
        limits.memoryBytes = min(limits.memoryBytes, own.memoryBytes ?? .max)
        return limits
    }

    /// Whether bundles run that nobody here has looked at.
    func letsBundlesIn(on dataset: DatasetID) -> Bool {
        guard case .success(let rules) = rules else { return false }
        return rules.approval(for: dataset) == .never
    }

    // MARK: - Jobs that ask

    /// The jobs that are not over and ask for this member's data, in the order of their names.
    func requests(of jobs: [Job], by member: MemberID, in state: LabState) -> [JobRequest] {
        guard !jobs.isEmpty else { return [] }
        let rules = rules
        let decisions = JobDecisions(of: home)
        let owned = (try? home.ownedDatasets()) ?? []
        let ownedRows = Dictionary(owned.map { ($0.id, $0.rows) }) { first, _ in first }
        return jobs.compactMap { job in
            guard let own = job.participants.first(where: { $0.member == member }) else {
                return nil
            }
            // A relay's rows are those that the ledger has.
            let rows =
                ownedRows[own.dataset] ?? state.datasets[own.dataset].map { Int(clamping: $0.rows) }
            return JobRequest(
                job: job, participant: own, licence: state.licence(own.licence), rows: rows,
                refusal: refusal(
                    of: job, on: own.dataset, rows: rows ?? .max, round: nil, rules: rules),
                decision: try? decisions.decision(on: job.id),
                isBundleApproved: isApproved(job))
        }
    }

    // MARK: - Facts

    var rules: Result<OwnerRules, RulesFileError> {
        do {
            return .success(try file.read())
        } catch {
            return .failure(error)
        }
    }

    private func refusal(
        of job: Job, on dataset: DatasetID, rows: Int, round: RoundID?,
        rules: Result<OwnerRules, RulesFileError>
    ) -> RuleRefusal? {
        do {
            let rules = try rules.get()
            return rules.decision(
                on: try task(job, on: dataset, rows: rows, round: round, rules), RulesFile.offsets)
        } catch {
            return .rulesUnreadable(problem: "\(error)")
        }
    }

    private func task(
        _ job: Job, on dataset: DatasetID, rows: Int, round: RoundID?, _ rules: OwnerRules
    ) throws -> AskedTask {
        let usage = try JobUsage(home.usage)
        return AskedTask(
            dataset: dataset, rows: rows, purpose: job.purpose, member: job.owner,
            trainer: try trainer(of: job), decision: try JobDecisions(of: home).standing(of: job),
            usage: usage.usage(of: job.id, on: dataset, day: day(by: rules)),
            isRepeated: round.map(usage.hasCounted) ?? false, now: now())
    }

    private func trainer(of job: Job) throws -> AskedTask.Trainer {
        if let bundle = try? BundleSettings(job.trainer) {
            let approval = try TrainerApprovals(of: home).inForce(bundle.digest)
            return .bundle(
                name: bundle.name, digest: bundle.digest, isApproved: approval != nil)
        }
        return .builtIn(kind: job.trainer["kind"]?.string ?? "without a name")
    }

    private func isApproved(_ job: Job) -> Bool {
        if case .bundle(_, _, true)? = try? trainer(of: job) { true } else { false }
    }

    private func day(by rules: OwnerRules) -> Int { rules.zone.day(of: now(), RulesFile.offsets) }
}
