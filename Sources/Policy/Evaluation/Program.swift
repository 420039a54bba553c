/// A compiled expression: no names any more, only places.
package struct Program: Sendable {
    let code: Code

    /// Runs the expression once; an ``Evaluator`` runs many without making room for each.
    ///
    /// - Parameters:
    ///   - budget: What it may cost, in steps; work on long values counts by their length.
    ///   - zones: Named time zones; without it only `UTC` and offsets are known.
    /// - Throws: ``EvaluationError``.
    package func evaluate(
        _ inputs: Inputs, budget: Int = .max, zones: ((String) -> TimeZoneRules?)? = nil
    ) throws(EvaluationError) -> Value {
        var machine = Machine(zones: zones)
        let result = try machine.run(code, inputs, budget: budget)
        return try machine.value(of: result)
    }

    /// Runs a guard once: anything but `true` is a no.
    ///
    /// - Returns: `nil` where it holds, and otherwise why not.
    package func denial(_ inputs: Inputs, budget: Int = .max) -> Denial? {
        var evaluator = Evaluator()
        return evaluator.denial(of: self, inputs, budget: budget)
    }

    package enum Denial: Hashable, Sendable {
        case isFalse
        case failed(EvaluationError)
    }
}

/// Runs programs, one after the other, in the same memory.
package struct Evaluator {
    private var machine = Machine(zones: nil)
    /// What the last run cost.
    package private(set) var spent = 0 {
        didSet { spentInAll += spent }
    }
    /// What all runs cost together.
    package private(set) var spentInAll = 0

    package init() {}

    /// - Throws: ``EvaluationError``.
    package mutating func value(
        of program: Program, _ inputs: Inputs, budget: Int = .max
    ) throws(EvaluationError) -> Value {
        defer { spent = budget - machine.budget }
        let result = try machine.run(program.code, inputs, budget: budget)
        return try machine.value(of: result)
    }

    /// Runs a guard: anything but `true` is a no.
    ///
    /// - Returns: `nil` where it holds, and otherwise why not.
    package mutating func denial(
        of program: Program, _ inputs: Inputs, budget: Int = .max
    ) -> Program.Denial? {
        defer { spent = budget - machine.budget }
        do {
            let result = try machine.run(program.code, inputs, budget: budget)
            if result.isTrue { return nil }
            return result.isFalse ? .isFalse : .failed(machine.error(of: result))
        } catch {
            return .failed(error)
        }
    }
}

/// A checked and compiled expression.
package struct CompiledExpression: Sendable {
    package let type: ValueType
    package let program: Program
    /// The most that running it can cost; `nil` where its inputs' extents set no bound.
    package let costMax: Int?
    /// How many bytes and elements its value can have, those of elements included; `nil` where there is
    /// no bound.
    package let weightMax: Int?

    /// The places in the environment of the variables that it reads, in their order.
    package let slots: [Int]

    /// - Parameters:
    ///   - isChecked: Whether types are checked; an unchecked expression fails when it runs.
    ///   - isRule: Whether it must keep to the profile of contracts, ``RuleProfile``.
    /// - Throws: ``Diagnostics``.
    package init(
        _ source: SourceText, in environment: Environment, isChecked: Bool = true,
        expandsMacros: Bool = true, isRule: Bool = false
    ) throws(Diagnostics) {
        let parsed: Expression
        do {
            parsed = try Parser.parse(source, expandsMacros: expandsMacros)
        } catch {
            throw Diagnostics(error)
        }
        var checker = Checker(environment, isChecking: isChecked)
        let (resolved, type) = try checker.check(parsed)
        if isRule, let diagnostics = Diagnostics(RuleProfile.violations(in: resolved)) {
            throw diagnostics
        }
        self.type = type
        program = Program(code: Compiler.compile(resolved))
        slots = Set(
            program.code.instructions.filter { $0.operation == .slot }.map { Int($0.a) }
        ).sorted()
        let estimate = CostEstimate(
            of: resolved, variables: environment.variables.map(\.extent))
        costMax = estimate.cost
        weightMax = estimate.extent.weight
    }
}
