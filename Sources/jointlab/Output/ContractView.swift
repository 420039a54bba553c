import Contracts
import Encodings

/// A contract, for people: amounts in their currency's major unit, and times as dates.
struct ContractView {
    /// Of the contract's currency, where it has one that the lab knows.
    private let scale: Int?
    private let currency: CurrencyCode?
    /// The terms and state variables that are amounts of money.
    private let amounts: [String: Set<String>]
    private let row: JSONValue

    /// - Parameters:
    ///   - document: The source of the contract's document.
    ///   - scales: The decimal places of the lab's currencies.
    init(_ row: JSONValue, document: JSONValue, scales: [String: Int]) {
        self.row = row
        currency = row["currency"]?.string.flatMap { CurrencyCode($0) }
        scale = currency.flatMap { scales[$0.text] }
        amounts = ["terms", "state"].reduce(into: [:]) { amounts, part in
            let fields = document[part]?.object?.members ?? []
            amounts[part] = Set(fields.filter { $0.value.string == "money" }.map(\.key))
        }
    }

    var text: String { FieldList.text(shown) }

    private var shown: JSONValue {
        guard case .object(var object) = row else { return row }
        for key in ["concluded", "published"] where object[key] != nil {
            object[key] = .string(row.shownTime(key))
        }
        for (part, names) in amounts {
            guard case .object(var fields)? = object[part] else { continue }
            for name in names {
                guard let minorUnits = fields[name]?.integer else { continue }
                fields[name] = .string(money(minorUnits))
            }
            object[part] = .object(fields)
        }
        return .object(object)
    }

    private func money(_ minorUnits: Int64) -> String {
        guard let currency, let scale else { return "\(minorUnits) minor units" }
        return Money(minorUnits, currency).shown(scale: scale)
    }
}
