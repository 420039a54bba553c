package import Contracts
package import Encodings
import Federation
import HouseRules
import Trainers

/// A job that asks for an owner's data: what the owner has to know to decide on it.
package struct JobRequest: Sendable {
    package let job: Job
    package let participant: Participant
    package let licence: Licence?
    /// Of the dataset; `nil` where this node does not have it.
    package let rows: Int?
    /// What the owner's rules say; `nil` where its tasks run.
    let refusal: RuleRefusal?
    package let decision: JobDecision?
    let isBundleApproved: Bool

    /// Whether the owner is to decide, or to mend something.
    package var isAwaited: Bool { refusal?.isAwaited == true }

    package var json: JSONValue {
        [
            "job": job.id.json, "definition": job.definition.json,
            "status": .string(job.status.rawValue), "proposer": job.owner.json,
            "purpose": .string(job.purpose), "model": job.model.json, "trainer": trainer,
            "dataset": participant.dataset.json,
            "rows": rows.map { .integer(Int64($0)) },
            "licence": participant.licence.json,
            "licenceStage": licence.map { .string($0.stage) },
            "reports": licence.map { .string(SiteDisclosure($0).rawValue) },
            "plan": job.plan.json, "rounds": .integer(Int64(job.plan.rounds)),
            "closed": .integer(Int64(job.closed)), "strategy": job.strategy,
            "participants": .array(job.participants.map(\.member.json)),
            "leaves": .array(leaves.map { .string($0) }), "awaited": .bool(isAwaited),
            "code": refusal.map { .string($0.code) },
            "problem": refusal.map { .string($0.description) }, "until": refusal?.until?.json,
            "decision": decision?.json,
        ]
    }

    private var trainer: JSONValue {
        guard let bundle = try? BundleSettings(job.trainer) else {
            return ["kind": job.trainer["kind"] ?? .null]
        }
        return [
            "kind": .string(BundleSettings.kind), "name": .string(bundle.name),
            "version": .string(bundle.version), "digest": bundle.digest.json,
            "approved": .bool(isBundleApproved),
        ]
    }

    /// What leaves the site, for each kind of round.
    private var leaves: [String] {
        let tasks = RoundTask.allCases.filter { task in
            job.plan.steps.contains { $0.task == task }
        }
        return tasks.map { task in
            switch task {
            case .statistics: "counts, means and spreads of the columns"
            case .evaluate: "metrics of the model on the rows that are held out"
            case .train:
                if case .merged? = try? JobTrainer(job.trainer) {
                    "sums over the rows, how many there are, and metrics"
                } else {
                    "a change of the model's parameters, how many rows it stands for, and metrics"
                }
            }
        }
    }
}
