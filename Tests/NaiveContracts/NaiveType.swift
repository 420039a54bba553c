import Encodings
import Policy

/// A type of a document, read and applied as its page says.
indirect enum NaiveType: Equatable {
    case bool, money, timestamp, duration, member, name, digest
    case int(Int64, Int64)
    case string(Int)
    case choice([String])
    case list(NaiveType, Int)
    case map(NaiveType, NaiveType, Int)

    /// - Precondition: The text is a type.
    init(_ text: String) {
        var left = text.filter { $0 != " " }[...]
        self = Self.read(&left)
    }

    private static func read(_ left: inout Substring) -> NaiveType {
        let name = left.prefix { $0.isLetter }
        left = left.dropFirst(name.count)
        guard left.first == "(" else {
            switch name {
            case "bool": return .bool
            case "money": return .money
            case "timestamp": return .timestamp
            case "duration": return .duration
            case "digest": return .digest
            case "member": return .member
            default: return .name
            }
        }
        left.removeFirst()
        defer { left.removeFirst() }
        switch name {
        case "int":
            let body = left.prefix { $0 != ")" }
            left = left.dropFirst(body.count)
            let dots = body.firstRange(of: "..")
            let lower = dots.flatMap { Int64(body[..<$0.lowerBound]) } ?? 0
            let upper = dots.flatMap { Int64(body[$0.upperBound...]) } ?? 0
            return .int(lower, upper)
        case "string": return .string(number(&left))
        case "choice":
            let body = left.prefix { $0 != ")" }
            left = left.dropFirst(body.count)
            return .choice(body.split(separator: ",").map(String.init))
        case "list":
            let element = read(&left)
            left.removeFirst()
            return .list(element, number(&left))
        default:
            let key = read(&left)
            left.removeFirst()
            let value = read(&left)
            left.removeFirst()
            return .map(key, value, number(&left))
        }
    }

    private static func number(_ left: inout Substring) -> Int {
        let digits = left.prefix { $0.isNumber }
        left = left.dropFirst(digits.count)
        return Int(digits) ?? 0
    }

    var least: NaiveValue? {
        switch self {
        case .bool: .bool(false)
        case .money: .int(0)
        case .int(let lower, let upper): .int(lower > 0 ? lower : upper < 0 ? upper : 0)
        case .string: .text([])
        case .choice(let words): .text(words[0])
        case .duration: .span(0)
        case .list: .list([])
        case .map: .map([])
        case .timestamp, .member, .name, .digest: nil
        }
    }

    /// `nil` where it is none of this type.
    func read(_ json: JSONValue) -> NaiveValue? {
        let value: NaiveValue
        switch (self, json) {
        case (.bool, .bool(let bool)): value = .bool(bool)
        case (.int, .integer(let number)), (.money, .integer(let number)): value = .int(number)
        case (.string, .string(let text)), (.choice, .string(let text)),
            (.member, .string(let text)), (.name, .string(let text)), (.digest, .string(let text)):
            value = .text(text)
        case (.timestamp, .string(let text)):
            guard let time = NaiveTime.read(text) else { return nil }
            value = .time(time)
        case (.duration, .string(let text)):
            guard let span = TimeSpan(text) else { return nil }
            value = .span(span.nanoseconds)
        case (.list(let element, _), .array(let elements)):
            let read = elements.compactMap(element.read)
            guard read.count == elements.count else { return nil }
            value = .list(read)
        case (.map(let key, let element, _), .object(let object)):
            var pairs: [NaiveValue.Pair] = []
            for member in object.members {
                var keyJSON = JSONValue.string(member.key)
                if case .int = key {
                    guard let number = Int64(member.key), String(number) == member.key else {
                        return nil
                    }
                    keyJSON = .integer(number)
                }
                guard let key = key.read(keyJSON), let value = element.read(member.value) else {
                    return nil
                }
                pairs.append(.init(key: key, value: value))
            }
            value = .ordered(pairs)
        default: return nil
        }
        return holds(value) ? value : nil
    }

    /// Whether a value is within the bounds.
    func holds(_ value: NaiveValue) -> Bool {
        switch (self, value) {
        case (.bool, .bool), (.timestamp, .time), (.duration, .span): true
        case (.money, .int(let number)): number >= 0
        case (.int(let lower, let upper), .int(let number)): lower <= number && number <= upper
        case (.string(let bytesMax), .text(let bytes)): bytes.count <= bytesMax
        case (.choice(let words), .text(let bytes)): words.contains { Array($0.utf8) == bytes }
        case (.member, .text(let bytes)): Self.isMember(bytes)
        case (.name, .text(let bytes)): Self.isName(bytes)
        case (.digest, .text(let bytes)):
            bytes.count == 64 && bytes.allSatisfy { "0123456789abcdef".utf8.contains($0) }
        case (.list(let element, let countMax), .list(let elements)):
            elements.count <= countMax && elements.allSatisfy(element.holds)
        case (.map(let key, let element, let countMax), .map(let pairs)):
            pairs.count <= countMax
                && pairs.allSatisfy { key.holds($0.key) && element.holds($0.value) }
        default: false
        }
    }

    /// The lab itself is no member.
    static func isMember(_ bytes: [UInt8]) -> Bool { isName(bytes) && bytes != Array("lab".utf8) }

    static func isName(_ bytes: [UInt8]) -> Bool {
        let hyphen = UInt8(ascii: "-")
        return (1...63).contains(bytes.count) && bytes.first != hyphen && bytes.last != hyphen
            && bytes.allSatisfy { "abcdefghijklmnopqrstuvwxyz0123456789-".utf8.contains($0) }
    }
}
