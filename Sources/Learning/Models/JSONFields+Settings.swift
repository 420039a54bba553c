import Encodings

extension JSONFields {
    mutating func kind(_ expected: String) throws(JSONShapeError) {
        guard try string("kind") == expected else {
            throw wrong("kind", "should be \(expected)")
        }
    }

    mutating func number(_ key: String) throws(JSONShapeError) -> Double {
        let value = try required(key)
        guard let number = value.double else {
            throw wrong(key, "should be a number, and is \(value.kind)")
        }
        return number
    }

    mutating func integers(
        _ key: String, in range: ClosedRange<Int64>
    ) throws(JSONShapeError) -> [Int] {
        var integers: [Int] = []
        for (position, value) in try array(key).enumerated() {
            guard let integer = value.integer, range.contains(integer) else {
                throw wrong(
                    "\(key)[\(position)]",
                    "should be an integer from \(range.lowerBound) to \(range.upperBound)")
            }
            integers.append(Int(integer))
        }
        return integers
    }

    /// What `make` makes of members that have been read, with the place of the one that it refuses.
    func checked<Value>(
        _ make: () throws(LearningError) -> Value
    ) throws(JSONShapeError) -> Value {
        do {
            return try make()
        } catch {
            guard case .wrongValue(let name, let problem) = error else {
                throw JSONShapeError(path: path, problem: "is wrong: \(error)")
            }
            throw wrong(name, problem)
        }
    }
}
