@testable import Learning

/// A step on each of three sites' whole rows, and the mean by rows: the same as a step on all rows,
/// but for rounding.
enum FederatedSteps {
    /// - Returns: The model that the sites' merged moments lead to.
    static func start(_ settings: NetworkSettings, _ data: MadeData) throws -> NetworkModel {
        try NetworkModel.initial(
            settings, moments: ColumnMoments(merging: data.sites(3).map(NetworkTrainer.statistics)))
    }

    /// - Parameter training: An epoch of one batch.
    static func averaged(
        _ start: NetworkModel, _ training: LocalTraining, _ data: MadeData, rounds: Int
    ) throws -> NetworkModel {
        let sites = data.sites(3)
        var model = start
        for _ in 0..<rounds {
            var sum = [Float](repeating: 0, count: model.parameters.values.count)
            for site in sites {
                let outcome = try NetworkTrainer.train(base: model, on: site, training: training)
                let share = Float(outcome.rowCount) / Float(data.rows.count)
                for index in sum.indices { sum[index] += share * outcome.update.values[index] }
            }
            model = try model.with(
                model.parameters.adding(
                    NetworkParameters(shape: model.parameters.shape, values: sum)))
        }
        return model
    }
}
