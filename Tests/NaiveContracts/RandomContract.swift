package import Encodings
import Randomness

/// Documents drawn at random: well formed as far as drawing can see to it, so that the checker takes
/// most of them, and using every form of effect, payment, turn and obligation.
package struct RandomContract {
    private var random: SeededRandom
    private var expressions: RandomExpression
    private let parties: [String]
    private let isLicence: Bool
    private let hasBoard: Bool
    private let stages: [String]
    private let hasEnd: Bool
    private let usesEscrow: Bool
    private let terms: [(name: String, type: String)]
    private let state: [(name: String, type: String)]

    package static func document(seed: UInt64) -> JSONValue {
        var draft = RandomContract(seed: seed)
        return draft.document()
    }

    private init(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        // The lab trains under licences, which have these parties and this term.
        isLicence = random.chance(25)
        parties = Array(
            ["licensee", "licensor", "witness"].prefix(
                random.uniformInteger(in: isLicence ? 2...3 : 1...3)))
        hasBoard = random.chance(40)
        stages = (0...random.uniformInteger(in: 1...3)).map { "s\($0)" }
        hasEnd = random.chance(80)
        usesEscrow = hasEnd && random.chance(70)
        var terms: [(String, String)] = [("price", "money")]
        var state: [(String, String)] = [("count", "int(0..9)")]
        if isLicence { terms.append(("dataset", "dataset")) }
        for index in 0..<random.uniformInteger(in: 0...4) {
            terms.append(("t\(index)", random.pick(Self.types)))
        }
        for index in 0..<random.uniformInteger(in: 0...4) {
            state.append(("v\(index)", random.pick(Self.types)))
        }
        if random.chance(40) { state.append(("shares", "map(member, int(0..9), 4)")) }
        self.terms = terms
        self.state = state
        var variables =
            terms.map { ("terms.\($0.0)", $0.1) } + state.map { ("state.\($0.0)", $0.1) }
        variables += parties.map { ("parties.\($0)", "member") }
        variables += [("escrow", "money"), ("stage", "string(9)"), ("offeredBy", "member")]
        if hasBoard { variables.append(("parties.board", "list(member, 3)")) }
        expressions = RandomExpression(variables: variables)
        self.random = random
    }

    private static let types = [
        "bool", "int(-5..5)", "int(0..100)", "int(-9223372036854775808..9223372036854775807)",
        "money", "string(6)", "choice(red, green)", "timestamp", "duration", "member", "dataset",
        "list(int(0..9), 3)", "list(string(4), 2)", "list(member, 3)", "map(member, money, 3)",
        "map(string(3), int(-9..9), 2)", "map(int(0..5), bool, 3)",
        "map(choice(red, green), string(5), 2)",
        "list(list(string(2), 2), 2)",
    ]

    // MARK: - The document

    private mutating func document() -> JSONValue {
        var partiesJSON = JSONObject()
        for party in parties { partiesJSON[party] = "member" }
        if hasBoard { partiesJSON["board"] = "members(3)" }
        let hasDuty = random.chance(50)
        var actions = JSONObject()
        for index in 0..<(stages.count - 1) {
            let target: JSONValue =
                random.chance(70)
                ? .string(stages[index + 1])
                : [["when": condition(), "stage": .string(stages[index + 1])]]
            let opens = hasDuty && (index == 0 || random.chance(30))
            actions["go\(index)"] = action(
                from: [stages[index]], to: target,
                mayEnd: hasEnd && index == stages.count - 2, opens: opens, fulfils: false)
        }
        let loops = hasEnd ? Array(stages.dropLast()) : stages
        for index in 0..<random.uniformInteger(in: 1...3) {
            let from = loops.filter { _ in random.chance(60) }
            actions["act\(index)"] = action(
                from: from.isEmpty ? loops : from, to: nil, mayEnd: false,
                opens: hasDuty && random.chance(20), fulfils: hasDuty && random.chance(40))
        }
        if !hasEnd {
            actions["rest"] = action(
                from: [stages[stages.count - 1]], to: nil, mayEnd: false, opens: false,
                fulfils: false)
        }
        if isLicence { actions["train"] = training(from: loops) }
        var obligations = JSONObject()
        if hasDuty {
            let hasRemedy = random.chance(80)
            obligations["duty"] = [
                "by": .string(parties[0]), "clause": ["9", "10"], "says": "do it",
                "within": .string(random.chance(60) ? "48h" : expression("duration")),
                "else": hasRemedy ? "remedy" : Optional.none,
            ]
            if hasRemedy {
                actions["remedy"] = action(
                    from: loops, to: hasEnd ? .string(stages[stages.count - 1]) : nil,
                    mayEnd: hasEnd, opens: false, fulfils: false, isRemedy: true)
            }
        }
        var termsJSON = JSONObject()
        for (name, type) in terms { termsJSON[name] = .string(type) }
        var stateJSON = JSONObject()
        for (name, type) in state { stateJSON[name] = variable(type) }
        let invariants = random.chance(60) ? [invariant()] : []
        return [
            "contract": "drawn", "version": 1, "title": "Drawn at random",
            "parties": .object(partiesJSON),
            "terms": .object(termsJSON), "state": .object(stateJSON),
            "stages": .array(stages.map { .string($0) }),
            "final": hasEnd ? [.string(stages[stages.count - 1])] : Optional.none,
            "actions": .object(actions),
            "obligations": obligations.members.isEmpty ? Optional.none : .object(obligations),
            "invariants": .array(invariants),
        ]
    }

    private mutating func variable(_ type: String) -> JSONValue {
        let needsInitial = ["member", "dataset", "model", "digest"].contains(type)
        let sameTerm = terms.first { $0.type == type }
        if needsInitial || random.chance(25) {
            let initial =
                sameTerm.map { "terms.\($0.name)" }
                ?? (type == "member" ? "parties.\(parties[0])" : type == "dataset" ? "'sets'" : nil)
            if let initial {
                return ["type": .string(type), "initial": .string(initial)]
            }
        }
        return .string(type)
    }

    private mutating func invariant() -> JSONValue {
        let text = random.chance(60) ? "state.count <= 2" : "escrow >= 0 || " + expression("bool")
        return random.chance(50) ? .string(text) : ["cel": .string(text), "clause": "7"]
    }

    // MARK: - Actions

    private mutating func action(
        from: [String], to: JSONValue?, mayEnd: Bool, opens: Bool, fulfils: Bool,
        isRemedy: Bool = false
    ) -> JSONValue {
        let inputs: [(String, String)] =
            isRemedy
            ? []
            : (0..<random.uniformInteger(in: 0...2)).map { ("i\($0)", random.pick(Self.types)) }
        let outer = expressions
        defer { expressions = outer }
        expressions.add(
            inputs.map { ("input.\($0.0)", $0.1) } + [("now", "timestamp")]
                + (isRemedy ? [] : [("sender", "member")]))
        var input = JSONObject()
        for (name, type) in inputs { input[name] = .string(type) }
        let by = actors()
        return [
            "by": isRemedy ? Optional.none : .array(by.map { .string($0) }),
            "from": .array(from.map { .string($0) }),
            "input": input.members.isEmpty ? Optional.none : .object(input),
            "require": .array((0..<random.uniformInteger(in: 0...2)).map { rule($0) }),
            "effects": effects(),
            "pay": .array(payments(by: isRemedy ? [] : by, mayEnd: mayEnd)),
            "open": opens ? "duty" : Optional.none, "fulfil": fulfils ? "duty" : Optional.none,
            "emit": random.chance(30)
                ? [
                    "event": "happened",
                    "data": [
                        "what": .string(expression("int(0..9)")),
                        "who": isRemedy ? "offeredBy" : "sender",
                    ],
                ] : nil,
            "to": to,
        ]
    }

    /// What the lab takes; it pays from party to party.
    private mutating func training(from stages: [String]) -> JSONValue {
        [
            "by": "lab", "from": .array(stages.map { .string($0) }),
            "input": ["purpose": "string(64)", "round": "int(0..9)"],
            "require": [
                ["cel": "input.purpose != '' && input.round < 8", "clause": "4", "says": "say why"]
            ],
            "effects": ["count": ["add": "input.round"]],
            "pay": [
                [
                    "from": .string(parties[0]), "to": .string(parties[parties.count - 1]),
                    "amount": "terms.price",
                ]
            ],
        ]
    }

    private mutating func actors() -> [String] {
        switch random.uniformInteger(in: 0...9) {
        case 0: ["anyone"]
        case 1 where hasBoard: ["board"]
        case 2 where parties.count == 2: ["counterparty"]
        case 3: parties
        default: [random.pick(parties)]
        }
    }

    private mutating func rule(_ index: Int) -> JSONValue {
        [
            "cel": .string(
                random.chance(70) ? "true || \(expression("bool"))" : expression("bool")),
            "clause": .string("\(index + 1)"), "says": "as agreed",
        ]
    }

    private mutating func condition() -> JSONValue { .string(expression("bool")) }

    private mutating func expression(_ type: String) -> String {
        expressions.text(of: type, &random)
    }

    private mutating func effects() -> JSONValue {
        var effects = JSONObject()
        for (name, type) in state where random.chance(45) {
            effects[name] = effect(on: name, type)
        }
        return .object(effects)
    }

    private mutating func effect(on name: String, _ type: String) -> JSONValue {
        let parts = RandomExpression.parts(of: type)
        if name == "shares", random.chance(80) {
            return ["put": ["key": .string("parties.\(parties[0])"), "value": "state.count"]]
        }
        switch parts.name {
        case "int", "money":
            if random.chance(30) {
                return ["add": .string(random.chance(60) ? "1" : expression(type))]
            }
            if random.chance(30) { return ["subtract": .string(expression(type))] }
        case "list":
            if random.chance(60) { return ["append": .string(expression(parts.arguments[0]))] }
            if random.chance(60) { return ["remove": .string(expression(parts.arguments[0]))] }
        case "map":
            if random.chance(70) {
                return [
                    "put": [
                        "key": .string(expression(parts.arguments[0])),
                        "value": .string(expression(parts.arguments[1])),
                    ]
                ]
            }
            return ["remove": .string(expression(parts.arguments[0]))]
        default: break
        }
        return .string(expression(type))
    }

    // MARK: - Payments

    private mutating func payments(by actors: [String], mayEnd: Bool) -> [JSONValue] {
        var payments: [JSONValue] = []
        for _ in 0..<random.uniformInteger(in: 0...2) {
            payments.append(payment(by: actors))
        }
        if mayEnd, usesEscrow {
            let to: JSONValue =
                random.chance(60) ? .string(random.pick(parties)) : destination()
            payments.append(["from": "escrow", "to": to, "amount": "rest"])
        }
        return payments
    }

    private mutating func payment(by actors: [String]) -> JSONValue {
        let payer =
            actors.count == 1 && parties.contains(actors[0]) && random.chance(60)
            ? actors[0] : usesEscrow && random.chance(50) ? "escrow" : "sender"
        let into = usesEscrow && payer != "escrow" && random.chance(60)
        let amount =
            payer == "escrow" && random.chance(20)
            ? "rest" : random.chance(60) ? "terms.price" : expression("money")
        return [
            "from": .string(payer), "to": into ? "escrow" : destination(from: payer),
            "clause": random.chance(30) ? "5" : Optional.none,
            "amount": .string(amount), "when": random.chance(30) ? condition() : Optional.none,
        ]
    }

    /// Where money can go that comes from one purse; nobody pays to itself.
    private mutating func destination(from payer: String = "escrow") -> JSONValue {
        let others = (parties + ["sender"]).filter { $0 != payer }
        return switch random.uniformInteger(in: 0...4) {
        case 0: ["member": .string(expression("member"))]
        case 1 where state.contains { $0.name == "shares" }: ["split": "state.shares"]
        case 2: ["split": .string("{parties.\(parties[0]): 2, 'zoe': state.count}")]
        default: .string(random.pick(others))
        }
    }
}

extension RandomNumberGenerator {
    package mutating func chance(_ percent: Int) -> Bool {
        uniformInteger(in: 1...100) <= percent
    }

    package mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[uniformInteger(in: 0...(elements.count - 1))]
    }
}
