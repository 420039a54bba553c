import Contracts
package import Learning
import Strategies
package import Tensors

extension NetworkSettings: AveragedTrainer {
    package var kindText: String { kind.rawValue }

    package func statistics(of dataset: LocalDataset, seed: UInt64) throws -> [Tensor] {
        NetworkTrainer.statistics(of: dataset).tensors
    }

    package var statisticsReader: SummaryReader {
        // What is to be predicted is standardised too where it is a number.
        let answers = if case .number = target { 1 } else { 0 }
        return .moments(columns: layout.numericInputs.count + answers)
    }

    package func firstModel(_ parts: [[Tensor]]) throws -> FirstModel {
        let moments = try ColumnMoments(merging: parts.map { try ColumnMoments(tensors: $0) })
        let network = try InitialNetwork(self, moments: moments)
        return FirstModel { try network.write(to: $0) }
    }

    package func evaluate(_ model: [UInt8], on dataset: LocalDataset) throws -> ModelMetrics? {
        .prediction(
            try NetworkTrainer.evaluate(model: NetworkModel(parsing: model), on: dataset))
    }

    package func train(_ work: LocalWork, on dataset: LocalDataset) throws -> LocalTrained {
        let model = try NetworkModel(parsing: work.base)
        let training = try training.seeded(work.seed(training.seed))
        let result = try NetworkTrainer.train(
            base: model, on: dataset, training: training, objective: objective(of: work),
            progress: work.progress)
        var trained = LocalTrained(
            update: result.update.values, control: result.control?.difference,
            rowCount: result.rowCount, gradientWeight: result.gradientWeight, loss: result.loss,
            state: work.state)
        if let control = result.control { trained.state.control = control.own }
        if case .personal(let lambda) = work.strategy.local {
            try trainPersonal(&trained, model, training, lambda: lambda, work, on: dataset)
        }
        return trained
    }

    private func objective(of work: LocalWork) -> LocalObjective {
        switch work.strategy.local {
        case .plain, .normalised, .personal: return .plain
        case .proximal(let mu): return .proximal(mu: mu)
        case .controlVariates:
            let zeros = [Float](repeating: 0, count: work.parameterCount)
            return .controlled(
                own: work.state.control.isEmpty ? zeros : work.state.control,
                common: work.commonControl ?? zeros)
        }
    }

    /// Beside the model of all, Ditto trains one that stays with the member.
    private func trainPersonal(
        _ trained: inout LocalTrained, _ model: NetworkModel, _ training: LocalTraining,
        lambda: Double, _ work: LocalWork, on dataset: LocalDataset
    ) throws {
        let kept = work.state.personal
        guard kept.isEmpty || kept.count == work.parameterCount else { throw WorkError.otherState }
        let start =
            kept.isEmpty
            ? model.parameters : NetworkParameters(shape: model.parameters.shape, values: kept)
        let own = try NetworkTrainer.train(
            base: model, start: start, on: dataset, training: training,
            objective: .proximal(mu: lambda))
        trained.state.personal = own.trained.values
        guard work.judges, dataset.holdout.count > 0 else { return }
        let judged = try NetworkTrainer.evaluate(model: model.with(own.trained), on: dataset)
        for (name, value) in judged.summaryMicro where name != Judgement.rowsMetric {
            trained.metricsMicro["personal\(name.dropFirst("holdout".count))"] = value
        }
    }
}
