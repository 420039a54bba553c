import Contracts
import Federation
import HouseRules
import Logging

extension NodeMachine.Outcome {
    /// What the owner's rules say no to; the owner reads more of it, in the log, than others.
    static func refused(
        _ refusal: RuleRefusal, _ order: TrainingOrder, _ logger: Logger
    ) -> NodeMachine.Outcome {
        logger.notice(
            "task.refused_by_owner",
            metadata: [
                "round.id": "\(order.round.id)", "code": "\(refusal.code)",
                "reason": "\(refusal)",
            ])
        return .failure(code: refusal.code, detail: refusal.plain)
    }
}
