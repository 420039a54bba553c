import Randomness
import Testing
import Transport

@Suite struct ServerSentEventTests {
    private static func parse(_ text: String) throws -> [ServerSentEvent] {
        var parser = ServerSentEventParser()
        return try parser.feed(text.utf8)
    }

    /// The specification's own examples (WHATWG HTML §9.2.6), and where its letter is easily missed.
    @Test(
        "A stream is read as the specification says",
        arguments: [
            ("data: YHOO\ndata: +2\ndata: 10\n\n", [("message", "YHOO\n+2\n10")]),
            (
                ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n",
                [("message", "first event"), ("message", "second event")]
            ),
            ("data\n\ndata\ndata\n\ndata:", [("message", ""), ("message", "\n")]),
            ("data:test\n\ndata: test\n\n", [("message", "test"), ("message", "test")]),
            ("event: batch\n\ndata: 1\n\n", [("message", "1")]),
            ("event: batch\ndata: 1\n\ndata: 2\n\n", [("batch", "1"), ("message", "2")]),
            ("\u{FEFF}data: 1\n\n\u{FEFF}data: 2\n\n", [("message", "1")]),
            (
                "retry: 10\nunknown: x\nDATA: x\ndata : x\n: data: x\ndata: 1\n\n",
                [("message", "1")]
            ),
            (
                "data: 1\r\rdata: 2\r\n\r\ndata: 3\n\r\n",
                [("message", "1"), ("message", "2"), ("message", "3")]
            ),
            ("data: a:b: c\n\n", [("message", "a:b: c")]),
            // A combining mark makes one character with the blank or the colon before it.
            ("data: \u{301}e\n\n", [("message", "\u{301}e")]),
            ("data:\u{301}e\n\n", [("message", "\u{301}e")]),
        ] as [(String, [(String, String)])])
    func specified(text: String, events: [(name: String, data: String)]) throws {
        let expected = events.map { ServerSentEvent(name: $0.name, data: $0.data) }
        let read = try Self.parse(text)
        #expect(read == expected)
        #expect(read.map { Array($0.data.utf8) } == expected.map { Array($0.data.utf8) })
    }

    @Test(
        "However a stream is cut and whatever ends its lines, the same events come out",
        arguments: 0..<100 as Range<UInt64>)
    func cutAnywhere(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let alphabet = ["a", " ", ":", "{", "\"", "é", "\u{301}", "\u{1F600}", "\n", "data: ", "0"]
        let events = (0..<random.uniformInteger(in: 1...5)).map { number in
            ServerSentEvent(
                name: "event-\(number)",
                data: (0..<random.uniformInteger(in: 0...30)).map { _ in
                    alphabet[random.uniformInteger(in: 0...alphabet.count - 1)]
                }.joined())
        }
        let end = ["\n", "\r", "\r\n"][random.uniformInteger(in: 0...2)]
        let text = events.map(\.text).joined(separator: ": a sign of life\n")
        let bytes = text.utf8.flatMap { $0 == UInt8(ascii: "\n") ? Array(end.utf8) : [$0] }
        var parser = ServerSentEventParser()
        var read: [ServerSentEvent] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = random.uniformInteger(in: 1...9)
            read += try parser.feed(rest.prefix(count))
            rest = rest.dropFirst(count)
        }
        #expect(read == events, "seed \(seed)")
    }

    @Test("A return in an event's data ends a line, and cannot begin a field of its own")
    func returnsInData() throws {
        for data in ["a\rdata: b\r\rc", "a\r\nevent: other\n\r", "\r"] {
            let lines = data.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
            let read = try Self.parse(ServerSentEvent(name: "batch", data: data).text)
            #expect(read == [ServerSentEvent(name: "batch", data: lines)])
        }
    }

    @Test("A line or an event that does not end is given up when it has grown too long")
    func bounded() throws {
        var parser = ServerSentEventParser(eventBytesMax: 1_000)
        #expect(throws: ServerSentEventError.eventTooLong(1_000)) {
            for _ in 0..<1_001 { _ = try parser.feed("x".utf8) }
        }
        var lines = ServerSentEventParser(eventBytesMax: 1_000)
        #expect(throws: ServerSentEventError.eventTooLong(1_000)) {
            for _ in 0..<1_001 { _ = try lines.feed("data: x\n".utf8) }
        }
        var empty = ServerSentEventParser(eventBytesMax: 1_000)
        #expect(throws: ServerSentEventError.eventTooLong(1_000)) {
            for _ in 0..<1_001 { _ = try empty.feed("data\n".utf8) }
        }
        var many = ServerSentEventParser(eventBytesMax: 1_000)
        for _ in 0..<100 {
            #expect(
                try many.feed("data: \(String(repeating: "x", count: 900))\n\n".utf8).count == 1)
        }
    }

    @Test("A stream that is not UTF-8 is given up")
    func notUTF8() {
        for bytes in [
            Array("data: ".utf8) + [0xFF, 0x0A, 0x0A], Array("event: ".utf8) + [0xC3, 0x0A],
        ] {
            var parser = ServerSentEventParser()
            #expect(throws: ServerSentEventError.notUTF8) { try parser.feed(bytes) }
        }
    }
}
