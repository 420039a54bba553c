package import Encodings
import Foundation
package import Learning

/// Where an owner's data lies and how it is read. It never leaves the node.
///
/// Every source gives the same text for the same rows, so that schema, commitment, holdout and model
/// do not depend on where the rows were kept.
package enum DataSource: Hashable, Sendable {
    case csv(file: String, delimiter: CSVOptions.Delimiter?, header: CSVOptions.Header)
    /// One `SELECT` on a SQLite file.
    case sqlite(file: String, query: String)
    /// One `SELECT` on a PostgreSQL server.
    case postgresql(PostgreSQLConnection, query: String)
    case parquet(file: String)
    /// Files, with a table of their labels.
    case folder(FileFolder)

    /// Whether each row names a file.
    package var namesFiles: Bool {
        if case .folder = self { true } else { false }
    }

    /// For messages.
    package var name: String {
        switch self {
        case .csv(let file, _, _), .sqlite(let file, _), .parquet(let file): file
        // The connection may not have been understood yet.
        case .postgresql: "PostgreSQL"
        case .folder(let folder): folder.path
        }
    }

    /// How the summary describes the rows; `nil` where the text says it.
    package var form: String? {
        switch self {
        case .csv: nil
        case .sqlite, .postgresql: "from a query, in the order of their bytes"
        case .parquet: "from a Parquet file, in its order"
        case .folder: "a file in each row"
        }
    }

    /// Opens the source.
    ///
    /// - Parameter parquet: What Parquet files are read with.
    /// - Throws: `DatasetError`.
    package func rows(_ parquet: ParquetReader = ParquetReader()) throws(DatasetError) -> RowText {
        switch self {
        case .csv(let file, let delimiter, let header):
            try RowText(file: file, options: CSVOptions(delimiter: delimiter, header: header))
        case .sqlite(let file, let query): try SQLiteQuery(file: file, query: query).rows()
        case .postgresql(let connection, let query):
            try PostgreSQLQuery(connection: connection, query: query).rows()
        case .parquet(let file): try parquet.rows(of: file)
        case .folder(let folder): try folder.rows()
        }
    }

    /// The same with absolute paths, for a record that outlives the present folder.
    package var absolute: DataSource {
        func absolute(_ path: String) -> String { URL(fileURLWithPath: path).absoluteURL.path }
        return switch self {
        case .csv(let file, let delimiter, let header):
            .csv(file: absolute(file), delimiter: delimiter, header: header)
        case .sqlite(let file, let query): .sqlite(file: absolute(file), query: query)
        case .postgresql: self
        case .parquet(let file): .parquet(file: absolute(file))
        case .folder(let folder): .folder(FileFolder(path: absolute(folder.path)))
        }
    }
}

extension DataSource {
    package var json: JSONValue {
        switch self {
        case .csv(let file, let delimiter, let header):
            [
                "kind": "csv", "file": .string(file),
                "delimiter": delimiter.map { .string($0.rawValue) },
                "header": .string(header.rawValue),
            ]
        case .sqlite(let file, let query):
            ["kind": "sqlite", "file": .string(file), "query": .string(query)]
        case .postgresql(let connection, let query):
            [
                "kind": "postgresql", "connection": .string(connection.text),
                "query": .string(query),
            ]
        case .parquet(let file): ["kind": "parquet", "file": .string(file)]
        case .folder(let folder): ["kind": "folder", "folder": .string(folder.path)]
        }
    }

    /// Opens nothing, and needs nothing to be installed: a connection is understood when it is opened.
    ///
    /// - Throws: `JSONShapeError`.
    package init(_ json: JSONValue, at path: String = "") throws(JSONShapeError) {
        var fields = try JSONFields(json, at: path)
        let kind = try fields.string("kind")
        switch kind {
        case "csv":
            self = .csv(
                file: try fields.string("file"),
                delimiter: fields.optional("delimiter") == nil
                    ? nil : try fields.word("delimiter"),
                header: try fields.word("header"))
        case "sqlite":
            self = .sqlite(file: try fields.string("file"), query: try fields.string("query"))
        case "postgresql":
            self = .postgresql(
                PostgreSQLConnection(recorded: try fields.string("connection")),
                query: try fields.string("query"))
        case "parquet": self = .parquet(file: try fields.string("file"))
        case "folder": self = .folder(FileFolder(path: try fields.string("folder")))
        default:
            throw fields.wrong("kind", "should be csv, sqlite, postgresql, parquet or folder")
        }
        try fields.finish()
    }
}

extension JSONFields {
    fileprivate mutating func word<Word: RawRepresentable & CaseIterable>(
        _ key: String
    ) throws(JSONShapeError) -> Word where Word.RawValue == String {
        guard let word = Word(rawValue: try string(key)) else {
            throw wrong(
                key, "should be one of " + Word.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return word
    }
}
