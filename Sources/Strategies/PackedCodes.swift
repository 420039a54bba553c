/// Integers of a few bits each, one behind the other, the first in the lowest bits of the first
/// byte.
enum PackedCodes {
    static func byteCount(_ count: Int, bits: Int) -> Int { (count * bits + 7) / 8 }

    /// - Parameter bits: At most 16.
    static func packed(_ codes: [UInt32], bits: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(byteCount(codes.count, bits: bits))
        var word: UInt32 = 0
        var filled = 0
        for code in codes {
            word |= code << filled
            filled += bits
            while filled >= 8 {
                bytes.append(UInt8(truncatingIfNeeded: word))
                word >>= 8
                filled -= 8
            }
        }
        if filled > 0 { bytes.append(UInt8(truncatingIfNeeded: word)) }
        return bytes
    }

    /// Which bytes hold these codes.
    static func bytes(of codes: Range<Int>, bits: Int) -> Range<Int> {
        codes.lowerBound * bits / 8..<byteCount(codes.upperBound, bits: bits)
    }

    /// Reads codes out of the bytes that ``bytes(of:bits:)`` names.
    static func forEach(
        _ codes: Range<Int>, in bytes: [UInt8], bits: Int,
        _ body: (_ index: Int, _ code: Int) -> Void
    ) {
        let mask = UInt32(1) << bits - 1
        let first = codes.lowerBound * bits % 8
        for index in 0..<codes.count {
            let bit = first + index * bits
            var word: UInt32 = 0
            for byte in bit / 8...(bit + bits - 1) / 8 {
                word |= UInt32(bytes[byte]) << (8 * (byte - bit / 8))
            }
            body(index, Int(word >> (bit % 8) & mask))
        }
    }
}
