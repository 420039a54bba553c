import Encodings

/// A table of `Documentation/results.md`.
struct ResultTable {
    let columns: [String]
    /// As many cells as columns in each.
    var rows: [[String]] = []

    init(_ columns: [String]) {
        self.columns = columns
    }

    var markdown: String {
        let rule = columns.indices.map { $0 == 0 ? "---" : "---:" }
        return ([columns, rule] + rows).map { "| " + $0.joined(separator: " | ") + " |" }
            .joined(separator: "\n")
    }

    var json: JSONValue {
        .array(
            rows.map { row in
                var cells = JSONObject()
                for (column, cell) in zip(columns, row) { cells[column] = .string(cell) }
                return .object(cells)
            })
    }
}

/// What a reproduction comes to.
struct ReproducedResult {
    /// `heart`, `mnist` …: the part of `results.md` that it fills.
    let name: String
    /// Tables and sentences in the order in which they are read.
    var tables: [ResultTable] = []
    /// One for each figure that has a band.
    var verdicts: [FigureVerdict] = []
    var notes: [String] = []
    var plots: [(file: String, title: String, svg: String)] = []

    var markdown: String {
        let pictures = plots.map { "![\($0.title)](results/\($0.file))" }
        return (tables.map(\.markdown) + notes + pictures).joined(separator: "\n\n")
    }

    var json: JSONValue {
        [
            "name": .string(name), "tables": .array(tables.map(\.json)),
            "notes": .array(notes.map { .string($0) }),
        ]
    }
}
