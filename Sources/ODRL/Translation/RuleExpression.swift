import Encodings
import Policy

/// Conditions in the language of contract rules.
struct RuleExpression {
    let names: LabNames
    /// Whether uses and epsilon have to be counted, which the expressions written so far ask for.
    private(set) var counts = false
    private(set) var spends = false
    private(set) var asksPurpose = false

    init(names: LabNames) {
        self.names = names
    }

    /// - Returns: `nil` where the lab cannot decide the condition.
    mutating func text(of condition: Condition, forbids: Bool) -> String? {
        guard condition.obstacles(forbids: forbids, inLab: true).isEmpty else { return nil }
        return text(of: condition)
    }

    private mutating func text(of condition: Condition) -> String? {
        switch condition {
        case .comparison(let comparison): return text(of: comparison)
        case .all(let parts), .sequence(let parts):
            return joined(parts, by: " && ", empty: "true")
        case .any(let parts): return joined(parts, by: " || ", empty: "false")
        case .exactlyOne(let parts):
            var terms: [String] = []
            for part in parts {
                guard let text = text(of: part) else { return nil }
                terms.append("((\(text)) ? 1 : 0)")
            }
            return "\(terms.joined(separator: " + ")) == 1"
        case .unreadable: return nil
        }
    }

    private mutating func joined(
        _ parts: [Condition], by sign: String, empty: String
    ) -> String? {
        var texts: [String] = []
        for part in parts {
            guard let text = text(of: part) else { return nil }
            texts.append(parts.count == 1 ? text : "(\(text))")
        }
        return texts.isEmpty ? empty : texts.joined(separator: sign)
    }

    private mutating func text(of comparison: Comparison) -> String? {
        guard let relation = Operator(comparison.relation),
            case .values(let values) = comparison.right, let value = values.first
        else { return nil }
        switch comparison.left {
        case .dateTime: return value.moments.flatMap { Self.moment(relation, $0) }
        case .elapsedTime, .delayPeriod:
            guard case .success(let length) = value.duration, let sign = relation.sign else {
                return nil
            }
            return "now - state.concluded \(sign) duration(\"\(length.secondsText)\")"
        case .count:
            guard let number = value.number, number.isWhole, let sign = relation.sign else {
                return nil
            }
            counts = true
            return "state.uses + 1 \(sign) \(number.whole)"
        case .epsilonMicro:
            guard let number = value.number, number.isWhole, let sign = relation.sign else {
                return nil
            }
            spends = true
            return "state.epsilonMicro + input.epsilonMicro \(sign) \(number.whole)"
        case .purpose:
            asksPurpose = true
            return Self.membership("input.purpose", relation, values.map(\.text))
        case .recipient:
            let members = values.map { value in
                names.member(IRI(value.text)) ?? value.text
            }
            return Self.membership("parties.licensee", relation, members)
        default: return nil
        }
    }

    private static func moment(
        _ relation: Operator, _ moments: (start: Instant, end: Instant)
    ) -> String? {
        let start = "timestamp(\"\(moments.start.rfc3339)\")"
        let end = "timestamp(\"\(moments.end.rfc3339)\")"
        return switch relation {
        case .lt: "now < \(start)"
        case .lteq: "now < \(end)"
        case .gt: "now >= \(end)"
        case .gteq: "now >= \(start)"
        case .eq: "now >= \(start) && now < \(end)"
        case .neq: "now < \(start) || now >= \(end)"
        default: nil
        }
    }

    private static func membership(
        _ name: String, _ relation: Operator, _ texts: [String]
    ) -> String? {
        let list = "[\(texts.map(quoted).joined(separator: ", "))]"
        switch relation {
        case .eq, .isAnyOf, .isA, .isPartOf:
            return texts.count == 1 ? "\(name) == \(quoted(texts[0]))" : "\(name) in \(list)"
        case .neq, .isNoneOf:
            return texts.count == 1 ? "\(name) != \(quoted(texts[0]))" : "!(\(name) in \(list))"
        default: return nil
        }
    }

    /// A string literal; what JSON escapes, CEL reads alike.
    static func quoted(_ text: String) -> String { JSONValue.string(text).canonicalText }
}

extension Operator {
    fileprivate var sign: String? {
        switch self {
        case .eq: "=="
        case .neq: "!="
        case .lt: "<"
        case .lteq: "<="
        case .gt: ">"
        case .gteq: ">="
        default: nil
        }
    }
}
