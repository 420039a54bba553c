package import Encodings

/// What an owner keeps of a column when registering it, to see later how it has changed. It never
/// leaves the node.
package struct ColumnStatistics: Hashable, Sendable {
    package enum Shape: Hashable, Sendable {
        /// Numbers, counted between edges: the first bin up to the first edge, the last beyond the
        /// last. Where there are many numbers, a sample of them is counted.
        case numbers(mean: Double, deviation: Double, edges: [Double], counts: [Int])
        /// Categories in order, and how often each comes.
        case categories([String], counts: [Int])
        /// Only whether a value is missing: a column that names rows, or holds texts.
        case other
    }

    package let name: String
    package let rows: Int
    package let missing: Int
    package let shape: Shape

    /// How many values the shape counts.
    var counted: Int {
        switch shape {
        case .numbers(_, _, _, let counts), .categories(_, let counts): counts.reduce(0, +)
        case .other: rows - missing
        }
    }

    var json: JSONValue {
        var value: JSONValue = .null
        switch shape {
        case .numbers(let mean, let deviation, let edges, let counts):
            value = [
                "mean": .number(mean), "deviation": .number(deviation),
                "edges": .array(edges.map { .number($0) }),
                "counts": .array(counts.map { .integer(Int64($0)) }),
            ]
        case .categories(let names, let counts):
            value = [
                "categories": .array(names.map { .string($0) }),
                "counts": .array(counts.map { .integer(Int64($0)) }),
            ]
        case .other: break
        }
        return [
            "name": .string(name), "rows": .integer(Int64(rows)),
            "missing": .integer(Int64(missing)), "values": value == .null ? nil : value,
        ]
    }

    init(name: String, rows: Int, missing: Int, shape: Shape) {
        self.name = name
        self.rows = rows
        self.missing = missing
        self.shape = shape
    }

    init(json: JSONValue, at path: String) throws(JSONShapeError) {
        var fields = try JSONFields(json, at: path)
        name = try fields.string("name")
        rows = Int(try fields.integer("rows", in: 0...1 << 40))
        missing = Int(try fields.integer("missing", in: 0...Int64(rows)))
        if let value = fields.optional("values") {
            var values = try JSONFields(value, at: fields.path(to: "values"))
            let counts = try values.array("counts").compactMap {
                $0.integer.map { max(0, Int($0)) }
            }
            if values.optional("categories") != nil {
                let names = try values.strings("categories")
                guard names.count == counts.count else {
                    throw values.wrong("counts", "should be one for each category")
                }
                shape = .categories(names, counts: counts)
            } else {
                let edges = try values.array("edges").compactMap(\.double)
                guard counts.count == edges.count + 1, edges == edges.sorted() else {
                    throw values.wrong("counts", "should be one more than there are edges")
                }
                shape = .numbers(
                    mean: try values.required("mean").double ?? 0,
                    deviation: try values.required("deviation").double ?? 0, edges: edges,
                    counts: counts)
            }
            try values.finish()
        } else {
            shape = .other
        }
        try fields.finish()
    }
}

/// The statistics of all columns of a dataset, as they were when it was taken up.
package struct DatasetStatistics: Hashable, Sendable {
    package let columns: [ColumnStatistics]

    init(columns: [ColumnStatistics]) {
        self.columns = columns
    }

    /// What one pass over the rows has learned.
    init(schema: DatasetSchema, profiles: [ColumnProfile]) {
        columns = zip(schema.columns, profiles).map { column, profile in
            var shape = ColumnStatistics.Shape.other
            switch column.kind {
            case .identifier, .text: break
            case .numeric, .categorical, .constant, .label:
                if profile.valueCount > 0, profile.hasOnlyNumbers,
                    column.kind != .label || schema.target.classCount == nil
                {
                    shape = Self.numbers(profile.numbers)
                } else if !profile.distinct.areTooMany {
                    let categories = profile.distinct.categories
                    shape = .categories(
                        categories.map(\.name), counts: categories.map(\.count))
                }
            }
            return ColumnStatistics(
                name: column.name, rows: profile.rowCount, missing: profile.missingCount,
                shape: shape)
        }
    }

    private static func numbers(_ sample: NumberSample) -> ColumnStatistics.Shape {
        let edges = sample.deciles
        var counts = [Int](repeating: 0, count: edges.count + 1)
        for value in sample.values { counts[edges.bin(of: value)] += 1 }
        return .numbers(
            mean: sample.mean, deviation: sample.deviation, edges: edges, counts: counts)
    }

    package var json: JSONValue {
        [
            "format": "jointlab.dataset-statistics/1", "columns": .array(columns.map(\.json)),
        ]
    }

    /// - Throws: `JSONShapeError`.
    package init(json: JSONValue) throws(JSONShapeError) {
        var fields = try JSONFields(json)
        guard try fields.string("format") == "jointlab.dataset-statistics/1" else {
            throw fields.wrong("format", "should be jointlab.dataset-statistics/1")
        }
        var columns: [ColumnStatistics] = []
        for (position, value) in try fields.array("columns").enumerated() {
            columns.append(try ColumnStatistics(json: value, at: "columns[\(position)]"))
        }
        self.columns = columns
        try fields.finish()
    }
}

extension [Double] {
    /// How many of these edges lie below a value.
    func bin(of value: Double) -> Int { firstIndex { value <= $0 } ?? count }
}
