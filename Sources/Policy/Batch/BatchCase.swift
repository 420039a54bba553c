package import Encodings

/// One line of a batch: an expression with what it needs, in the form of the conformance cases.
package struct BatchCase: Sendable {
    private let id: JSONValue
    private let expression: String
    private let environment: Environment
    private let bindings: [(name: String, value: Value)]
    private let isChecked: Bool
    private let expandsMacros: Bool
    private let isRun: Bool

    /// - Throws: ``BatchError``.
    package init(_ json: JSONValue) throws(BatchError) {
        guard case .object(let object) = json, case .string(let expression) = object["expr"] else {
            throw BatchError(message: "a case is an object with a string `expr`")
        }
        func flag(_ key: String) -> Bool { object[key] == .bool(true) }
        id = object["id"] ?? .null
        self.expression = expression
        isChecked = !flag("disableCheck")
        expandsMacros = !flag("disableMacros")
        isRun = !flag("checkOnly")
        var bindings: [(name: String, value: Value)] = []
        if case .object(let values) = object["bindings"] {
            for member in values.members {
                guard let value = Value(tagged: member.value) else {
                    throw BatchError(message: "the binding of `\(member.key)` is no tagged value")
                }
                bindings.append((member.key, value))
            }
        }
        self.bindings = bindings
        var container = ""
        if case .string(let name) = object["container"] { container = name }
        environment = try Self.environment(
            object["typeEnv"], container: container, bound: bindings.map(\.name))
    }

    private static func environment(
        _ json: JSONValue?, container: String, bound: [String]
    ) throws(BatchError) -> Environment {
        var variables: [Environment.Variable] = []
        var functions: [(String, [Overload])] = []
        if case .array(let declarations) = json {
            for declaration in declarations {
                guard case .object(let object) = declaration,
                    case .string(let name) = object["name"]
                else { throw BatchError(message: "a declaration in `typeEnv` has a `name`") }
                if case .object(let function) = object["function"] {
                    functions.append((name, try overloads(function["overloads"], of: name)))
                } else if case .object(let identifier) = object["ident"],
                    let type = identifier["type"].flatMap(ValueType.init(json:))
                {
                    variables.append(.init(name, type))
                } else {
                    throw BatchError(message: "the type of `\(name)` cannot be read")
                }
            }
        }
        // What is bound and not declared may be anything.
        let declared = Set(variables.map(\.name))
        variables += bound.filter { !declared.contains($0) }.map { .init($0, .dyn) }
        var environment = Environment(variables, container: container)
        for (name, overloads) in functions { environment.declare(name, overloads) }
        return environment
    }

    private static func overloads(
        _ json: JSONValue?, of name: String
    ) throws(BatchError) -> [Overload] {
        guard case .array(let forms) = json else { return [] }
        var overloads: [Overload] = []
        for form in forms {
            guard case .object(let object) = form,
                let result = object["resultType"].flatMap(ValueType.init(json:))
            else { throw BatchError(message: "a form of `\(name)` has no `resultType`") }
            var parameters: [ValueType] = []
            if case .array(let types) = object["params"] {
                parameters = types.compactMap(ValueType.init(json:))
            }
            overloads.append(
                Overload(
                    isReceiver: object["isInstanceFunction"] == .bool(true), parameters, result))
        }
        return overloads
    }

    /// `{"id", "value"}` or `{"id", "error"}`, and the type where it was checked.
    package func answer(zones: ((String) -> TimeZoneRules?)? = nil) -> JSONValue {
        var answer = JSONObject()
        answer["id"] = id == .null ? nil : id
        let source = SourceText(expression)
        do throws(Diagnostics) {
            let compiled = try CompiledExpression(
                source, in: environment, isChecked: isChecked, expandsMacros: expandsMacros)
            if isChecked { answer["deducedType"] = compiled.type.json }
            guard isRun else { return .object(answer) }
            let inputs = Inputs(for: environment)
            for binding in bindings { inputs.set(binding.name, to: binding.value) }
            do throws(EvaluationError) {
                answer["value"] = try compiled.program.evaluate(inputs, zones: zones).taggedJSON
            } catch {
                answer["error"] = .string("\(error.code.rawValue): \(error.message)")
            }
        } catch {
            let messages = error.all.map { "\($0.code.rawValue): \($0.rendered(in: source))" }
            answer["error"] = .string(messages.joined(separator: "\n"))
        }
        return .object(answer)
    }
}

/// What is wrong with a line of a batch.
package struct BatchError: Error, Hashable, Sendable, CustomStringConvertible {
    package let message: String

    package var description: String { message }
}
