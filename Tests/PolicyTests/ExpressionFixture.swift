import Policy

/// Runs an expression with values whose types are the values' own.
func evaluate(
    _ text: String, _ bindings: [String: Value] = [:], budget: Int = 100_000
) throws -> Value {
    let environment = Environment(
        bindings.sorted { $0.key < $1.key }.map { .init($0.key, $0.value.inferredType) })
    let inputs = Inputs(for: environment)
    for (name, value) in bindings { inputs.set(name, to: value) }
    return try CompiledExpression(SourceText(text), in: environment).program
        .evaluate(inputs, budget: budget)
}

/// What the checker says of an expression, as a person reads it.
func diagnosis(_ text: String, _ variables: [Environment.Variable] = []) -> String? {
    let source = SourceText(text)
    do {
        _ = try CompiledExpression(source, in: Environment(variables))
        return nil
    } catch {
        return error.all.map { $0.rendered(in: source) }.joined(separator: "\n")
    }
}

func errorCode(_ text: String, _ bindings: [String: Value] = [:]) -> EvaluationError.Code? {
    do {
        _ = try evaluate(text, bindings)
        return nil
    } catch {
        return (error as? EvaluationError)?.code
    }
}
