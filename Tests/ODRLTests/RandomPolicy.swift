import ODRL
import Randomness

/// Draws policies: with all operators and connectives, refinements, duties in duties, and terms that
/// nobody knows.
struct RandomPolicy {
    var random: SeededRandom

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
    }

    mutating func policy() -> UsagePolicy {
        UsagePolicy(
            uid: name("policy"), kind: pick(UsagePolicy.Kind.allCases),
            conflict: pick(ConflictStrategy.allCases),
            profiles: some(0...1, { _ in IRI("http://www.w3.org/ns/odrl/2/core") }),
            unresolvedParents: chance(8) ? [name("parent")] : [],
            permissions: some(0...3, { $0.permission() }),
            prohibitions: some(0...2, { $0.prohibition() }),
            obligations: some(0...1, { $0.duty(depth: 0) }),
            unreadable: chance(10) ? ["status: what nobody knows"] : [])
    }

    private mutating func permission() -> Permission {
        let uid = uid()
        return Permission(uid: uid, scope(), duties: some(0...2, { $0.duty(depth: 0) }))
    }

    private mutating func prohibition() -> Prohibition {
        let uid = uid()
        return Prohibition(uid: uid, scope(), remedies: some(0...1, { $0.duty(depth: 0) }))
    }

    private mutating func duty(depth: Int) -> Duty {
        let uid = uid()
        return Duty(
            uid: uid, scope(),
            consequences: depth < 2 ? some(0...1, { $0.duty(depth: depth + 1) }) : [])
    }

    private mutating func scope() -> RuleScope {
        RuleScope(
            actions: some(1...2, { $0.action() }),
            targets: some(0...2, { $0.asset() }),
            outputs: chance(6) ? [asset()] : [],
            parties: some(0...3, { $0.role() }),
            condition: .both(some(0...3, { $0.condition(depth: 0) })),
            unreadable: chance(12) ? ["an odd: property"] : [])
    }

    private mutating func action() -> RefinedAction {
        let iri = chance(10) ? name("action") : pick(UsageAction.known).iri
        return RefinedAction(
            iri, refinement: chance(3) ? .both(some(1...2, { $0.condition(depth: 1) })) : .always)
    }

    private mutating func asset() -> AssetReference {
        let party = party()
        return AssetReference(
            party.name, isCollection: party.isCollection, refinement: party.refinement)
    }

    private mutating func role() -> PartyRole {
        PartyRole(pick(PartyFunction.allCases), party())
    }

    private mutating func party() -> PartyReference {
        let isCollection = chance(3)
        return PartyReference(
            name("thing"), isCollection: isCollection,
            refinement: chance(4) ? .both([condition(depth: 2)]) : .always)
    }

    mutating func condition(depth: Int) -> Condition {
        let comparison = Condition.comparison(comparison())
        guard depth < 3 else { return comparison }
        func parts(_ random: inout RandomPolicy) -> [Condition] {
            random.some(2...3, { $0.condition(depth: depth + 1) })
        }
        switch pick(Array(0..<9)) {
        case 0: return .both(parts(&self))
        case 1: return .either(parts(&self))
        case 2: return .exclusively(parts(&self))
        case 3: return .sequence(parts(&self))
        case 4 where chance(4): return .unreadable("a constraint that nobody reads")
        default: return comparison
        }
    }

    private mutating func comparison() -> Comparison {
        let left = chance(12) ? name("operand") : pick(LeftOperand.known).iri
        let relation = chance(12) ? name("operator") : pick(Operator.allCases).iri
        let right: Comparison.Right =
            chance(8)
            ? .references([name("reference")]) : .values(some(1...3, { $0.value() }))
        return Comparison(
            left: left, relation: relation, right: right,
            unit: chance(5) ? IRI("http://dbpedia.org/resource/Euro") : nil)
    }

    private mutating func value() -> OperandValue {
        switch pick(Array(0..<7)) {
        case 0: .name(name("value"))
        case 1: .integer(Int64.random(in: 0...20, using: &random))
        case 2: .literal(Literal("2026-0\(pick([1, 2, 3]))-01T00:00:00Z", .xsd("dateTime")))
        case 3: .literal(Literal("P\(pick([1, 30, 90]))D", .xsd("duration")))
        case 4: .literal(Literal("Forschung", language: "de"))
        case 5: .literal(Literal("true", .xsd("boolean")))
        default: .text(pick(["research", "care \"at\" home\n", "研究", ""]))
        }
    }

    private var names = 0

    private mutating func name(_ kind: String) -> IRI {
        IRI("http://example.com/\(kind)/\(pick(["a", "b", "c.d#e", "f:g"]))")
    }

    /// Each once: two rules of one name are one rule.
    private mutating func uid() -> IRI? {
        names += 1
        return chance(3) ? IRI("urn:rule:\(names)") : nil
    }

    mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &random) == 0 }

    mutating func pick<Element>(_ choices: [Element]) -> Element {
        choices[Int.random(in: choices.indices, using: &random)]
    }

    private mutating func some<Element>(
        _ range: ClosedRange<Int>, _ make: (inout RandomPolicy) -> Element
    ) -> [Element] {
        (0..<Int.random(in: range, using: &random)).map { _ in make(&self) }
    }
}
