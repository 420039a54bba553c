package import Strategies
package import Tensors

/// What a strategy keeps between rounds, as a blob whose digest stands on the ledger: a safetensors
/// file with one tensor `state`, F32 [P, S], the S vectors of ``Strategy/stateNames`` side by side
/// for each of the P parameters, so that it can be written as the model is.
package enum StrategyState {
    static let tensorName = "state"

    /// The head of the file.
    static func header(parameters: Int, states: Int) throws -> SafetensorsHeader {
        try SafetensorsHeader(
            laidOut: [(tensorName, .float32, [parameters, states])])
    }

    /// The vectors by their names.
    ///
    /// - Throws: ``AggregationError/strategyState(_:)``.
    package static func sources(
        of file: SafetensorsFile, for strategy: Strategy
    ) throws(AggregationError) -> [String: ParameterSource] {
        let names = strategy.stateNames
        guard let entry = file.header.entries.first, file.header.entries.count == 1,
            entry.name == tensorName, entry.elementType == .float32, entry.shape.count == 2,
            entry.shape[1] == names.count
        else {
            throw .strategyState("should be one tensor `\(tensorName)` F32 [P, \(names.count)]")
        }
        let width = names.count
        return Dictionary(
            uniqueKeysWithValues: names.enumerated().map { place, name in
                let source = ParameterSource(count: entry.shape[0]) { range, buffer in
                    let rows = try file.elements(
                        range.lowerBound * width..<range.upperBound * width, of: entry,
                        as: Float.self)
                    for index in 0..<range.count {
                        buffer[index] = rows[index * width + place]
                    }
                }
                return (name, source)
            })
    }
}
