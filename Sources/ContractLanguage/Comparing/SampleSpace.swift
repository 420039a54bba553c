import Policy

/// Cases to try two expressions with: the bounds of their variables' types, the constants that stand in
/// either, and what lies beside them.
///
/// The same documents give the same cases. What is found in them is certain; that nothing is found proves
/// nothing.
struct SampleSpace {
    static let casesMax = 10_000

    struct Variable {
        let name: String
        let values: [Value]
    }

    let variables: [Variable]
    /// How many cases there are, or the most that are tried.
    let count: Int
    private let isComplete: Bool

    /// - Parameter types: What each document says of a name; `nil` where it does not know it.
    init(_ names: [String], types: (String) -> [DataType], constants: SampleConstants) {
        variables = names.map { name in
            Variable(name: name, values: constants.values(of: name, types(name)))
        }
        var product = 1
        for variable in variables where product <= Self.casesMax {
            product *= max(1, variable.values.count)
        }
        isComplete = product <= Self.casesMax
        count = min(product, Self.casesMax)
    }

    /// The values of a case, in the order of the variables.
    func values(at index: Int) -> [Value] {
        var rest = index
        var scramble = UInt64(truncatingIfNeeded: index) &* 0x9E37_79B9_7F4A_7C15
        return variables.map { variable in
            let count = variable.values.count
            guard !isComplete else {
                defer { rest /= count }
                return variable.values[rest % count]
            }
            // The finaliser of SplitMix64: cases spread over all variables.
            scramble &+= 0x9E37_79B9_7F4A_7C15
            var bits = (scramble ^ (scramble >> 30)) &* 0xBF58_476D_1CE4_E5B9
            bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
            return variable.values[Int((bits ^ (bits >> 31)) % UInt64(count))]
        }
    }

    /// A case as people read it: `rounds = 50, maxRounds = 50`.
    func text(at index: Int) -> String {
        zip(variables, values(at: index)).map { "\($0.name) = \($1.literal)" }.joined(
            separator: ", ")
    }
}

/// The constants of expressions, and the values that they suggest.
struct SampleConstants {
    private static let valuesMax = 16
    private var integers: [Int64] = []
    private var texts: [String] = []
    private var spans: [TimeSpan] = []
    private var instants: [Instant] = []
    /// The parties of one member, who are called as their parties.
    private let members: [String]
    private let stages: [String]

    init(_ expressions: [ExpressionText], _ old: ContractDocument, _ new: ContractDocument) {
        let parties = (new.parties + old.parties).filter { $0.kind == .member }.map(\.name)
        members = Self.unique(parties + ["first", "second", "outsider"])
        stages = Self.unique(old.stages + new.stages)
        for text in expressions {
            if let expression = try? Parser.parse(SourceText(text.text)) { gather(expression) }
        }
    }

    private mutating func gather(_ expression: Expression) {
        switch expression.kind {
        case .literal(.int(let value)): integers.append(value)
        case .literal(.string(let bytes)):
            let text = String(decoding: bytes, as: UTF8.self)
            if let span = TimeSpan(text) {
                spans.append(span)
            } else if let instant = Instant(rfc3339: text) {
                instants.append(instant)
            }
            texts.append(text)
        default: break
        }
        for child in expression.kind.children { gather(child) }
    }

    private static func unique<Element: Hashable>(_ elements: [Element]) -> [Element] {
        var seen: Set<Element> = []
        return elements.filter { seen.insert($0).inserted }
    }

    func values(of name: String, _ types: [DataType]) -> [Value] {
        switch name {
        case "stage": return stages.map(Value.string)
        case "contract": return [.string("contract")]
        default: break
        }
        let all = Self.unique(types.flatMap(values))
        // Only what both documents can hold says how their rules differ.
        let shared = all.filter { value in types.allSatisfy { $0.problem(with: value) == nil } }
        let usable = shared.isEmpty ? all : shared
        return usable.isEmpty ? [.string("")] : Array(usable.prefix(Self.valuesMax))
    }

    private func values(of type: DataType) -> [Value] {
        switch type {
        case .bool: return [.bool(false), .bool(true)]
        case .int(let range):
            return integers(in: range, [range.lowerBound, range.upperBound]).map(Value.int)
        case .money: return integers(in: 0 ... .max, [1_000]).map(Value.int)
        case .string(let bytes):
            return Self.unique(texts + ["", "a", "b"]).filter { $0.utf8.count <= bytes }.map(
                Value.string)
        case .choice(let words): return words.map(Value.string)
        case .timestamp: return times.map(Value.timestamp)
        case .duration: return lengths.map(Value.duration)
        case .member: return members.map(Value.string)
        case .dataset, .model: return Self.unique(texts + ["one", "other"]).map(Value.string)
        case .digest:
            return ["0", "1"].map { .string(String(repeating: $0, count: DataType.digestBytes)) }
        case .list(let element, let countMax):
            let inner = values(of: element)
            let lists: [[Value]] =
                [[]] + inner.prefix(5).map { [$0] }
                + [Array(inner.prefix(2)), Array(inner.prefix(3)), Array(inner.suffix(2))]
            return Self.unique(lists.filter { $0.count <= countMax }).map(Value.list)
        case .map(let key, let value, let countMax):
            let (keys, inner) = (values(of: key), values(of: value))
            var maps: [[Value.MapEntry]] = [[]]
            for value in inner.prefix(3) {
                maps += keys.prefix(3).map { [.init(key: $0, value: value)] }
            }
            if let value = inner.last {
                maps += [2, 3].map { count in
                    keys.prefix(count).map { .init(key: $0, value: value) }
                }
            }
            return Self.unique(
                maps.filter { $0.count <= countMax }.map { .map(DataType.inOrder($0)) })
        }
    }

    private func integers(in range: ClosedRange<Int64>, _ bounds: [Int64]) -> [Int64] {
        let near = Self.unique(integers).flatMap {
            [$0, $0.addingClamped(1), $0.addingClamped(-1)]
        }
        let all = Self.unique(
            [0, 1, 2] + near + bounds
                + bounds.flatMap { [$0.addingClamped(-1), $0.addingClamped(1)] })
        return all.filter(range.contains)
    }

    private var times: [Instant] {
        let base = Instant(seconds: 1_767_225_600)
        let around = ([base].compactMap(\.self) + instants).flatMap { instant in
            [-1, 0, 1].compactMap {
                instant.advanced(by: TimeSpan(nanoseconds: $0 * Instant.nanosecondsPerSecond))
            }
        }
        let later = spans.compactMap { base?.advanced(by: $0) }
        return Self.unique(around + later)
    }

    private var lengths: [TimeSpan] {
        let around = Self.unique(spans).flatMap { span in
            [0, 1, -1].map {
                TimeSpan(
                    nanoseconds: span.nanoseconds.addingClamped($0 * Instant.nanosecondsPerSecond))
            }
        }
        return Self.unique(
            around
                + [0, 3_600, 86_400, 2_592_000].map {
                    TimeSpan(nanoseconds: $0 * Instant.nanosecondsPerSecond)
                })
    }
}

extension Int64 {
    fileprivate func addingClamped(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? self : sum
    }
}
