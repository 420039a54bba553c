// Obligations, what always holds, the token, the end.
extension ExplanationWriter {
    func obligations() -> [ReadingText.Section] {
        guard !document.obligations.isEmpty else { return [] }
        let lines = document.obligations.map { obligation in
            let name = names.obligation(obligation.name)
            let source = "`\(obligation.within.text)`"
            let place =
                obligation.clauses.isEmpty
                ? source
                : say(
                    "\(source); \(names.clauses(obligation.clauses))",
                    "\(source)；\(names.clauses(obligation.clauses))")
            let openers = document.actions.filter { $0.opens.contains(obligation.name) }
                .map { names.action($0.name) }
            let enders = document.actions.filter { $0.fulfils.contains(obligation.name) }
                .map { names.action($0.name) }
            var text = sentence(
                "\(name): \(duty(obligation)) from \(language.any(openers)) (\(place))",
                "\(name)：自\(language.any(openers))起，\(duty(obligation))（\(place)）")
            if !enders.isEmpty {
                text += say(" ", "")
                text += sentence(
                    "\(language.any(enders)) fulfils it", "\(language.any(enders))使之履行完毕")
            }
            text += say(" ", "")
            if let remedy = obligation.remedy {
                text += sentence(
                    "when it is overdue, anybody may take \(names.action(remedy)), and where that is possible nothing else can be done before",
                    "逾期后，任何人均可执行\(names.action(remedy))；在可执行该操作的阶段，未执行前不得执行其他操作")
            } else {
                text += sentence(
                    "when it is overdue, the record shows it, and nothing else follows by machine",
                    "逾期由记录载明，机器不另行处理")
            }
            return text
        }
        return [.init(say("Obligations", "义务"), [.list(lines)])]
    }

    func invariants() -> [ReadingText.Section] {
        guard !document.invariants.isEmpty else { return [] }
        let words = ExpressionWords(names)
        let lines = document.invariants.map { invariant in
            let source = "`\(invariant.condition.text)`"
            let place =
                invariant.clauses.isEmpty
                ? source
                : say(
                    "\(source); \(names.clauses(invariant.clauses))",
                    "\(source)；\(names.clauses(invariant.clauses))")
            let text = words.condition(invariant.condition)
            let reason =
                invariant.says.map { says in
                    say(" ", "") + sentence(says[language.rawValue], says[language.rawValue])
                } ?? ""
            return sentence("\(text) (\(place))", "\(text)（\(place)）") + reason
        }
        return [
            .init(
                say("What always holds", "始终成立的条件"),
                [
                    .paragraph(
                        say(
                            "An action after which one of these would not hold is refused:",
                            "执行后将违反下列任一条件的操作，一律拒绝：")),
                    .numbered(lines),
                ])
        ]
    }

    func token() -> [ReadingText.Section] {
        guard let token = document.token else { return [] }
        let words = ExpressionWords(names)
        let holder = names.party(token.holder)
        var lines: [String] = []
        switch token.transfer.text {
        case "false":
            lines.append(
                sentence("the place of \(holder) cannot be transferred", "\(holder)的合约地位不得转让"))
        case "true":
            lines.append(
                sentence("the place of \(holder) can be transferred", "\(holder)的合约地位可以转让"))
        default:
            let when = words.condition(token.transfer)
            lines.append(
                sentence(
                    "the place of \(holder) can be transferred only if \(when) (`\(token.transfer.text)`)",
                    "仅在\(when)（`\(token.transfer.text)`）时，\(holder)的合约地位方可转让"))
        }
        if let consent = token.consent {
            let by = names.party(consent.by)
            if let unless = consent.unless {
                let when = words.condition(unless)
                lines.append(
                    sentence(
                        "each transfer needs the consent of \(by), unless \(when) (`\(unless.text)`)",
                        "除非\(when)（`\(unless.text)`），每次转让须经\(by)同意"))
            } else {
                lines.append(sentence("each transfer needs the consent of \(by)", "每次转让须经\(by)同意"))
            }
        }
        if !token.quotas.isEmpty {
            let quotas = token.quotas.map { quota in
                let (used, limit) = (
                    names.declared("state", quota.used), names.declared("terms", quota.limit)
                )
                return say("\(used), bounded by \(limit)", "\(used)（以\(limit)为限）")
            }
            lines.append(
                sentence(
                    "it can be divided: a part gets some of what is left of \(language.all(quotas)), and that counts as used in the contract it came from, so that all parts together never exceed the whole",
                    "可以分割：分割出的部分取得\(language.all(quotas))剩余额度的一部分，该部分在原合约中视为已使用，各部分合计不得超过整体"))
        }
        if let share = token.share {
            let (permille, to) = (words.value(share.permille), words.value(share.to))
            lines.append(
                sentence(
                    "of each price paid for it, a share (in thousandths \(permille), `\(share.permille.text)`) goes to the members in \(to) (`\(share.to.text)`), by their weights",
                    "每笔转让价款的一部分（以千分比计，为\(permille)，`\(share.permille.text)`）依权重分给\(to)（`\(share.to.text)`）所列成员"
                ))
        }
        if !token.ends.isEmpty {
            lines.append(
                sentence(
                    "when the contract comes to stage \(names.stages(inOrder(token.ends))), every part of it ends, too",
                    "合约进入\(names.stages(inOrder(token.ends)))阶段时，分割出的各部分同时终止"))
        }
        if !token.clauses.isEmpty {
            lines.append(
                sentence(
                    "this is \(names.clauses(token.clauses))", "以上见\(names.clauses(token.clauses))")
            )
        }
        return [.init(say("Transfer and division", "转让与分割"), [.list(lines)])]
    }

    func end() -> [ReadingText.Section] {
        guard !document.final.isEmpty else { return [] }
        let order = graph.actionsInOrder(of: document)
        let lines = inOrder(document.final).map { stage in
            let actions = order.filter { action in action.turns.contains { $0.stage == stage } }.map
            { action in
                let from = names.stages(inOrder(action.from.filter { $0 != stage }))
                return say(
                    "by \(names.action(action.name)) of \(who(action)), from \(from)",
                    "由\(who(action))在\(from)阶段执行\(names.action(action.name))")
            }
            return sentence(
                "\(names.stage(stage)): \(actions.joined(separator: "; "))",
                "\(names.stage(stage))：\(actions.joined(separator: "；"))")
        }
        var blocks: [ReadingText.Block] = [.list(lines)]
        if contract.usesMoney {
            blocks.append(
                .paragraph(
                    sentence("nothing is left in escrow when it ends", "合约终止时，托管款项不得有余额")))
        }
        return [.init(say("How it ends", "终止"), blocks)]
    }
}
