package import Contracts
package import Encodings
package import Learning
package import Ledger
import Trainers

extension MemberSession {
    /// Registers a complete job's result.
    package func register(_ job: JobID, until stage: Stage) async throws -> JSONValue {
        let answer = try await get("/v1/jobs/\(job)")
        guard let weights = answer["job"]?["weights"]?.string.flatMap({ BlobDigest($0) }) else {
            throw Mistake("the job \(job) has no result yet")
        }
        return try await submit(RegisterModelVersion(job: job, weights: weights), until: stage)
    }

    package func version(_ id: ModelVersionID) async throws -> JSONValue {
        let models = try await get("/v1/models")["items"]?.array ?? []
        let versions = models.flatMap { $0["versions"]?.array ?? [] }
        guard
            let version = versions.first(where: {
                $0["model"]?.string == id.model.text && $0["version"]?.integer == Int64(id.number)
            })
        else { throw Mistake("there is no model version \(id) in this lab") }
        return version
    }

    package func weights(of id: ModelVersionID) async throws -> [UInt8] {
        guard let digest = try await version(id)["weights"]?.string.flatMap({ BlobDigest($0) })
        else { throw Mistake("the version \(id) has no weights") }
        return try await download(digest)
    }

    /// Judges a version on a file of the member's own, and puts the result on the ledger.
    package func validate(
        _ id: ModelVersionID, file: String, aucMin: Double, until stage: Stage
    ) async throws -> (metrics: BinaryMetrics, receipt: JSONValue) {
        let model = try LogisticModel(parsing: try await weights(of: id))
        let dataset = try LocalDataset.forValidation(of: model, file: file)
        let metrics = try LogisticTrainer.evaluate(model: model, on: dataset)
        let receipt = try await submit(
            ValidateModelVersion(
                version: id, rows: Int64(metrics.count), metricsMicro: RoundWork.summary(metrics),
                accepts: (metrics.rocAUC ?? 0) >= aucMin), until: stage)
        return (metrics, receipt)
    }
}

extension LocalDataset {
    /// A whole file to judge a model by: read under the model's own label rule and features.
    package static func forValidation(of model: LogisticModel, file: String) throws -> LocalDataset
    {
        let positive: PositiveClass =
            switch model.label.classes {
            case .listed(let positive, _): .values(positive)
            case .compared(let comparison, let bound): .compared(comparison, bound)
            }
        let inspection = try DatasetInspection.inspect(
            path: file,
            options: InspectionOptions(
                label: ColumnReference(model.label.column), positive: positive))
        return try LocalDataset.load(
            path: file, schema: inspection.schema, layout: model.layout, split: .all)
    }
}
