import Encodings
import Foundation
import Testing

@testable import Learning

@Suite struct TreePeerTests {
    enum Kind: String, CaseIterable { case label, classes, number }

    static func data(
        _ kind: Kind, seed: UInt64 = 21, missing: Double = 0
    ) throws -> MadeData {
        let target: Target =
            switch kind {
            case .label: MadeData.label
            case .classes: try MadeData.classTarget()
            case .number: MadeData.number
            }
        return try MadeData(
            seed: seed, rows: 900, numeric: 4, isCategorical: true, missing: missing,
            integers: true, target: target
        ) { row, noise in
            let score = abs(row[0]) / 8 + row[1] * row[2] / 200 + 2 * row[4] + Float(noise)
            switch kind {
            case .label: return score > 2 ? 1 : 0
            case .classes: return score < 1 ? 0 : score < 3 ? 1 : 2
            case .number: return 100 + 7 * score
            }
        }
    }

    static func settings(_ data: MadeData, trees: Int = 12, depth: Int = 4) throws -> TreeSettings {
        try TreeSettings(
            layout: data.layout, target: data.target, trees: trees, depth: depth,
            learningRate: 0.2, lambda: 1, childRowsMin: 10, cellRowsMin: 1)
    }

    static func grown(_ settings: TreeSettings, on sites: [LocalDataset]) throws -> ForestModel {
        var model = try ForestModel.initial(
            settings, merging: sites.map { try TreeTrainer.statistics(of: $0, settings: settings) })
        var rounds = 0
        while !model.isComplete {
            let parts = try sites.map { try TreeTrainer.sums(base: model, on: $0).sums }
            model = try model.grown(by: TreeSums(merging: parts))
            rounds += 1
            try #require(rounds <= settings.roundCountMax)
        }
        return model
    }

    /// scikit-learn keeps derivatives in single precision and subtracts histograms, so that of two
    /// splits which gain the same it takes either. Two turns are the same but for a few rows;
    /// after one split that differs, all later trees differ a little, and only their quality is
    /// the same.
    @Test(
        "Forests over three sites predict what scikit-learn's pooled ones do",
        .enabled(if: PythonPeer.isPresent, PythonPeer.absence), arguments: Kind.allCases,
        [0, 0.1])
    func likeScikitLearn(kind: Kind, missing: Double) throws {
        let data = try Self.data(kind, missing: missing)
        for (trees, depth) in [(2, 3), (12, 4)] {
            let settings = try Self.settings(data, trees: trees, depth: depth)
            let model = try Self.grown(settings, on: data.sites(3))
            let peer = try PythonPeer.run(
                "trees.py",
                [
                    "x": .numbers(data.rows.inputs.values), "y": .numbers(data.rows.labels),
                    "width": .integer(Int64(data.layout.width)), "kind": .string(kind.rawValue),
                    "learningRate": .number(0.2), "trees": .integer(Int64(trees)),
                    "depth": .integer(Int64(depth)), "childRowsMin": 10, "lambda": 1,
                ])
            let predictions = try model.predictions(of: data.rows.inputs)
            let expected = try peer.numbers("predictions")
            try #require(predictions.count == expected.count)
            let differences = zip(predictions, expected).map { abs($0 - $1) / model.answerScale }
            let mean = differences.reduce(0, +) / Double(differences.count)
            #expect(mean < 0.02)
            if trees == 2 {
                #expect(differences.count { $0 > 1e-4 } * 50 <= differences.count)
            }
            guard
                case .binary(let metrics) = try TreeTrainer.evaluate(model: model, on: data.dataset)
            else { continue }
            let area = try #require(metrics.rocAUC)
            #expect(try abs(area - peer.number("auc")) < 5e-3)
        }
    }

    @Test(
        "On the credit data, split over three banks, the area is LightGBM's within 0.01",
        .enabled(if: PythonPeer.isPresent, PythonPeer.absence),
        .enabled(if: RepositoryFiles.data != nil, "there is no shared/data"))
    func creditDefault() throws {
        let names = ["guest", "host_1", "host_2", "test"]
        let options = InspectionOptions(
            label: ColumnReference("y"), positive: .values(["1"]),
            kinds: [.init(column: ColumnReference("id"), kind: .identifier)])
        let files = names.map {
            RepositoryFiles.data("credit-default/default_credit_homo_\($0).csv")
        }
        let schemas = try files.map {
            try DatasetInspection.inspect(path: $0, options: options).schema
        }
        let layout = try FeatureLayout(commonTo: schemas)
        let parts = try zip(files, schemas).map { file, schema in
            try LocalDataset.load(
                path: file, schema: schema, layout: layout,
                split: file == files[3] ? .all : .none)
        }
        let target = parts[0].target
        let settings = try TreeSettings(
            layout: layout, target: target, trees: 30, depth: 3, learningRate: 0.3, bins: 32)
        let model = try Self.grown(settings, on: Array(parts[..<3]))
        guard case .binary(let metrics) = try TreeTrainer.evaluate(model: model, on: parts[3])
        else { return }
        let area = try #require(metrics.rocAUC)
        let peer = try PythonPeer.run(
            "lightgbm_auc.py",
            [
                "files": .array(files.map { .string($0) }),
                "columns": .array(layout.inputNames.map { .string($0) }), "label": "y",
                "trees": 30, "depth": 3, "learningRate": .number(0.3), "lambda": 1, "bins": 32,
                "childRowsMin": 20,
            ])
        #expect(try abs(area - peer.number("auc")) < 0.01)
        #expect(area > 0.77)
    }
}
