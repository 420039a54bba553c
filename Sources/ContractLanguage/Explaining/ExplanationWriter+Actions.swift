// What each action needs.
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
        ]
            + order.map { action in
                .init(
                    heading(action), level: 2,
                    [.paragraph(whoAndWhen(action))] + input(action) + conditions(action)
                        + [
                            .paragraph(say("What it does:", "其效果：")),
                            .list(consequences(of: action)),
                        ])
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
                document.obligations.filter { $0.remedy == action.name }.map {
                    names.obligation($0.name)
                })
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
                "it carries out \(names.clauses(action.clauses))",
                "此操作执行\(names.clauses(action.clauses))")
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
                sentence(
                    "\(subject) states \(language.all(fields))",
                    "\(subject)须申报\(language.all(fields))"))
        ]
    }

    private func conditions(_ action: ActionText) -> [ReadingText.Block] {
        guard !action.rules.isEmpty else { return [] }
        let words = ExpressionWords(names, input: action.input)
        let items = action.rules.map { rule in
            let source = "`\(rule.condition.text)`"
            let place =
                rule.clauses.isEmpty
                ? source
                : say(
                    "\(source); \(names.clauses(rule.clauses))",
                    "\(source)；\(names.clauses(rule.clauses))")
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
}
