import Testing

@testable import Learning

/// Whole training runs on real data against scikit-learn 1.9.1.
///
/// The reference numbers are from
///
///     m, s = np.nanmean(X, 0), np.nanstd(X, 0)
///     Z, Zt = np.nan_to_num((X - m) / s), np.nan_to_num((Xt - m) / s)
///     c = LogisticRegression(C=1, tol=1e-10, max_iter=100000).fit(Z, y)
///     p = c.predict_proba(Zt)[:, 1]; roc_auc_score(yt, p); log_loss(yt, p)
///
/// where X holds the rows of the three training sites, read as float32, and Xt those of the fourth.
/// C = 1 over n rows is a penalty of λ = 1/n here.
@Suite struct ReferenceTests {
    private static let sites = ["north-hospital", "river-clinic", "south-hospital"]

    @Test("Pooled training on the breast cancer data is as good as scikit-learn's")
    func pooledBreastCancer() throws {
        let (schemas, options) = try breastCancerSchemas()
        let layout = try FeatureLayout(commonTo: schemas)
        let parts = try zip(Self.sites, schemas).map { site, schema in
            try LocalDataset.load(
                path: RepositoryFiles.breastCancer(site), schema: schema, layout: layout,
                split: .none, options: options.csv)
        }
        let model = try pooledModel(parts, l2: 1.0 / 455)
        #expect(abs(model.standardisation.means[0] - 14.19532747583075) < 1e-12)
        #expect(abs(model.standardisation.scales[0] - 3.5434840090346857) < 1e-12)

        let metrics = try LogisticTrainer.evaluate(
            model: model, on: try valley(layout: layout, schema: schemas[3]))
        #expect(metrics.count == 114)
        #expect(abs(try #require(metrics.rocAUC) - 0.9929054054054054) < 0.001)
        #expect(abs(metrics.logLoss - 0.08533404382149391) < 0.001)
        #expect(metrics.accuracy >= 0.97)
        // The optimum itself, not only its quality.
        for (weight, expected) in zip(
            model.parameters.weights, [0.31060823, 0.68253173, 0.3209692])
        {
            #expect(abs(Double(weight) - expected) < 0.01)
        }
    }

    @Test("Federated training on the breast cancer data is as good as pooled training")
    func federatedBreastCancer() throws {
        let (schemas, _) = try breastCancerSchemas()
        let layout = try FeatureLayout(commonTo: schemas)
        let members = try zip(Self.sites, schemas).map { site, schema in
            try LocalDataset.load(
                path: RepositoryFiles.breastCancer(site), schema: schema, layout: layout,
                split: .none)
        }
        let moments = try ColumnMoments(merging: members.map(LogisticTrainer.statistics))
        var model = try LogisticModel.initial(
            layout: layout, label: try #require(members[0].label),
            standardisation: Standardisation(moments, layout: layout))
        for round in 0..<20 {
            var next = model.parameters
            let results = try members.enumerated().map { number, member in
                try LogisticTrainer.train(
                    base: model, on: member,
                    config: TrainingConfiguration(
                        learningRate: 0.1, localEpochs: 2, batchSize: 16, l2: 1.0 / 455,
                        seed: UInt64(round * 3 + number)))
            }
            let total = Float(results.reduce(0) { $0 + $1.exampleCount })
            for result in results {
                let share = Float(result.exampleCount) / total
                for index in next.weights.indices {
                    next.weights[index] += share * result.update.weights[index]
                }
                next.bias += share * result.update.bias
            }
            model = try model.with(next)
        }
        let metrics = try LogisticTrainer.evaluate(
            model: model, on: try valley(layout: layout, schema: schemas[3]))
        #expect(abs(try #require(metrics.rocAUC) - 0.9929054054054054) < 0.005)
        #expect(metrics.logLoss < 0.11)
    }

    @Test(
        "Pooled training on the heart data, a third of it missing, is as good as scikit-learn's",
        .enabled(if: RepositoryFiles.data != nil, "there is no shared/data"))
    func pooledHeart() throws {
        let options = InspectionOptions(
            label: ColumnReference("14"), positive: PositiveClass(parsing: ">0"))
        func load(_ hospital: String, _ layout: FeatureLayout, _ split: HoldoutSplit) throws
            -> LocalDataset
        {
            let path = RepositoryFiles.data("heart/processed.\(hospital).data")
            return try LocalDataset.load(
                path: path, schema: DatasetInspection.inspect(path: path, options: options).schema,
                layout: layout, split: split)
        }
        let layout = try FeatureLayout(
            commonTo: ["cleveland", "va", "switzerland", "hungarian"].map {
                try DatasetInspection.inspect(
                    path: RepositoryFiles.data("heart/processed.\($0).data"), options: options
                ).schema
            })
        #expect(layout.width == 13)
        let parts = try ["cleveland", "va", "switzerland"].map { try load($0, layout, .none) }
        let model = try pooledModel(parts, l2: 1.0 / 626)
        let metrics = try LogisticTrainer.evaluate(
            model: model, on: try load("hungarian", layout, .all))
        #expect(abs(try #require(metrics.rocAUC) - 0.8742974708952228) < 0.001)
        #expect(abs(metrics.logLoss - 0.4652875593123269) < 0.002)
    }

    /// Trains to the optimum on the rows of all parts together.
    private func pooledModel(_ parts: [LocalDataset], l2: Double) throws -> LogisticModel {
        let layout = parts[0].layout
        let rows = LabelledRows(
            inputs: DesignMatrix(
                width: layout.width, values: parts.flatMap { $0.training.inputs.values }),
            labels: parts.flatMap { $0.training.labels })
        let pooled = LocalDataset(
            layout: layout, target: parts[0].target, training: rows,
            holdout: LabelledRows(inputs: DesignMatrix(width: layout.width, values: []), labels: [])
        )
        let base = try LogisticModel.initial(
            layout: layout, label: try #require(pooled.label),
            standardisation: Standardisation(LogisticTrainer.statistics(of: pooled), layout: layout)
        )
        let result = try LogisticTrainer.train(
            base: base, on: pooled,
            config: TrainingConfiguration(
                learningRate: 0.5, localEpochs: 6_000, batchSize: rows.count, l2: l2, seed: 1))
        #expect(result.exampleCount == rows.count)
        return try base.with(result.update)
    }

    private func breastCancerSchemas() throws -> ([DatasetSchema], InspectionOptions) {
        let options = InspectionOptions(
            label: ColumnReference("diagnosis"), positive: PositiveClass(parsing: "M"))
        let schemas = try (Self.sites + ["valley-hospital"]).map {
            try DatasetInspection.inspect(path: RepositoryFiles.breastCancer($0), options: options)
                .schema
        }
        return (schemas, options)
    }

    private func valley(layout: FeatureLayout, schema: DatasetSchema) throws -> LocalDataset {
        try LocalDataset.load(
            path: RepositoryFiles.breastCancer("valley-hospital"), schema: schema, layout: layout,
            split: .all)
    }
}
