import CLibPQ
import Foundation
import Learning

/// A connection to a server, closed with its last owner.
final class PostgreSQLSession {
    private let libpq: LibPQ
    private let connection: OpaquePointer
    private let name: String

    /// - Parameter name: For messages.
    /// - Throws: `DatasetError`: `sourceUnavailable`.
    init(
        _ settings: PostgreSQLConnection, name: String, by libpq: LibPQ
    ) throws(DatasetError) {
        self.name = name
        self.libpq = libpq
        let functions = libpq.functions
        // What stands later goes before; the owner's own timeout goes before ours.
        let pairs = [
            ("connect_timeout", "10"), ("keepalives_idle", "30"), ("tcp_user_timeout", "60000"),
            ("dbname", settings.text), ("client_encoding", "UTF8"),
            ("fallback_application_name", "jointlab"),
        ]
        let opened = Self.withCStrings(pairs.map(\.0)) { keywords in
            Self.withCStrings(pairs.map(\.1)) { values in
                functions.PQconnectdbParams(keywords, values, 1)
            }
        }
        guard let opened else {
            throw DatasetError(
                .sourceUnavailable, at: .init(file: name), "libpq has no memory",
                remedy: "free some")
        }
        connection = opened
        _ = functions.PQsetNoticeProcessor(opened, { _, _ in }, nil)
        guard functions.PQstatus(opened) == CInt(LIBPQ_CONNECTION_OK) else {
            let message = Self.line(functions.PQerrorMessage(opened))
            throw DatasetError(
                .sourceUnavailable, at: .init(file: name), "no connection: \(message)",
                remedy: functions.PQconnectionNeedsPassword(opened) == 1
                    ? "put the password into ~/.pgpass (mode 0600) of the user who runs the node"
                    : "check the connection, that the server runs, and its pg_hba.conf")
        }
    }

    deinit { libpq.functions.PQfinish(connection) }

    /// Statements of our own.
    ///
    /// - Throws: `DatasetError`.
    func execute(_ statements: String) throws(DatasetError) -> PostgreSQLResult {
        try checked(libpq.functions.PQexec(connection, statements))
    }

    /// One statement; more are an error.
    ///
    /// - Throws: `DatasetError`.
    func executeOne(_ statement: String) throws(DatasetError) -> PostgreSQLResult {
        try checked(libpq.functions.PQexecParams(connection, statement, 0, nil, nil, nil, nil, 0))
    }

    private func checked(_ result: OpaquePointer?) throws(DatasetError) -> PostgreSQLResult {
        guard let result else {
            throw DatasetError(
                .sourceUnavailable, at: .init(file: name),
                Self.line(libpq.functions.PQerrorMessage(connection)),
                remedy: "try again")
        }
        let functions = libpq.functions
        let status = functions.PQresultStatus(result)
        if status == CInt(LIBPQ_COMMAND_OK) || status == CInt(LIBPQ_TUPLES_OK) {
            return PostgreSQLResult(result, of: libpq)
        }
        defer { functions.PQclear(result) }
        // Fields C and M of the protocol's error messages: SQLSTATE and the primary message.
        let state = Self.line(functions.PQresultErrorField(result, Int32(UInt8(ascii: "C"))))
        let message = Self.line(functions.PQresultErrorField(result, Int32(UInt8(ascii: "M"))))
        switch state.prefix(2) {
        case "25": throw SelectQuery.refused("the query writes (\(message))", at: name)
        case "42" where message.contains("multiple commands"):
            throw SelectQuery.refused("there is more than one statement", at: name)
        case "57":
            throw DatasetError(
                .sourceUnavailable, at: .init(file: name), "the query was stopped: \(message)",
                remedy: "ask for less, or add an index")
        case "", "08":
            throw DatasetError(
                .sourceUnavailable, at: .init(file: name),
                "the connection broke: \(Self.line(libpq.functions.PQerrorMessage(connection)))",
                remedy: "try again")
        default:
            throw DatasetError(
                .queryRefused, at: .init(file: name), "the query fails: \(message) (\(state))",
                remedy: "try it with psql, and correct it")
        }
    }

    private static func line(_ text: UnsafePointer<CChar>?) -> String {
        guard let text else { return "" }
        return String(cString: text).split(whereSeparator: \.isNewline)
            .map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: "; ")
    }

    /// The texts as C has them, with a null pointer behind the last.
    private static func withCStrings<Answer>(
        _ texts: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Answer
    ) -> Answer {
        let copies = texts.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return (copies.map { UnsafePointer($0) } + [nil]).withUnsafeBufferPointer {
            body($0.baseAddress)
        }
    }
}

/// What a statement gave.
final class PostgreSQLResult {
    private let libpq: LibPQ
    private let result: OpaquePointer
    let columns: [String]
    let rowCount: Int

    fileprivate init(_ result: OpaquePointer, of libpq: LibPQ) {
        self.libpq = libpq
        self.result = result
        let functions = libpq.functions
        rowCount = Int(functions.PQntuples(result))
        columns = (0..<functions.PQnfields(result)).map { column in
            functions.PQfname(result, column).map { String(cString: $0) } ?? ""
        }
    }

    deinit { libpq.functions.PQclear(result) }

    func type(ofColumn column: Int) -> UInt32 {
        libpq.functions.PQftype(result, Int32(column))
    }

    /// - Returns: `nil` for NULL; good until the result goes.
    func value(row: Int, column: Int) -> UnsafeRawBufferPointer? {
        let (row, column) = (Int32(row), Int32(column))
        let functions = libpq.functions
        guard functions.PQgetisnull(result, row, column) == 0,
            let bytes = functions.PQgetvalue(result, row, column)
        else { return nil }
        return UnsafeRawBufferPointer(
            start: bytes, count: Int(functions.PQgetlength(result, row, column)))
    }
}
