package import Encodings
import Policy

// What is printed of a run.
extension ScenarioRun {
    package var text: ReadingText {
        let document = contract.document
        let units = beginning.currency.map { " minor units of \($0)" } ?? ""
        var table: [[String]] = [
            [
                "0", scenario.given.now.rfc3339, scenario.given.offeredBy, "(offer)", "applied",
                beginning.stage,
            ]
        ]
        for (index, move) in moves.enumerated() {
            table.append([
                "\(index + 1)", move.step.at.rfc3339, move.step.by.text, move.step.action,
                move.result + (move.isAsExpected ? "" : " – not as expected"), move.instance.stage,
            ])
        }
        var sections: [ReadingText.Section] = [
            .init(
                "Steps",
                [.table(columns: ["no.", "at", "by", "action", "decision", "stage"], rows: table)])
        ]
        for (index, move) in moves.enumerated() {
            sections.append(
                .init(
                    "\(index + 1). \(move.step.by.text) takes `\(move.step.action)`: \(move.result)",
                    level: 2, [.list(lines(of: move, units))]))
        }
        var end = ["stage \(instance.stage)"]
        end += state(of: instance).map { "state.\($0.name) \($0.value)" }
        end += duties(of: instance)
        if contract.usesMoney {
            end.append("escrow \(ReadingLanguage.grouped(escrow))\(units)")
            end += balances.map {
                "balance of \($0.member) \(ReadingLanguage.grouped($0.amount))\(units)"
            }
        }
        sections.append(.init("At the end", [.list(end)]))
        let wrong = moves.count { !$0.isAsExpected }
        let expected = moves.count { $0.step.expectation != nil }
        if expected > 0 {
            sections.append(
                .init(
                    "Expectations",
                    [
                        .paragraph(
                            wrong == 0
                                ? "All \(expected) steps went as expected."
                                : "\(wrong) of \(expected) steps did not go as expected.")
                    ]))
        }
        return ReadingText(title: "\(document.title) (\(document.label))", sections: sections)
    }

    private func lines(of move: Move, _ units: String) -> [String] {
        var lines: [String] = []
        if move.step.input.object?.members.isEmpty == false {
            lines.append("input \(move.step.input.canonicalText)")
        }
        switch move.decision {
        case .refused(let refusal):
            if let says = refusal.says {
                lines.append("reason “\(says)”\(Self.clause(refusal.clauses))")
            }
            lines.append("the rule `\(refusal.rule)` does not hold\(Self.seen(refusal.saw))")
        case .applied(let step):
            lines += step.decisions.map {
                "the rule `\($0.rule)` holds\(Self.clause($0.clauses))\(Self.seen($0.saw))"
            }
            lines += step.payments.map {
                "paid \(ReadingLanguage.grouped($0.amount))\(units) from \($0.from) to \($0.to)"
            }
            lines += step.events.map { "event \($0.name) \($0.data.canonicalText)" }
            lines.append(
                move.stageBefore == move.instance.stage
                    ? "stage \(move.instance.stage), as before"
                    : "stage \(move.stageBefore) → \(move.instance.stage)")
            lines += state(of: move.instance).map { "state.\($0.name) \($0.value)" }
            lines += duties(of: move.instance)
            if contract.usesMoney {
                lines.append("escrow \(ReadingLanguage.grouped(move.escrow))\(units)")
            }
        }
        if !move.isAsExpected, let expectation = move.step.expectation {
            lines.append("NOT AS EXPECTED: the scenario expects \(expectation)")
        }
        return lines
    }

    private static func seen(_ saw: [ContractObservation]) -> String {
        saw.isEmpty ? "" : ": " + saw.map { "\($0.name) is \($0.value)" }.joined(separator: ", ")
    }

    private static func clause(_ clauses: [String]) -> String {
        clauses.isEmpty ? "" : " (clause \(clauses.joined(separator: ", ")))"
    }

    private func state(of instance: ContractInstance) -> [(name: String, value: String)] {
        zip(contract.document.state, instance.state).map { ($0.name, $1.literal) }
    }

    private func duties(of instance: ContractInstance) -> [String] {
        instance.obligations.sorted { $0.key < $1.key }.map {
            "obligation \($0.key), due \($0.value.rfc3339)"
        }
    }

    // MARK: - For programs

    package var json: JSONValue {
        [
            "document": .string(contract.document.label), "asExpected": .bool(isAsExpected),
            "offer": beginning.json(contract), "steps": .array(moves.map(json)),
            "final": [
                "instance": instance.json(contract), "escrow": .integer(escrow),
                "balances": .object(
                    balances.reduce(into: JSONObject()) { $0[$1.member] = .integer($1.amount) }),
            ],
        ]
    }

    private func json(_ move: Move) -> JSONValue {
        var object: JSONObject = JSONObject()
        object["at"] = .string(move.step.at.rfc3339)
        object["by"] = .string(move.step.by.text)
        object["action"] = .string(move.step.action)
        object["input"] = move.step.input
        if let expectation = move.step.expectation { object["expect"] = .string("\(expectation)") }
        object["asExpected"] = .bool(move.isAsExpected)
        switch move.decision {
        case .refused(let refusal):
            object["decision"] = "refused"
            object["kind"] = .string(refusal.kind.rawValue)
            object["rule"] = .string(refusal.rule)
            object["clauses"] = .array(refusal.clauses.map { .string($0) })
            object["says"] = refusal.says?.json
            object["saw"] = Self.json(refusal.saw)
        case .applied(let step):
            object["decision"] = "applied"
            object["rules"] = .array(
                step.decisions.map {
                    [
                        "rule": .string($0.rule), "clauses": .array($0.clauses.map { .string($0) }),
                        "saw": Self.json($0.saw),
                    ]
                })
            object["payments"] = .array(
                step.payments.map {
                    [
                        "from": .string("\($0.from)"), "to": .string("\($0.to)"),
                        "amount": .integer($0.amount),
                    ]
                })
            object["events"] = .array(
                step.events.map { ["event": .string($0.name), "data": $0.data] })
        }
        object["instance"] = move.instance.json(contract)
        object["escrow"] = .integer(move.escrow)
        return .object(object)
    }

    private static func json(_ saw: [ContractObservation]) -> JSONValue {
        .object(saw.reduce(into: JSONObject()) { $0[$1.name] = .string($1.value) })
    }
}

extension ScenarioRun.Move {
    /// "applied", or "refused" and by what.
    fileprivate var result: String {
        switch decision {
        case .applied: "applied"
        case .refused(let refusal):
            refusal.clauses.isEmpty
                ? "refused (\(refusal.kind.rawValue))"
                : "refused (clause \(refusal.clauses.joined(separator: ", ")))"
        }
    }
}

extension ContractStep.Payment.Purse: CustomStringConvertible {
    package var description: String {
        switch self {
        case .member(let name): name
        case .escrow: "escrow"
        }
    }
}
