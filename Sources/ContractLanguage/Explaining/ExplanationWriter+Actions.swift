// What each action needs and does.
extension ExplanationWriter {
    func actions() -> [ReadingText.Section] {
        let order = graph.actionsInOrder(of: document)
        return [
            .init(
                say("The actions", "操作"),
                [
                    .paragraph(
                        sentence(
                            "nothing happens but by these actions, each as a whole or not at all",
                            "合约仅依下列操作变动；每项操作要么全部生效，要么全不生效"))
                ])
        ] + order.map { action in
            .init(
                heading(action), level: 2,
                [.paragraph(whoAndWhen(action))] + input(action) + conditions(action)
                    + [.paragraph(say("What it does:", "其效果：")), .list(consequences(of: action))])
        }
    }

    private func heading(_ action: ActionText) -> String {
        let name = names.plainAction(action.name)
        let code = "`\(action.name)`"
        return name == action.name ? code : say("\(name) (\(code))", "\(name)（\(code)）")
    }

    private func whoAndWhen(_ action: ActionText) -> String {
        let stages = names.stages(inOrder(action.from))
        var text: String
        if action.isRemedy {
            let obligations = language.any(
                document.obligations.filter { $0.remedy == action.name }.map { names.obligation($0.name) })
            text = sentence(
                "anybody may take this action in stage \(stages) once the obligation \(obligations) is overdue, and only then",
                "仅在义务\(obligations)逾期后，任何人方可在\(stages)阶段执行此操作")
        } else if action.by == [.lab] {
            text = sentence(
                "the lab takes this action by itself in stage \(stages)\(occasion(action.name))",
                "此操作由实验室在\(stages)阶段\(occasion(action.name))自动执行")
        } else {
            text = sentence(
                "\(who(action)) may take this action in stage \(stages)",
                "\(who(action))可在\(stages)阶段执行此操作")
        }
        if !action.clauses.isEmpty {
            text += say(" ", "")
            text += sentence(
                "it carries out \(names.clauses(action.clauses))", "此操作执行\(names.clauses(action.clauses))")
        }
        return text
    }

    private func occasion(_ action: String) -> String {
        switch action {
        case LabHook.train.name:
            say(", when a round of training opens under this licence", "依本许可开启训练轮次时")
        case LabHook.abandon.name:
            say(", when a round that was opened under this licence is abandoned", "依本许可开启的轮次中止时")
        default: ""
        }
    }

    private func input(_ action: ActionText) -> [ReadingText.Block] {
        guard !action.input.isEmpty else { return [] }
        let fields = action.input.map { field in
            let (type, code) = (values.type(field.type), "`\(field.name)`")
            guard let word = names.word("input", field.name) else {
                return say("\(code) (\(type))", "\(code)（\(type)）")
            }
            return say("the \(word) (\(code), \(type))", "\(word)（\(code)，\(type)）")
        }
        let subject =
            action.by == [.lab] ? say("the lab", "实验室") : say("whoever takes it", "执行者")
        return [
            .paragraph(
                sentence("\(subject) states \(language.all(fields))", "\(subject)须申报\(language.all(fields))"))
        ]
    }

    private func conditions(_ action: ActionText) -> [ReadingText.Block] {
        guard !action.rules.isEmpty else { return [] }
        let words = ExpressionWords(names, input: action.input)
        let items = action.rules.map { rule in
            let source = "`\(rule.condition.text)`"
            let place =
                rule.clauses.isEmpty
                ? source : say("\(source); \(names.clauses(rule.clauses))", "\(source)；\(names.clauses(rule.clauses))")
            let reason = language.quoted(rule.says[language.rawValue])
            let condition = words.condition(rule.condition)
            return sentence("\(condition) (\(place))", "\(condition)（\(place)）") + say(" ", "")
                + sentence("otherwise: \(reason)", "否则拒绝，理由：\(reason)")
        }
        return [
            .paragraph(
                items.count == 1
                    ? say("It is refused unless this holds:", "须满足下列条件，否则拒绝：")
                    : say(
                        "It is refused unless all of these hold, which are tried in this order:",
                        "须依次满足下列全部条件，否则拒绝：")),
            .numbered(items),
        ]
    }

    // MARK: - Consequences

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
                let isNamed = item.value.text.split(separator: ".").last.map(String.init) == item.name
                return isNamed ? value : say("\(value) (`\(item.name)`)", "\(value)（`\(item.name)`）")
            }
            return data.isEmpty
                ? sentence("the event \(names.event(event.name)) is announced", "发布事件\(names.event(event.name))")
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
            return sources.isEmpty ? "" : say(" (\(sources.joined(separator: ", ")))", "（\(sources.joined(separator: "、"))）")
        }
        switch effect.change {
        case .set(let value):
            let text = words.change(of: effect.variable, called: name, to: value)
            return sentence("\(text)\(because(value))", "\(text)\(because(value))")
        case .add(let value):
            let text = words.value(value)
            return sentence("\(name) goes up by \(text)\(because(value))", "\(name)增加\(text)\(because(value))")
        case .subtract(let value):
            let text = words.value(value)
            return sentence("\(name) goes down by \(text)\(because(value))", "\(name)减少\(text)\(because(value))")
        case .append(let value):
            let text = words.value(value)
            return sentence("\(text) is added to \(name)\(because(value))", "将\(text)加入\(name)\(because(value))")
        case .put(let key, let value):
            let (key, text) = (words.value(key), words.value(value))
            return sentence("\(name) gets the entry \(text) for \(key)", "在\(name)中为\(key)记入\(text)")
        case .remove(let value):
            let text = words.value(value)
            return sentence("\(text) is removed from \(name)\(because(value))", "从\(name)中移除\(text)\(because(value))")
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
            text = say("if \(when)\(written(condition)), \(text)", "若\(when)\(written(condition))，则\(text)")
        }
        if !place.isEmpty { text += say(" (\(place.joined(separator: "; ")))", "（\(place.joined(separator: "；"))）") }
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
        guard let obligation = document.obligations.first(where: { $0.name == name }) else { return "" }
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
            if action.from == [stage] { return say("it stays in stage \(names.stage(stage))", "仍处于\(names.stage(stage))阶段") }
            return document.final.contains(stage)
                ? say("the contract ends in stage \(names.stage(stage))", "合约于\(names.stage(stage))阶段终止")
                : say("the contract comes to stage \(names.stage(stage))", "合约进入\(names.stage(stage))阶段")
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
