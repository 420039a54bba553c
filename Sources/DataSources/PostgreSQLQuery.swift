import Encodings
import Learning

/// A query on a PostgreSQL server, in a transaction that reads and nothing else.
struct PostgreSQLQuery {
    let connection: PostgreSQLConnection
    let query: String

    private static let fetchCount = 5_000
    /// Text that does not depend on the server's or the user's settings.
    private static let begin = """
        BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;
        SET LOCAL statement_timeout = '600s';
        SET LOCAL lock_timeout = '30s';
        SET LOCAL DateStyle = 'ISO, YMD';
        SET LOCAL IntervalStyle = 'iso_8601';
        SET LOCAL TimeZone = 'UTC';
        SET LOCAL extra_float_digits = 1;
        """

    /// The types of columns that are not taken as the server spells them: `pg_type.oid`, which is the
    /// same on all servers.
    private enum Spelling {
        case asItStands, boolean, float, bytes

        init(type: UInt32) {
            switch type {
            case 16: self = .boolean
            case 17: self = .bytes
            case 700, 701, 1_700: self = .float
            default: self = .asItStands
            }
        }
    }

    /// - Throws: `DatasetError`, where this machine has no libpq, too.
    func rows(libpq name: String = LibPQ.name) throws(DatasetError) -> RowText {
        let libpq = try LibPQ(name)
        let connection = try connection.understood(by: libpq)
        let source = "PostgreSQL \(connection.text)"
        let select = try SelectQuery(query, of: source)
        let session = try PostgreSQLSession(connection, name: source, by: libpq)
        _ = try session.execute(Self.begin)
        // A cursor takes one query that reads; the extended protocol takes one statement.
        _ = try session.executeOne("DECLARE jointlab NO SCROLL CURSOR FOR \(select.text)")
        var rows: QueryRows?
        while true {
            let part = try session.executeOne("FETCH \(Self.fetchCount) FROM jointlab")
            if rows == nil { rows = try QueryRows(columns: part.columns, source: source) }
            guard var collected = rows.take() else { continue }
            try collect(part, in: &collected)
            if part.rowCount < Self.fetchCount { return try collected.sorted() }
            rows = collected
        }
    }

    private func collect(
        _ part: PostgreSQLResult, in rows: inout QueryRows
    ) throws(DatasetError) {
        let columns = part.columns
        let spellings = columns.indices.map { Spelling(type: part.type(ofColumn: $0)) }
        for row in 0..<part.rowCount {
            for (column, spelling) in spellings.enumerated() {
                guard let value = part.value(row: row, column: column) else {
                    rows.append([])
                    continue
                }
                switch spelling {
                case .asItStands: rows.append(value)
                case .boolean:
                    rows.append((value.first == UInt8(ascii: "t") ? "true" : "false").utf8)
                case .float:
                    let text = String(decoding: value, as: UTF8.self)
                    // Of `numeric`, only what is no number: its digits may be more than a double's.
                    if part.type(ofColumn: column) == 1_700, text != "NaN" {
                        rows.append(value)
                    } else {
                        rows.append(Double(text) ?? .nan)
                    }
                case .bytes:
                    throw DatasetError(
                        .valueUnreadable, at: rows.place(column: column, name: columns[column]),
                        "the value is of the type bytea, which is neither a number nor text",
                        remedy: "leave the column out, or convert it in the query")
                }
            }
            try rows.endRow()
        }
    }
}
