import Policy

// What actions change, pay and open.
extension DocumentComparer {
    mutating func compareEffects(
        _ before: ActionText, _ after: ActionText, _ name: String, _ path: String
    ) {
        let (gone, added, both) = Self.matched(before.effects, after.effects) { $0.variable }
        let (oldWriter, newWriter) = (writer(old, oldNames), writer(new, names))
        let (oldWords, newWords) = (
            ExpressionWords(oldNames, input: before.input),
            ExpressionWords(names, input: after.input)
        )
        for effect in gone {
            note(
                .differs, "\(path).effects.\(effect.variable)",
                "\(name) does not change `\(effect.variable)` any more",
                "\(name)不再变更`\(effect.variable)`")
        }
        for effect in added {
            let text = newWriter.effect(effect, newWords)
            note(.differs, effect.path, "\(name) does this now: \(text)", "\(name)新增效果：\(text)")
        }
        for (one, other) in both where Self.canonical(one) != Self.canonical(other) {
            let (was, now) = (oldWriter.effect(one, oldWords), newWriter.effect(other, newWords))
            note(
                .differs, other.path,
                "\(name) changes `\(other.variable)` otherwise: before: “\(was)” Now: “\(now)”",
                "\(name)对`\(other.variable)`的变更不同：原为：“\(was)”现为：“\(now)”")
        }
    }

    /// The new value that an effect stands for.
    private static func canonical(_ effect: ActionText.Effect) -> String {
        func value(_ symbol: String, _ text: ExpressionText) -> String {
            canonical(
                ExpressionText(
                    text: "state.\(effect.variable) \(symbol) (\(text.text))", path: text.path))
        }
        return switch effect.change {
        case .set(let text): canonical(text)
        case .add(let text): value("+", text)
        case .subtract(let text): value("-", text)
        case .append(let text): "append \(canonical(text))"
        case .put(let key, let value): "put \(canonical(key)): \(canonical(value))"
        case .remove(let text): "remove \(canonical(text))"
        }
    }

    // MARK: - Payments

    private typealias Payment = CompiledContract.Action.Payment

    mutating func comparePayments(
        _ before: ActionText, _ after: ActionText, _ name: String, _ path: String
    ) {
        guard let one = old.actions[before.name], let other = new.actions[after.name] else {
            return
        }
        let sampled = SampledComparison(
            old: .init(scope: one.scope, document: old.document, input: before.input),
            new: .init(scope: other.scope, document: new.document, input: after.input))
        var removed = one.payments
        var added: [Payment] = []
        for payment in other.payments {
            if let same = removed.firstIndex(where: { Self.isSame($0.text, payment.text) }) {
                removed.remove(at: same)
            } else {
                added.append(payment)
            }
        }
        let (oldWriter, newWriter) = (writer(old, oldNames), writer(new, names))
        let (oldWords, newWords) = (
            ExpressionWords(oldNames, input: before.input),
            ExpressionWords(names, input: after.input)
        )
        for payment in added {
            let now = newWriter.payment(payment.text, newWords)
            guard
                let match = removed.firstIndex(where: {
                    Self.way($0.text) == Self.way(payment.text)
                })
            else {
                note(
                    .differs, payment.text.path, "\(name) makes a payment that it did not: \(now)",
                    "\(name)新增付款：\(now)")
                continue
            }
            let gone = removed.remove(at: match)
            let was = oldWriter.payment(gone.text, oldWords)
            let finding =
                gone.amount == nil || payment.amount == nil
                ? SampledComparison.Finding()
                : sampled.magnitudes(
                    gone.amount, if: gone.condition, payment.amount, if: payment.condition)
            let sum =
                switch (finding.more, finding.less) {
                case (let more?, nil):
                    language.say("pays more, for example where \(more)", "付款增加，例如`\(more)`")
                case (nil, let less?):
                    language.say("pays less, for example where \(less)", "付款减少，例如`\(less)`")
                case (let more?, let less?):
                    language.say(
                        "pays more in some cases (\(more)) and less in others (\(less))",
                        "付款在某些情形下增加（`\(more)`），在另一些情形下减少（`\(less)`）")
                case (nil, nil): language.say("pays in another way", "付款方式不同")
                }
            note(
                .differs, payment.text.path, "\(name) \(sum): before: “\(was)” Now: “\(now)”",
                "\(name)\(sum)：原为：“\(was)”现为：“\(now)”")
        }
        for payment in removed {
            let was = oldWriter.payment(payment.text, oldWords)
            note(
                .differs, payment.text.path, "\(name) does not make this payment any more: \(was)",
                "\(name)不再付款：\(was)")
        }
        if removed.isEmpty, added.isEmpty {
            let orders = (one.payments, other.payments)
            if zip(orders.0, orders.1).contains(where: { !Self.isSame($0.text, $1.text) }) {
                note(
                    .differs, "\(path).pay", "the payments of \(name) are made in another order",
                    "\(name)的付款顺序已变更")
            }
        }
    }

    /// From whom to whom.
    private static func way(_ payment: ActionText.Payment) -> String {
        switch payment.to {
        case .purse(let purse): "\(payment.from) to \(purse)"
        case .split: "\(payment.from) split"
        case .member: "\(payment.from) to member"
        }
    }

    private static func isSame(_ one: ActionText.Payment, _ other: ActionText.Payment) -> Bool {
        let isSameAmount =
            switch (one.amount, other.amount) {
            case (.rest, .rest): true
            case (.units(let units), .units(let others)): isSame(units, others)
            default: false
            }
        let isSameTarget =
            switch (one.to, other.to) {
            case (.purse(let purse), .purse(let another)): purse == another
            case (.split(let text), .split(let another)), (.member(let text), .member(let another)):
                isSame(text, another)
            default: false
            }
        return isSameAmount && isSameTarget && one.from == other.from
            && isSame(one.condition, other.condition) && Set(one.clauses) == Set(other.clauses)
    }

    // MARK: - Obligations, events, stages

    mutating func compareRest(
        _ before: ActionText, _ after: ActionText, _ name: String, _ path: String
    ) {
        for obligation in after.opens where !before.opens.contains(obligation) {
            note(
                .differs, "\(path).open",
                "\(name) opens the obligation \(names.obligation(obligation)) now",
                "\(name)现产生义务\(names.obligation(obligation))")
        }
        for obligation in before.opens where !after.opens.contains(obligation) {
            note(
                .differs, "\(path).open",
                "\(name) does not open the obligation \(oldNames.obligation(obligation)) any more",
                "\(name)不再产生义务\(oldNames.obligation(obligation))")
        }
        for obligation in after.fulfils where !before.fulfils.contains(obligation) {
            note(
                .differs, "\(path).fulfil",
                "\(name) fulfils the obligation \(names.obligation(obligation)) now",
                "\(name)现使义务\(names.obligation(obligation))履行完毕")
        }
        for obligation in before.fulfils where !after.fulfils.contains(obligation) {
            note(
                .differs, "\(path).fulfil",
                "\(name) does not fulfil the obligation \(oldNames.obligation(obligation)) any more",
                "\(name)不再使义务\(oldNames.obligation(obligation))履行完毕")
        }
        let events = (before.events.map(Self.text), after.events.map(Self.text))
        if events.0 != events.1 {
            note(
                .differs, "\(path).emit",
                "\(name) announced \(listed(events.0)), and announces \(listed(events.1))",
                "\(name)原发布\(listed(events.0))，现发布\(listed(events.1))")
        }
        let turns = (before.turns.map(Self.text), after.turns.map(Self.text))
        if turns.0 != turns.1 {
            let (was, now) = (
                writer(old, oldNames).next(before, ExpressionWords(oldNames, input: before.input)),
                writer(new, names).next(after, ExpressionWords(names, input: after.input))
            )
            note(
                .differs, "\(path).to", "\(name) leads elsewhere: before: “\(was)” Now: “\(now)”",
                "\(name)的后续阶段不同：原为：“\(was)”现为：“\(now)”")
        }
        if Set(before.clauses) != Set(after.clauses) {
            note(
                .differs, "\(path).clause",
                "\(name) carried out \(named(before.clauses)), and carries out \(named(after.clauses))",
                "\(name)原执行\(named(before.clauses))，现执行\(named(after.clauses))")
        }
        if before.title != after.title {
            note(
                .differs, "\(path).title",
                "the action `\(after.name)` is called \(name), and was called \(oldNames.action(before.name))",
                "操作`\(after.name)`的名称由\(oldNames.action(before.name))变为\(name)")
        }
    }

    private func listed(_ texts: [String]) -> String {
        texts.isEmpty ? language.say("nothing", "无") : language.all(texts.map { "`\($0)`" })
    }

    private static func text(_ event: ActionText.Event) -> String {
        let data = event.data.map { "\($0.name): \(canonical($0.value))" }
        return data.isEmpty ? event.name : "\(event.name) {\(data.joined(separator: ", "))}"
    }

    private static func text(_ turn: ActionText.Turn) -> String {
        "\(turn.condition.map(canonical) ?? "") -> \(turn.stage)"
    }
}
