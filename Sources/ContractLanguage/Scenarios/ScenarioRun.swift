import Encodings
import Policy

/// A scenario as it was played: each decision with its reason, and where things stood afterwards.
package struct ScenarioRun: Sendable {
    package enum Decision: Sendable {
        case applied(ContractStep)
        case refused(ContractRefusal)
    }

    package struct Move: Sendable {
        package let step: Scenario.Step
        package let decision: Decision
        package let stageBefore: String
        /// Afterwards; as before where the action was refused.
        package let instance: ContractInstance
        package let escrow: Int64
        package let balances: [String: Int64]

        /// Whether it went as the scenario expects; `true` where it expects nothing.
        package var isAsExpected: Bool {
            switch (step.expectation, decision) {
            case (nil, _), (.applied?, .applied), (.refused(nil)?, .refused): true
            case (.refused(let by?)?, .refused(let refusal)): refusal.matches(by)
            default: false
            }
        }
    }

    package let contract: CompiledContract
    package let scenario: Scenario
    /// The offer.
    package let beginning: ContractInstance
    package let moves: [Move]

    /// Plays a scenario.
    ///
    /// - Throws: ``ContractRefusal`` where the offer is refused.
    package init(_ scenario: Scenario, of contract: CompiledContract) throws(ContractRefusal) {
        self.contract = contract
        self.scenario = scenario
        let given = scenario.given
        beginning = try contract.conclude(
            ContractOffer(
                name: "scenario", offeredBy: given.offeredBy, parties: given.parties,
                terms: given.terms, currency: given.currency), now: given.now)
        var instance = beginning
        var escrow: Int64 = 0
        var balances: [String: Int64] = [:]
        for (member, amount) in given.balances { balances[member] = amount }
        var moves: [Move] = []
        for step in scenario.steps {
            let before = instance.stage
            let decision: Decision
            do throws(ContractRefusal) {
                let result = try contract.take(
                    ContractCall(
                        action: step.action, sender: step.by, input: step.input, now: step.at,
                        escrow: escrow), on: instance)
                balances = try Self.settled(result.payments, balances)
                (instance, escrow) = (result.instance, result.escrow)
                decision = .applied(result)
            } catch {
                decision = .refused(error)
            }
            moves.append(
                Move(
                    step: step, decision: decision, stageBefore: before, instance: instance,
                    escrow: escrow, balances: balances))
        }
        self.moves = moves
    }

    /// The balances after payments, which are made in their order: all of them, or none.
    private static func settled(
        _ payments: [ContractStep.Payment], _ balances: [String: Int64]
    ) throws(ContractRefusal) -> [String: Int64] {
        var balances = balances
        for payment in payments {
            if case .member(let payer) = payment.from {
                let balance = balances[payer] ?? 0
                guard balance >= payment.amount else {
                    throw ContractRefusal(
                        .payment, rule: "the payer has the money",
                        saw: [
                            ContractObservation(
                                name: "balance of \(payer)", value: String(balance)),
                            ContractObservation(name: "amount", value: String(payment.amount)),
                        ])
                }
                balances[payer] = balance - payment.amount
            }
            if case .member(let payee) = payment.to {
                let (sum, overflow) = (balances[payee] ?? 0).addingReportingOverflow(payment.amount)
                guard !overflow else {
                    throw ContractRefusal(
                        .payment, rule: "balance + amount fits 64 bits",
                        saw: [ContractObservation(name: "amount", value: String(payment.amount))])
                }
                balances[payee] = sum
            }
        }
        return balances
    }

    package var isAsExpected: Bool { moves.allSatisfy(\.isAsExpected) }

    package var instance: ContractInstance { moves.last?.instance ?? beginning }
    package var escrow: Int64 { moves.last?.escrow ?? 0 }

    /// At the end, by name.
    package var balances: [(member: String, amount: Int64)] {
        let last =
            moves.last?.balances
            ?? Dictionary(
                scenario.given.balances.map { ($0.member, $0.amount) },
                uniquingKeysWith: { first, _ in first })
        return last.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
