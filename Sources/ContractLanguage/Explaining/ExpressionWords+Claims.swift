import Policy

// Conditions: what holds or does not.
extension ExpressionWords {
    /// How closely what stands around a claim binds, so that "and" and "or" are never mistaken.
    enum Setting {
        case free, inAnd, inOr, operand
    }

    /// - Parameter isDenied: Whether the opposite is said.
    func claim(
        _ expression: Expression, isDenied: Bool = false, in setting: Setting = .free
    ) -> String {
        if let inner = expression.negated { return claim(inner, isDenied: !isDenied, in: setting) }
        if let (symbol, left, right) = expression.binary {
            if let text = comparison(symbol, left, right, isDenied: isDenied) { return text }
        }
        switch expression.kind {
        case .literal(.bool(let value)):
            return value != isDenied
                ? language.say("always", "始终成立") : language.say("never", "始终不成立")
        case .logic(let isAnd, let terms):
            return logic(isAnd: isAnd != isDenied, terms, isDenied: isDenied, in: setting)
        case .conditional(let test, let yes, let no):
            let parts = (
                claim(test, in: .operand), claim(yes, isDenied: isDenied, in: .operand),
                claim(no, isDenied: isDenied, in: .operand)
            )
            return bracketed(
                language.say(
                    "if \(parts.0), \(parts.1); otherwise \(parts.2)",
                    "若\(parts.0)，则\(parts.1)；否则\(parts.2)"), if: setting != .free)
        case .presence(let operand, let field):
            let place = "`\((operand.path.map { "\($0)." } ?? "") + field)`"
            return isDenied
                ? language.say("\(place) is not given", "\(place)未给出")
                : language.say("\(place) is given", "\(place)已给出")
        case .comprehension(let loop):
            // What a quantifier says goes on to the end of the sentence, or of the brackets.
            return quantified(loop, isDenied: isDenied).map { bracketed($0, if: setting != .free) }
                ?? plain(expression, isDenied: isDenied)
        case .bind(let variable, let value, let body):
            let inner = with(variable, type(of: value))
            let (text, meaning) = (inner.claim(body, isDenied: isDenied), noun(value))
            return bracketed(
                language.say(
                    "\(text); here `\(variable)` is \(meaning)",
                    "\(text)；其中`\(variable)`为\(meaning)"),
                if: setting != .free)
        case .call(let name, let receiver?, let arguments):
            return call(name, receiver, arguments, isDenied: isDenied)
                ?? plain(expression, isDenied: isDenied)
        default: return plain(expression, isDenied: isDenied)
        }
    }

    private func plain(_ expression: Expression, isDenied: Bool) -> String {
        let text = noun(expression, in: .operand)
        return language.say(
            "\(text) is \(values.yes(!isDenied))", "\(text)为\(values.yes(!isDenied))")
    }

    private func bracketed(_ text: String, if isNeeded: Bool) -> String {
        isNeeded ? language.bracketed(text) : text
    }

    // MARK: - And, or, if

    private func logic(
        isAnd: Bool, _ terms: [Expression], isDenied: Bool, in setting: Setting
    ) -> String {
        if !isAnd, terms.count == 2, let condition = premise(terms[0], isDenied: isDenied) {
            let conclusion = claim(terms[1], isDenied: isDenied, in: .operand)
            return bracketed(
                language.say("if \(condition), then \(conclusion)", "若\(condition)，则\(conclusion)"),
                if: setting != .free)
        }
        let inner: Setting = isAnd ? .inAnd : .inOr
        let parts = terms.map { claim($0, isDenied: isDenied, in: inner) }
        let lead = parts.dropLast()
        let last = parts[parts.count - 1]
        let isMixed =
            setting == .operand || (setting == .inAnd && !isAnd)
            || (setting == .inOr && isAnd)
        let text: String
        if isAnd {
            text = language.say(
                lead.joined(separator: ", ") + (parts.count > 2 ? ", and " : " and ") + last,
                parts.joined(separator: "，且"))
        } else {
            text = language.say(
                (isMixed ? "" : "either ") + lead.joined(separator: ", ")
                    + (parts.count > 2 ? ", or " : " or ") + last,
                parts.joined(separator: "，或"))
        }
        return bracketed(text, if: isMixed)
    }

    /// "a is not so, or b" reads better as "if a is so, then b".
    private func premise(_ expression: Expression, isDenied: Bool) -> String? {
        let isOpposite: Bool
        if expression.negated != nil {
            isOpposite = !isDenied
        } else if let (symbol, _, _) = expression.binary {
            isOpposite = (symbol == "!=") != isDenied && (symbol == "!=" || symbol == "==")
        } else {
            return nil
        }
        return isOpposite ? claim(expression, isDenied: !isDenied, in: .operand) : nil
    }

    private func quantified(_ loop: Expression.Comprehension, isDenied: Bool) -> String? {
        let range = noun(loop.range, in: .operand)
        let inner = variables(of: loop)
        let variable = ([loop.variable] + [loop.second].compactMap(\.self))
            .map { "`\($0)`" }.joined(separator: language.say(" and ", "、"))
        let body = inner.claim(loop.body)
        switch (loop.kind, isDenied) {
        case (.all, false):
            return language.say(
                "for each \(variable) of \(range): \(body)", "\(range)中的每一项\(variable)均满足：\(body)")
        case (.all, true):
            return language.say(
                "not for each \(variable) of \(range): \(body)",
                "\(range)中并非每一项\(variable)均满足：\(body)")
        case (.exists, false):
            return language.say(
                "for at least one \(variable) of \(range): \(body)",
                "\(range)中至少有一项\(variable)满足：\(body)")
        case (.exists, true):
            return language.say(
                "for no \(variable) of \(range): \(body)", "\(range)中没有任何一项\(variable)满足：\(body)")
        case (.existsOne, false):
            return language.say(
                "for exactly one \(variable) of \(range): \(body)",
                "\(range)中恰有一项\(variable)满足：\(body)")
        case (.existsOne, true):
            return language.say(
                "not for exactly one \(variable) of \(range): \(body)",
                "\(range)中并非恰有一项\(variable)满足：\(body)")
        default: return nil
        }
    }

    private func call(
        _ name: String, _ receiver: Expression, _ arguments: [Expression], isDenied: Bool
    ) -> String? {
        let phrases: (yes: String, no: String, chinese: String, opposite: String)
        switch name {
        case "contains": phrases = ("contains", "does not contain", "包含", "不包含")
        case "startsWith": phrases = ("begins with", "does not begin with", "开头为", "开头不为")
        case "endsWith": phrases = ("ends with", "does not end with", "结尾为", "结尾不为")
        case "matches":
            phrases = ("is of the form", "is not of the form", "符合格式", "不符合格式")
        case "hasValue" where arguments.isEmpty:
            let text = noun(receiver, in: .operand)
            return isDenied
                ? language.say("there is no \(text)", "不存在\(text)")
                : language.say("there is \(text)", "存在\(text)")
        default: return nil
        }
        guard arguments.count == 1 else { return nil }
        let (text, other) = (noun(receiver, in: .operand), noun(arguments[0], in: .operand))
        return isDenied
            ? language.say("\(text) \(phrases.no) \(other)", "\(text)\(phrases.opposite)\(other)")
            : language.say("\(text) \(phrases.yes) \(other)", "\(text)\(phrases.chinese)\(other)")
    }
}
