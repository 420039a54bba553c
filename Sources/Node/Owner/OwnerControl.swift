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
        records(on: job).refusal(of: job, on: dataset, rows: rows, round: round, at: now())
    }

    /// Decides right before the data is opened, and counts the round.
    func begin(_ round: RoundID, of job: Job, on dataset: DatasetID, rows: Int) throws
        -> RuleRefusal?
    {
        let records = records(on: job)
        if let refusal = records.refusal(
            of: job, on: dataset, rows: rows, round: round, at: now())
        {
            return refusal
        }
        guard file.exists, case .success(let rules) = records.rules else { return nil }
        return try counting.held {
            // Another task may have used up meanwhile what was left.
            if let refusal = refusal(of: job, on: dataset, rows: rows, round: round) {
                return refusal
            }
            var usage = try JobUsage(home.usage)
            try usage.begin(
                round, on: dataset, day: rules.zone.day(of: now(), RulesFile.offsets))
            return nil
        }
    }

    // MARK: - After it

    /// Decides whether an update leaves, and counts it. An owner that has said no in the meantime is
    /// heard; hours that have ended let the work be handed in.
    func release(
        _ bytes: Int, from round: RoundID, of job: Job, on dataset: DatasetID, rows: Int
    ) throws -> RuleRefusal? {
        let before = records(on: job)
        if let refusal = before.refusal(
            of: job, on: dataset, rows: rows, round: round, at: now()),
            refusal.endsWork || refusal.isAwaited
        {
            return refusal
        }
        guard file.exists, case .success(let rules) = before.rules else { return nil }
        return try counting.held {
            var usage = try JobUsage(home.usage)
            var counted = before
            counted.usage = .success(usage)
            let task = try counted.task(job, on: dataset, rows: rows, round: round, at: now())
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

    // MARK: - Jobs that are over

    /// What ended jobs have used is of no use to anybody: rules count by job, and by day.
    ///
    /// - Parameter records: As they were read last.
    func forgetUsage(of records: OwnerRecords, endedIn state: LabState) {
        // A ledger that is behind does not know the job yet.
        func hasEnded(_ job: JobID) -> Bool { state.jobs[job].map { !$0.mayRun } ?? false }
        guard let known = try? records.usage.get(), known.jobIDs.contains(where: hasEnded) else {
            return
        }
        // Where it cannot be written, it says too much, and is forgotten later.
        try? counting.held {
            var usage = try JobUsage(home.usage)
            try usage.forget(usage.jobIDs.filter(hasEnded))
        }
    }

    // MARK: - Facts

    var rules: Result<OwnerRules, RulesFileError> { file.reading }

    private func records(on job: Job) -> OwnerRecords {
        var records = OwnerRecords(
            rules: rules, usage: .init { try JobUsage(home.usage) })
        records.decisions[job.id] = OwnerRecords.Reading {
            try JobDecisions(of: home).decision(on: job.id)
        }.present()
        if let bundle = try? BundleSettings(job.trainer).digest {
            records.approvals[bundle] = OwnerRecords.Reading {
                try TrainerApprovals(of: home).inForce(bundle)
            }.present()
        }
        return records
    }
}

extension Result {
    /// `nil` where what was read says that there is nothing.
    fileprivate func present<Value>() -> Result<Value, Failure>? where Success == Value? {
        switch self {
        case .success(let value): value.map { .success($0) }
        case .failure(let error): .failure(error)
        }
    }
}
