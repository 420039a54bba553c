import Foundation
import Policy
import Randomness
import Testing

@Suite struct TimeTests {
    @Test("Parts of a date are those of the calendar", arguments: 0..<4 as Range<UInt64>)
    func calendar(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var calendar = Calendar(identifier: .iso8601)
        calendar.timeZone = .gmt
        let span = UInt64(Instant.secondsRange.upperBound + 12_219_292_800)
        for _ in 0..<200 {
            // From 1582 on: Foundation's calendar changes there.
            let seconds = Int64(random.uniformInteger(below: span)) - 12_219_292_800
            let parts = calendar.dateComponents(
                [.year, .month, .day, .hour, .minute, .second, .weekday, .dayOfYear],
                from: Date(timeIntervalSince1970: Double(seconds)))
            let instant = try #require(Instant(seconds: seconds))
            let expected = [
                parts.year, parts.month.map { $0 - 1 }, parts.day, parts.hour, parts.minute,
                parts.second,
                parts.weekday.map { $0 - 1 }, parts.dayOfYear.map { $0 - 1 },
            ].compactMap(\.self).map { Value.int(Int64($0)) }
            let text = """
                [t.getFullYear(), t.getMonth(), t.getDate(), t.getHours(), t.getMinutes(),
                 t.getSeconds(), t.getDayOfWeek(), t.getDayOfYear()]
                """
            #expect(try evaluate(text, ["t": .timestamp(instant)]) == .list(expected), "\(seconds)")
        }
    }

    @Test("What a time is written as is read back", arguments: 10..<14 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let span = UInt64(Instant.secondsRange.upperBound - Instant.secondsRange.lowerBound)
        for _ in 0..<200 {
            let instant = try #require(
                Instant(
                    seconds: Instant.secondsRange.lowerBound
                        + Int64(random.uniformInteger(below: span)),
                    nanoseconds: Int32(random.uniformInteger(below: 1_000_000_000))))
            #expect(Instant(rfc3339: instant.rfc3339) == instant)
            let time = TimeSpan(nanoseconds: Int64(bitPattern: random.next()))
            #expect(TimeSpan(time.secondsText) == time, "\(time.secondsText)")
        }
    }

    @Test(
        "What is no time is refused",
        arguments: [
            "2024-02-30T00:00:00Z", "2023-02-29T00:00:00Z", "2024-13-01T00:00:00Z",
            "2024-01-01T24:00:00Z",
            "2024-01-01T00:00:00", "2024-01-01 00:00:00Z", "0000-12-31T23:59:59Z",
            "9999-12-31T23:59:59-00:01", "2024-01-01T00:00:00.1234567890Z", "",
        ])
    func malformedInstants(text: String) {
        #expect(Instant(rfc3339: text) == nil)
    }

    @Test(
        "What is no length of time is refused",
        arguments: [
            "", "1", "h", "1x", "1h 2m", "--1s", "9223372036855s", "s", ".s", "1d",
        ])
    func malformedSpans(text: String) {
        #expect(TimeSpan(text) == nil)
    }
}
