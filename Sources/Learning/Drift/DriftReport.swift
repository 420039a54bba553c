package import Encodings

/// How a dataset's rows differ now from those that were registered; for the owner alone.
package struct DriftReport: Sendable {
    package struct Column: Sendable {
        package let before: ColumnStatistics
        package let now: ColumnStatistics
        /// Values that are no numbers, where numbers are registered.
        package let notNumbers: Int
        /// Values that are none of the registered categories.
        package let unknown: Int
        package let index: StabilityIndex

        /// The share of each bin, before and now; the last is that of unknown categories.
        package var shares: (before: [Double], now: [Double]) {
            func shares(_ counts: [Int], _ other: Int) -> [Double] {
                let all = Double(max(1, counts.reduce(other, +)))
                return (counts + (unknown > 0 ? [other] : [])).map { Double($0) / all }
            }
            switch (before.shape, now.shape) {
            case (.numbers(_, _, _, let old), .numbers(_, _, _, let new)),
                (.categories(_, let old), .categories(_, let new)):
                return (shares(old, 0), shares(new, unknown))
            default: return ([], [])
            }
        }

        package var json: JSONValue {
            [
                "name": .string(before.name), "registered": before.json, "now": now.json,
                "notNumbers": .integer(Int64(notNumbers)), "unknown": .integer(Int64(unknown)),
                "psi": .number(index.value), "chance": .number(index.chance),
                "verdict": .string(index.verdict.rawValue),
            ]
        }
    }

    package let rowsRegistered: Int
    package let rowsFound: Int
    /// Whether the rows open the registered commitment.
    package let isUnchanged: Bool
    package let missingColumns: [String]
    package let newColumns: [String]
    package let columns: [Column]

    /// The names of the columns that have moved or drifted, or hold what they should not.
    package var drifted: [String] {
        columns.filter { $0.index.verdict != .stable || $0.notNumbers > 0 }.map(\.before.name)
    }

    package var json: JSONValue {
        [
            "rowsRegistered": .integer(Int64(rowsRegistered)),
            "rowsFound": .integer(Int64(rowsFound)), "unchanged": .bool(isUnchanged),
            "missingColumns": .array(missingColumns.map { .string($0) }),
            "newColumns": .array(newColumns.map { .string($0) }),
            "drifted": .array(drifted.map { .string($0) }),
            "columns": .array(columns.map(\.json)),
        ]
    }

    /// Reads the rows once.
    ///
    /// - Parameter statistics: As they were kept when the dataset was taken up.
    /// - Throws: ``DatasetError`` where the rows cannot be read; what has changed in them is no error.
    package init(
        _ rows: RowText, since statistics: DatasetStatistics, schema: DatasetSchema,
        registration: LocalDataset.Registration
    ) throws(DatasetError) {
        var reader = try CSVReader.reading(rows)
        let found = reader.columns
        let places = TextTable(found)
        let registered = TextTable(schema.columns.map(\.name))
        var tallies: [(place: Int, tally: ColumnTally)] = []
        var missing: [String] = []
        for column in statistics.columns {
            guard let place = places.index(of: column.name) else {
                missing.append(column.name)
                continue
            }
            tallies.append((place, ColumnTally(since: column)))
        }
        var hasher = RowHasher(salt: registration.salt, columns: found)
        while try reader.advance() {
            hasher.add(reader)
            for index in tallies.indices {
                tallies[index].tally.add(reader.field(tallies[index].place))
            }
        }
        rowsRegistered = registration.rowCount ?? statistics.columns.first?.rows ?? 0
        rowsFound = reader.rowCount
        isUnchanged = hasher.commitment() == registration.commitment
        missingColumns = missing
        newColumns = found.filter { registered.index(of: $0) == nil }
        columns = tallies.map(\.tally.column)
    }
}

/// Counts a column's values in the bins of its registered statistics.
private struct ColumnTally {
    private let before: ColumnStatistics
    private var rows = 0
    private var missing = 0
    private var notNumbers = 0
    private var unknown = 0
    private var counts: [Int]
    private var sample = NumberSample()
    private var names = TextTable()

    init(since before: ColumnStatistics) {
        self.before = before
        switch before.shape {
        case .numbers(_, _, _, let counts): self.counts = counts.map { _ in 0 }
        case .categories(let names, _):
            counts = names.map { _ in 0 }
            self.names = TextTable(names)
        case .other: counts = []
        }
    }

    mutating func add(_ field: CSVField) {
        rows += 1
        guard !field.isMissing else {
            missing += 1
            return
        }
        switch before.shape {
        case .numbers(_, _, let edges, _):
            guard let number = field.number else {
                notNumbers += 1
                return
            }
            sample.add(number)
            counts[edges.bin(of: number)] += 1
        case .categories:
            if let place = names.index(of: field.category) {
                counts[place] += 1
            } else {
                unknown += 1
            }
        case .other: break
        }
    }

    var column: DriftReport.Column {
        let shape: ColumnStatistics.Shape =
            switch before.shape {
            case .numbers(_, _, let edges, _):
                .numbers(
                    mean: sample.mean, deviation: sample.deviation, edges: edges, counts: counts)
            case .categories(let names, _): .categories(names, counts: counts)
            case .other: .other
            }
        let now = ColumnStatistics(name: before.name, rows: rows, missing: missing, shape: shape)
        // What is missing is a bin too. Where the registered values were sampled, so is that bin.
        let present = before.rows - before.missing
        let scale = present > 0 ? Double(before.counted) / Double(present) : 1
        var bins = [(before: Double(before.missing) * scale, now: Double(missing + notNumbers))]
        switch before.shape {
        case .numbers(_, _, _, let old), .categories(_, let old):
            bins += zip(old, counts).map { (before: Double($0), now: Double($1)) }
            bins.append((before: 0, now: Double(unknown)))
        case .other: bins.append((before: Double(present), now: Double(rows - missing)))
        }
        return DriftReport.Column(
            before: before, now: now, notNumbers: notNumbers, unknown: unknown,
            index: StabilityIndex(bins))
    }
}
