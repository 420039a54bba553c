import Encodings

package struct Models: Sendable {
    private var models = Table<ModelID, Model>("model")
    private var versions = Table<ModelVersionID, ModelVersion>("version") { $0.description }

    init() {}

    package subscript(id: ModelID) -> Model? { models[id] }
    package subscript(id: ModelVersionID) -> ModelVersion? { versions[id] }
    package var all: [Model] { models.sorted.map(\.row) }

    package func versions(of model: Model) -> [ModelVersion] {
        (1...max(1, model.versions)).compactMap {
            versions[ModelVersionID(model: model.id, number: $0)]
        }
    }

    /// - Throws: ``Refusal/Code/unknown``.
    func existing(_ id: ModelVersionID) throws(Refusal) -> ModelVersion {
        guard let version = versions[id] else {
            throw Refusal(.unknown, rule: "the model version exists", saw: ["version": id])
        }
        return version
    }

    mutating func set(_ model: Model) {
        models.set(model.id, model)
    }

    mutating func set(_ version: ModelVersion) {
        versions.set(version.id, version)
    }

    mutating func drainWrites(into writes: inout [StateWrite]) {
        models.drainWrites(into: &writes)
        versions.drainWrites(into: &writes)
    }

    func row(_ table: String, _ text: String) -> JSONValue? {
        switch table {
        case models.name: models.row(atKeyText: text)
        case versions.name: versions.row(atKeyText: text)
        default: nil
        }
    }
}
