import Randomness
import Testing

@testable import Learning

/// Rows that are made from a seed, for trainers to learn from.
struct MadeData {
    let layout: FeatureLayout
    let target: Target
    let rows: LabelledRows

    init(layout: FeatureLayout, target: Target, rows: LabelledRows) {
        self.layout = layout
        self.target = target
        self.rows = rows
    }

    /// Numeric features `x0` … and, if there are to be, a categorical one of three categories.
    ///
    /// - Parameter answer: From a row's inputs and a number from the normal distribution.
    init(
        seed: UInt64, rows: Int, numeric: Int, isCategorical: Bool = false, missing: Double = 0,
        integers: Bool = false, target: Target, answer: ([Float], Double) -> Float
    ) throws {
        var columns: [(String, ColumnKind)] = (0..<numeric).map { ("x\($0)", .numeric) }
        if isCategorical { columns.append(("c", .categorical(["a", "b", "c"]))) }
        layout = try FeatureLayout(commonTo: [schema(columns)])
        self.target = target
        var random = SeededRandom(seed: seed)
        var values: [Float] = []
        var answers: [Float] = []
        for _ in 0..<rows {
            var row = (0..<numeric).map { feature -> Float in
                let number = random.normalNumber(
                    mean: Double(feature) * 3, standardDeviation: Double(feature) + 1)
                return Float(integers ? (number * 8).rounded() : number)
            }
            if isCategorical {
                let category = random.uniformInteger(in: 0...2)
                row += (0..<3).map { $0 == category ? 1 : 0 }
            }
            answers.append(answer(row, random.normalNumber()))
            for feature in 0..<numeric where random.uniformFraction() < missing {
                row[feature] = .nan
            }
            values += row
        }
        self.rows = LabelledRows(
            inputs: DesignMatrix(width: layout.width, values: values), labels: answers)
    }

    /// All rows to train on, and to be judged by.
    var dataset: LocalDataset {
        LocalDataset(layout: layout, target: target, training: rows, holdout: rows)
    }

    /// The rows dealt out to so many sites, unequally.
    func sites(_ count: Int) -> [LocalDataset] {
        (0..<count).map { site in
            let places = (0..<UInt32(rows.count)).filter { Int($0 % 7) % count == site }
            let part = rows.rows(places)
            return LocalDataset(layout: layout, target: target, training: part, holdout: part)
        }
    }

    static let classes = ["blue", "green", "red"]
    static func classTarget() throws -> Target {
        .classes(try #require(ClassTarget(column: "y", names: classes)))
    }

    static let number = Target.number(column: "y")
    static let label = Target.label(LabelRule(column: "y", classes: .compared(.above, 0)))
}
