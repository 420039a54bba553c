package import Encodings

/// The action `licence.offer`: the owner of a dataset, or the member that wants to use it, writes
/// the terms; the other one accepts or declines them.
package struct OfferLicence: LabAction {
    package static let name = "licence.offer"

    package let licence: LicenceID
    package let terms: LicenceTerms

    package init(licence: LicenceID, terms: LicenceTerms) {
        self.licence = licence
        self.terms = terms
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        licence = try input.identifier("licence")
        var fields = try input.fields("terms")
        terms = try LicenceTerms(&fields)
        try fields.finish()
    }

    package var input: JSONValue { ["licence": licence.json, "terms": terms.json] }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        let sender = try state.members.sender(of: context)
        let dataset = try state.datasets.registered(terms.dataset)
        _ = try state.members.active(terms.licensee)
        try context.require(
            state.licences[licence] == nil, .alreadyExists, rule: "the name is free",
            saw: ["licence": licence])
        try context.require(
            sender.id == dataset.owner || sender.id == terms.licensee, .wrongSender,
            rule: "the sender is a party: the dataset's owner or the licensee",
            saw: [
                "sender": sender.id, "dataset.owner": dataset.owner,
                "terms.licensee": terms.licensee,
            ])
        try context.require(
            terms.licensee != dataset.owner, .wrongValue, rule: "the parties are two members",
            saw: ["terms.licensee": terms.licensee])
        try context.require(
            context.now < terms.expires, .licenceExpired, rule: "now < terms.expires",
            saw: ["now": context.now, "terms.expires": terms.expires])
        if terms.feePerRound.minorUnits > 0 {
            try context.require(
                state.accounts.currencies[terms.feePerRound.currency] != nil, .unknown,
                rule: "the currency is registered",
                saw: ["currency": terms.feePerRound.currency])
        }
        state.licences.set(
            Licence(
                id: licence, terms: terms, licensor: dataset.owner, offeredBy: sender.id,
                stage: .offered, rounds: 0))
    }
}
