import ArgumentParser
import Encodings
import Foundation
import Participation
import Policy

/// `jointlab policy …`
struct PolicyCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "Check and run expressions of the rules' language, CEL.",
        subcommands: [Evaluate.self, Check.self])

    struct Evaluate: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "eval",
            abstract: "Run an expression, and print what it gives.",
            discussion: """
                The values come from a file: `{"rounds": 50, "terms": {"maxRounds": 50}}` gives the \
                expression `rounds` and `terms.maxRounds`. Types are those of the values, or those \
                that --types declares, which can also say what JSON and YAML cannot: uint, double, \
                timestamp, duration, bytes.

                With --batch, cases are read from standard input, one JSON object on each line \
                (expr, container, typeEnv, bindings, disableCheck, disableMacros, checkOnly), and \
                answered on one line each: {"id", "value"} or {"id", "error"}, and deducedType.
                """)

        @Argument(help: "The expression, such as 'rounds < terms.maxRounds'.")
        var expression: String?

        @Option(help: "A JSON or YAML file with the values of variables.", completion: .file())
        var with: String?

        @Option(help: "A YAML file that says each variable's type.", completion: .file())
        var types: String?

        @Flag(help: "Answer the cases on standard input.")
        var batch = false

        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard batch == (expression == nil) else {
                throw ValidationError("give an expression, or --batch")
            }
        }

        func run() throws {
            guard let expression else { return try answerBatch() }
            let declared = try types.map(PolicyFile.types)
            let values = try with.map(PolicyFile.values) ?? []
            let bindings = try PolicyFile.bindings(values, declared: declared)
            let environment = Environment(bindings.map(\.variable))
            let compiled = try CompiledExpression.orMistake(expression, in: environment)
            let inputs = Inputs(for: environment)
            for binding in bindings {
                if let value = binding.value { inputs.set(binding.variable.name, to: value) }
            }
            do throws(EvaluationError) {
                let value = try compiled.program.evaluate(inputs, zones: SystemTimeZones.rules)
                output.print(value.taggedJSON, "\(value.literal)")
            } catch {
                let diagnostic = Diagnostic(.type, error.message, at: error.offset)
                throw RefusedExpression(
                    text: "\(error.code.rawValue) at "
                        + diagnostic.rendered(in: SourceText(expression)))
            }
        }

        private func answerBatch() throws {
            var number = 0
            while let line = readLine() {
                number += 1
                guard !line.allSatisfy(\.isWhitespace) else { continue }
                do {
                    let json = try JSONValue(parsing: Array(line.utf8))
                    print(try BatchCase(json).answer(zones: SystemTimeZones.rules).canonicalText)
                } catch {
                    throw Mistake("line \(number) of the batch: \(error)")
                }
            }
        }
    }

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Check an expression's names and types, and print its type and what it can cost.")

        @Argument(help: "The expression.")
        var expression: String

        @Option(
            help:
                "A YAML file with each variable's type: `rounds: int`, or with bounds, from which the cost follows: `names: list(string(64), 16)`, `rounds: int(0..100)`.",
            completion: .file())
        var types: String?

        @OptionGroup var output: OutputOptions

        func run() throws {
            let variables = try types.map(PolicyFile.types) ?? []
            let compiled = try CompiledExpression.orMistake(
                expression, in: Environment(variables))
            let cost: JSONValue = compiled.costMax.map { .integer(Int64($0)) } ?? .null
            output.print(
                ["type": .string("\(compiled.type)"), "costMax": cost],
                """
                type  \(compiled.type)
                cost  \(compiled.costMax.map { "at most \($0)" } ?? "without bound: it grows with its values")
                """)
        }
    }
}

/// What an expression came to where it has no value, or is none.
struct RefusedExpression: Error, CustomStringConvertible {
    let text: String

    var description: String { text }
}

extension CompiledExpression {
    fileprivate static func orMistake(
        _ text: String, in environment: Environment
    ) throws -> CompiledExpression {
        let source = SourceText(text)
        do throws(Diagnostics) {
            return try CompiledExpression(source, in: environment)
        } catch {
            throw RefusedExpression(
                text: error.all.map { $0.rendered(in: source) }.joined(separator: "\n"))
        }
    }
}

/// Named time zones as this machine knows them. Only for a person's own questions: a rule of the lab
/// may not depend on a machine's files.
enum SystemTimeZones {
    static func rules(_ name: String) -> TimeZoneRules? {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        let isName = parts.allSatisfy { part in
            !part.isEmpty
                && part.allSatisfy {
                    $0.isASCII && ($0.isLetter || $0.isNumber || "_+-".contains($0))
                }
        }
        guard isName,
            let content = FileManager.default.contents(atPath: "/usr/share/zoneinfo/\(name)")
        else { return nil }
        return TimeZoneRules(tzif: Array(content))
    }
}
