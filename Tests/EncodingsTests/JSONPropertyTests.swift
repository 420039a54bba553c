import Encodings
import Randomness
import Testing

/// Random values and random damage.
@Suite struct JSONPropertyTests {
    @Test("What is printed reads back as the same value", arguments: 0..<300 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let value = Self.value(&random, depth: 0)
        let text = value.canonicalBytes
        let read = try JSONValue(parsing: text)
        // A whole number without fraction comes back as an integer; its print is the same.
        #expect(read.canonicalBytes == text, "seed \(seed)")
        #expect(try JSONValue(parsing: value.indentedText).canonicalBytes == text, "seed \(seed)")
    }

    @Test("Damaged texts are refused or read, and never crash", arguments: 0..<400 as Range<UInt64>)
    func damage(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var text = Self.value(&random, depth: 0).canonicalBytes
        for _ in 0..<8 {
            Self.damage(&text, &random)
            guard let value = try? JSONValue(parsing: text) else { continue }
            let printed = value.canonicalBytes
            #expect((try? JSONValue(parsing: printed))?.canonicalBytes == printed, "seed \(seed)")
        }
    }

    @Test("Random tokens are refused or read, and never crash", arguments: 0..<400 as Range<UInt64>)
    func tokens(seed: UInt64) {
        let tokens = [
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud83d", "\\ude00", "null", "tru",
            "e", "E", "+", "-", ".", "0", "1", "9223372036854775807", "é", "\n", " ", "\u{0}",
            "\"a\"", "1e308", "1e999",
        ]
        var random = SeededRandom(seed: seed)
        for _ in 0..<40 {
            let text = (0..<random.uniformInteger(below: 14)).map { _ in
                tokens[Int(random.uniformInteger(below: UInt64(tokens.count)))]
            }.joined()
            guard let value = try? JSONValue(parsing: text) else { continue }
            #expect(
                (try? JSONValue(parsing: value.canonicalBytes))?.canonicalBytes
                    == value.canonicalBytes, "seed \(seed): \(text.debugDescription)")
        }
    }

    private static func value(_ random: inout SeededRandom, depth: Int) -> JSONValue {
        switch random.uniformInteger(below: depth > 4 ? 5 : 7) {
        case 0: return .null
        case 1: return .bool(random.uniformInteger(below: 2) == 0)
        case 2:
            return .integer(Int64(bitPattern: random.next() >> random.uniformInteger(below: 64)))
        case 3:
            let number = Double(bitPattern: random.next())
            return .number(number.isFinite ? number : 0.5)
        case 4: return .string(text(&random))
        case 5:
            return .array(
                (0..<random.uniformInteger(below: 5)).map { _ in value(&random, depth: depth + 1) })
        default:
            var object = JSONObject()
            for _ in 0..<random.uniformInteger(below: 5) {
                object[text(&random)] = value(&random, depth: depth + 1)
            }
            return .object(object)
        }
    }

    private static func text(_ random: inout SeededRandom) -> String {
        var text = ""
        for _ in 0..<random.uniformInteger(below: 6) {
            let bound: UInt64 = [0x80, 0x800, 0x1_0000, 0x11_0000][
                Int(random.uniformInteger(below: 4))]
            let number = UInt32(random.uniformInteger(below: bound))
            text.unicodeScalars.append(Unicode.Scalar(number) ?? "\u{FFFD}")
        }
        return text
    }

    private static func damage(_ text: inout [UInt8], _ random: inout SeededRandom) {
        guard !text.isEmpty else { return }
        let place = Int(random.uniformInteger(below: UInt64(text.count)))
        switch random.uniformInteger(below: 4) {
        case 0: text.remove(at: place)
        case 1: text.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
        case 2: text[place] ^= 1 << random.uniformInteger(below: 8)
        default: text.removeSubrange(place...)
        }
    }
}
