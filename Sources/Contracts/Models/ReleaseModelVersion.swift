package import Encodings

/// The action `model.release`: the owner lets a validated version out.
package struct ReleaseModelVersion: LabAction {
    package static let name = "model.release"

    package let version: ModelVersionID

    package init(version: ModelVersionID) {
        self.version = version
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        version = try input.version()
    }

    package var input: JSONValue {
        ["model": version.model.json, "version": .integer(Int64(version.number))]
    }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        var row = try state.ownVersion(version, in: &context)
        try context.require(
            row.status == .registered, .wrongStage, rule: "version.status == registered",
            saw: ["version": version, "version.status": row.status.rawValue])
        let accepting = row.validations.count { $0.accepts }
        try context.require(
            accepting >= state.lab.rules.validationsMin, .validationsTooFew,
            rule: "accepting validations >= rules.validationsMin",
            saw: [
                "accepting": accepting, "rules.validationsMin": state.lab.rules.validationsMin,
            ])
        row.status = .released
        state.models.set(row)
    }
}

/// The action `model.withdraw`: the owner takes a version back, released or not.
package struct WithdrawModelVersion: LabAction {
    package static let name = "model.withdraw"

    package let version: ModelVersionID
    package let reason: String

    package init(version: ModelVersionID, reason: String) {
        self.version = version
        self.reason = reason
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        version = try input.version()
        reason = try input.title("reason")
    }

    package var input: JSONValue {
        [
            "model": version.model.json, "version": .integer(Int64(version.number)),
            "reason": .string(reason),
        ]
    }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        var row = try state.ownVersion(version, in: &context)
        try context.require(
            row.status != .withdrawn, .wrongStage, rule: "version.status is not withdrawn",
            saw: ["version": version, "version.status": row.status.rawValue])
        row.status = .withdrawn
        row.reason = reason
        state.models.set(row)
    }
}

extension LabState {
    fileprivate func ownVersion(
        _ id: ModelVersionID, in context: inout ActionContext
    ) throws(Refusal) -> ModelVersion {
        let sender = try members.sender(of: context)
        let version = try models.existing(id)
        let owner = models[id.model]?.owner
        try context.require(
            owner == sender.id, .wrongSender, rule: "the sender owns the model",
            saw: ["sender": sender.id, "model.owner": owner?.text ?? "none"])
        return version
    }
}
