import ContractLibrary
package import Contracts
package import Encodings
package import Identity
package import Learning
import Memory
import Randomness
package import Trainers

/// What the members of a sample lab train on: a few numbers and a category, and whether a case is
/// positive, which mostly follows from them.
package enum SampleData {
    package static let label = LabelRule(
        column: "outcome", classes: .listed(positive: ["yes"], negative: ["no"]))

    package static var layout: FeatureLayout {
        get throws {
            try FeatureLayout(json: [
                "format": "jointlab.feature-layout/1",
                "features": [
                    ["kind": "numeric", "name": "age"], ["kind": "numeric", "name": "dose"],
                    ["kind": "categorical", "name": "sex", "categories": ["f", "m"]],
                ],
            ])
        }
    }

    /// As it stands on the ledger.
    package static let schema: JSONValue = [
        "format": "jointlab.dataset-schema/1",
        "columns": [
            ["kind": "numeric", "name": "age"], ["kind": "numeric", "name": "dose"],
            ["kind": "categorical", "name": "sex", "categories": ["f", "m"]],
            ["kind": "label", "name": "outcome"],
        ],
        "label": ["column": "outcome", "positive": ["yes"], "negative": ["no"]],
    ]

    package static var settings: LogisticSettings {
        get throws {
            LogisticSettings(
                layout: try layout, label: label,
                training: try TrainingConfiguration(
                    learningRate: 0.1, localEpochs: 2, batchSize: 8, l2: 0.001, seed: 7))
        }
    }

    /// Rows that a seed decides, every fourth of them held out.
    package static func dataset(rows: Int, seed: UInt64) throws -> LocalDataset {
        var random = SeededRandom(seed: seed)
        var parts: [(inputs: [Float], labels: [Float])] = [([], []), ([], [])]
        for row in 0..<rows {
            let age = Float(random.uniformInteger(in: 20...80))
            let dose = Float(random.uniformFraction())
            let isFemale = random.uniformInteger(below: 2) == 0
            let score = (age - 50) / 10 + dose * 2 - 1 + Float(random.uniformFraction() - 0.5)
            let part = row % 4 == 3 ? 1 : 0
            parts[part].inputs += [age, dose, isFemale ? 1 : 0, isFemale ? 0 : 1]
            parts[part].labels.append(score > 0 ? 1 : 0)
        }
        let rows = try parts.map {
            LabelledRows(
                inputs: DesignMatrix(width: try layout.width, values: $0.inputs),
                labels: $0.labels)
        }
        return LocalDataset(layout: try layout, label: label, training: rows[0], holdout: rows[1])
    }
}

extension SampleLab {
    /// How a job of the university on the data of three owners went.
    package struct Training: Sendable {
        package let job: JobID
        /// Every base, update and result, by its digest.
        package let blobs = MemoryBlobs()
        package var weights: BlobDigest?

        package func keep(_ bytes: [UInt8]) -> BlobDigest {
            blobs.keep(bytes)
        }
    }

    private static let owners = ["north", "south", "valley"]

    /// Registers data, agrees on licences with a fee, and proposes and starts a job.
    ///
    /// - Parameter rows: How many rows an owner's dataset is registered with; 60, where it is not named.
    package mutating func prepareTraining(
        _ name: String = "job-1", rounds: Int, rowsOf rows: [String: Int64] = [:],
        strategy: JSONValue? = nil
    ) throws -> Training {
        guard let currency = CurrencyCode("CNY") else { throw SampleLabError.nobody("CNY") }
        try submit(RegisterCurrency(currency: currency, title: "Yuan", scale: 2), by: "bank")
        try submit(
            PublishDocument(document: try LibraryDocument.datasetLicence.published()), by: "bank")
        try submit(
            IssueMoney(amount: Money(1_000_000, currency), to: try member("university").id),
            by: "bank")
        for owner in Self.owners {
            let dataset = try DatasetID("\(owner)-data")
            try submit(
                RegisterDataset(
                    dataset: dataset, title: "Data of \(owner)", schema: SampleData.schema,
                    rows: rows[owner] ?? 60, commitment: BlobDigest(of: Array(owner.utf8))),
                by: owner)
            let licence = try LicenceID("\(owner)-licence")
            try submit(
                LicenceTerms(
                    dataset: dataset, licensee: try member("university").id,
                    purposes: ["research"], roundsMax: 100, feePerRound: Money(250, currency),
                    expires: now.advanced(byMilliseconds: 86_400_000)
                ).offer(licence, licensor: try member(owner).id),
                by: owner)
            try submit(TakeContractAction.accept(licence), by: "university")
        }
        let job = try JobID(name)
        try submit(
            ProposeJob(
                job: job, model: try ModelID("tumours"), purpose: "research",
                licences: try Self.owners.map { try LicenceID("\($0)-licence") },
                trainer: try SampleData.settings.json,
                plan: JobPlan([
                    .init(task: .statistics, rounds: 1), .init(task: .train, rounds: rounds),
                    .init(task: .evaluate, rounds: 1),
                ]), participantsMin: 2, roundTimeoutMilliseconds: 60_000, strategy: strategy),
            by: "university")
        try submit(StartJob(job: job), by: "university")
        return Training(job: job)
    }

    /// Opens the job's next round.
    package mutating func openRound(of training: Training) throws -> Round {
        guard let job = state.jobs[training.job], let task = job.nextTask
        else { throw SampleLabError.nobody(training.job.text) }
        let id = RoundID(job: job.id, number: job.opened)
        try submitAsCoordinator(
            OpenRound(
                round: id, task: task, base: job.weights,
                participants: job.participants.map(\.member).sorted()))
        guard let round = state.jobs[id] else { throw SampleLabError.nobody("\(id)") }
        return round
    }

    /// What an owner contributes to a round.
    package func contribution(
        of owner: String, to round: Round, _ training: inout Training
    ) throws -> Envelope {
        let member = try member(owner)
        let product = try RoundWork(
            task: round.task, round: round.id, member: member.id, judges: round.judges,
            trainer: .averaged(SampleData.settings),
            strategy: JobStrategy(state.jobs[training.job]?.strategy),
            base: round.base.flatMap { training.blobs[$0].map { FileBytes($0) } }
        ).perform(
            on: SampleData.dataset(
                rows: 60, seed: UInt64(Self.owners.firstIndex(of: owner) ?? 9)))
        return Contribution(
            lab: id, round: round.id, member: member.id,
            update: training.keep(try product.update.array),
            weight: product.weight, metricsMicro: product.metricsMicro
        ).signed(with: member.signingKey)
    }

    /// Runs the job's next round, from its opening to its close.
    ///
    /// - Parameter falsify: What a lying coordinator makes of the result.
    package mutating func runRound(
        of training: inout Training, falsify: ([UInt8]) -> [UInt8] = { $0 }
    ) throws {
        let round = try openRound(of: training)
        let envelopes = try Self.owners.map { try contribution(of: $0, to: round, &training) }
        try submitAsCoordinator(SealRound(round: round.id, contributions: envelopes))
        guard let sealed = state.jobs[round.id], let job = state.jobs[training.job] else {
            throw SampleLabError.nobody("\(round.id)")
        }
        let blobs = training.blobs
        let result = try RoundAggregation(of: job).result(
            of: sealed.task, base: sealed.base, state: sealed.strategyState,
            contributions: sealed.contributions, file: blobs.file, sink: blobs.sink)
        let kept = result.model.map { training.keep(falsify(blobs[$0] ?? [])) }
        try submitAsCoordinator(
            CloseRound(
                round: round.id, result: kept, strategyState: result.strategyState))
        training.weights = kept ?? training.weights
    }

    /// Runs a job to its end and registers what came out.
    package mutating func train(rounds: Int) throws -> Training {
        var training = try prepareTraining(rounds: rounds)
        try settle()
        for _ in 0..<rounds + 2 {
            try runRound(of: &training)
            try settle()
        }
        try submitAsCoordinator(CompleteJob(job: training.job))
        if let weights = training.weights {
            try submit(RegisterModelVersion(job: training.job, weights: weights), by: "university")
        }
        try settle()
        return training
    }
}
