import Encodings
import Randomness
import Testing

/// The canonical form of RFC 8785.
@Suite struct JSONWriterTests {
    /// RFC 8785 appendix B, without what JSON cannot say.
    static let numbers: [(UInt64, String)] = [
        (0x0000_0000_0000_0000, "0"), (0x8000_0000_0000_0000, "0"),
        (0x0000_0000_0000_0001, "5e-324"), (0x8000_0000_0000_0001, "-5e-324"),
        (0x7FEF_FFFF_FFFF_FFFF, "1.7976931348623157e+308"),
        (0xFFEF_FFFF_FFFF_FFFF, "-1.7976931348623157e+308"),
        (0x4340_0000_0000_0000, "9007199254740992"),
        (0xC340_0000_0000_0000, "-9007199254740992"),
        (0x4430_0000_0000_0000, "295147905179352830000"),
        (0x44B5_2D02_C7E1_4AF5, "9.999999999999997e+22"),
        (0x44B5_2D02_C7E1_4AF6, "1e+23"), (0x44B5_2D02_C7E1_4AF7, "1.0000000000000001e+23"),
        (0x444B_1AE4_D6E2_EF4E, "999999999999999700000"),
        (0x444B_1AE4_D6E2_EF4F, "999999999999999900000"), (0x444B_1AE4_D6E2_EF50, "1e+21"),
        (0x3EB0_C6F7_A0B5_ED8C, "9.999999999999997e-7"), (0x3EB0_C6F7_A0B5_ED8D, "0.000001"),
        (0x41B3_DE43_5555_5553, "333333333.3333332"),
        (0x41B3_DE43_5555_5554, "333333333.33333325"),
        (0x41B3_DE43_5555_5555, "333333333.3333333"),
        (0x41B3_DE43_5555_5556, "333333333.3333334"),
        (0x41B3_DE43_5555_5557, "333333333.33333343"),
        (0xBECB_F647_612F_3696, "-0.0000033333333333333333"),
        (0x4314_3FF3_C1CB_0959, "1424953923781206.2"),
    ]

    @Test("The numbers of the standard's appendix are printed as there", arguments: numbers)
    func publishedNumbers(bits: UInt64, text: String) {
        #expect(JSONValue.number(Double(bitPattern: bits)).canonicalText == text)
    }

    @Test("The standard's example of sorting comes out as there")
    func publishedSorting() throws {
        let text = #"""
            {"\u20ac":"Euro Sign","\r":"Carriage Return",
             "\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One",
             "\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control",
             "\u00f6":"Latin Small Letter O With Diaeresis"}
            """#
        let object = try #require(try JSONValue(parsing: text).object)
        #expect(
            object.members.compactMap(\.value.string) == [
                "Carriage Return", "One", "Control", "Latin Small Letter O With Diaeresis",
                "Euro Sign", "Emoji: Grinning Face", "Hebrew Letter Dalet With Dagesh",
            ])
    }

    @Test("The standard's example of serialisation comes out as there")
    func publishedSerialisation() throws {
        let text = #"""
            {"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
             "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
             "literals": [null, true, false]}
            """#
        #expect(
            try JSONValue(parsing: text).canonicalText
                == #"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"#
                + #""string":"€$\u000f\nA'B\"\\\\\"/"}"#)
    }

    @Test("Twenty thousand doubles are printed as PyPI's rfc8785 prints them")
    func numbersOfAnotherImplementation() {
        var random = SeededRandom(seed: 2026)
        var text = ""
        var count = 0
        while count < 20_000 {
            let number = Double(bitPattern: random.next())
            guard number.isFinite else { continue }
            text += JSONValue.number(number).canonicalText + "\n"
            count += 1
        }
        #expect(text.utf8.count == 468_452)
        #expect(checksum(text.utf8) == 0x40FE_8868_FFD5_A522)
    }

    @Test("Numbers on both sides of every notation are printed as PyPI's rfc8785 prints them")
    func notationsOfAnotherImplementation() throws {
        var random = SeededRandom(seed: 2027)
        var text = ""
        for _ in 0..<20_000 {
            let digits = 1 + random.uniformInteger(below: 17)
            let ten = (0..<digits).reduce(1 as UInt64) { power, _ in power * 10 }
            let mantissa = random.uniformInteger(below: ten)
            let exponent = Int(random.uniformInteger(below: 44)) - 23
            let value = try JSONValue(parsing: "\(mantissa)e\(exponent)")
            text += value.canonicalText + "\n"
        }
        #expect(text.utf8.count == 288_839)
        #expect(checksum(text.utf8) == 0xC551_687F_47D1_ADE5)
    }

    @Test("Two thousand objects are sorted and escaped as PyPI's rfc8785 does it")
    func keysOfAnotherImplementation() throws {
        let pool: [UInt32] = [
            0x20, 0x22, 0x5C, 0x41, 0x61, 0x0, 0x1F, 0x7F, 0x80, 0xE9, 0x301, 0x7FF, 0x800, 0xD7FF,
            0xE000, 0xFB33, 0xFFFD, 0xFFFF, 0x10000, 0x1F600, 0x10FFFF, 0x212A, 0x4B,
        ]
        let scalars = pool.compactMap(Unicode.Scalar.init)
        var random = SeededRandom(seed: 2028)
        var text = ""
        for _ in 0..<2_000 {
            var object = JSONObject()
            for position in 0..<random.uniformInteger(below: 9) {
                var key = ""
                for _ in 0..<random.uniformInteger(below: 4) {
                    key.unicodeScalars.append(
                        scalars[Int(random.uniformInteger(below: UInt64(scalars.count)))])
                }
                object[key] = .integer(Int64(position))
            }
            text += JSONValue.object(object).canonicalText + "\n"
        }
        #expect(text.utf8.count == 71_443)
        #expect(checksum(text.utf8) == 0xB61C_E04B_0E32_B355)
    }

    @Test("An integer keeps all its digits, beyond what a double could say")
    func integersAreExact() {
        #expect(JSONValue.integer(.max).canonicalText == "9223372036854775807")
        #expect(JSONValue.integer(.min).canonicalText == "-9223372036854775808")
        #expect(JSONValue.integer(9_007_199_254_740_993).canonicalText == "9007199254740993")
    }

    @Test("The form for people is indented, sorted and the same value")
    func indentedForm() throws {
        let value: JSONValue = ["b": [1, [:], []], "a": ["x": .null, "y": "\n"]]
        #expect(
            value.indentedText == """
                {
                  "a": {
                    "x": null,
                    "y": "\\n"
                  },
                  "b": [
                    1,
                    {},
                    []
                  ]
                }
                """)
        #expect(try JSONValue(parsing: value.indentedText) == value)
    }
}
