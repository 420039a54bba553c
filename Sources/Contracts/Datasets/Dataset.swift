package import Encodings

/// What the lab knows of a dataset. The rows stay with their owner.
package struct Dataset: StateRow, Hashable {
    package enum Status: String, Sendable {
        case registered
        case retired
    }

    package let id: DatasetID
    package let owner: MemberID
    package let title: String
    /// Columns and their kinds, as the owner chose to show them.
    package let schema: JSONValue
    package let rows: Int64
    /// Commits the owner to the rows, under a salt that only the owner knows.
    package let commitment: BlobDigest
    package let registered: Timestamp
    package var status: Status

    package var json: JSONValue {
        [
            "dataset": id.json, "owner": owner.json, "title": .string(title), "schema": schema,
            "rows": .integer(rows), "commitment": commitment.json,
            "registered": registered.json, "status": .string(status.rawValue),
        ]
    }
}

package struct Datasets: Sendable {
    private var datasets = Table<DatasetID, Dataset>("dataset")

    init() {}

    package subscript(id: DatasetID) -> Dataset? { datasets[id] }
    package var all: [Dataset] { datasets.sorted.map(\.row) }

    /// - Throws: ``Refusal``: `unknown` or `wrong_stage`.
    func registered(_ id: DatasetID) throws(Refusal) -> Dataset {
        guard let dataset = datasets[id] else {
            throw Refusal(.unknown, rule: "the dataset exists", saw: ["dataset": id])
        }
        guard dataset.status == .registered else {
            throw Refusal(
                .wrongStage, rule: "dataset.status == registered",
                saw: ["dataset": id, "dataset.status": dataset.status.rawValue])
        }
        return dataset
    }

    mutating func set(_ dataset: Dataset) {
        datasets.set(dataset.id, dataset)
    }

    mutating func drainWrites(into writes: inout [StateWrite]) {
        datasets.drainWrites(into: &writes)
    }

    func row(_ table: String, _ text: String) -> JSONValue? {
        table == datasets.name ? datasets.row(atKeyText: text) : nil
    }
}
