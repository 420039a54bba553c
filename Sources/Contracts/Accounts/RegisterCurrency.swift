package import Encodings

/// The action `currency.register`: an issuer, such as a settlement bank, brings a currency in.
package struct RegisterCurrency: LabAction {
    package static let name = "currency.register"

    package let currency: CurrencyCode
    package let title: String
    package let scale: Int

    package init(currency: CurrencyCode, title: String, scale: Int) {
        self.currency = currency
        self.title = title
        self.scale = scale
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        currency = try input.currency("currency")
        title = try input.title("title")
        scale = Int(try input.integer("scale", in: 0...6))
    }

    package var input: JSONValue {
        [
            "currency": currency.json, "title": .string(title),
            "scale": .integer(Int64(scale)),
        ]
    }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        let sender = try state.members.sender(of: context, as: .issuer)
        try context.require(
            state.accounts.currencies[currency] == nil, .alreadyExists,
            rule: "the currency is new", saw: ["currency": currency])
        state.accounts.register(
            Currency(code: currency, title: title, scale: scale, issuer: sender.id, issued: 0))
    }
}
