import Policy

// Comparisons and membership.
extension ExpressionWords {
    private static let opposites = [
        "<": ">=", ">=": "<", ">": "<=", "<=": ">", "==": "!=", "!=": "==",
    ]

    /// `nil` for what is no comparison.
    func comparison(
        _ symbol: String, _ left: Expression, _ right: Expression, isDenied: Bool
    ) -> String? {
        if symbol == "in" { return membership(left, right, isDenied: isDenied) }
        guard let opposite = Self.opposites[symbol] else { return nil }
        let symbol = isDenied ? opposite : symbol
        if let text = emptiness(symbol, left, right) { return text }
        if let text = equality(symbol, left, right) { return text }
        let kind = type(of: left) ?? type(of: right)
        let phrase =
            switch (kind, symbol) {
            case (.timestamp?, "<"): language.say("is before", "早于")
            case (.timestamp?, "<="): language.say("is not after", "不晚于")
            case (.timestamp?, ">"): language.say("is after", "晚于")
            case (.timestamp?, ">="): language.say("is not before", "不早于")
            case (.duration?, "<"): language.say("is shorter than", "短于")
            case (.duration?, "<="): language.say("is at most", "不超过")
            case (.duration?, ">"): language.say("is longer than", "长于")
            case (.duration?, ">="): language.say("is at least", "不短于")
            case (_, "<"): language.say("is less than", "小于")
            case (_, "<="): language.say("is at most", "不超过")
            case (_, ">"): language.say("is more than", "大于")
            case (_, ">="): language.say("is at least", "不小于")
            case (_, "!="): language.say("is not", "不等于")
            default:
                switch kind {
                case .int?, .money?: language.say("equals", "等于")
                default: language.say("is", "为")
                }
            }
        return language.say(
            "\(noun(left)) \(phrase) \(noun(right))", "\(noun(left))\(phrase)\(noun(right))")
    }

    /// `size(x) > 0`, `x != ''`.
    private func emptiness(_ symbol: String, _ left: Expression, _ right: Expression) -> String? {
        let subject: Expression
        let isEmpty: Bool
        if let sized = sized(left), case .literal(.int(let bound)) = right.kind {
            switch (symbol, bound) {
            case ("==", 0), ("<", 1), ("<=", 0): isEmpty = true
            case ("!=", 0), (">", 0), (">=", 1): isEmpty = false
            default: return nil
            }
            subject = sized
        } else if symbol == "==" || symbol == "!=", right.isEmptyLiteral {
            subject = left
            isEmpty = symbol == "=="
        } else {
            return nil
        }
        let text = noun(subject)
        return isEmpty
            ? language.say("\(text) is empty", "\(text)为空")
            : language.say("\(text) is not empty", "\(text)不为空")
    }

    private func sized(_ expression: Expression) -> Expression? {
        switch expression.kind {
        case .call("size", receiver: nil, let arguments): arguments.first
        case .call("size", let receiver?, let arguments) where arguments.isEmpty: receiver
        default: nil
        }
    }

    /// Stages, members and yes or no.
    private func equality(_ symbol: String, _ left: Expression, _ right: Expression) -> String? {
        guard symbol == "==" || symbol == "!=" else { return nil }
        let isSame = symbol == "=="
        if left.path == "stage", case .literal(.string(let bytes)) = right.kind {
            let stage = names.stage(String(decoding: bytes, as: UTF8.self))
            return isSame
                ? language.say("the contract is in stage \(stage)", "合约处于\(stage)阶段")
                : language.say("the contract is not in stage \(stage)", "合约不处于\(stage)阶段")
        }
        if case .literal(.bool(let value)) = right.kind {
            return claim(left, isDenied: value != isSame)
        }
        guard let one = left.path, let other = right.path else { return nil }
        if one.hasPrefix("parties."), other.hasPrefix("parties.") {
            let (first, second) = (noun(left), noun(right))
            return isSame
                ? language.say(
                    "\(first) and \(second) are the same member", "\(first)与\(second)为同一成员")
                : language.say(
                    "\(first) and \(second) are different members", "\(first)与\(second)为不同成员")
        }
        guard (type(of: left) ?? type(of: right)) == .member else { return nil }
        return isSame
            ? language.say("\(noun(left)) is \(noun(right))", "\(noun(left))即为\(noun(right))")
            : language.say("\(noun(left)) is not \(noun(right))", "\(noun(left))并非\(noun(right))")
    }

    private func membership(_ left: Expression, _ right: Expression, isDenied: Bool) -> String {
        if case .list(let elements) = right.kind, !elements.isEmpty {
            let isStage = left.path == "stage"
            let items = elements.map { element in
                if isStage, case .literal(.string(let bytes)) = element.value.kind {
                    return names.stage(String(decoding: bytes, as: UTF8.self))
                }
                return noun(element.value)
            }
            let text = language.any(items)
            if isStage {
                return isDenied
                    ? language.say("the contract is not in stage \(text)", "合约不处于\(text)阶段")
                    : language.say("the contract is in stage \(text)", "合约处于\(text)阶段")
            }
            return isDenied
                ? language.say(
                    "\(noun(left)) is neither of \(language.all(items))", "\(noun(left))不是\(text)")
                : language.say("\(noun(left)) is \(text)", "\(noun(left))为\(text)")
        }
        let (item, whole) = (noun(left), noun(right))
        if case .map? = type(of: right) {
            return isDenied
                ? language.say("\(whole) has no entry for \(item)", "\(whole)中没有\(item)的记录")
                : language.say("\(whole) has an entry for \(item)", "\(whole)中已有\(item)的记录")
        }
        if right.path?.hasPrefix("parties.") == true {
            return isDenied
                ? language.say("\(item) is not one of \(whole)", "\(item)不是\(whole)之一")
                : language.say("\(item) is one of \(whole)", "\(item)是\(whole)之一")
        }
        return isDenied
            ? language.say("\(item) is not among \(whole)", "\(item)不在\(whole)之列")
            : language.say("\(item) is among \(whole)", "\(item)在\(whole)之列")
    }
}

extension Expression {
    /// `''`, `[]` and `{}`.
    var isEmptyLiteral: Bool {
        switch kind {
        case .literal(.string(let bytes)): bytes.isEmpty
        case .list(let elements): elements.isEmpty
        case .map(let entries): entries.isEmpty
        default: false
        }
    }
}
