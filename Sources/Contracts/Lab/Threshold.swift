import Encodings

/// How many of those who may vote must agree: more than a fraction of them.
package struct Threshold: Hashable, Sendable, CustomStringConvertible {
    package let numerator: Int64
    package let denominator: Int64

    package static let majority = Threshold(uncheckedNumerator: 1, denominator: 2)
    package static let twoThirds = Threshold(uncheckedNumerator: 2, denominator: 3)

    private init(uncheckedNumerator: Int64, denominator: Int64) {
        numerator = uncheckedNumerator
        self.denominator = denominator
    }

    package var description: String { "more than \(numerator)/\(denominator)" }

    var json: JSONValue { ["moreThan": [.integer(numerator), .integer(denominator)]] }

    init(_ fields: inout JSONFields, _ key: String) throws(JSONShapeError) {
        var inner = try fields.fields(key)
        let numbers = try inner.array("moreThan").map(\.integer)
        try inner.finish()
        guard numbers.count == 2, let numerator = numbers[0], let denominator = numbers[1],
            (1...1_000).contains(denominator), (0..<denominator).contains(numerator)
        else {
            throw fields.wrong(key, "should be like {\"moreThan\": [1, 2]}, a fraction below 1")
        }
        self.init(uncheckedNumerator: numerator, denominator: denominator)
    }
}
