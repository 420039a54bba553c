import Policy

// Values: what is compared, paid and put.
extension ExpressionWords {
    func noun(_ expression: Expression, in setting: Setting = .free) -> String {
        if let path = expression.path, let text = name(path) { return text }
        if expression.binary.map({ "+-*/%".contains($0.symbol) }) == true
            || expression.opposite != nil
        {
            return arithmetic(expression, in: setting)
        }
        if isClaim(expression) {
            let text = claim(expression)
            return language.say("whether \(text)", "“\(text)”是否成立")
        }
        if let (collection, key) = expression.indexed { return entry(of: collection, key) }
        switch expression.kind {
        case .literal(let literal): return constant(literal)
        case .conditional(let test, let yes, let no):
            let parts = (branch(yes), claim(test, in: .operand), branch(no))
            let text = language.say(
                "\(parts.0) if \(parts.1), and otherwise \(parts.2)",
                "（若\(parts.1)，则为\(parts.0)；否则为\(parts.2)）")
            return language == .english && setting != .free ? "(\(text))" : text
        case .list(let elements):
            return elements.isEmpty
                ? language.say("nothing", "空") : language.all(elements.map { noun($0.value) })
        case .map(let entries):
            guard !entries.isEmpty else { return language.say("nothing", "空") }
            return language.all(
                entries.map { entry in
                    let (key, value) = (noun(entry.key), noun(entry.value))
                    return language.say("\(value) for \(key)", "\(key)对应\(value)")
                })
        case .comprehension(let loop): return gathered(loop)
        case .bind(let variable, let value, let body):
            let inner = with(variable, type(of: value))
            return language.say(
                "\(inner.noun(body)), where `\(variable)` is \(noun(value))",
                "\(inner.noun(body))（其中`\(variable)`为\(noun(value))）")
        case .call(let name, let receiver, let arguments):
            return called(name, receiver, arguments, expression)
        default: return "`\(expression.text)`"
        }
    }

    /// What becomes of a state variable: "goes up by 1", "becomes …".
    ///
    /// - Parameter word: What the sentence calls it.
    func change(of variable: String, called word: String, to text: ExpressionText) -> String {
        guard let expression = try? Parser.parse(SourceText(text.text)) else {
            return language.say("\(word) becomes `\(text.text)`", "\(word)变更为`\(text.text)`")
        }
        return change(of: variable, called: word, to: expression)
    }

    private func change(
        of variable: String, called word: String, to expression: Expression
    ) -> String {
        if expression.path == "state.\(variable)" {
            return language.say("\(word) stays as it is", "\(word)不变")
        }
        if expression.isEmptyLiteral { return language.say("\(word) is emptied", "\(word)清空") }
        if case .conditional(let test, let yes, let no) = expression.kind {
            let when = claim(test, in: .operand)
            let (one, other) = (
                change(of: variable, called: word, to: yes),
                change(of: variable, called: language.say("it", ""), to: no)
            )
            return language.say(
                "if \(when), \(one); otherwise \(other)", "若\(when)，则\(one)；否则\(other)")
        }
        let isNumber =
            if case .int? = type(of: expression) { true } else { type(of: expression) == .money }
        if isNumber, let (symbol, left, right) = expression.binary, left.path == "state.\(variable)"
        {
            let amount = noun(right)
            if symbol == "+" {
                return language.say("\(word) goes up by \(amount)", "\(word)增加\(amount)")
            }
            if symbol == "-" {
                return language.say("\(word) goes down by \(amount)", "\(word)减少\(amount)")
            }
        }
        let text = noun(expression)
        return language.say("\(word) becomes \(text)", "\(word)变更为\(text)")
    }

    /// A noun in which only what has an "if" of its own needs brackets.
    func branch(_ expression: Expression) -> String {
        let isConditional = if case .conditional = expression.kind { true } else { false }
        return noun(expression, in: isConditional ? .operand : .free)
    }

    private func isClaim(_ expression: Expression) -> Bool {
        if expression.negated != nil || expression.binary != nil { return true }
        return switch expression.kind {
        case .logic, .presence: true
        case .comprehension(let loop): [.all, .exists, .existsOne].contains(loop.kind)
        case .call(let name, .some, _):
            ["contains", "startsWith", "endsWith", "matches", "hasValue"].contains(name)
        default: false
        }
    }

    private func name(_ path: String) -> String? {
        switch path {
        case "now": return language.say("the current time", "当前时间")
        case "sender": return language.say("the one who acts", "操作方")
        case "offeredBy": return language.say("the party that made the offer", "要约方")
        case "escrow": return language.say("the money in escrow", "托管金额")
        case "stage": return language.say("the stage", "所处阶段")
        case "contract": return language.say("the name of this contract", "本合约名称")
        default: break
        }
        guard let dot = path.firstIndex(of: ".") else { return "`\(path)`" }
        let field = String(path[path.index(after: dot)...])
        switch path[..<dot] {
        case "terms": return names.term(field)
        case "state": return names.variable(field)
        case "input": return names.input(field)
        case "parties": return names.party(field)
        default: return nil
        }
    }

    private func constant(_ literal: Expression.Literal) -> String {
        switch literal {
        case .bool(let value): values.yes(value)
        case .int(let value): values.number(value)
        case .string(let bytes):
            bytes.isEmpty
                ? language.say("the empty text", "空文字")
                : language.quoted(String(decoding: bytes, as: UTF8.self))
        case .null: language.say("nothing", "空")
        case .uint(let value): String(value)
        case .double(let value): String(value)
        case .bytes: language.say("certain bytes", "特定字节")
        }
    }

    // MARK: - Entries

    private func entry(of collection: Expression, _ key: Expression) -> String {
        let whole = noun(collection, in: .operand)
        let isTable = if case .map? = type(of: collection) { true } else { false }
        if isTable {
            let item = noun(key, in: .operand)
            return language.say("the entry of \(whole) for \(item)", "\(whole)中\(item)对应的值")
        }
        // People count from 1.
        if case .literal(.int(let index)) = key.kind, index < .max {
            let ordinals = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh"]
            let ordinal =
                ordinals.indices.contains(Int(clamping: index))
                ? "the \(ordinals[Int(index)]) entry" : "entry number \(index + 1)"
            return language.say("\(ordinal) of \(whole)", "\(whole)的第\(index + 1)项")
        }
        let number: String
        if let (symbol, left, right) = key.binary, symbol == "-",
            case .literal(.int(1)) = right.kind
        {
            number = noun(left, in: .operand)
        } else {
            let index = noun(key, in: .operand)
            number = language.say("(\(index) plus 1)", "（\(index)加 1）")
        }
        return language.say("entry number \(number) of \(whole)", "\(whole)的第\(number)项")
    }

    private func gathered(_ loop: Expression.Comprehension) -> String {
        let inner = variables(of: loop)
        let range = noun(loop.range, in: .operand)
        let variable = (loop.second ?? loop.variable)
        if loop.kind == .transformMapEntry, loop.filter == nil,
            case .map(let entries) = loop.body.kind,
            entries.count == 1, entries[0].key.path == variable,
            case .literal = entries[0].value.kind
        {
            let each = noun(entries[0].value)
            return language.say("\(each) for each of \(range)", "\(range)各为\(each)")
        }
        let body = inner.noun(loop.body)
        let condition =
            loop.filter.map { filter in
                let text = inner.claim(filter, in: .operand)
                return language.say(" for which \(text)", "（须满足：\(text)）")
            } ?? ""
        if loop.kind == .filter {
            let test = inner.claim(loop.body)
            return language.say(
                "the entries `\(variable)` of \(range) for which \(test)",
                "\(range)中满足“\(test)”的各项`\(variable)`")
        }
        let both =
            loop.second == nil || !inner.mentions(loop.variable, in: loop.body)
            ? "`\(variable)`"
            : "`\(loop.variable)`\(language.say(" with ", "、"))`\(variable)`"
        return language.say(
            "\(body), for each \(both) of \(range)\(condition)",
            "\(range)中每一项\(both)\(condition)：\(body)")
    }

    private func mentions(_ variable: String, in expression: Expression) -> Bool {
        expression.text.split { !$0.isLetter && !$0.isNumber && $0 != "_" }
            .contains { $0 == variable }
    }

    // MARK: - Functions

    private func called(
        _ name: String, _ receiver: Expression?, _ arguments: [Expression], _ whole: Expression
    ) -> String {
        if case .literal(.string(let bytes))? = arguments.first?.kind, receiver == nil {
            let text = String(decoding: bytes, as: UTF8.self)
            if name == "duration", let span = TimeSpan(text) { return values.length(span) }
            if name == "timestamp", let instant = Instant(rfc3339: text) {
                return values.time(instant)
            }
        }
        let items = arguments.map { noun($0, in: .operand) }
        switch (name, receiver?.path, items.count) {
        case ("greatest", "math", 2...):
            return language.say(
                "the \(items.count == 2 ? "greater" : "greatest") of \(language.all(items))",
                "\(language.all(items))中的\(items.count == 2 ? "较" : "最")大者")
        case ("least", "math", 2...):
            return language.say(
                "the \(items.count == 2 ? "lesser" : "least") of \(language.all(items))",
                "\(language.all(items))中的\(items.count == 2 ? "较" : "最")小者")
        case ("greatest", "math", 1):
            return language.say("the greatest of \(items[0])", "\(items[0])中的最大者")
        case ("least", "math", 1):
            return language.say("the least of \(items[0])", "\(items[0])中的最小者")
        case ("abs", "math", 1):
            return language.say("the size of \(items[0]) without its sign", "\(items[0])的绝对值")
        case ("size", nil, 1): return size(of: arguments[0])
        case ("int", nil, 1), ("string", nil, 1), ("duration", nil, 1), ("timestamp", nil, 1):
            return items[0]
        default: break
        }
        guard let receiver else { return "`\(whole.text)`" }
        if name == "size", items.isEmpty { return size(of: receiver) }
        let subject = noun(receiver, in: .operand)
        if let part = Self.calendar[name], type(of: receiver) == .duration {
            let whole = noun(receiver)
            return language.say(
                "the whole \(part.english) of \(whole)", "\(whole)的整\(part.chinese)")
        }
        if let part = Self.calendar[name] {
            let zone: String =
                if case .literal(.string(let bytes))? = arguments.first?.kind {
                    String(decoding: bytes, as: UTF8.self)
                } else {
                    "UTC"
                }
            return language.say(
                "the \(part.english) of \(subject) (\(zone))", "\(subject)（\(zone)）的\(part.chinese)"
            )
        }
        if name == "orValue", items.count == 1 {
            return language.say(
                "\(subject), or \(items[0]) where there is none", "\(subject)（如无则为\(items[0])）")
        }
        return "`\(whole.text)`"
    }

    private func size(of expression: Expression) -> String {
        if case .comprehension(let loop) = expression.kind, loop.kind == .filter {
            let range = noun(loop.range, in: .operand)
            let test = variables(of: loop).claim(loop.body)
            return language.say(
                "the number of entries `\(loop.variable)` of \(range) for which \(test)",
                "\(range)中满足“\(test)”的`\(loop.variable)`的数目")
        }
        let text = noun(expression, in: .operand)
        switch type(of: expression) {
        case .string?, .choice?, .member?, .dataset?, .model?, .digest?:
            return language.say("the length of \(text)", "\(text)的长度")
        default:
            if expression.path?.hasPrefix("parties.") == true {
                return language.say("the number of \(text)", "\(text)的人数")
            }
            return language.say("the number of entries in \(text)", "\(text)的项数")
        }
    }

    private static let calendar: [String: (english: String, chinese: String)] = [
        "getFullYear": ("year", "年份"), "getMonth": ("month, counted from 0,", "月份（从 0 起计）"),
        "getDate": ("day of the month", "日"),
        "getDayOfMonth": ("day of the month, counted from 0,", "日（从 0 起计）"),
        "getDayOfWeek": ("day of the week, counted from Sunday as 0,", "星期（周日为 0）"),
        "getDayOfYear": ("day of the year, counted from 0,", "年内日序（从 0 起计）"),
        "getHours": ("hours", "小时数"),
        "getMinutes": ("minutes", "分钟数"), "getSeconds": ("seconds", "秒数"),
        "getMilliseconds": ("milliseconds", "毫秒数"),
    ]
}
