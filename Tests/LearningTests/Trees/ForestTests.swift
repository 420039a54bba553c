import Encodings
import Randomness
import Tensors
import Testing

@testable import Learning

@Suite struct ForestTests {
    @Test(
        "The rows of three sites give the pooled tree to the last bit, in every round",
        arguments: TreePeerTests.Kind.allCases)
    func sitesArePooled(kind: TreePeerTests.Kind) throws {
        let data = try TreePeerTests.data(kind, missing: 0.1)
        let settings = try TreePeerTests.settings(data, trees: 4, depth: 3)
        let sites = data.sites(3)
        var federated = try ForestModel.initial(
            settings, merging: sites.map { try TreeTrainer.statistics(of: $0, settings: settings) })
        var pooled = federated
        while !federated.isComplete {
            let parts = try sites.map { site in
                // As it travels.
                let sums = try TreeTrainer.sums(base: federated, on: site).sums
                return try TreeSums(
                    tensors: Safetensors(parsing: Safetensors(sums.tensors).bytes).tensors,
                    for: federated)
            }
            federated = try federated.grown(by: TreeSums(merging: parts))
            pooled = try pooled.grown(by: TreeTrainer.sums(base: pooled, on: data.dataset).sums)
            #expect(federated.bytes == pooled.bytes)
            #expect(try ForestModel(parsing: federated.bytes) == federated)
        }
        #expect(federated.trees.count == settings.treeCount)
        #expect(
            try federated.grown(by: TreeTrainer.sums(base: federated, on: data.dataset).sums)
                == federated)
    }

    @Test("The split is the best of all, found by trying each", arguments: 0..<30 as Range<UInt64>)
    func bestSplit(seed: UInt64) throws {
        let data = try TreePeerTests.data(.number, seed: seed, missing: 0.2)
        let rows = data.rows.rows((0..<80).map { UInt32($0) })
        let dataset = LocalDataset(
            layout: data.layout, target: data.target, training: rows, holdout: rows)
        let settings = try TreeSettings(
            layout: data.layout, target: data.target, trees: 1, depth: 1, learningRate: 1,
            childRowsMin: 5, cellRowsMin: 1)
        let start = try ForestModel.initial(
            settings, merging: [TreeTrainer.statistics(of: dataset, settings: settings)])
        let model = try start.grown(by: TreeTrainer.sums(base: start, on: dataset).sums)
        let found = try #require(model.trees[0].nodes[0].split)

        var best = -Double.infinity
        var mine = -Double.infinity
        let answers = rows.labels.map { (Double($0) - model.answerMean) / model.answerScale }
        for input in 0..<data.layout.width {
            for bin in 0...model.edges.edges[input].count {
                for goesLeft in [true, false] {
                    var (left, right) = ((0.0, 0.0), (0.0, 0.0))
                    for row in 0..<rows.count {
                        let value = rows.inputs[row][row * data.layout.width + input]
                        let edges = model.edges.edges[input]
                        let isLeft =
                            value.isNaN ? goesLeft : bin == edges.count || value <= edges[bin]
                        if isLeft {
                            left = (left.0 + answers[row], left.1 + 1)
                        } else {
                            right = (right.0 + answers[row], right.1 + 1)
                        }
                    }
                    guard left.1 >= 5, right.1 >= 5 else { continue }
                    let gain = left.0 * left.0 / (left.1 + 1) + right.0 * right.0 / (right.1 + 1)
                    best = max(best, gain)
                    if found == .init(input: input, bin: bin, missingGoesLeft: goesLeft) {
                        mine = gain
                    }
                }
            }
        }
        #expect(abs(best - mine) < 1e-6, "seed \(seed)")
    }

    @Test("Bins hold about as many rows each, however the members' values lie")
    func evenBins() throws {
        let layout = try FeatureLayout(commonTo: [schema([("x", .numeric)])])
        var random = SeededRandom(seed: 4)
        let sites = (0..<3).map { site -> LabelledRows in
            let values = (0..<2_000).map { row -> Float in
                // Different places and scales, one value that a fifth of the rows have, an outlier.
                if row == 0 { return 1e30 }
                return row % 5 == 0
                    ? 7 : Float(random.normalNumber(mean: Double(site), standardDeviation: 2))
            }
            return LabelledRows(
                inputs: DesignMatrix(width: 1, values: values), labels: values.map { _ in 1 })
        }
        let settings = try TreeSettings(
            layout: layout, target: MadeData.number, bins: 32, cellRowsMin: 5)
        let summaries = try sites.map {
            let statistics = TreeStatistics(of: $0, settings: settings)
            #expect(statistics.columns[0].rows.reduce(0, +) == 2_000)
            #expect(statistics.columns[0].rows.allSatisfy { $0 >= 5 })
            return try TreeStatistics(tensors: statistics.tensors, settings: settings)
        }
        let edges = BinEdges(merging: summaries, bins: 32)
        #expect(25...31 ~= edges.edges[0].count)
        var counts = [Int](repeating: 0, count: 32)
        for site in sites {
            for bin in edges.bins(of: site.inputs) { counts[Int(bin)] += 1 }
        }
        // A fifth is one value, behind which there are few rows; the others share 6,000 / 32.
        #expect(counts.sorted().last.map { 1_200...1_700 ~= $0 } == true)
        #expect(counts.sorted().dropLast().allSatisfy { $0 <= 240 })
        #expect(edges.bins(of: DesignMatrix(width: 1, values: [.nan])) == [255])
    }

    @Test("Summaries merged one by one divide the rows no less evenly than all at once")
    func mergedSummaries() throws {
        let layout = try FeatureLayout(commonTo: [schema([("x", .numeric)])])
        var random = SeededRandom(seed: 8)
        let sites = (0..<150).map { site -> LabelledRows in
            let values = (0..<40).map { _ in
                Float(random.normalNumber(mean: Double(site % 5), standardDeviation: 2))
            }
            return LabelledRows(
                inputs: DesignMatrix(width: 1, values: values), labels: values.map { _ in 1 })
        }
        let settings = try TreeSettings(
            layout: layout, target: MadeData.number, bins: 16, cellRowsMin: 5)
        var merged: TreeStatistics?
        for site in sites {
            let statistics = TreeStatistics(of: site, settings: settings)
            let next = try merged?.merged(with: statistics, settings) ?? statistics
            // As a member's own would, it travels.
            merged = try TreeStatistics(tensors: next.tensors, settings: settings)
            #expect(next.columns[0].rows.allSatisfy { $0 >= 5 })
        }
        let all = try #require(merged)
        #expect(all.answers[0] == 6_000 && all.columns[0].rows.reduce(0, +) == 6_000)
        func counts(_ edges: BinEdges) -> [Int] {
            var counts = [Int](repeating: 0, count: 16)
            for site in sites {
                for bin in edges.bins(of: site.inputs) { counts[Int(bin)] += 1 }
            }
            return counts
        }
        // The sum of squares is least where all bins hold the same.
        func unevenness(_ counts: [Int]) -> Int { counts.reduce(0) { $0 + $1 * $1 } }
        let found = counts(BinEdges(merging: [all], bins: 16))
        let atOnce = counts(
            BinEdges(
                merging: sites.map { TreeStatistics(of: $0, settings: settings) }, bins: 16))
        #expect(unevenness(found) <= unevenness(atOnce), "\(found), at once \(atOnce)")
    }

    @Test("Many sites that tell of no cut do not push a cut of another to one side")
    func manyOddSites() throws {
        let layout = try FeatureLayout(commonTo: [schema([("x", .numeric)])])
        let settings = try TreeSettings(
            layout: layout, target: MadeData.number, bins: 16, cellRowsMin: 5)
        func statistics(_ values: [Float]) -> TreeStatistics {
            TreeStatistics(
                of: LabelledRows(
                    inputs: DesignMatrix(width: 1, values: values), labels: values.map { _ in 1 }),
                settings: settings)
        }
        var merged = statistics((0..<10).map { $0 < 5 ? 0 : 1 })
        let small = statistics((0..<9).map { Float($0) / 8 })
        #expect(merged.columns[0].cuts.count == 1 && small.columns[0].cuts.isEmpty)
        for _ in 0..<1_000 { merged = try merged.merged(with: small, settings) }
        let below = try #require(merged.columns[0].rowsBelow(merged.columns[0].cuts).first)
        #expect(abs(below - 9_010 / 2) <= 10, "\(below)")
    }

    @Test("Summaries with the same cuts are merged without a row in the wrong place")
    func sameCuts() throws {
        let layout = try FeatureLayout(commonTo: [schema([("x", .numeric)])])
        let settings = try TreeSettings(
            layout: layout, target: MadeData.label, bins: 16, cellRowsMin: 2)
        func rows(_ count: Int) -> LabelledRows {
            let values = (0..<count).map { Float($0 % 4) }
            return LabelledRows(
                inputs: DesignMatrix(width: 1, values: values),
                labels: values.map { $0 > 1 ? 1 : 0 })
        }
        let parts = [rows(40), rows(16)].map { TreeStatistics(of: $0, settings: settings) }
        #expect(
            try parts[0].merged(with: parts[1], settings)
                == TreeStatistics(of: rows(56), settings: settings))
    }

    @Test("A site of one class, or without values, contributes like any other")
    func poorSites() throws {
        let layout = try FeatureLayout(commonTo: [schema([("x", .numeric), ("z", .numeric)])])
        func site(_ values: [Float], _ labels: [Float]) -> LocalDataset {
            let rows = LabelledRows(
                inputs: DesignMatrix(width: 2, values: values), labels: labels)
            return LocalDataset(
                layout: layout, target: MadeData.label, training: rows, holdout: rows)
        }
        let sites = [
            site((0..<60).map { $0 % 2 == 0 ? Float($0) : .nan }, [Float](repeating: 1, count: 30)),
            site(
                (0..<60).map { $0 % 2 == 0 ? Float($0) + 100 : .nan },
                [Float](repeating: 0, count: 30)),
        ]
        let settings = try TreeSettings(
            layout: layout, target: MadeData.label, trees: 2, depth: 2, childRowsMin: 1)
        let model = try TreePeerTests.grown(settings, on: sites)
        #expect(model.edges.edges[1].isEmpty)
        #expect(try model.prediction(of: ["x": "3"])[0] > 0.55)
        #expect(try model.prediction(of: ["x": "140"])[0] < 0.45)
        #expect(try model.prediction(of: [:])[0].isFinite)
    }

    @Test("Sums that no rows can have, and forests that lead in circles, are refused")
    func refusals() throws {
        let data = try TreePeerTests.data(.label)
        let settings = try TreePeerTests.settings(data, trees: 2, depth: 2)
        let start = try ForestModel.initial(
            settings, merging: [TreeTrainer.statistics(of: data.dataset, settings: settings)])
        let sums = try TreeTrainer.sums(base: start, on: data.dataset).sums
        for change in [
            { (sums: inout TreeSums) in sums.counts[3] = 0.5 },
            { sums in sums.counts[3] = -1 },
            // A row more than the node has for other inputs.
            { sums in sums.counts[3] += 1 },
            { sums in sums.gradients[3] = sums.counts[3] + 1 },
            { sums in sums.hessians[3] = sums.counts[3] },
            { sums in sums.hessians[3] = -1 },
            { sums in sums.gradients[3] = .nan },
        ] {
            var changed = sums
            change(&changed)
            #expect(throws: LearningError.self) {
                try TreeSums(tensors: changed.tensors, for: start)
            }
        }
        let model = try start.grown(by: sums)
        #expect(throws: LearningError.self) { try model.grown(by: sums) }
        #expect(throws: LearningError.self) { try TreeSums(tensors: sums.tensors, for: model) }
        #expect(throws: LearningError.self) { try TreeSums(merging: []) }
        #expect(throws: LearningError.self) { try ForestModel.initial(settings, merging: []) }

        let file = model.safetensors
        for (name, values) in [
            ("split_input", [-1, 0, 0]), ("split_input", [9, -1, -1]), ("split_bin", [300, 0, 0]),
            ("missing_left", [2, 0, 0]), ("tree_sizes", [2]), ("frontier", [0]),
            ("frontier", [2, 1]), ("frontier", [7]), ("tree_sizes", []), ("frontier", []),
            ("base", [.infinity]), ("answer", [0, 0]), ("edge_counts", [1]),
            ("tree_sizes", [1e300]),
        ] as [(String, [Double])] {
            let changed = file.tensors.map {
                $0.name == name ? Tensor(name: name, vector: values) : $0
            }
            #expect(throws: LearningError.self, "\(name)") {
                try ForestModel(Safetensors(changed, metadata: file.metadata))
            }
        }
        #expect(throws: LearningError.self) { try ForestModel(parsing: [1, 2, 3]) }
        #expect(try TreeSettings(json: settings.json) == settings)
        #expect(throws: LearningError.wrongValue(name: "depth", problem: "should be from 1 to 10"))
        {
            try TreeSettings(layout: data.layout, target: data.target, depth: 11)
        }
        let statistics = try TreeTrainer.statistics(of: data.dataset, settings: settings)
        let wrong = statistics.tensors.map {
            $0.name == "cuts" ? Tensor(name: "cuts", vector: ($0.float32 ?? []).reversed()) : $0
        }
        #expect(throws: LearningError.self) {
            try TreeStatistics(tensors: wrong, settings: settings)
        }
    }
}
