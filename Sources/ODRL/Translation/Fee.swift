/// An amount of money in minor units, and how policies write it.
package struct Fee: Hashable, Sendable {
    package let minorUnits: Int64
    package let currency: String

    package init(minorUnits: Int64, currency: String) {
        self.minorUnits = minorUnits
        self.currency = currency
    }

    /// How many decimals a currency has: those of ISO 4217 that do not have two.
    package static func scale(of currency: String) -> Int {
        switch currency {
        case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND",
            "VUV", "XAF", "XOF", "XPF":
            0
        case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND": 3
        default: 2
        }
    }

    /// The comparison `payAmount eq …`.
    var comparison: Comparison {
        let scale = Self.scale(of: currency)
        var digits = String(minorUnits)
        if scale > 0 {
            digits = String(repeating: "0", count: max(0, scale + 1 - digits.utf8.count)) + digits
            digits.insert(".", at: digits.index(digits.endIndex, offsetBy: -scale))
        }
        return Comparison(
            .payAmount, .eq, .literal(Literal(digits, .xsd("decimal"))),
            unit: IRI("urn:iso:std:iso:4217:\(currency)"))
    }

    /// - Returns: `nil` where it says no exact amount, or one in an unknown currency.
    init?(_ comparison: Comparison) {
        guard comparison.left == .payAmount, Operator(comparison.relation) == .eq,
            case .values(let values) = comparison.right, values.count == 1,
            let number = values[0].number, number.count >= 0,
            let unit = comparison.unit, let currency = Self.currency(unit)
        else { return nil }
        var divisor: Int64 = 1_000_000
        for _ in 0..<Self.scale(of: currency) { divisor /= 10 }
        guard number.count % divisor == 0 else { return nil }
        self.init(minorUnits: number.count / divisor, currency: currency)
    }

    private static func currency(_ unit: IRI) -> String? {
        switch unit.lastSegment {
        case "Euro": return "EUR"
        case "United_States_dollar", "US_Dollar": return "USD"
        case "Renminbi", "Chinese_yuan": return "CNY"
        case "Swiss_franc": return "CHF"
        case "Pound_sterling": return "GBP"
        case "Japanese_yen": return "JPY"
        case let code:
            let isCode =
                (3...8).contains(code.utf8.count)
                && code.utf8.allSatisfy {
                    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0)
                        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                }
            return isCode ? code : nil
        }
    }
}
