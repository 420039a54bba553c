import Encodings

/// The values that a hyperparameter may have.
struct HyperparameterRange {
    let allows: @Sendable (Double) -> Bool
    let text: String

    /// The limits keep squares and quotients of it normal numbers in single precision.
    static let positive = HyperparameterRange(
        allows: { 1e-15...1e15 ~= $0 }, text: "should be a number from 1e-15 to 1e15")
    static let share = HyperparameterRange(
        allows: { 0..<1 ~= $0 }, text: "should be a number from 0 up to, and without, 1")

    func check(_ value: Double, _ name: String) throws(StrategyError) {
        guard allows(value) else {
            throw .wrongValue(name: name, problem: "\(text), and is \(value)")
        }
    }
}

/// Reads an object with a `kind` and the hyperparameters of that kind.
struct HyperparameterReader {
    var fields: JSONFields
    /// Whether a hyperparameter may be left out, to have the value of its paper.
    let fillsDefaults: Bool

    init(_ value: JSONValue, at path: String, fillsDefaults: Bool) throws(JSONShapeError) {
        fields = try JSONFields(value, at: path)
        self.fillsDefaults = fillsDefaults
    }

    mutating func kind() throws(JSONShapeError) -> String { try fields.string("kind") }

    mutating func number(
        _ key: String, default paper: Double? = nil
    ) throws(JSONShapeError) -> Double {
        guard let value = fields.optional(key) else {
            if fillsDefaults, let paper { return paper }
            throw fields.wrong(key, "is missing")
        }
        guard let number = value.double else {
            throw fields.wrong(key, "should be a number, and is \(value.kind)")
        }
        return number
    }

    mutating func count(_ key: String, default paper: Int? = nil) throws(JSONShapeError) -> Int {
        if fillsDefaults, let paper, fields.optional(key) == nil { return paper }
        return Int(try fields.integer(key))
    }

    /// The object under a key, or `nil` where it is left out.
    mutating func optional(_ key: String) throws(JSONShapeError) -> HyperparameterReader? {
        guard let value = fields.optional(key) else { return nil }
        return try HyperparameterReader(
            value, at: fields.path(to: key), fillsDefaults: fillsDefaults)
    }

    /// Ends the reading with the value, and says where a hyperparameter is that it refuses.
    func finish<Value>(
        _ value: () throws(StrategyError) -> Value
    ) throws(JSONShapeError) -> Value {
        try fields.finish()
        do throws(StrategyError) {
            return try value()
        } catch {
            switch error {
            case .wrongValue(let name, let problem): throw fields.wrong(name, problem)
            default: throw JSONShapeError(path: fields.path, problem: "is wrong: \(error)")
            }
        }
    }
}
