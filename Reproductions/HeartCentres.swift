import Learning

/// Fed-Heart-Disease: four hospitals, split as FLamby splits them (Ogier du Terrail et al.,
/// *FLamby*, NeurIPS 2022, and its code).
///
/// Ten features, the last three columns before the label being dropped; the columns 2 and 6 become a
/// 0 or 1 for each value but the lowest: 13 inputs.
struct HeartCentres {
    struct Part {
        /// Rows × 13.
        var rows: [[Double]] = []
        var labels: [Float] = []

        static func + (left: Part, right: Part) -> Part {
            Part(rows: left.rows + right.rows, labels: left.labels + right.labels)
        }
    }

    struct Centre {
        let name: String
        var training = Part()
        var test = Part()
    }

    static let width = 13
    private static let files = [
        "cleveland": "processed.cleveland.data", "hungarian": "processed.hungarian.data",
        "switzerland": "processed.switzerland.data", "va": "processed.va.data",
    ]

    /// In the order of the split's file: Cleveland, Hungary, Switzerland, Long Beach.
    let centres: [Centre]

    /// - Throws: ``ReferenceDataError``.
    init(reading data: ReferenceData) throws(ReferenceDataError) {
        let splitFile = "heart/heart-flamby-split.csv"
        var tables: [String: [Substring]] = [:]
        var raw: [(name: String, set: String, values: [Double])] = []
        let split = try data.text(of: splitFile).split(whereSeparator: \.isNewline)
        for (number, line) in split.enumerated().dropFirst() {
            let fields = line.split(separator: ",").map(String.init)
            guard fields.count == 3, let row = Int(fields[1]), let file = Self.files[fields[0]],
                ["train", "test"].contains(fields[2])
            else {
                throw .malformed(
                    file: splitFile, line: number + 1,
                    problem: "should be a centre, a row and train or test")
            }
            if tables[file] == nil {
                tables[file] = try data.text(of: "heart/\(file)")
                    .split(whereSeparator: \.isNewline)
            }
            guard let table = tables[file], table.indices.contains(row) else {
                throw .malformed(
                    file: splitFile, line: number + 1, problem: "\(file) has no row \(row)")
            }
            let cells = table[row].split(separator: ",").map { Double($0) }
            let used = (cells.prefix(10) + cells.suffix(1)).compactMap(\.self).filter(\.isFinite)
            guard cells.count == 14, used.count == 11 else {
                throw .malformed(
                    file: "heart/\(file)", line: row + 1,
                    problem: "should have 14 columns, and none of the first ten missing")
            }
            raw.append((fields[0], fields[2], used))
        }
        self.init(raw)
    }

    private init(_ raw: [(name: String, set: String, values: [Double])]) {
        let categories = [2, 6].map { column in
            (column, Array(Set(raw.map { $0.values[column] }).sorted().dropFirst()))
        }
        var centres: [Centre] = []
        for row in raw {
            var inputs = (0..<10).filter { $0 != 2 && $0 != 6 }.map { row.values[$0] }
            for (column, values) in categories {
                inputs += values.map { row.values[column] == $0 ? 1 : 0 }
            }
            if centres.last?.name != row.name { centres.append(Centre(name: row.name)) }
            let label: Float = row.values[10] > 0 ? 1 : 0
            let last = centres.count - 1
            if row.set == "train" {
                centres[last].training.rows.append(inputs)
                centres[last].training.labels.append(label)
            } else {
                centres[last].test.rows.append(inputs)
                centres[last].test.labels.append(label)
            }
        }
        self.centres = centres
    }

    /// All centres' rows in one place.
    var pooled: Centre {
        centres.reduce(into: Centre(name: "pooled")) { pooled, centre in
            pooled.training = pooled.training + centre.training
            pooled.test = pooled.test + centre.test
        }
    }
}

extension HeartCentres.Centre {
    /// The rows, every input at mean 0 and deviation 1 over the rows to train on.
    func dataset(_ layout: FeatureLayout, _ target: Target) -> LocalDataset {
        let count = Double(training.rows.count)
        let means = (0..<HeartCentres.width).map { input in
            training.rows.reduce(0) { $0 + $1[input] } / count
        }
        let deviations = (0..<HeartCentres.width).map { input -> Double in
            let squares = training.rows.reduce(0) {
                $0 + ($1[input] - means[input]) * ($1[input] - means[input])
            }
            let deviation = (squares / (count - 1)).squareRoot()
            return deviation > 0 ? deviation : 1
        }
        func standardised(_ part: HeartCentres.Part) -> LabelledRows {
            let values = part.rows.flatMap { row in
                row.indices.map { Float((row[$0] - means[$0]) / deviations[$0]) }
            }
            return LabelledRows(
                inputs: DesignMatrix(width: HeartCentres.width, values: values),
                labels: part.labels)
        }
        return LocalDataset(
            layout: layout, target: target, training: standardised(training),
            holdout: standardised(test))
    }
}
