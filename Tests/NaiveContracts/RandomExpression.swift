package import Encodings
package import Randomness

/// Expressions and values drawn at random for the types of documents.
package struct RandomExpression {
    private var variables: [(name: String, type: String, kind: String)] = []

    init(variables: [(name: String, type: String)]) {
        add(variables)
    }

    mutating func add(_ more: [(name: String, type: String)]) {
        variables += more.map { ($0.name, $0.type, Self.kind($0.type)) }
    }

    /// A type's name and what stands in its brackets.
    static func parts(of type: String) -> (name: String, arguments: [String]) {
        guard let bracket = type.firstIndex(of: "(") else { return (type, []) }
        var arguments = [""]
        var depth = 0
        for letter in type[type.index(after: bracket)...].dropLast() {
            if letter == "(" { depth += 1 }
            if letter == ")" { depth -= 1 }
            if letter == ",", depth == 0 {
                arguments.append("")
            } else if letter != " " || depth > 0 {
                arguments[arguments.count - 1].append(letter)
            }
        }
        return (String(type[..<bracket]), arguments)
    }

    /// What expressions see of a type.
    private static func kind(_ type: String) -> String {
        let (name, arguments) = parts(of: type)
        return switch name {
        case "money": "int"
        case "member", "dataset", "model", "digest", "choice": "string"
        case "list": "list(\(kind(arguments[0])))"
        case "map": "map(\(kind(arguments[0])),\(kind(arguments[1])))"
        default: name
        }
    }

    func text(of type: String, depth: Int = 2, _ random: inout SeededRandom) -> String {
        let kind = Self.kind(type)
        let fitting = variables.filter { $0.kind == kind }.map(\.name)
        if !fitting.isEmpty, random.chance(depth == 0 ? 70 : 40) { return random.pick(fitting) }
        if depth == 0 || random.chance(20) { return literal(of: type, &random) }
        func inner(_ type: String) -> String { text(of: type, depth: depth - 1, &random) }
        switch Self.parts(of: type).name {
        case "bool": return condition(depth: depth, &random)
        case "int", "money":
            switch random.uniformInteger(in: 0...6) {
            case 0: return "(\(inner(type)) + \(inner("int(0..9)")))"
            case 1: return "(\(inner(type)) - \(inner("int(0..9)")))"
            case 2: return "\(inner(type)) * \(inner("int(0..9)"))"
            case 3: return "(\(inner(type))) / \(inner("int(0..9)"))"
            case 4: return "(\(inner("int(0..9)"))) % (\(inner(type)))"
            case 5: return "math.greatest(\(inner(type)), \(inner(type)))"
            default:
                let sized = variables.filter {
                    ["list", "map", "string"].contains(Self.parts(of: $0.type).name)
                }
                return sized.isEmpty ? inner(type) : "size(\(random.pick(sized).name))"
            }
        case "string", "member", "dataset", "choice":
            let name = Self.parts(of: type).name
            if name == "string", random.chance(40) { return "(\(inner(type)) + \(inner(type)))" }
            let lists = variables.filter { $0.kind == "list(string)" }
            if !lists.isEmpty, random.chance(40) {
                return "\(random.pick(lists).name)[\(inner("int(0..2)"))]"
            }
            return "(\(inner("bool")) ? \(inner(type)) : \(inner(type)))"
        case "timestamp":
            return "(\(inner(type)) \(random.pick(["+", "-"])) \(inner("duration")))"
        case "duration":
            return random.chance(50)
                ? "(\(inner(type)) + \(inner(type)))"
                : "(\(inner("timestamp")) - \(inner("timestamp")))"
        case "list":
            let element = Self.parts(of: type).arguments[0]
            switch random.uniformInteger(in: 0...3) {
            case 0: return "(\(inner(type)) + \(inner(type)))"
            case 1: return "\(inner(type)).filter(x, \(inner("bool")) || x == \(inner(element)))"
            case 2: return "\(inner("list(int(0..9), 3)")).map(x, x > 3, \(inner(element)))"
            default: return "[\(inner(element)), \(inner(element))]"
            }
        default: return "(\(inner("bool")) ? \(inner(type)) : \(inner(type)))"
        }
    }

    private func condition(depth: Int, _ random: inout SeededRandom) -> String {
        func inner(_ type: String) -> String { text(of: type, depth: depth - 1, &random) }
        switch random.uniformInteger(in: 0...9) {
        case 0: return "!(\(inner("bool")))"
        case 1: return "(\(inner("bool")) && \(inner("bool")))"
        case 2: return "(\(inner("bool")) || \(inner("bool")))"
        case 3:
            let type = random.pick(["int(0..9)", "string(4)", "timestamp", "duration"])
            let comparison = random.pick(["<", "<=", ">", ">=", "==", "!="])
            return "(\(inner(type))) \(comparison) (\(inner(type)))"
        case 4: return "\(inner("member")) in \(inner("list(member, 3)"))"
        case 5:
            return
                "\(inner("list(int(0..9), 3)")).\(random.pick(["all", "exists", "exists_one"]))(y, y < \(inner("int(0..9)")))"
        case 6: return "\(inner("list(int(0..9), 3)")) == \(inner("list(int(0..9), 3)"))"
        case 7:
            return
                "\(inner("string(4)")).\(random.pick(["startsWith", "contains", "endsWith"]))(\(inner("string(4)")))"
        case 8:
            let maps = variables.filter { $0.type.hasPrefix("map(member") }
            guard !maps.isEmpty else { return "true" }
            let map = random.pick(maps).name
            let key = inner("member")
            return random.chance(50)
                ? "\(key) in \(map)" : "\(map).all(k, \(map)[k] >= \(inner("int(0..9)")))"
        default: return "cel.bind(z, \(inner("int(0..9)")), z * z > z)"
        }
    }

    private func literal(of type: String, _ random: inout SeededRandom) -> String {
        let (name, arguments) = Self.parts(of: type)
        switch name {
        case "bool": return random.pick(["true", "false"])
        case "int", "money":
            return random.pick(["0", "1", "3", "-1", "7", "100", "9223372036854775807"])
        case "string":
            return random.pick(["''", "'a'", "'ab'", "'é'", "'e\\u0301'", "'\\u212a'", "'K'"])
        case "choice": return random.pick(["'red'", "'green'", "'blue'"])
        case "member": return random.pick(["'ada'", "'bob'", "'zoe'", "'Not A Name'", "'lab'"])
        case "dataset", "model", "digest": return "'sets'"
        case "timestamp":
            return "timestamp('2026-03-0\(random.uniformInteger(in: 1...9))T00:00:00Z')"
        case "duration":
            return random.pick([
                "duration('1h')", "duration('-90s')", "duration('2400h')", "duration('0.5s')",
            ])
        case "list":
            return random.chance(30) ? "[]" : "[\(literal(of: arguments[0], &random))]"
        default:
            return random.chance(30)
                ? "{}"
                : "{\(literal(of: arguments[0], &random)): \(literal(of: arguments[1], &random))}"
        }
    }

    /// A JSON value for a type; sometimes one that is none.
    package static func json(
        of type: String, isHonest: Bool = false, _ random: inout SeededRandom
    ) -> JSONValue {
        if !isHonest, random.chance(4) {
            return random.pick([
                .null, true, -1, 1_000_000, "", "\u{212A}", "lab", "é", [], ["a"], ["x": 1],
                .number(0.5),
            ])
        }
        let (name, arguments) = parts(of: type)
        switch name {
        case "bool": return .bool(random.chance(50))
        case "int":
            let dots = arguments[0].firstRange(of: "..")
            let lower = dots.flatMap { Int(arguments[0][..<$0.lowerBound]) } ?? 0
            let upper = dots.flatMap { Int(arguments[0][$0.upperBound...]) } ?? 0
            if random.chance(20) { return .integer(Int64(random.pick([lower, upper]))) }
            return .integer(Int64(random.uniformInteger(in: lower...upper)))
        case "money": return .integer(Int64(random.pick([0, 1, 5, 100, 101, .max])))
        case "string": return .string(random.pick(["", "a", "ab", "é"]))
        case "choice": return .string(random.pick(arguments))
        case "member": return .string(random.pick(["ada", "bob", "cyd", "zoe"]))
        case "timestamp":
            return .string(
                "2026-03-0\(random.uniformInteger(in: 1...9))T12:00:00\(random.pick(["Z", "+01:00", ".25Z"]))"
            )
        case "digest": return .string(String(repeating: "0a", count: 32))
        case "duration": return .string(random.pick(["1h", "0s", "-5m", "72h", "1.5s"]))
        case "list":
            let countMax = Int(arguments[1]) ?? 0
            return .array(
                (0..<random.uniformInteger(in: 0...countMax)).map { _ in
                    json(of: arguments[0], isHonest: isHonest, &random)
                })
        case "map":
            let countMax = Int(arguments[2]) ?? 0
            var object = JSONObject()
            for _ in 0..<random.uniformInteger(in: 0...countMax) {
                let key = json(of: arguments[0], isHonest: isHonest, &random)
                object[key.string ?? key.integer.map { String($0) } ?? "?"] = json(
                    of: arguments[1], isHonest: isHonest, &random)
            }
            return .object(object)
        default: return "sets"
        }
    }
}
