package import Encodings

/// The name of a currency, such as `CNY`: 3 to 8 capital letters and digits.
package struct CurrencyCode: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let text: String

    /// - Returns: `nil` for any other text.
    package init?(_ text: some StringProtocol) {
        let allowed = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            default: false
            }
        }
        guard allowed, (3...8).contains(text.utf8.count) else { return nil }
        self.text = String(text)
    }

    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }

    package var description: String { text }
    package var json: JSONValue { .string(text) }
}

/// An amount in the minor unit of a currency: cents, never a fraction.
package struct Money: Hashable, Sendable, CustomStringConvertible {
    package let currency: CurrencyCode
    package let minorUnits: Int64

    package init(_ minorUnits: Int64, _ currency: CurrencyCode) {
        self.minorUnits = minorUnits
        self.currency = currency
    }

    /// In minor units: the value alone does not know the currency's scale.
    package var description: String { "\(minorUnits) \(currency) minor units" }

    package var json: JSONValue {
        ["currency": currency.json, "minorUnits": .integer(minorUnits)]
    }
}

extension JSONFields {
    package mutating func currency(_ key: String) throws(JSONShapeError) -> CurrencyCode {
        guard let code = CurrencyCode(try string(key)) else {
            throw wrong(key, "should be 3 to 8 capital letters and digits")
        }
        return code
    }

    /// A sum of money that is not negative.
    package mutating func money(_ key: String) throws(JSONShapeError) -> Money {
        var inner = try fields(key)
        let money = Money(
            try inner.integer("minorUnits", in: 0 ... .max), try inner.currency("currency"))
        try inner.finish()
        return money
    }
}
