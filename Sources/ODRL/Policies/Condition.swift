/// What must be so for a rule to apply.
package indirect enum Condition: Hashable, Sendable {
    case comparison(Comparison)
    /// All hold; without any, the condition always does.
    case all([Condition])
    case any([Condition])
    case exactlyOne([Condition])
    /// All hold, and came to hold in this order.
    case sequence([Condition])
    /// What could not be read as a condition, and why.
    case unreadable(String)

    package static let always = Condition.all([])

    /// All of these conditions, without one around them that says nothing.
    package static func both(_ conditions: [Condition]) -> Condition {
        var parts: [Condition] = []
        for condition in conditions {
            if case .all(let inner) = condition { parts += inner } else { parts.append(condition) }
        }
        let sorted = parts.normalised
        return sorted.count == 1 ? sorted[0] : .all(sorted)
    }

    package static func either(_ conditions: [Condition]) -> Condition {
        let sorted = conditions.normalised
        return sorted.count == 1 ? sorted[0] : .any(sorted)
    }

    /// Exactly one of these; one that stands twice is never the only one.
    package static func exclusively(_ conditions: [Condition]) -> Condition {
        conditions.count == 1 ? conditions[0] : .exactlyOne(conditions.inNormalOrder)
    }

    /// Its parts where all must hold.
    package var conjuncts: [Condition] {
        if case .all(let parts) = self { parts } else { [self] }
    }

    package var comparison: Comparison? {
        if case .comparison(let comparison) = self { comparison } else { nil }
    }
}

/// One comparison of a fact with values.
package struct Comparison: Hashable, Sendable {
    package var left: IRI
    /// As written; ``Operator`` says whether it is known.
    package var relation: IRI
    package var right: Right
    package var unit: IRI?

    package enum Right: Hashable, Sendable {
        /// At least one, sorted.
        case values([OperandValue])
        /// Values that stand elsewhere, and are not fetched.
        case references([IRI])
    }

    package init(
        _ left: IRI, _ relation: Operator, _ values: OperandValue..., unit: IRI? = nil
    ) {
        self.init(left: left, relation: relation.iri, right: .values(values), unit: unit)
    }

    package init(left: IRI, relation: IRI, right: Right, unit: IRI?) {
        self.left = left
        self.relation = Operator(relation)?.iri ?? relation
        self.right =
            switch right {
            case .values(let values): .values(values.normalised)
            case .references(let references): .references(references.normalised)
            }
        self.unit = unit
    }
}

package enum OperandValue: Hashable, Comparable, Sendable {
    case name(IRI)
    case literal(Literal)

    /// Its text: an IRI, or a literal's words or digits.
    package var text: String {
        switch self {
        case .name(let iri): iri.text
        case .literal(let literal): literal.text
        }
    }

    package static func text(_ text: String) -> OperandValue { .literal(Literal(text)) }
    package static func integer(_ number: Int64) -> OperandValue {
        .literal(Literal(String(number), .xsd("integer")))
    }
}

extension Array where Element: Comparable & Hashable {
    /// In order, and each once.
    var normalised: [Element] {
        sorted().reduce(into: []) { if $0.last != $1 { $0.append($1) } }
    }
}
