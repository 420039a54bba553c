import Policy

/// Everything that the expressions of a contract can look at, at one moment.
///
/// What an example leaves open is `nil`.
struct Moment {
    var contract: String?
    var offeredBy: String?
    var stage: String?
    var escrow: Int64?
    var parties: [Value?]
    var terms: [Value?]
    var state: [Value?]
    var now: Instant?
    var sender: String?
    var input: [Value?] = []
}

/// Which variables an expression can use, and where their values come from.
package struct Scope: Sendable {
    enum Source: Sendable {
        case contract, offeredBy, stage, escrow, now, sender
        case party(Int)
        case term(Int)
        case state(Int)
        case input(Int)
    }

    let environment: Environment
    private let sources: [Source]

    /// What can be seen when an instance is concluded.
    static func conclusion(of document: ContractDocument) -> Scope {
        Scope(names + parties(document) + terms(document) + [time])
    }

    /// What can be seen when nobody acts.
    static func standing(of document: ContractDocument) -> Scope {
        Scope(
            names + [stage, escrow] + parties(document) + terms(document) + state(document)
                + [time])
    }

    /// What can be seen in a state, whatever the time.
    static func invariants(of document: ContractDocument) -> Scope {
        Scope(names + [stage, escrow] + parties(document) + terms(document) + state(document))
    }

    static func action(_ action: ActionText, of document: ContractDocument) -> Scope {
        let input = action.input.enumerated().map { index, field in
            (
                Environment.Variable(
                    "input.\(field.name)", field.type.valueType, extent: field.type.extent),
                Source.input(index)
            )
        }
        return Scope(
            names + [stage, escrow] + parties(document) + terms(document) + state(document)
                // Anybody takes a remedy, and who it is makes no difference.
                + [time] + (action.isRemedy ? [] : [name("sender", .sender)]) + input)
    }

    private init(_ variables: [(Environment.Variable, Source)]) {
        environment = Environment(variables.map(\.0))
        sources = variables.map(\.1)
    }

    private static func name(
        _ name: String, _ source: Source
    ) -> (Environment.Variable, Source) {
        (.init(name, .string, extent: .text(bytes: DataType.nameBytesMax)), source)
    }

    private static let names = [name("contract", .contract), name("offeredBy", .offeredBy)]
    private static let stage = name("stage", .stage)
    private static let escrow = (Environment.Variable("escrow", .int), Source.escrow)
    private static let time = (Environment.Variable("now", .timestamp), Source.now)

    private static func parties(
        _ document: ContractDocument
    ) -> [(Environment.Variable, Source)] {
        document.parties.enumerated().map { index, party in
            let name = "parties.\(party.name)"
            let text = Extent.text(bytes: DataType.nameBytesMax)
            return switch party.kind {
            case .member: (.init(name, .string, extent: text), .party(index))
            case .members(let countMax):
                (.init(name, .list(.string), extent: .list(count: countMax, text)), .party(index))
            }
        }
    }

    private static func terms(_ document: ContractDocument) -> [(Environment.Variable, Source)] {
        document.terms.enumerated().map { index, term in
            (
                .init("terms.\(term.name)", term.type.valueType, extent: term.type.extent),
                .term(index)
            )
        }
    }

    private static func state(_ document: ContractDocument) -> [(Environment.Variable, Source)] {
        document.state.enumerated().map { index, variable in
            (
                .init(
                    "state.\(variable.name)", variable.type.valueType, extent: variable.type.extent),
                .state(index)
            )
        }
    }

    /// The values of a moment, for programs to read.
    func inputs(_ moment: Moment) -> Inputs {
        let inputs = Inputs(for: environment)
        for (slot, source) in sources.enumerated() {
            if let value = Self.value(of: source, in: moment) { inputs.set(slot: slot, to: value) }
        }
        return inputs
    }

    func value(at slot: Int, in moment: Moment) -> Value? {
        Self.value(of: sources[slot], in: moment)
    }

    /// Whether a variable changes as the contract goes on.
    func isState(at slot: Int) -> Bool {
        switch sources[slot] {
        case .state, .stage, .escrow: true
        default: false
        }
    }

    private static func value(of source: Source, in moment: Moment) -> Value? {
        switch source {
        case .contract: moment.contract.map(Value.string)
        case .offeredBy: moment.offeredBy.map(Value.string)
        case .stage: moment.stage.map(Value.string)
        case .escrow: moment.escrow.map(Value.int)
        case .now: moment.now.map(Value.timestamp)
        case .sender: moment.sender.map(Value.string)
        case .party(let index): moment.parties[index]
        case .term(let index): moment.terms[index]
        case .state(let index): moment.state[index]
        case .input(let index): moment.input[index]
        }
    }
}

/// A compiled expression of a document.
package struct Formula: Sendable {
    package let text: ExpressionText
    let compiled: CompiledExpression
    let scope: Scope

    var costMax: Int { compiled.costMax ?? .max }
    /// How many bytes and elements its value can have.
    var weightMax: Int { compiled.weightMax ?? .max }

    /// The values that it looks at, for receipts.
    func observed(in moment: Moment) -> [ContractObservation] {
        compiled.slots.compactMap { slot in
            scope.value(at: slot, in: moment).map {
                ContractObservation(
                    name: scope.environment.variables[slot].name,
                    value: Self.shortened($0.literal))
            }
        }
    }

    private static let literalBytesMax = 240

    /// A receipt is kept for ever; a long list is not repeated in it by each rule that looks at it.
    private static func shortened(_ literal: String) -> String {
        guard literal.utf8.count > literalBytesMax else { return literal }
        var end = literal.utf8.index(literal.startIndex, offsetBy: literalBytesMax)
        while end.samePosition(in: literal.unicodeScalars) == nil {
            end = literal.utf8.index(before: end)
        }
        return "\(literal[..<end])… (\(literal.utf8.count) bytes)"
    }
}
