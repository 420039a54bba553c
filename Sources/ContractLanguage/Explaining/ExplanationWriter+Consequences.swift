// What each action does.
extension ExplanationWriter {
    func consequences(of action: ActionText) -> [String] {
        let words = ExpressionWords(names, input: action.input)
        var lines = action.effects.map { effect($0, words) }
        if lines.count > 1, showsSources {
            lines.append(
                sentence(
                    "all of this is computed from the values before the action",
                    "以上均按操作前的数值计算"))
        }
        lines += action.payments.map { payment($0, words) }
        if action.name == LabHook.train.name, action.by == [.lab], !action.payments.isEmpty {
            lines.append(
                sentence(
                    "what is paid is set aside when the round opens, paid when it closes, and returned when it is abandoned",
                    "上述款项于轮次开启时预留，轮次结束时支付，轮次中止时退还"))
        }
        lines += turnedObligations(action)
        lines += action.events.map { event in
            let data = event.data.map { item in
                let value = words.value(item.value)
                let isNamed =
                    item.value.text.split(separator: ".").last.map(String.init) == item.name
                return isNamed
                    ? value : say("\(value) (`\(item.name)`)", "\(value)（`\(item.name)`）")
            }
            return data.isEmpty
                ? sentence(
                    "the event \(names.event(event.name)) is announced",
                    "发布事件\(names.event(event.name))")
                : sentence(
                    "the event \(names.event(event.name)) is announced, with \(language.all(data))",
                    "发布事件\(names.event(event.name))，载明\(language.all(data))")
        }
        lines.append(next(action, words))
        return lines
    }

    func effect(_ effect: ActionText.Effect, _ words: ExpressionWords) -> String {
        let word = names.word("state", effect.variable)
        let name = word.map { say("the \($0)", $0) } ?? "`\(effect.variable)`"
        func because(_ texts: ExpressionText...) -> String {
            guard showsSources else { return "" }
            let sources = texts.filter { Int64($0.text) == nil }.map { "`\($0.text)`" }
            return sources.isEmpty
                ? ""
                : say(
                    " (\(sources.joined(separator: ", ")))", "（\(sources.joined(separator: "、"))）")
        }
        switch effect.change {
        case .set(let value):
            let text = words.change(of: effect.variable, called: name, to: value)
            return sentence("\(text)\(because(value))", "\(text)\(because(value))")
        case .add(let value):
            let text = words.value(value)
            return sentence(
                "\(name) goes up by \(text)\(because(value))", "\(name)增加\(text)\(because(value))")
        case .subtract(let value):
            let text = words.value(value)
            return sentence(
                "\(name) goes down by \(text)\(because(value))", "\(name)减少\(text)\(because(value))"
            )
        case .append(let value):
            let text = words.value(value)
            return sentence(
                "\(text) is added to \(name)\(because(value))", "将\(text)加入\(name)\(because(value))"
            )
        case .put(let key, let value):
            let (key, text) = (words.value(key), words.value(value))
            return sentence(
                "\(name) gets the entry \(text) for \(key)", "在\(name)中为\(key)记入\(text)")
        case .remove(let value):
            let text = words.value(value)
            return sentence(
                "\(text) is removed from \(name)\(because(value))",
                "从\(name)中移除\(text)\(because(value))")
        }
    }

    func payment(
        _ payment: ActionText.Payment, _ words: ExpressionWords
    ) -> String {
        let amount: String
        var place: [String] = []
        switch payment.amount {
        case .rest: amount = say("all that is left in escrow", "托管余额全部")
        case .units(let text):
            amount = words.amount(text)
            if Int64(text.text) == nil, showsSources { place.append("`\(text.text)`") }
        }
        if !payment.clauses.isEmpty { place.append(names.clauses(payment.clauses)) }
        let source: String? =
            switch payment.from {
            case .party(let name): names.party(name)
            case .sender: say("the one who acts", "操作方")
            case .escrow: nil
            }
        var text: String
        switch (source, payment.to) {
        case (let source?, .purse(.escrow)):
            text = say("\(source) pays \(amount) into escrow", "\(source)将\(amount)存入托管")
        case (let source?, let target):
            let (payee, isSplit) = destination(target, words)
            text =
                isSplit
                ? say("\(source) pays \(amount), \(payee)", "\(source)支付\(amount)，\(payee)")
                : say("\(source) pays \(payee) \(amount)", "\(source)向\(payee)支付\(amount)")
        case (nil, let target):
            let (payee, isSplit) = destination(target, words)
            text =
                isSplit
                ? say("\(amount) is paid out of escrow, \(payee)", "从托管款项中支付\(amount)，\(payee)")
                : say("\(payee) receives \(amount) from escrow", "从托管款项中向\(payee)支付\(amount)")
            if case .rest = payment.amount {
                text =
                    isSplit
                    ? say("\(amount) is paid out, \(payee)", "支付\(amount)，\(payee)")
                    : say("\(payee) receives \(amount)", "将\(amount)支付给\(payee)")
            }
        }
        if let condition = payment.condition {
            let when = words.condition(condition)
            text = say(
                "if \(when)\(written(condition)), \(text)", "若\(when)\(written(condition))，则\(text)"
            )
        }
        if !place.isEmpty {
            text += say(" (\(place.joined(separator: "; ")))", "（\(place.joined(separator: "；"))）")
        }
        return sentence(text, text)
    }

    private func destination(
        _ destination: ActionText.Payment.Destination, _ words: ExpressionWords
    ) -> (text: String, isSplit: Bool) {
        switch destination {
        case .purse(.party(let name)): (names.party(name), false)
        case .purse(.sender): (say("the one who acts", "操作方"), false)
        case .purse(.escrow): (say("the escrow", "托管"), false)
        case .member(let text):
            (
                say(
                    "the member that is \(words.value(text))\(written(text))",
                    "\(words.value(text))\(written(text))所指成员"), false
            )
        case .split(let text):
            (
                say(
                    "divided by the weights in \(words.value(text))\(written(text)), to each member its share",
                    "按\(words.value(text))\(written(text))所载权重分配给各成员"), true
            )
        }
    }

    /// The expression beside its words.
    private func written(_ text: ExpressionText) -> String {
        showsSources ? say(" (`\(text.text)`)", "（`\(text.text)`）") : ""
    }

    private func turnedObligations(_ action: ActionText) -> [String] {
        let renewed = action.fulfils.filter(action.opens.contains)
        return renewed.map { name in
            sentence(
                "the time for the obligation \(names.obligation(name)) begins anew\(duty(name))",
                "义务\(names.obligation(name))的期限重新起算\(duty(name))")
        }
            + action.fulfils.filter { !renewed.contains($0) }.map { name in
                sentence(
                    "the obligation \(names.obligation(name)), where it is open, is fulfilled",
                    "义务\(names.obligation(name))（如已产生）即告履行")
            }
            + action.opens.filter { !renewed.contains($0) }.map { name in
                sentence(
                    "the obligation \(names.obligation(name)) begins\(duty(name))",
                    "产生义务\(names.obligation(name))\(duty(name))")
            }
    }

    private func duty(_ name: String) -> String {
        guard let obligation = document.obligations.first(where: { $0.name == name }) else {
            return ""
        }
        return say(": \(duty(obligation))", "：\(duty(obligation))")
    }

    /// The borrower must bring the machine back within 30 days.
    func duty(_ obligation: ContractDocument.Obligation) -> String {
        let words = ExpressionWords(names)
        let within = words.value(obligation.within)
        let says = obligation.says[language.rawValue]
        return say(
            "\(names.party(obligation.by)) must \(says), within \(within)",
            "\(names.party(obligation.by))须在\(within)内\(says)")
    }

    func next(_ action: ActionText, _ words: ExpressionWords) -> String {
        guard let first = action.turns.first else {
            return sentence("the stage does not change", "阶段不变")
        }
        func move(_ stage: String) -> String {
            if action.from == [stage] {
                return say("it stays in stage \(names.stage(stage))", "仍处于\(names.stage(stage))阶段")
            }
            return document.final.contains(stage)
                ? say(
                    "the contract ends in stage \(names.stage(stage))",
                    "合约于\(names.stage(stage))阶段终止")
                : say(
                    "the contract comes to stage \(names.stage(stage))",
                    "合约进入\(names.stage(stage))阶段")
        }
        if first.condition == nil { return language.sentence(move(first.stage)) }
        var parts: [String] = []
        var isCertain = false
        for turn in action.turns where !isCertain {
            if let condition = turn.condition {
                let when = words.condition(condition)
                parts.append(
                    say(
                        "if \(when)\(written(condition)), \(move(turn.stage))",
                        "若\(when)\(written(condition))，则\(move(turn.stage))"))
            } else {
                isCertain = true
                parts.append(say("otherwise \(move(turn.stage))", "否则\(move(turn.stage))"))
            }
        }
        if !isCertain { parts.append(say("otherwise the stage does not change", "否则阶段不变")) }
        return language.sentence(parts.joined(separator: say("; ", "；")))
    }
}
