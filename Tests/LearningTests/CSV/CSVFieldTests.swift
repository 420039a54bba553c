import Randomness
import Testing

@testable import Learning

@Suite struct CSVFieldTests {
    @Test(
        "These spellings are missing values",
        arguments: [
            "", " ", "\t ", "?", "-", "--", ".", "NA", "na", "Na", "n/a", "N/A", "#N/A", "<NA>",
            "NaN", "nan", "NAN", "null", "NULL", " NaN ",
        ])
    func missing(text: String) { #expect(CSVField(text).isMissing) }

    @Test(
        "These are values",
        arguments: ["0", "none", "None", "n", "nana", "nul", "-1", "..", "---", "??", "null1", "é"])
    func notMissing(text: String) { #expect(!CSVField(text).isMissing) }

    @Test(
        "These are numbers",
        arguments: [
            ("0", 0), ("63.0", 63), (".7", 0.7), ("7.", 7), ("-1.5e3", -1500), ("+2", 2),
            ("1E-2", 0.01), ("  5 ", 5), ("1e22", 1e22), ("1e23", 1e23),
            ("9007199254740993", 0x1p53),
            ("123456789012345678901234567890", 1.2345678901234568e29), ("1e-400", 0),
            ("0.1", 0.1), ("-0", 0), ("4.9e-324", .leastNonzeroMagnitude),
            ("2.2250738585072014e-308", 0x1p-1022),
            ("0.30000000000000004", 0.30000000000000004),
            ("-0.66857600000000009", -0.66857600000000009),
        ])
    func numbers(text: String, number: Double) { #expect(CSVField(text).number == number) }

    @Test(
        "These are not numbers",
        arguments: [
            "", "-", "+", ".", "e5", "1e", "1e+", "1.2.3", "1,5", "0x10", "inf", "nan", "1_000",
            "--1", "+-1", "1 2", "1e999", "１", "1-", "½", "Infinity", "1e5.5",
        ])
    func notNumbers(text: String) { #expect(CSVField(text).number == nil) }

    @Test("A number is rounded as Swift rounds it", arguments: 0..<50 as Range<UInt64>)
    func numbersAreRoundedCorrectly(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<200 {
            let text =
                switch random.uniformInteger(in: 0...2) {
                case 0: "\(Double(bitPattern: random.next()))"
                case 1: "\(random.normalNumber())"
                default:
                    "\(random.uniformInteger(in: -99_999...99_999)).\(random.next() % 1_000_000_007)"
                        + "e\(random.uniformInteger(in: -30...30))"
                }
            guard let expected = Double(text), expected.isFinite else { continue }
            #expect(CSVField(text).number == expected, "\(text)")
        }
    }

    @Test(
        "A category is a number in its shortest form, or the text",
        arguments: [
            ("1", "1"), ("1.0", "1"), (" +1 ", "1"), ("1e0", "1"), ("0.50", "0.5"), ("-0", "0"),
            ("M", "M"), (" M ", "M"), ("m", "m"), ("yes", "yes"),
            ("1234567890123456", "1234567890123456"), ("12345678901234567", "12345678901234567"),
            ("123456789012345", "123456789012345"), ("\u{E9}", "\u{E9}"),
        ])
    func categories(text: String, category: String) {
        #expect(CSVField(text).category.utf8.elementsEqual(category.utf8))
    }

    @Test("A decimal comma is noticed")
    func decimalCommas() {
        #expect(CSVField("1,5").hasDecimalComma)
        #expect(CSVField("-0,25").hasDecimalComma)
        #expect(!CSVField("1.5").hasDecimalComma)
        #expect(!CSVField("a,b").hasDecimalComma)
        #expect(!CSVField("1,000,000").hasDecimalComma)
    }
}

@Suite struct TextTableTests {
    @Test("A table gives each text the place it first had", arguments: 0..<20 as Range<UInt64>)
    func placesAreKept(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var table = TextTable()
        var expected: [[UInt8]: Int] = [:]
        for _ in 0..<500 {
            let text = (0..<random.uniformInteger(in: 0...2)).map { _ in
                UInt8(random.uniformInteger(in: 97...110))
            }
            let (index, isNew) = table.insert(text[...])
            #expect(isNew == (expected[text] == nil))
            #expect(index == expected[text, default: expected.count])
            expected[text] = index
        }
        #expect(table.count == expected.count)
        for (text, index) in expected { #expect(table.index(of: text[...]) == index) }
        #expect(table.index(of: "absent") == nil)
    }
}
