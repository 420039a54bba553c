import Foundation
import GRDB
import Learning

/// A query on a SQLite file, which is opened to be read and nothing else.
struct SQLiteQuery {
    let file: String
    let query: String

    /// - Throws: `DatasetError`.
    func rows() throws(DatasetError) -> RowText {
        let select = try SelectQuery(query, of: file)
        guard FileManager.default.isReadableFile(atPath: file) else {
            throw DatasetError(
                .fileUnreadable, at: .init(file: file),
                "there is no such file, or it may not be read",
                remedy: "check the path and its permissions")
        }
        do {
            var configuration = Configuration()
            configuration.readonly = true
            configuration.busyMode = .timeout(5)
            let database = try DatabaseQueue(path: file, configuration: configuration)
            return try database.read { try collect(select, in: $0) }.sorted()
        } catch let error as DatasetError {
            throw error
        } catch let error as DatabaseError {
            throw failure(error)
        } catch {
            throw unreadable("\(error)")
        }
    }

    private func collect(_ select: SelectQuery, in database: Database) throws -> QueryRows {
        let statement = try database.makeStatement(sql: select.text)
        guard statement.isReadonly else {
            throw SelectQuery.refused("the query writes", at: file)
        }
        let columns = statement.columnNames
        var rows = try QueryRows(columns: columns, source: file)
        let cursor = try Row.fetchCursor(statement)
        while let row = try cursor.next() {
            for (column, name) in columns.enumerated() {
                let value: DatabaseValue = row[column]
                switch value.storage {
                case .null: rows.append([])
                case .int64(let integer): rows.append("\(integer)".utf8)
                case .double(let number): rows.append(number)
                // Its bytes, for a text that is not UTF-8 must be noticed.
                case .string:
                    try row.withUnsafeData(atIndex: column) { rows.append($0 ?? Data()) }
                case .blob:
                    throw DatasetError(
                        .valueUnreadable, at: rows.place(column: column, name: name),
                        "the value is a blob, which is neither a number nor text",
                        remedy: "leave the column out, or convert it in the query")
                }
            }
            try rows.endRow()
        }
        return rows
    }

    private func failure(_ error: DatabaseError) -> DatasetError {
        let message = error.message ?? "\(error.resultCode)"
        switch error.resultCode {
        case .SQLITE_NOTADB, .SQLITE_CORRUPT:
            return unreadable("this is no sound SQLite file (\(message))")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            return DatasetError(
                .sourceUnavailable, at: .init(file: file), "another program has locked the file",
                remedy: "try again when it is done")
        case .SQLITE_MISUSE where message.contains("Multiple statements"):
            return SelectQuery.refused("there is more than one statement", at: file)
        case .SQLITE_READONLY: return SelectQuery.refused("the query writes", at: file)
        case .SQLITE_ERROR:
            return DatasetError(
                .queryRefused, at: .init(file: file), "the query fails: \(message)",
                remedy: "try it with the sqlite3 program, and correct it")
        default: return unreadable("SQLite cannot read it: \(message)")
        }
    }

    private func unreadable(_ problem: String) -> DatasetError {
        DatasetError(
            .sourceUnreadable, at: .init(file: file), problem,
            remedy: "check the path and the disk")
    }
}
