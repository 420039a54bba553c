package import Encodings

/// The action `dataset.register`: a data owner tells the lab that a dataset exists, what its columns
/// are and how many rows it has, and commits to the rows without showing them.
package struct RegisterDataset: LabAction {
    package static let name = "dataset.register"
    /// A schema may take this much of an entry.
    package static let schemaBytesMax = 40_000
    /// It stands inside other documents, which readers do not nest without end.
    package static let schemaLevelsMax = 16

    package let dataset: DatasetID
    package let title: String
    package let schema: JSONValue
    package let rows: Int64
    package let commitment: BlobDigest

    package init(
        dataset: DatasetID, title: String, schema: JSONValue, rows: Int64, commitment: BlobDigest
    ) {
        self.dataset = dataset
        self.title = title
        self.schema = schema
        self.rows = rows
        self.commitment = commitment
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        dataset = try input.identifier("dataset")
        title = try input.title("title")
        schema = try input.required("schema")
        guard schema.object != nil else {
            throw input.wrong("schema", "should be an object, and is \(schema.kind)")
        }
        let bytes = schema.canonicalBytes.count
        guard bytes <= Self.schemaBytesMax else {
            throw input.wrong(
                "schema", "takes \(bytes) bytes, and \(Self.schemaBytesMax) are allowed")
        }
        guard schema.levels <= Self.schemaLevelsMax else {
            throw input.wrong(
                "schema",
                "is nested \(schema.levels) levels deep, and \(Self.schemaLevelsMax) are allowed")
        }
        rows = try input.integer("rows", in: 1...1_000_000_000_000)
        commitment = try input.digest("commitment")
    }

    package var input: JSONValue {
        [
            "dataset": dataset.json, "title": .string(title), "schema": schema,
            "rows": .integer(rows), "commitment": commitment.json,
        ]
    }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        let sender = try state.members.sender(of: context, as: .dataOwner)
        try context.require(
            state.datasets[dataset] == nil, .alreadyExists, rule: "the name is free",
            saw: ["dataset": dataset])
        state.datasets.set(
            Dataset(
                id: dataset, owner: sender.id, title: title, schema: schema, rows: rows,
                commitment: commitment, registered: context.now, status: .registered))
    }
}

/// The action `dataset.retire`: its owner takes a dataset out of use; no round may name it again.
package struct RetireDataset: LabAction {
    package static let name = "dataset.retire"

    package let dataset: DatasetID

    package init(dataset: DatasetID) {
        self.dataset = dataset
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        dataset = try input.identifier("dataset")
    }

    package var input: JSONValue { ["dataset": dataset.json] }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        let sender = try state.members.sender(of: context)
        var row = try state.datasets.registered(dataset)
        try context.require(
            row.owner == sender.id, .wrongSender, rule: "the sender owns the dataset",
            saw: ["sender": sender.id, "dataset.owner": row.owner])
        row.status = .retired
        state.datasets.set(row)
    }
}
