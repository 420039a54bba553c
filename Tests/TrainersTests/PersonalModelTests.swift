import Contracts
import Encodings
import Learning
import Memory
import SampleLab
import Testing
import Trainers

/// How a member's own model of Ditto goes on from round to round: v ← v − η (∇F(v) + λ (v − x)).
@Suite struct PersonalModelTests {
    private static let learningRate = 0.2

    private static func network() throws -> NetworkSettings {
        // A round is one step on all rows, so that it can be computed by hand.
        try NetworkSettings(
            kind: .multilayerPerceptron, layout: SampleData.layout,
            target: .label(SampleData.label), hidden: [3], activation: .tanh,
            training: LocalTraining(
                learningRate: learningRate, amount: .steps(1), batchSize: 1_000, seed: 5))
    }

    /// −η ∇F at these parameters: where a plain step from them leads, less they themselves.
    private static func step(
        from parameters: [Float], of model: NetworkModel, on dataset: LocalDataset
    ) throws -> [Float] {
        let start = try model.with(
            NetworkParameters(shape: model.parameters.shape, values: parameters))
        return try NetworkTrainer.train(base: start, on: dataset, training: network().training)
            .update.values
    }

    @Test(
        "A step goes on from the kept model, down its own slope and by ηλ of the way to the base",
        arguments: [0.01, 0.5, 3])
    func step(lambda: Double) throws {
        let datasets = try (0..<3).map { try SampleData.dataset(rows: 80, seed: $0) }
        var run = FederatedRun(
            try Self.network().json, strategy: ["kind": "ditto", "lambda": .number(lambda)],
            datasets: datasets)
        try run.round(.statistics)
        try run.round(.train)
        for _ in 0..<3 {
            let base = try NetworkModel(parsing: run.model)
            let kept = run.states.map(\.personal)
            try run.round(.train)
            for (member, dataset) in datasets.enumerated() {
                let descent = try Self.step(from: kept[member], of: base, on: dataset)
                #expect(kept[member] != base.parameters.values)
                let distances = run.states[member].personal.enumerated().map { index, value in
                    let start = kept[member][index]
                    let pull = Float(Self.learningRate * lambda)
                    let expected =
                        start + descent[index] - pull * (start - base.parameters.values[index])
                    return abs(value - expected)
                }
                #expect(try #require(distances.max()) < 1e-6, "member \(member)")
            }
        }
    }

    @Test("The first round's personal model starts from the base, and a larger λ keeps it nearer")
    func nearer() throws {
        let datasets = try (0..<3).map { try SampleData.dataset(rows: 80, seed: $0) }
        func distances(lambda: Double) throws -> [Float] {
            var run = FederatedRun(
                try Self.network().json, strategy: ["kind": "ditto", "lambda": .number(lambda)],
                datasets: datasets)
            try run.round(.statistics)
            let base = try NetworkModel(parsing: run.model)
            try run.round(.train)
            for (state, dataset) in zip(run.states, datasets) {
                let descent = try Self.step(
                    from: base.parameters.values, of: base, on: dataset)
                let distances = state.personal.enumerated().map { index, value in
                    abs(value - base.parameters.values[index] - descent[index])
                }
                #expect(try #require(distances.max()) < 1e-6)
            }
            for _ in 0..<20 { try run.round(.train) }
            let last = try NetworkModel(parsing: run.model).parameters.values
            return run.states.map { state in
                zip(state.personal, last).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
            }
        }
        for (loose, tight) in zip(try distances(lambda: 0.01), try distances(lambda: 3)) {
            #expect(loose > 0 && tight < loose / 2, "\(tight) and \(loose)")
        }
    }
}
