import Foundation
import Policy
import Randomness
import Testing

/// The C library is the independent implementation here.
@Suite struct NumberTextTests {
    private static func doubles(_ seed: UInt64) -> [Double] {
        var random = SeededRandom(seed: seed)
        return (0..<400).map { index in
            let bits = random.next()
            let value = Double(bitPattern: bits)
            // Half of them of everyday size.
            guard value.isFinite, index % 2 == 0 else {
                return Double(Int64(bitPattern: bits) >> 24) / 1_024
            }
            return value
        } + [
            0, -0.0, 0.5, 1.5, 2.5, 0.125, 1e22, .leastNonzeroMagnitude, .greatestFiniteMagnitude,
            999_999.5, 0.00005,
        ]
    }

    @Test("Fixed and scientific digits are those of C", arguments: 0..<4 as Range<UInt64>)
    func formats(seed: UInt64) throws {
        for value in Self.doubles(seed) {
            for precision in [0, 1, 3, 6, 17] {
                for verb in ["f", "e"] {
                    let form = "%.\(precision)\(verb)"
                    #expect(
                        try evaluate("f.format([x])", ["f": .string(form), "x": .double(value)])
                            == .string(String(format: form, value)), "\(form) of \(value)")
                }
            }
        }
    }

    @Test("A double's text reads back as the same double", arguments: 4..<8 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        for value in Self.doubles(seed) {
            #expect(
                try evaluate("double(string(x)) == x", ["x": .double(value)]) == .bool(true),
                "\(value)")
        }
    }
}
