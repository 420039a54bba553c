package import Encodings
package import Policy

extension CompiledContract {
    /// Asks once more those rules of an action that look at neither state nor stage: an action that was
    /// taken may have used up what they count, but time and purpose are still to be right.
    ///
    /// - Parameter now: The clock of whoever asks.
    /// - Returns: `nil` where nothing speaks against it.
    package func standingRefusal(
        of name: String, input: JSONValue, on instance: ContractInstance, now: Instant
    ) -> ContractRefusal? {
        guard let action = actions[name] else {
            return ContractRefusal(
                .stage, rule: "\(document.label) has the action",
                saw: [ContractObservation(name: "action", value: name)])
        }
        do throws(ContractRefusal) {
            var moment = self.moment(of: instance, escrow: 0, now: now)
            moment.sender = ContractCall.Sender.lab.text
            moment.input = try readInput(
                of: action.text,
                ContractCall(action: name, sender: .lab, input: input, now: now, escrow: 0))
            let inputs = action.scope.inputs(moment)
            var evaluator = Evaluator()
            for (rule, formula) in action.rules where !formula.looksAtState {
                let denial = evaluator.denial(
                    of: formula.compiled.program, inputs, budget: formula.costMax)
                if denial != nil {
                    throw ContractRefusal(
                        .rule, rule: formula.text.text, clauses: rule.clauses, says: rule.says,
                        saw: formula.observed(in: moment))
                }
            }
            return nil
        } catch {
            return error
        }
    }
}

extension Formula {
    fileprivate var looksAtState: Bool {
        compiled.slots.contains { scope.isState(at: $0) }
    }
}
