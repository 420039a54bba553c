import Encodings
import Randomness
import Testing

@Suite struct Base64Tests {
    /// RFC 4648 §10.
    static let published = [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
    ]

    @Test("The vectors of RFC 4648 hold both ways", arguments: published)
    func publishedVectors(text: String, encoded: String) {
        #expect(Base64.encode(Array(text.utf8)) == encoded)
        #expect(Base64.decode(encoded) == Array(text.utf8))
    }

    @Test("All 64 characters of the alphabet stand for their place in it")
    func alphabet() {
        let text = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        let packed = (0..<16).flatMap { group -> [UInt8] in
            let digits = (0..<4).map { UInt32(group * 4 + $0) }
            let word = digits.reduce(0) { $0 << 6 | $1 }
            return [UInt8(word >> 16 & 255), UInt8(word >> 8 & 255), UInt8(word & 255)]
        }
        #expect(Base64.encode(packed) == text)
        #expect(Base64.decode(text) == packed)
    }

    @Test(
        "A second spelling of the same bytes is refused",
        arguments: [
            "Zg", "Zg=", "Zg===", "Zm8", "Zm9v=", "Zm9v====", "====", "=", "A===", "Zg==Zg==",
            "Z===", "Zh==", "Zm9=", "Zm9", "Zg==\n", " Zg==", "Zm9v Zm9v", "Zm9v\r\n", "Zm-_",
            "Zm9vé", "Zm9v\0", "Zg=\u{003D}\u{0301}",
        ])
    func secondSpelling(text: String) {
        #expect(Base64.decode(text) == nil, "\(text.debugDescription)")
    }

    @Test("Whatever bytes there are, reading gives back what was written", arguments: 0..<300)
    func roundTrip(length: Int) {
        var random = SeededRandom(seed: UInt64(length))
        let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        let text = Base64.encode(bytes)
        #expect(text.utf8.count == (length + 2) / 3 * 4)
        #expect(Base64.decode(text) == bytes, "seed \(length)")
        #expect(Base64.decode(Array("??\(text)".utf8).dropFirst(2)) == bytes)
    }

    @Test("What is accepted has one spelling: it prints as it stood", arguments: 0..<50)
    func acceptedTextIsCanonical(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let alphabet = Array("ABYZabyz0189+/==".utf8)
        for _ in 0..<400 {
            let length = 4 * Int(random.uniformInteger(below: 4))
            let text = (0..<length).map { _ in
                alphabet[Int(random.uniformInteger(below: UInt64(alphabet.count)))]
            }
            if let bytes = Base64.decode(text[...]) {
                #expect(Array(Base64.encode(bytes).utf8) == text, "seed \(seed)")
            }
        }
    }
}

@Suite struct HexTests {
    @Test("The vectors of RFC 4648 hold, in lower case")
    func publishedVectors() {
        for (text, encoded) in [("", ""), ("f", "66"), ("foobar", "666f6f626172")] {
            #expect(Hex.encode(text.utf8) == encoded)
            #expect(Hex.decode(encoded) == Array(text.utf8))
        }
    }

    @Test("Every byte has two digits, and they give it back")
    func everyByte() {
        let all = Array(UInt8.min ... .max)
        #expect(Hex.encode(all).utf8.count == 512)
        #expect(Hex.decode(Hex.encode(all)) == all)
        #expect(Hex.encode([0x00, 0x0F, 0xF0, 0xFF]) == "000ff0ff")
    }

    @Test(
        "An odd digit, a capital or any other character is refused",
        arguments: ["0", "000", "0G", "AB", "aB", "0x", " 0", "é", "0\0", "..", "٠٠"])
    func refused(text: String) {
        #expect(Hex.decode(text) == nil)
    }
}
