import Encodings
package import Learning
package import Tensors

extension TreeSettings: MergedTrainer {
    package var kindText: String { Self.kind }

    package func statistics(of dataset: LocalDataset, seed: UInt64) throws -> [Tensor] {
        try TreeTrainer.statistics(of: dataset, settings: self).tensors
    }

    package var statisticsReader: SummaryReader {
        SummaryReader(
            numberCountMax: (target.classCount ?? 3)
                + layout.width * (2 + 2 * TreeStatistics.cutsMax(of: self))
        ) {
            .cells(try TreeStatistics(tensors: $0, settings: self), self)
        }
    }

    package func firstModel(_ parts: [[Tensor]]) throws -> FirstModel {
        FirstModel(
            try ForestModel.initial(
                self, merging: parts.map { try TreeStatistics(tensors: $0, settings: self) }
            ).bytes)
    }

    package func sums(
        base: [UInt8], on dataset: LocalDataset
    ) throws -> (tensors: [Tensor], rows: Int) {
        let outcome = try TreeTrainer.sums(base: ForestModel(parsing: base), on: dataset)
        return (outcome.sums.tensors, outcome.rowCount)
    }

    package func sumsReader(base: [UInt8]) throws -> SummaryReader {
        let model = try ForestModel(parsing: base)
        return SummaryReader(numberCountMax: TreeSums.numberCount(for: model)) {
            .derivatives(try TreeSums(tensors: $0, for: model))
        }
    }

    package func nextModel(base: [UInt8], _ parts: [[Tensor]]) throws -> [UInt8] {
        let model = try ForestModel(parsing: base)
        return try model.grown(
            by: TreeSums(merging: parts.map { try TreeSums(tensors: $0, for: model) })
        ).bytes
    }

    package func evaluate(_ model: [UInt8], on dataset: LocalDataset) throws -> ModelMetrics? {
        .prediction(try TreeTrainer.evaluate(model: ForestModel(parsing: model), on: dataset))
    }
}

extension KMeansSettings: MergedTrainer {
    package var kindText: String { Self.kind }
    package var target: Target { .nothing }

    package func statistics(of dataset: LocalDataset, seed: UInt64) throws -> [Tensor] {
        try KMeansTrainer.statistics(of: dataset, settings: self, seed: seed).tensors
    }

    package var statisticsReader: SummaryReader {
        SummaryReader(
            numberCountMax: 3 * layout.numericInputs.count + clusters * (layout.width + 1)
        ) {
            .candidates(try KMeansStatistics(tensors: $0, settings: self), self)
        }
    }

    package func firstModel(_ parts: [[Tensor]]) throws -> FirstModel {
        FirstModel(
            try KMeansModel.initial(
                self, merging: parts.map { try KMeansStatistics(tensors: $0, settings: self) }
            ).bytes)
    }

    package func sums(
        base: [UInt8], on dataset: LocalDataset
    ) throws -> (tensors: [Tensor], rows: Int) {
        let sums = try KMeansTrainer.sums(base: KMeansModel(parsing: base), on: dataset)
        return (sums.tensors, dataset.training.count)
    }

    package func sumsReader(base: [UInt8]) throws -> SummaryReader {
        SummaryReader(numberCountMax: clusters * (layout.width + 1) + 1) {
            .clusters(try KMeansSums(tensors: $0, settings: self))
        }
    }

    package func nextModel(base: [UInt8], _ parts: [[Tensor]]) throws -> [UInt8] {
        try KMeansModel(parsing: base).moved(
            by: KMeansSums(merging: parts.map { try KMeansSums(tensors: $0, settings: self) })
        ).bytes
    }

    package func evaluate(_ model: [UInt8], on dataset: LocalDataset) throws -> ModelMetrics? {
        .clustering(try KMeansTrainer.evaluate(model: KMeansModel(parsing: model), on: dataset))
    }
}

extension StatisticsSettings: MergedTrainer {
    package var kindText: String { Self.kind }
    package var target: Target { .nothing }

    package func statistics(of dataset: LocalDataset, seed: UInt64) throws -> [Tensor] {
        try StatisticsTrainer.statistics(of: dataset, settings: self).tensors
    }

    package var statisticsReader: SummaryReader {
        SummaryReader(numberCountMax: 5 * layout.numericInputs.count) {
            .ranges(try FeatureRanges(tensors: $0, settings: self))
        }
    }

    package func firstModel(_ parts: [[Tensor]]) throws -> FirstModel {
        FirstModel(
            try StatisticsModel.initial(
                self, merging: parts.map { try FeatureRanges(tensors: $0, settings: self) }
            ).bytes)
    }

    package func sums(
        base: [UInt8], on dataset: LocalDataset
    ) throws -> (tensors: [Tensor], rows: Int) {
        let counts = try StatisticsTrainer.counts(
            base: StatisticsModel(parsing: base), on: dataset)
        return (counts.tensors, dataset.training.count)
    }

    package func sumsReader(base: [UInt8]) throws -> SummaryReader {
        SummaryReader(numberCountMax: 1 + layout.numericInputs.count * bins + layout.width) {
            .counts(try FeatureCounts(tensors: $0, settings: self))
        }
    }

    package func nextModel(base: [UInt8], _ parts: [[Tensor]]) throws -> [UInt8] {
        let model = try StatisticsModel(parsing: base)
        return model.counted(
            try FeatureCounts(
                merging: parts.map { try FeatureCounts(tensors: $0, settings: self) })
        ).bytes
    }

    package func evaluate(_ model: [UInt8], on dataset: LocalDataset) throws -> ModelMetrics? {
        nil
    }
}
