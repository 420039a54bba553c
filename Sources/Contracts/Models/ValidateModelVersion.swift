package import Encodings

/// The action `model.validate`: a member that neither trained nor owns a version states how it does
/// on data of its own, and whether it accepts it.
package struct ValidateModelVersion: LabAction {
    package static let name = "model.validate"

    package let version: ModelVersionID
    package let rows: Int64
    package let metricsMicro: [String: Int64]
    package let accepts: Bool

    package init(
        version: ModelVersionID, rows: Int64, metricsMicro: [String: Int64], accepts: Bool
    ) {
        self.version = version
        self.rows = rows
        self.metricsMicro = metricsMicro
        self.accepts = accepts
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        version = try input.version()
        rows = try input.integer("rows", in: 1...1_000_000_000_000)
        metricsMicro = try input.metrics("metricsMicro")
        accepts = try input.bool("accepts")
    }

    package var input: JSONValue {
        [
            "model": version.model.json, "version": .integer(Int64(version.number)),
            "rows": .integer(rows), "metricsMicro": .metrics(metricsMicro),
            "accepts": .bool(accepts),
        ]
    }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        let sender = try state.members.sender(of: context)
        var row = try state.models.existing(version)
        let owner = state.models[version.model]?.owner
        let trained = row.lineage.contains { $0.member == sender.id }
        try context.require(
            !trained && owner != sender.id, .notIndependent,
            rule: "the validator neither trained nor owns the version",
            saw: [
                "validator": sender.id, "owner": owner?.text ?? "none",
                "trained": trained ? "yes" : "no",
            ])
        try context.require(
            row.status == .registered, .wrongStage, rule: "version.status == registered",
            saw: ["version": version, "version.status": row.status.rawValue])
        try context.require(
            !row.validations.contains { $0.member == sender.id }, .alreadyExists,
            rule: "a member validates a version once", saw: ["validator": sender.id])
        row.validations.append(
            Validation(
                member: sender.id, rows: rows, metricsMicro: metricsMicro, accepts: accepts))
        state.models.set(row)
    }
}
