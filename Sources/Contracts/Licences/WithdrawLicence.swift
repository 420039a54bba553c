package import Encodings

/// The action `licence.withdraw`: the dataset's owner ends a licence, or takes an offer back. A round
/// that is open already is not undone; no later round may name it.
package struct WithdrawLicence: LabAction {
    package static let name = "licence.withdraw"

    package let licence: LicenceID
    package let reason: String

    package init(licence: LicenceID, reason: String) {
        self.licence = licence
        self.reason = reason
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        licence = try input.identifier("licence")
        reason = try input.title("reason")
    }

    package var input: JSONValue { ["licence": licence.json, "reason": .string(reason)] }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        let sender = try state.members.sender(of: context)
        var row = try state.licences.existing(licence)
        try context.require(
            sender.id == row.licensor, .wrongSender, rule: "the licensor withdraws",
            saw: ["sender": sender.id, "licensor": row.licensor])
        try context.require(
            row.stage == .offered || row.stage == .active, .wrongStage,
            rule: "licence.stage is offered or active",
            saw: ["licence": licence, "licence.stage": row.stage.rawValue])
        row.stage = .withdrawn
        state.licences.set(row)
    }
}
