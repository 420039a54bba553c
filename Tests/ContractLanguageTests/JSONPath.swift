import Encodings

/// Where something stands in a JSON value, to put something else there.
struct JSONPath: Sendable, CustomStringConvertible {
    enum Step: Sendable {
        case key(String)
        case index(Int)
    }

    let steps: [Step]

    var description: String {
        steps.map { step in
            switch step {
            case .key(let key): ".\(key)"
            case .index(let index): "[\(index)]"
            }
        }.joined()
    }

    /// The paths of all parts of a value, but not of the whole.
    static func all(in json: JSONValue) -> [JSONPath] {
        let parts: [(Step, JSONValue)]
        switch json {
        case .array(let elements): parts = elements.enumerated().map { (.index($0), $1) }
        case .object(let object): parts = object.members.map { (.key($0.key), $0.value) }
        default: parts = []
        }
        return parts.flatMap { step, value in
            [JSONPath(steps: [step])] + all(in: value).map { JSONPath(steps: [step] + $0.steps) }
        }
    }

    static func value(at path: JSONPath, in json: JSONValue) -> JSONValue? {
        path.steps.reduce(json) { value, step in
            switch step {
            case .key(let key): value?[key]
            case .index(let index): value?.array?[index]
            }
        }
    }

    /// - Parameter replacement: `nil` takes the part out.
    static func replacing(
        _ path: JSONPath, in json: JSONValue, with replacement: JSONValue?
    ) -> JSONValue {
        guard let step = path.steps.first else { return replacement ?? .null }
        let rest = JSONPath(steps: Array(path.steps.dropFirst()))
        let inner = value(at: JSONPath(steps: [step]), in: json)
        let value =
            rest.steps.isEmpty
            ? replacement : inner.map { replacing(rest, in: $0, with: replacement) }
        switch (step, json) {
        case (.key(let key), .object(var object)):
            object[key] = value
            return .object(object)
        case (.index(let index), .array(var elements)):
            if let value { elements[index] = value } else { elements.remove(at: index) }
            return .array(elements)
        default: return json
        }
    }
}
