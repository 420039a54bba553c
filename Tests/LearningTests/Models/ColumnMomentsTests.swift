import Randomness
import Tensors
import Testing

@testable import Learning

@Suite struct ColumnMomentsTests {
    private static let layout = try? FeatureLayout(
        commonTo: [schema([("a", .numeric), ("c", .categorical(["x", "y"])), ("b", .numeric)])])

    @Test("Moments are those of the definition, over what is not missing, for numeric features")
    func knownMoments() throws {
        let layout = try #require(Self.layout)
        let matrix = DesignMatrix(
            width: 4, values: [1, 1, 0, .nan, 2, 0, 1, 10, .nan, 0, 0, 20, 6, 1, 0, 30])
        let moments = ColumnMoments(of: matrix, layout: layout)
        #expect(moments.counts == [3, 3])
        #expect(moments.means == [3, 20])
        #expect(moments.squaredDeviations == [14, 200])
    }

    @Test("Merged moments are those of all rows together", arguments: 0..<60 as Range<UInt64>)
    func mergeIsPooling(seed: UInt64) throws {
        let layout = try #require(Self.layout)
        var random = SeededRandom(seed: seed)
        let parts = (0..<random.uniformInteger(in: 1...5)).map { _ in
            (0..<4 * random.uniformInteger(in: 0...30)).map { _ in
                random.uniformInteger(below: 6) == 0
                    ? Float.nan : Float(random.normalNumber(mean: 1_000, standardDeviation: 3))
            }
        }
        let merged = try ColumnMoments(
            merging: parts.map {
                ColumnMoments(of: DesignMatrix(width: 4, values: $0), layout: layout)
            })
        let pooled = ColumnMoments(
            of: DesignMatrix(width: 4, values: parts.flatMap { $0 }), layout: layout)
        #expect(merged.counts == pooled.counts)
        for (left, right) in zip(merged.means, pooled.means) {
            #expect(abs(left - right) <= 1e-12 * max(1, abs(right)), "seed \(seed)")
        }
        for (left, right) in zip(merged.squaredDeviations, pooled.squaredDeviations) {
            #expect(abs(left - right) <= 1e-9 * max(1, right), "seed \(seed)")
        }
    }

    @Test("A large mean does not swallow a small variance")
    func noCancellation() throws {
        let layout = try FeatureLayout(commonTo: [schema([("a", .numeric)])])
        let halves = [[Float(16_000_000), 16_000_001], [16_000_002, 16_000_003]].map {
            ColumnMoments(of: DesignMatrix(width: 1, values: $0), layout: layout)
        }
        let merged = try ColumnMoments(merging: halves)
        #expect(merged.means == [16_000_001.5])
        #expect(merged.squaredDeviations == [5])
    }

    @Test("Moments travel as tensors")
    func tensors() throws {
        let layout = try #require(Self.layout)
        let moments = ColumnMoments(
            of: DesignMatrix(width: 4, values: [1, 0, 1, 5, 3, 1, 0, 9]), layout: layout)
        let file = try Safetensors(moments.tensors)
        #expect(try ColumnMoments(tensors: Safetensors(parsing: file.bytes).tensors) == moments)
    }

    @Test("Tensors that are no moments are refused", arguments: wrongMoments)
    func wrongTensors(tensors: [Tensor], message: String) {
        let error = #expect(throws: LearningError.self) { try ColumnMoments(tensors: tensors) }
        #expect(error.map { "\($0)" }?.contains(message) == true, "\(error.map { "\($0)" } ?? "")")
    }

    @Test("Moments that overflow together make no standardisation")
    func overflow() throws {
        let layout = try FeatureLayout(commonTo: [schema([("a", .numeric)])])
        let parts = try [1e200, -1e200].map {
            try ColumnMoments(tensors: Self.moments([1], [$0], [0]))
        }
        #expect(throws: LearningError.notFinite("the variance of a feature")) {
            try Standardisation(ColumnMoments(merging: parts), layout: layout)
        }
    }

    @Test("Moments of different features are not merged, and neither are none")
    func differentWidths() throws {
        let wide = try FeatureLayout(commonTo: [schema([("a", .numeric), ("b", .numeric)])])
        let narrow = try FeatureLayout(commonTo: [schema([("a", .numeric)])])
        let parts = [
            ColumnMoments(of: DesignMatrix(width: 2, values: [1, 2]), layout: wide),
            ColumnMoments(of: DesignMatrix(width: 1, values: [1]), layout: narrow),
        ]
        #expect(throws: LearningError.self) { try ColumnMoments(merging: parts) }
        #expect(throws: LearningError.self) { try ColumnMoments(merging: []) }
        #expect(throws: LearningError.self) { try Standardisation(parts[0], layout: narrow) }
    }

    private static let wrongMoments: [([Tensor], String)] = [
        ([], "the tensor count is missing"),
        (moments([1], [1]), "the tensor squared_deviations is missing"),
        (moments([1, 2], [1], [1]), "the tensor mean should have the shape [2], and has [1]"),
        (moments([1.5], [1], [1]), "\"count\" should hold numbers of rows"),
        (moments([-1], [1], [1]), "\"count\" should hold numbers of rows"),
        (moments([1], [.nan], [1]), "an element of mean is not a finite number"),
        (moments([0], [1], [0]), "where \"count\" is 0, the other moments should be 0 too"),
        (moments([1], [1], [-1]), "\"squared_deviations\" should not be negative"),
        (
            moments([1], [1], [1]) + [Tensor(name: "x", vector: [1.0])],
            "there should be no tensor x"
        ),
        ([Tensor(name: "count", vector: [Float(1)])], "the tensor count should be F64"),
        (
            moments([1], [1], [1]) + [Tensor(name: "mean", vector: [1.0])],
            "there should be no tensor mean"
        ),
    ]

    private static func moments(_ vectors: [Double]...) -> [Tensor] {
        zip(["count", "mean", "squared_deviations"], vectors).map { Tensor(name: $0, vector: $1) }
    }
}

@Suite struct StandardisationTests {
    @Test("Numbers get mean 0 and variance 1, missing ones 0, and categories stay")
    func standardised() throws {
        let layout = try FeatureLayout(
            commonTo: [schema([("c", .categorical(["x", "y"])), ("a", .numeric)])])
        var matrix = DesignMatrix(width: 3, values: [1, 0, 2, 0, 1, .nan, 0, 0, 6, 1, 0, 4])
        let standardisation = try Standardisation(
            ColumnMoments(of: matrix, layout: layout), layout: layout)
        #expect(standardisation.means == [0, 0, 4])
        #expect(standardisation.scales[0...1] == [1, 1])
        matrix.standardise(by: standardisation)
        let scale = Float(1 / (8.0 / 3).squareRoot())
        #expect(matrix.values == [1, 0, -2 * scale, 0, 1, 0, 0, 0, 2 * scale, 1, 0, 0])
    }

    @Test(
        "What does not vary, or is nowhere present, keeps the scale 1",
        arguments: [
            ([Float(0.1), 0.1, 0.1], Double(Float(0.1))), ([.nan, .nan, .nan], 0), ([0, 0, 0], 0),
            ([16_777_216, 16_777_216, .nan], 16_777_216),
        ])
    func constants(values: [Float], mean: Double) throws {
        let layout = try FeatureLayout(commonTo: [schema([("a", .numeric)])])
        let moments = ColumnMoments(of: DesignMatrix(width: 1, values: values), layout: layout)
        let standardisation = try Standardisation(moments, layout: layout)
        #expect(standardisation.scales == [1])
        #expect(abs(standardisation.means[0] - mean) <= 1e-9 * mean)
        var matrix = DesignMatrix(width: 1, values: values)
        matrix.standardise(by: standardisation)
        #expect(matrix.values.allSatisfy { abs($0) < 1e-6 })
    }

    @Test("A variance that is only a rounding of the sums does not blow anything up")
    func roundedVariance() throws {
        let layout = try FeatureLayout(commonTo: [schema([("a", .numeric)])])
        func scale(_ squaredDeviations: Double) throws -> Double {
            let moments = try ColumnMoments(
                tensors: zip(["count", "mean", "squared_deviations"], [4, 5, squaredDeviations])
                    .map { Tensor(name: $0, vector: [$1]) })
            return try Standardisation(moments, layout: layout).scales[0]
        }
        #expect(try scale(1e-20) == 1)
        #expect(try scale(4e-8) == 1e-4)
    }
}
