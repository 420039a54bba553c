import Policy

extension DocumentComparer {
    /// An expression in one spelling, in which `a > b` is `b < a` and the order of what `&&` and `||` join
    /// does not matter: neither does it when they are evaluated, whatever fails.
    static func canonical(_ text: ExpressionText) -> String {
        (try? Parser.parse(SourceText(text.text))).map(canonical) ?? text.text
    }

    private static func canonical(_ expression: Expression) -> String {
        if let (symbol, left, right) = expression.binary {
            let (one, other) = (canonical(left), canonical(right))
            return switch symbol {
            case ">": "(\(other) < \(one))"
            case ">=": "(\(other) <= \(one))"
            case "==", "!=": "(\(min(one, other)) \(symbol) \(max(one, other)))"
            default: "(\(one) \(symbol) \(other))"
            }
        }
        if let operand = expression.negated { return "!\(canonical(operand))" }
        switch expression.kind {
        case .logic(let isAnd, let terms):
            let sorted = terms.map { canonical($0) }.sorted()
            return "(\(sorted.joined(separator: isAnd ? " && " : " || ")))"
        case .conditional(let test, let yes, let no):
            return "(\(canonical(test)) ? \(canonical(yes)) : \(canonical(no)))"
        default: return expression.text
        }
    }
}
