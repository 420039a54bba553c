package import Encodings
package import Policy

/// A value as the plain interpreter holds it: times and lengths are counts of nanoseconds, a map is a
/// list of pairs in the order of their keys.
package indirect enum NaiveValue: Equatable, Sendable {
    case bool(Bool)
    case int(Int64)
    /// UTF-8, so that equal means equal byte by byte.
    case text([UInt8])
    case time(Int128)
    case span(Int64)
    case list([NaiveValue])
    case map([Pair])

    package struct Pair: Equatable, Sendable {
        let key: NaiveValue
        let value: NaiveValue
    }

    static func text(_ string: String) -> NaiveValue { .text(Array(string.utf8)) }

    /// A map in the language's order, each key once: of two the later counts.
    static func ordered(_ pairs: [Pair]) -> NaiveValue {
        var unique: [Pair] = []
        for pair in pairs {
            unique.removeAll { $0.key == pair.key }
            unique.append(pair)
        }
        return .map(unique.sorted { $0.key.precedes($1.key) })
    }

    func precedes(_ other: NaiveValue) -> Bool {
        switch (self, other) {
        case (.bool(let one), .bool(let other)): !one && other
        case (.int(let one), .int(let other)): one < other
        case (.text(let one), .text(let other)): one.lexicographicallyPrecedes(other)
        case (.time(let one), .time(let other)): one < other
        case (.span(let one), .span(let other)): one < other
        default: false
        }
    }

    var string: String {
        if case .text(let bytes) = self { String(decoding: bytes, as: UTF8.self) } else { "" }
    }

    package var json: JSONValue {
        switch self {
        case .bool(let value): .bool(value)
        case .int(let value): .integer(value)
        case .text: .string(string)
        case .time(let nanoseconds): .string(NaiveTime.text(nanoseconds))
        case .span(let nanoseconds): .string(TimeSpan(nanoseconds: nanoseconds).secondsText)
        case .list(let elements): .array(elements.map(\.json))
        case .map(let pairs):
            .object(
                pairs.reduce(into: JSONObject()) { object, pair in
                    if case .int(let key) = pair.key { object[String(key)] = pair.value.json }
                    if case .text = pair.key { object[pair.key.string] = pair.value.json }
                })
        }
    }
}

/// Nanoseconds since 1970, and the texts for them.
package enum NaiveTime {
    private static let nanosecondsPerSecond: Int128 = 1_000_000_000
    static let range: ClosedRange<Int128> = {
        let seconds = Instant.secondsRange
        let end = (Int128(seconds.upperBound) + 1) * nanosecondsPerSecond
        return Int128(seconds.lowerBound) * nanosecondsPerSecond...end - 1
    }()

    package static func read(_ text: String) -> Int128? {
        Instant(rfc3339: text).map {
            Int128($0.seconds) * nanosecondsPerSecond + Int128($0.nanoseconds)
        }
    }

    package static func instant(_ nanoseconds: Int128) -> Instant? {
        var (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: nanosecondsPerSecond)
        if rest < 0 { (seconds, rest) = (seconds - 1, rest + nanosecondsPerSecond) }
        return Int64(exactly: seconds).flatMap { Instant(seconds: $0, nanoseconds: Int32(rest)) }
    }

    static func text(_ nanoseconds: Int128) -> String { instant(nanoseconds)?.rfc3339 ?? "" }
}
