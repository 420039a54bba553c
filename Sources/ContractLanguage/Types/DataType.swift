package import Policy

/// The type of a term, a state variable or an input: everything has a bound.
package indirect enum DataType: Hashable, Sendable {
    case bool
    case int(ClosedRange<Int64>)
    /// Minor units of the instance's currency, from 0.
    case money
    /// At most so many bytes of UTF-8.
    case string(bytesMax: Int)
    case choice([String])
    case timestamp
    case duration
    case member
    case dataset
    case model
    /// A SHA-256: 64 lower-case hexadecimal digits.
    case digest
    case list(DataType, countMax: Int)
    case map(key: DataType, value: DataType, countMax: Int)

    /// As an expression sees it.
    package var valueType: ValueType {
        switch self {
        case .bool: .bool
        case .int, .money: .int
        case .string, .choice, .member, .dataset, .model, .digest: .string
        case .timestamp: .timestamp
        case .duration: .duration
        case .list(let element, _): .list(element.valueType)
        case .map(let key, let value, _): .map(key: key.valueType, value: value.valueType)
        }
    }

    /// How large a value can be.
    package var extent: Extent {
        switch self {
        case .bool, .int, .money, .timestamp, .duration: .plain
        case .string(let bytesMax): .text(bytes: bytesMax)
        case .choice(let words): .text(bytes: words.map(\.utf8.count).max() ?? 0)
        case .member, .dataset, .model: .text(bytes: Self.nameBytesMax)
        case .digest: .text(bytes: Self.digestBytes)
        case .list(let element, let countMax): .list(count: countMax, element.extent)
        case .map(let key, let value, let countMax):
            .map(count: countMax, key: key.extent, value: value.extent)
        }
    }

    package static let nameBytesMax = 63
    static let digestBytes = 64

    /// What a variable holds until something is put in; `nil` where only the document can say.
    var least: Value? {
        switch self {
        case .bool: .bool(false)
        case .int(let range): .int(min(max(0, range.lowerBound), range.upperBound))
        case .money: .int(0)
        case .string: .string("")
        case .choice(let words): words.first.map(Value.string)
        case .duration: .duration(TimeSpan(nanoseconds: 0))
        case .list: .list([])
        case .map: .map([])
        case .timestamp, .member, .dataset, .model, .digest: nil
        }
    }

    /// The type in examples, where members are called as their parties, whatever letters those have.
    var inExamples: DataType {
        switch self {
        case .member: .string(bytesMax: Self.nameBytesMax)
        case .list(let element, let countMax): .list(element.inExamples, countMax: countMax)
        case .map(let key, let value, let countMax):
            .map(key: key.inExamples, value: value.inExamples, countMax: countMax)
        default: self
        }
    }

    /// How many bytes of JSON a value can take, a text's counted as they are.
    var bytesMax: Int {
        switch self {
        case .bool: 5
        case .int, .money: 20
        case .timestamp, .duration: 32
        case .string(let bytesMax): bytesMax + 2
        case .choice(let words): (words.map(\.utf8.count).max() ?? 0) + 2
        case .member, .dataset, .model: Self.nameBytesMax + 2
        case .digest: Self.digestBytes + 2
        case .list(let element, let countMax): 2 + countMax * (element.bytesMax + 1)
        case .map(let key, let value, let countMax):
            2 + countMax * (key.bytesMax + value.bytesMax + 4)
        }
    }

    var holdsMoney: Bool {
        switch self {
        case .money: true
        case .list(let element, _): element.holdsMoney
        case .map(_, let value, _): value.holdsMoney
        default: false
        }
    }
}

extension DataType: CustomStringConvertible {
    package var description: String {
        switch self {
        case .bool: "bool"
        case .int(let range): "int(\(range.lowerBound)..\(range.upperBound))"
        case .money: "money"
        case .string(let bytesMax): "string(\(bytesMax))"
        case .choice(let words): "choice(\(words.joined(separator: ", ")))"
        case .timestamp: "timestamp"
        case .duration: "duration"
        case .member: "member"
        case .dataset: "dataset"
        case .model: "model"
        case .digest: "digest"
        case .list(let element, let countMax): "list(\(element), \(countMax))"
        case .map(let key, let value, let countMax): "map(\(key), \(value), \(countMax))"
        }
    }
}
