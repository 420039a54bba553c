import Learning
import Node
import Participation
import Trainers

/// What the federated model is compared with: each site alone, and all data pooled, which no lab
/// could do. A quickstart can, because all of it lies on one machine.
struct ReferenceModels {
    struct Row {
        let name: String
        /// The AUC on each site's holdout, on all holdouts together, and on the validator's data.
        let areas: [Double?]
    }

    let siteNames: [String]
    private let sites: [LocalDataset]
    private let validator: LocalDataset
    private let settings: LogisticSettings
    private let epochs: Int

    /// - Parameter rounds: How many rounds the federated model was trained, so that all see each row
    ///   as often.
    init(
        sites: [OwnedDataset], names: [String], validatorFile: String, settings: LogisticSettings,
        model: LogisticModel, rounds: Int
    ) throws {
        siteNames = names
        self.sites = try sites.map { try $0.load(layout: settings.layout) }
        validator = try LocalDataset.forValidation(by: .averaged(settings), file: validatorFile)
        self.settings = settings
        epochs = rounds * settings.training.localEpochs
    }

    /// The federated model, then the references.
    func rows(federated: LogisticModel) throws -> [Row] {
        var rows = [Row(name: "federated", areas: try areas(federated))]
        rows.append(Row(name: "all data pooled", areas: try areas(try trained(on: pooled))))
        for (name, site) in zip(siteNames, sites) {
            rows.append(Row(name: "\(name) alone", areas: try areas(try trained(on: site))))
        }
        return rows
    }

    private var pooled: LocalDataset {
        LocalDataset(
            layout: settings.layout, label: settings.label,
            training: Self.together(sites.map(\.training), width: settings.layout.width),
            holdout: allHoldouts)
    }

    private var allHoldouts: LabelledRows {
        Self.together(sites.map(\.holdout), width: settings.layout.width)
    }

    private static func together(_ parts: [LabelledRows], width: Int) -> LabelledRows {
        LabelledRows(
            inputs: DesignMatrix(width: width, values: parts.flatMap(\.inputs.values)),
            labels: parts.flatMap(\.labels))
    }

    private func trained(on dataset: LocalDataset) throws -> LogisticModel {
        let moments = LogisticTrainer.statistics(of: dataset)
        let start = try LogisticModel.initial(
            layout: settings.layout, label: settings.label,
            standardisation: Standardisation(moments, layout: settings.layout))
        let training = settings.training
        let outcome = try LogisticTrainer.train(
            base: start, on: dataset,
            config: TrainingConfiguration(
                learningRate: training.learningRate, localEpochs: epochs,
                batchSize: training.batchSize, l2: training.l2, seed: training.seed))
        return try start.with(outcome.update)
    }

    private func areas(_ model: LogisticModel) throws -> [Double?] {
        let holdouts = sites.map(\.holdout) + [allHoldouts, validator.holdout]
        return try holdouts.map { rows in
            guard rows.count > 0 else { return nil }
            return BinaryMetrics(
                probabilities: try model.probabilities(of: rows.inputs),
                labels: rows.labels.map { $0 != 0 }
            ).rocAUC
        }
    }
}
