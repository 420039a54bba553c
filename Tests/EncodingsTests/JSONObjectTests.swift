import Encodings
import Randomness
import Testing

@Suite struct JSONObjectTests {
    @Test("Keys stand in the order of their UTF-16 code units", arguments: 0..<100 as Range<UInt64>)
    func orderIsUTF16(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let pool: [Unicode.Scalar] = [
            "a", "b", "\u{7F}", "\u{80}", "\u{7FF}", "\u{800}", "\u{D7FF}", "\u{E000}", "\u{FFFF}",
            "\u{10000}", "\u{1F600}", "\u{10FFFF}",
        ]
        let keys = (0..<12).map { _ in
            String(
                String.UnicodeScalarView(
                    (0..<random.uniformInteger(below: 4)).map { _ in
                        pool[Int(random.uniformInteger(below: UInt64(pool.count)))]
                    }))
        }
        var object = JSONObject()
        for key in keys {
            object[key] = .null
        }
        let unique = Set(keys.map { Array($0.utf16) })
        let expected = unique.sorted { $0.lexicographicallyPrecedes($1) }
        #expect(object.members.map { Array($0.key.utf16) } == expected, "seed \(seed)")
    }

    @Test("An object behaves like a dictionary", arguments: 0..<50 as Range<UInt64>)
    func behavesLikeADictionary(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var object = JSONObject()
        var dictionary: [String: JSONValue] = [:]
        for step in 0..<100 {
            let key = "k\(random.uniformInteger(below: 12))"
            let value: JSONValue? =
                random.uniformInteger(below: 3) == 0 ? nil : .integer(Int64(step))
            object[key] = value
            dictionary[key] = value
            #expect(object.members.count == dictionary.count, "seed \(seed)")
        }
        for number in 0..<12 {
            #expect(object["k\(number)"] == dictionary["k\(number)"], "seed \(seed)")
        }
    }

    @Test("A key that comes twice is named")
    func duplicatesAreNamed() {
        let members = ["x", "y", "x"].map { JSONObject.Member(key: $0, value: .null) }
        #expect(JSONObject(members) == nil)
        #expect(JSONObject.duplicateKey(in: members) == "x")
        #expect(JSONObject.duplicateKey(in: Array(members.prefix(2))) == nil)
    }

    @Test("A value answers for its own kind only")
    func kinds() {
        let values: [JSONValue] = [.null, true, 1, .number(1.5), "s", [1], ["k": 1]]
        #expect(
            values.map(\.kind) == [
                "null", "a boolean", "an integer", "a number", "a string", "an array", "an object",
            ])
        #expect(values.map { $0.bool != nil } == [false, true, false, false, false, false, false])
        #expect(
            values.map { $0.integer != nil } == [false, false, true, false, false, false, false])
        #expect(values.map { $0.double } == [nil, nil, 1, 1.5, nil, nil, nil])
        #expect(
            values.map { $0.string != nil } == [false, false, false, false, true, false, false])
        #expect(values.map { $0.array != nil } == [false, false, false, false, false, true, false])
        #expect(
            values.map { $0.object != nil } == [false, false, false, false, false, false, true])
        #expect(values.map { $0["k"] } == [nil, nil, nil, nil, nil, nil, 1])
    }

    @Test("A literal leaves out what is nil")
    func literalsLeaveOutNil() {
        let absent: JSONValue? = nil
        #expect((["a": 1, "b": absent] as JSONValue) == ["a": 1])
    }
}
