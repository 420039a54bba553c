package import Encodings

/// The action `licence.accept`: the other party agrees to the terms, and the licence is active.
package struct AcceptLicence: LabAction {
    package static let name = "licence.accept"

    package let licence: LicenceID

    package init(licence: LicenceID) {
        self.licence = licence
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        licence = try input.identifier("licence")
    }

    package var input: JSONValue { ["licence": licence.json] }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        let expires = state.licences[licence]?.terms.expires ?? context.now
        try state.answer(licence, with: .active, in: &context)
        try context.require(
            context.now < expires, .licenceExpired, rule: "now < terms.expires",
            saw: ["now": context.now, "terms.expires": expires])
    }
}

/// The action `licence.decline`: the other party does not agree.
package struct DeclineLicence: LabAction {
    package static let name = "licence.decline"

    package let licence: LicenceID

    package init(licence: LicenceID) {
        self.licence = licence
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        licence = try input.identifier("licence")
    }

    package var input: JSONValue { ["licence": licence.json] }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        try state.answer(licence, with: .declined, in: &context)
    }
}

extension LabState {
    fileprivate mutating func answer(
        _ id: LicenceID, with stage: Licence.Stage, in context: inout ActionContext
    ) throws(Refusal) {
        let sender = try members.sender(of: context)
        var licence = try licences.existing(id)
        try context.require(
            licence.stage == .offered, .wrongStage, rule: "licence.stage == offered",
            saw: ["licence": id, "licence.stage": licence.stage.rawValue])
        let parties = [licence.licensor, licence.terms.licensee]
        try context.require(
            parties.contains(sender.id) && sender.id != licence.offeredBy, .wrongSender,
            rule: "the party that did not write the terms answers them",
            saw: [
                "sender": sender.id, "licensor": licence.licensor,
                "licensee": licence.terms.licensee, "offeredBy": licence.offeredBy,
            ])
        licence.stage = stage
        licences.set(licence)
    }
}
