import Contracts
import Encodings
import Learning
import Randomness
import Testing
import Trainers

/// What control variates are for: members whose rows differ, and several steps between two rounds.
@Suite struct ControlVariateTests {
    private static let layout = Result {
        try FeatureLayout(json: [
            "format": "jointlab.feature-layout/1",
            "features": [["kind": "numeric", "name": "x"]],
        ])
    }

    /// Three members' rows of y = slope · x, where x is spread as it is nowhere else.
    private static func rows() -> [(x: [Float], y: [Float])] {
        var random = SeededRandom(seed: 13)
        return [(slope: 3, spread: 0.3), (slope: -1, spread: 1), (slope: 1, spread: 2)].map {
            site in
            let x = (0..<50).map { _ in Float(random.normalNumber() * site.spread) }
            return (x, x.map { Float(site.slope) * $0 })
        }
    }

    /// After 60 rounds of ten steps on all rows, how far the model is from the least squares of all
    /// members' rows together: in standard units these are the correlation, and no bias.
    private static func distance(_ strategy: JSONValue) throws -> Double {
        let rows = rows()
        let layout = try layout.get()
        let target = Target.number(column: "y")
        let settings = try NetworkSettings(
            kind: .linearRegression, layout: layout, target: target,
            training: LocalTraining(
                learningRate: 0.1, amount: .steps(10), batchSize: 50, seed: 1))
        var run = FederatedRun(
            settings.json,
            strategy: try JobStrategy(strategy, fillsDefaults: true).json,
            datasets: rows.map { x, y in
                let rows = LabelledRows(inputs: DesignMatrix(width: 1, values: x), labels: y)
                return LocalDataset(layout: layout, target: target, training: rows, holdout: rows)
            })
        try run.round(.statistics)
        for _ in 0..<60 { try run.round(.train) }
        let model = try NetworkModel(parsing: run.model).parameters.values
        let (x, y) = (
            rows.flatMap { $0.x.map(Double.init) }, rows.flatMap { $0.y.map(Double.init) }
        )
        let correlation = centred(x, y) / (centred(x, x) * centred(y, y)).squareRoot()
        #expect(model.count == 2)
        let (bias, weight) = (Double(model[0]), Double(model[1]))
        return (bias * bias + (weight - correlation) * (weight - correlation)).squareRoot()
    }

    /// Σ (x − x̄)(y − ȳ).
    private static func centred(_ x: [Double], _ y: [Double]) -> Double {
        let count = Double(x.count)
        return zip(x, y).reduce(0) { $0 + $1.0 * $1.1 }
            - x.reduce(0, +) * y.reduce(0, +) / count
    }

    @Test(
        "SCAFFOLD finds the optimum of the pooled rows to 1e-5, which FedAvg misses by a tenth or more"
    )
    func pooledOptimum() throws {
        let fedavg = try Self.distance(["kind": "fedavg"])
        let scaffold = try Self.distance(["kind": "scaffold"])
        #expect(fedavg > 0.1)
        #expect(scaffold < 1e-5)
    }
}
