import ContractLanguage
import Encodings
import Policy

/// What holds after every action that is applied, whatever the document.
enum StepProperties {
    /// What does not hold; `nil` where all does.
    static func violation(
        by step: ContractStep, of action: ActionText, sender: String, on before: ContractInstance,
        holding escrow: Int64, _ contract: CompiledContract
    ) -> String? {
        let document = contract.document
        let after = step.instance
        let isFinal = document.final.contains(after.stage)
        if isFinal, step.escrow != 0 { return "ends, and holds \(step.escrow)" }
        if let problem = conservation(step, holding: escrow) { return problem }
        for payment in step.payments {
            if case .member(let payer) = payment.from, payer != sender,
                !after.signed.contains(where: { after.members($0, in: contract) == [payer] })
            {
                return "\(payer) pays, and has not signed"
            }
        }
        guard before.signed.isSubset(of: after.signed) else { return "a signature is lost" }
        for (index, variable) in document.state.enumerated() {
            if let problem = variable.type.problem(with: after.state[index]) {
                return "state.\(variable.name) \(problem)"
            }
            let isChanged =
                DataType.json(before.state[index]).canonicalBytes
                != DataType.json(after.state[index]).canonicalBytes
            if isChanged, !action.effects.contains(where: { $0.variable == variable.name }) {
                return "state.\(variable.name) changes without an effect"
            }
        }
        if after.parties != before.parties || after.terms != before.terms {
            return "parties or terms change"
        }
        if step.cost > contract.costMax { return "costs \(step.cost), above \(contract.costMax)" }
        let bytes = after.json(contract).canonicalBytes.count
        return bytes > CompiledContract.bytesMax * 2 ? "takes \(bytes) bytes" : nil
    }

    private static func conservation(_ step: ContractStep, holding escrow: Int64) -> String? {
        var held = Int128(escrow)
        for payment in step.payments {
            if payment.amount <= 0 { return "pays \(payment.amount)" }
            if payment.to == .escrow { held += Int128(payment.amount) }
            if payment.from == .escrow { held -= Int128(payment.amount) }
            if held < 0 { return "pays out more than it holds" }
        }
        return held == Int128(step.escrow)
            ? nil : "holds \(step.escrow), and \(held) by its payments"
    }
}
