package import Contracts
package import DataSources
package import Encodings
package import Learning
package import Ledger
package import Node
package import Trainers

extension MemberSession {
    /// Registers a complete job's result.
    package func register(_ job: JobID, until stage: Stage) async throws -> JSONValue {
        let answer = try await get("/v1/jobs/\(job)")
        guard let weights = answer["result"]?.string.flatMap({ BlobDigest($0) }) else {
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

    /// What a version was trained with.
    package func trainer(of id: ModelVersionID) async throws -> JobTrainer {
        let job = try await version(id)["job"]?.string ?? ""
        return try JobTrainer(try await get("/v1/jobs/\(job)")["job"]?["trainer"] ?? .null)
    }

    /// Judges a version on a file of the member's own, and puts the result on the ledger.
    package func validate(
        _ id: ModelVersionID, file: String, acceptance: Acceptance = Acceptance(),
        until stage: Stage
    ) async throws -> (metrics: ModelMetrics, receipt: JSONValue) {
        let trainer = try await trainer(of: id)
        let dataset = try LocalDataset.forValidation(by: trainer, file: file)
        guard let metrics = try trainer.evaluate(try await weights(of: id), on: dataset) else {
            throw Mistake("\(id) is of \(trainer.kind), which makes nothing to be validated")
        }
        let receipt = try await submit(
            ValidateModelVersion(
                version: id, rows: Int64(metrics.count), metricsMicro: metrics.summaryMicro,
                accepts: acceptance.accepts(metrics)), until: stage)
        return (metrics, receipt)
    }

    /// Has the bundle that trained a version judge it by data of the member's own, and puts the
    /// result on the ledger.
    ///
    /// - Parameters:
    ///   - acceptance: Must ask for something: a trainer's metrics are its own, and what would be a
    ///     good value of them only the validator knows.
    /// - Throws: `BundleFailure`, also for a bundle that this member's node has not approved.
    package func validate(
        _ id: ModelVersionID, of bundle: BundleSettings, by source: DataSource,
        on trainers: TrainerSettings, acceptance: Acceptance, until stage: Stage
    ) async throws -> (judgement: BundleJudgement, receipt: JSONValue) {
        guard acceptance != Acceptance() else {
            throw Mistake(
                "\(id) was trained with the bundle \(bundle.name), whose metrics are its own: say at "
                    + "which you accept it, with --accuracy-min, --auc-min, --r2-min or --loss-max")
        }
        let readsFiles = bundle.layout == nil
        guard readsFiles == source.namesFiles else {
            throw Mistake(
                "the bundle \(bundle.name) reads "
                    + (readsFiles
                        ? "files: name your folder of them with --folder"
                        : "a table: name yours with --file"))
        }
        let validation = BundleValidation(home: home, settings: trainers)
        let archive = try validation.approved(bundle)
        let (data, _) = try OwnedDataset.inspecting(
            source, as: try DatasetID("validation"),
            options: InspectionOptions(judging: bundle.target), holdoutPerMille: 1_000,
            parquet: trainers.parquet)
        let judgement = try await validation.judge(
            try await weights(of: id), of: bundle, archive: archive, by: data)
        let receipt = try await submit(
            ValidateModelVersion(
                version: id, rows: judgement.rows, metricsMicro: judgement.metricsMicro,
                accepts: acceptance.accepts(judgement)), until: stage)
        return (judgement, receipt)
    }
}

/// What a validator asks of a model before it accepts it; what says nothing asks for an AUC of 0.8,
/// or of a regression for an R² of 0.5.
package struct Acceptance: Hashable, Sendable {
    package var aucMin: Double?
    package var accuracyMin: Double?
    package var r2Min: Double?
    package var lossMax: Double?

    package init(
        aucMin: Double? = nil, accuracyMin: Double? = nil, r2Min: Double? = nil,
        lossMax: Double? = nil
    ) {
        self.aucMin = aucMin
        self.accuracyMin = accuracyMin
        self.r2Min = r2Min
        self.lossMax = lossMax
    }

    /// A bound on a metric that the model does not have does not hold.
    package func accepts(_ metrics: ModelMetrics) -> Bool {
        var asked = self
        if asked == Acceptance() {
            if case .prediction(.regression) = metrics {
                asked.r2Min = 0.5
            } else {
                asked.aucMin = 0.8
            }
        }
        return asked.holds(for: metrics.summaryMicro)
    }

    /// A bound on a metric that the bundle does not give does not hold.
    package func accepts(_ judgement: BundleJudgement) -> Bool {
        holds(for: judgement.metricsMicro)
    }

    private func holds(for found: [String: Int64]) -> Bool {
        let bounds = [
            ("holdoutAUC", aucMin), ("holdoutAccuracy", accuracyMin), ("holdoutR2", r2Min),
        ]
        let isGood = bounds.allSatisfy { name, least in
            guard let least else { return true }
            return found[name].map { Double($0) >= least * 1_000_000 } ?? false
        }
        guard let lossMax else { return isGood }
        return isGood && found["holdoutLoss"].map { Double($0) <= lossMax * 1_000_000 } ?? false
    }
}

extension LocalDataset {
    /// A whole file to judge a model by: read for what the model predicts, with its features.
    package static func forValidation(by trainer: JobTrainer, file: String) throws -> LocalDataset {
        guard let layout = trainer.layout else { throw WorkError.runsInSandbox }
        let inspection = try DatasetInspection.inspect(
            path: file, options: InspectionOptions(judging: trainer.target))
        return try LocalDataset.load(
            path: file, schema: inspection.schema, layout: layout, target: trainer.target,
            split: .all)
    }
}

extension InspectionOptions {
    /// To read a source for what a model predicts.
    fileprivate init(judging target: Target) {
        self.init()
        label = target.column.map { ColumnReference($0) }
        switch target {
        case .label(let rule):
            positive =
                switch rule.classes {
                case .listed(let positive, _): .values(positive)
                case .compared(let comparison, let bound): .compared(comparison, bound)
                }
        case .classes: answer = .classes
        case .number: answer = .number
        case .nothing: break
        }
    }
}
