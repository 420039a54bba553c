import Policy

// Sums and products: in words where they are short, and as formulas where words would hide them.
extension ExpressionWords {
    private static let operationsInWordsMax = 2

    func arithmetic(_ expression: Expression, in setting: Setting) -> String {
        let kind = type(of: expression)
        if kind == .timestamp || kind == .duration, let text = time(expression) {
            return setting == .free ? text : language.bracketed(text)
        }
        if let (symbol, left, right) = expression.binary, symbol == "+" {
            switch kind {
            case .string?:
                return language.say(
                    "\(noun(left)) followed by \(noun(right))", "\(noun(left))后接\(noun(right))")
            case .list?:
                return language.say(
                    "\(noun(left)) together with \(noun(right))", "\(noun(left))及\(noun(right))")
            default: break
            }
        }
        if Self.operations(in: expression) > Self.operationsInWordsMax {
            return formula(expression, in: 0)
        }
        let text = words(expression)
        return setting == .free ? text : language.bracketed(text)
    }

    private static func operations(in expression: Expression) -> Int {
        var count = 0
        if let (symbol, left, right) = expression.binary, "+-*/%".contains(symbol) {
            count += 1 + operations(in: left) + operations(in: right)
        } else if case .call(_, _, let arguments) = expression.kind {
            count += arguments.map(operations).reduce(0, +)
        }
        return count
    }

    private func words(_ expression: Expression) -> String {
        guard let (symbol, left, right) = expression.binary else {
            guard let operand = expression.opposite else { return noun(expression, in: .operand) }
            return language.say(
                "minus \(noun(operand, in: .operand))", "负\(noun(operand, in: .operand))")
        }
        let isSum = symbol == "+" || symbol == "-"
        // What a sum begins with needs no brackets.
        let (one, other) = (
            isSum && left.binary != nil ? words(left) : noun(left, in: .operand),
            noun(right, in: .operand)
        )
        return switch symbol {
        case "+": language.say("\(one) plus \(other)", "\(one)加\(other)")
        case "-": language.say("\(one) minus \(other)", "\(one)减\(other)")
        case "*": language.say("\(one) times \(other)", "\(one)乘以\(other)")
        case "/":
            language.say("\(one) divided by \(other) (fractions dropped)", "\(one)除以\(other)（舍去小数）")
        default:
            language.say("the remainder of \(one) divided by \(other)", "\(one)除以\(other)的余数")
        }
    }

    private func time(_ expression: Expression) -> String? {
        guard let (symbol, left, right) = expression.binary else { return nil }
        let (one, other) = (branch(left), branch(right))
        switch (symbol, type(of: left), type(of: right)) {
        case ("-", .timestamp?, .timestamp?):
            return language.say("the time from \(other) to \(one)", "自\(other)至\(one)的时长")
        case ("-", .timestamp?, _):
            return language.say("\(other) before \(one)", "\(one)前推\(other)之时")
        case ("+", .timestamp?, _):
            return language.say("\(other) after \(one)", "自\(one)起满\(other)之时")
        case ("+", _, .timestamp?):
            return language.say("\(one) after \(other)", "自\(other)起满\(one)之时")
        default: return nil
        }
    }

    private func formula(_ expression: Expression, in tightness: Int) -> String {
        if let (symbol, left, right) = expression.binary, "+-*/%".contains(symbol) {
            let own = symbol == "+" || symbol == "-" ? 1 : 2
            let sign = ["+": "+", "-": "−", "*": "×", "/": "÷", "%": "mod"][symbol] ?? symbol
            let text = "\(formula(left, in: own)) \(sign) \(formula(right, in: own + 1))"
            return own < tightness ? language.bracketed(text) : text
        }
        if case .call(let name, let receiver?, let arguments) = expression.kind,
            receiver.path == "math",
            let short = ["greatest": "max", "least": "min", "abs": "abs"][name]
        {
            return "\(short)(\(arguments.map { formula($0, in: 0) }.joined(separator: ", ")))"
        }
        if let operand = expression.opposite { return "−\(formula(operand, in: 3))" }
        return noun(expression, in: .operand)
    }
}
