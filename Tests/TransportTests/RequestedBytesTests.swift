import Testing
import Transport

/// RFC 9110 §14.1.2, §14.2 and §13.1.5.
@Suite struct RequestedBytesTests {
    private static let tag = "\"abc\""

    private func requested(
        _ range: String?, of count: Int = 10_000, ifRange: String? = nil
    ) -> RequestedBytes {
        RequestedBytes(range: range, ifRange: ifRange, entityTag: Self.tag, count: count)
    }

    @Test(
        "The examples of the standard mean what it says",
        arguments: [
            ("bytes=0-499", 0..<500), ("bytes=500-999", 500..<1_000),
            ("bytes=-500", 9_500..<10_000), ("bytes=9500-", 9_500..<10_000),
            ("bytes=0-0", 0..<1), ("bytes=-1", 9_999..<10_000),
        ])
    func standard(value: String, range: Range<Int>) {
        #expect(requested(value) == .part(range))
    }

    @Test(
        "A range ends where the bytes do",
        arguments: [
            ("bytes=0-9999", 0..<10_000), ("bytes=0-10000", 0..<10_000), ("bytes=0-", 0..<10_000),
            ("bytes=9999-10000", 9_999..<10_000), ("bytes=-10000", 0..<10_000),
            ("bytes=-10001", 0..<10_000), ("bytes=1-99999999999999999999999", 1..<10_000),
            ("bytes=-99999999999999999999999", 0..<10_000),
            ("bytes=0-9223372036854775807", 0..<10_000),
        ])
    func clamped(value: String, range: Range<Int>) {
        #expect(requested(value) == .part(range))
    }

    @Test(
        "A range that begins behind the last byte, and one of no bytes, cannot be had",
        arguments: [
            "bytes=10000-", "bytes=10000-10001", "bytes=99999999999999999999999-", "bytes=-0",
            "bytes=9223372036854775807-", "bytes=9223372036854775806-9223372036854775807",
        ])
    func unsatisfiable(value: String) {
        #expect(requested(value) == .unsatisfiable)
    }

    @Test(
        "What is not one range of bytes in the standard's words does not count",
        arguments: [
            "lines=0-4", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=0-4,6-9", "bytes=4-2",
            "bytes=+1-4", "bytes=-+4", "bytes=0x0-4", "bytes=1--4", "bytes=--4", "bytes=1-2-3",
            "bytes=0-4, bytes=6-9", "0-4", "", "=0-4", "bytes 0-4", "bytes=0 - 4", "bytes=٣-٤",
            "bytes=0-4\u{0}",
        ])
    func ignored(value: String) {
        #expect(requested(value) == .all)
    }

    @Test("The unit's case, blanks around the range and empty elements of the list mean nothing")
    func lenient() {
        for value in ["Bytes=0-4", "bytes= 0-4 ", "bytes=,0-4,", "bytes=\t, 0-4 ,,"] {
            #expect(requested(value) == .part(0..<5), "\(value)")
        }
    }

    @Test("Of nothing, only its last bytes can be had, and they are all")
    func nothing() {
        #expect(requested("bytes=0-", of: 0) == .unsatisfiable)
        #expect(requested("bytes=0-0", of: 0) == .unsatisfiable)
        #expect(requested("bytes=-0", of: 0) == .unsatisfiable)
        #expect(requested("bytes=-5", of: 0) == .all)
        #expect(requested(nil, of: 0) == .all)
    }

    @Test("If-Range lets the range count for the strong entity tag alone")
    func ifRange() {
        #expect(requested("bytes=0-4", ifRange: Self.tag) == .part(0..<5))
        #expect(requested("bytes=0-4", ifRange: " \(Self.tag) ") == .part(0..<5))
        for other in [
            "\"other\"", "W/\(Self.tag)", "abc", "*", "", "Wed, 21 Oct 2015 07:28:00 GMT",
        ] {
            #expect(requested("bytes=0-4", ifRange: other) == .all, "\(other)")
            #expect(requested("bytes=99999-", ifRange: other) == .all, "\(other)")
        }
        #expect(requested(nil, ifRange: Self.tag) == .all)
    }

    @Test("Whatever range is taken lies within the bytes, and is not empty")
    func bounds() {
        let numbers = ["", "0", "1", "2", "7", "8", "9", "18446744073709551616"]
        for count in 0...8 {
            for first in numbers {
                for last in numbers {
                    let value = "bytes=\(first)-\(last)"
                    guard case .part(let range) = requested(value, of: count) else { continue }
                    #expect(!range.isEmpty && range.lowerBound >= 0, "\(value) of \(count)")
                    #expect(range.upperBound <= count, "\(value) of \(count)")
                }
            }
        }
    }
}
