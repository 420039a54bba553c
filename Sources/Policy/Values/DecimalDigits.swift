/// The exact decimal value of a double, or the shortest that reads back as it, as digits.
struct DecimalDigits {
    /// Without zeros in front; empty for zero.
    private(set) var digits: [UInt8]
    /// How many of the digits stand before the decimal point; may be negative.
    private(set) var point: Int

    /// All digits of a finite number's magnitude.
    init(exact value: Double) {
        let magnitude = value.magnitude
        guard magnitude > 0 else {
            (digits, point) = ([], 0)
            return
        }
        // significand × 2^exponent with an integer significand
        let exponent = Int(magnitude.exponent) - 52
        let significand =
            magnitude.isSubnormal
            ? magnitude.significandBitPattern : magnitude.significandBitPattern | 1 << 52
        let power = magnitude.isSubnormal ? -1074 : exponent
        var number = BigDecimalInteger(significand)
        // n × 2^-k = n × 5^k × 10^-k
        for _ in 0..<abs(power) { number.multiply(by: power < 0 ? 5 : 2) }
        digits = number.digits
        point = digits.count - max(0, -power)
    }

    /// The shortest digits that read back as the number.
    init(shortest value: Double) {
        let text = Array(value.magnitude.description.utf8)
        let mark = text.firstIndex(of: UInt8(ascii: "e")) ?? text.count
        let exponent = Int(String(decoding: text[mark...].dropFirst(), as: UTF8.self)) ?? 0
        let mantissa = text[..<mark]
        let dot = mantissa.firstIndex(of: UInt8(ascii: ".")) ?? mark
        digits = mantissa.filter(\.isDigit).map { $0 - UInt8(ascii: "0") }
        point = dot + exponent
        while digits.first == 0 {
            digits.removeFirst()
            point -= 1
        }
        while digits.last == 0 { digits.removeLast() }
        if digits.isEmpty { point = 0 }
    }

    /// Keeps so many digits; half goes to the even digit.
    mutating func round(to count: Int) {
        guard count < digits.count else { return }
        guard count >= 0 else {
            (digits, point) = ([], 0)
            return
        }
        let rest = digits[count...]
        let isHalf = rest.first == 5 && rest.dropFirst().allSatisfy { $0 == 0 }
        let isOdd = count > 0 && digits[count - 1] % 2 == 1
        let goesUp = isHalf ? isOdd : (rest.first ?? 0) >= 5
        digits.removeLast(digits.count - count)
        guard goesUp else { return }
        var index = count - 1
        while index >= 0, digits[index] == 9 {
            digits[index] = 0
            index -= 1
        }
        if index >= 0 {
            digits[index] += 1
        } else {
            digits.insert(1, at: 0)
            point += 1
        }
    }

    /// `123.40`, with so many digits behind the point.
    func fixed(fractionDigits: Int) -> String {
        var rounded = self
        rounded.round(to: point + fractionDigits)
        let whole = (0..<max(rounded.point, 0)).map { rounded.digit($0) }
        let part = (0..<fractionDigits).map { rounded.digit(rounded.point + $0) }
        let left = whole.isEmpty ? "0" : Self.text(whole)
        return fractionDigits == 0 ? left : "\(left).\(Self.text(part))"
    }

    /// `1.234e+02`, with so many digits behind the point.
    func scientific(fractionDigits: Int) -> String {
        var rounded = self
        rounded.round(to: fractionDigits + 1)
        let part = (0..<fractionDigits).map { rounded.digit($0 + 1) }
        let mantissa =
            "\(rounded.digit(0))" + (fractionDigits == 0 ? "" : ".\(Self.text(part))")
        return mantissa + Self.exponent(rounded.digits.isEmpty ? 0 : rounded.point - 1)
    }

    /// As short as it can be: with an exponent where that is below -4 or above 5, as C does
    var general: String {
        guard !digits.isEmpty else { return "0" }
        let exponent = point - 1
        if exponent < -4 || exponent > 5 { return scientific(fractionDigits: digits.count - 1) }
        return fixed(fractionDigits: max(0, digits.count - point))
    }

    private func digit(_ index: Int) -> UInt8 {
        digits.indices.contains(index) ? digits[index] : 0
    }

    private static func exponent(_ value: Int) -> String {
        "e\(value < 0 ? "-" : "+")\(padded(Int64(abs(value)), 2))"
    }

    private static func text(_ digits: [UInt8]) -> String {
        String(decoding: digits.map { $0 + UInt8(ascii: "0") }, as: UTF8.self)
    }
}

/// A natural number of any size, in base 10^9.
private struct BigDecimalInteger {
    private static let base: UInt64 = 1_000_000_000
    private var limbs: [UInt64]

    init(_ value: UInt64) {
        limbs = [value % Self.base, value / Self.base % Self.base, value / Self.base / Self.base]
    }

    mutating func multiply(by factor: UInt64) {
        var carry: UInt64 = 0
        for index in limbs.indices {
            let product = limbs[index] * factor + carry
            limbs[index] = product % Self.base
            carry = product / Self.base
        }
        if carry > 0 { limbs.append(carry) }
    }

    var digits: [UInt8] {
        let text = limbs.reversed().map { padded(Int64($0), 9) }.joined()
        return text.utf8.drop { $0 == UInt8(ascii: "0") }.map { $0 - UInt8(ascii: "0") }
    }
}
