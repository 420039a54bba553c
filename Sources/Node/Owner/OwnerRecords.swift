import Bundles
import Contracts
import Encodings
import Federation
import HouseRules
import Trainers

/// What lies in a node's folder of its owner's will, as it was read at one time. It decides without
/// opening a file, and what could not be read allows nothing.
struct OwnerRecords: Hashable, Sendable {
    struct Unreadable: Error, Hashable, CustomStringConvertible {
        let description: String
    }

    typealias Reading<Value> = Result<Value, Unreadable>

    var rules: Result<OwnerRules, RulesFileError>
    var usage: Reading<JobUsage>
    var decisions: [JobID: Reading<JobDecision>] = [:]
    var approvals: [BlobDigest: Reading<TrainerApproval>] = [:]

    /// - Parameters:
    ///   - rows: Of the dataset, as it is registered.
    ///   - round: That the task is of; `nil` asks for any further round.
    func refusal(
        of job: Job, on dataset: DatasetID, rows: Int, round: RoundID? = nil, at now: Timestamp
    ) -> RuleRefusal? {
        do {
            return try rules.get().decision(
                on: try task(job, on: dataset, rows: rows, round: round, at: now),
                RulesFile.offsets)
        } catch {
            return .rulesUnreadable(problem: "\(error)")
        }
    }

    /// - Throws: What could not be read.
    func task(
        _ job: Job, on dataset: DatasetID, rows: Int, round: RoundID?, at now: Timestamp
    ) throws -> AskedTask {
        let usage = try usage.get()
        let day = try rules.get().zone.day(of: now, RulesFile.offsets)
        return AskedTask(
            dataset: dataset, rows: rows, purpose: job.purpose, member: job.owner,
            trainer: try trainer(of: job), decision: try standing(of: job),
            usage: usage.usage(of: job.id, on: dataset, day: day),
            isRepeated: round.map(usage.hasCounted) ?? false, now: now)
    }

    /// What the owner's decision comes to for a job as the ledger has it.
    private func standing(of job: Job) throws -> AskedTask.Decision {
        guard let decision = try decisions[job.id]?.get() else { return .none }
        // A refusal outlasts a change of what was refused; an approval does not.
        guard decision.isApproved else {
            return .refused(reason: decision.reason ?? "no reason was given")
        }
        return decision.definition == job.definition ? .approved : .none
    }

    private func trainer(of job: Job) throws -> AskedTask.Trainer {
        guard let bundle = try? BundleSettings(job.trainer) else {
            return .builtIn(kind: job.trainer["kind"]?.string ?? "without a name")
        }
        let approval = try approvals[bundle.digest]?.get()
        return .bundle(
            name: bundle.name, digest: bundle.digest,
            isApproved: approval?.isInForce == true && approval?.digest == bundle.digest)
    }

    func isBundleApproved(in job: Job) -> Bool {
        if case .bundle(_, _, true)? = try? trainer(of: job) { true } else { false }
    }
}

extension Result where Failure == OwnerRecords.Unreadable {
    init(reading body: () throws -> Success) {
        do {
            self = .success(try body())
        } catch {
            self = .failure(OwnerRecords.Unreadable(description: "\(error)"))
        }
    }
}
