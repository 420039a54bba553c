import DataSources
import Foundation
import GRDB
import Learning
import SampleLab
import Testing

/// What careless and hostile queries come to.
@Suite struct QueryTests {
    private let folder: TemporaryFolder
    private let file: String

    init() throws {
        folder = try TemporaryFolder()
        file = folder.file("ward.sqlite").path
        try DatabaseQueue(path: file).write { database in
            try database.execute(
                sql: """
                    CREATE TABLE t (age INTEGER, name TEXT);
                    INSERT INTO t VALUES (61, 'a'), (47, NULL), (50, 'b');
                    """)
        }
    }

    private func failure(_ query: String) -> DatasetError? {
        failure(of: .sqlite(file: file, query: query))
    }

    private func failure(
        of source: DataSource, parquet: ParquetReader = ParquetReader()
    ) -> DatasetError? {
        #expect(throws: DatasetError.self) {
            _ = try DatasetInspection.inspect(source.rows(parquet), options: InspectionOptions())
        }
    }

    @Test(
        "A query that is not one SELECT is refused, and nothing is written",
        arguments: [
            "DROP TABLE t", "INSERT INTO t VALUES (1, 'x') RETURNING *", "DELETE FROM t", "",
            "WITH x AS (SELECT 1) INSERT INTO t SELECT 1, 'x' RETURNING *", "PRAGMA user_version=3",
            "SELECT 1; DROP TABLE t", "ATTACH 'other' AS o", "/* SELECT */ DROP TABLE t",
            "-- SELECT\nVACUUM", "SELECT * FROM missing", "SELECT nothing FROM t", "SELECT",
        ])
    func refused(query: String) throws {
        let before = try Data(contentsOf: URL(filePath: file))
        #expect(failure(query)?.code == .queryRefused)
        #expect(try Data(contentsOf: URL(filePath: file)) == before)
    }

    @Test(
        "What the result lacks is said in words",
        arguments: [
            ("SELECT * FROM t WHERE age > 100", .rowsMissing, "gives no row"),
            ("SELECT age, age FROM t", .columnNameTwice, "same name"),
            ("SELECT age AS '' FROM t", .columnNameInvalid, "no name"),
            ("SELECT x'00' AS b FROM t", .valueUnreadable, "row 1, column 1 (b)"),
            (
                "SELECT age, CAST(CASE age WHEN 50 THEN x'ff' ELSE 'x' END AS TEXT) AS n FROM t",
                .notUTF8, "row 3, column 2"
            ),
            ("SELECT 'a' || char(0) AS z FROM t", .zeroByte, "row 1"),
        ] as [(String, DatasetError.Code, String)])
    func results(query: String, code: DatasetError.Code, words: String) throws {
        let error = failure(query)
        #expect(error?.code == code)
        #expect(error?.description.contains(words) == true, "\(String(describing: error))")
    }

    @Test("A mistake in a value is told by the row's number in the query's own result")
    func rowNumbers() throws {
        let source = DataSource.sqlite(
            file: file, query: "SELECT age, coalesce(name, 'none') AS n FROM t ORDER BY age DESC")
        var options = InspectionOptions()
        options.kinds = [.init(column: ColumnReference("n"), kind: .numeric)]
        let error = #expect(throws: DatasetError.self) {
            _ = try DatasetInspection.inspect(source.rows(), options: options)
        }
        // Sorted, the row of the youngest comes first; the query gives it last.
        #expect(error?.place?.row == 3)
    }

    @Test("NULL is a missing value, also of the label, and a row of it alone is a row")
    func null() throws {
        let source = DataSource.sqlite(file: file, query: "SELECT name FROM t")
        let inspection = try DatasetInspection.inspect(
            source.rows(),
            options: InspectionOptions(label: ColumnReference("name"), answer: .classes))
        #expect(inspection.rowCount == 3)
        #expect(inspection.summary.notes.first?.contains("1 row without a label") == true)
    }

    @Test("A file that is absent, or no database, is refused with its name")
    func noDatabase() throws {
        let absent = folder.file("absent.sqlite").path
        #expect(failure(of: .sqlite(file: absent, query: "SELECT 1"))?.code == .fileUnreadable)
        #expect(!FileManager.default.fileExists(atPath: absent))
        let text = folder.file("text.sqlite").path
        try "this is no database, but a text of some length".write(
            toFile: text, atomically: true, encoding: .utf8)
        #expect(failure(of: .sqlite(file: text, query: "SELECT 1"))?.code == .sourceUnreadable)
    }

    @Test(
        "PostgreSQL: one query that reads, no password anywhere, NULL and types as they are",
        .enabled(if: PostgreSQLServer.isPossible, PostgreSQLServer.whatIsMissing))
    func postgresql() async throws {
        let setup = """
            CREATE TABLE t (age int, name text); INSERT INTO t VALUES (61, 'a'), (47, NULL);
            CREATE SEQUENCE s;
            CREATE ROLE keyed LOGIN PASSWORD 'hunter2'; GRANT SELECT ON t TO keyed;
            """
        try await PostgreSQLServer.with(setup) { server in
            let connection = try PostgreSQLConnection(server.connection)
            for query in [
                "DROP TABLE t", "SELECT 1; DROP TABLE t", "DELETE FROM t RETURNING *",
                "WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x", "SELECT nextval('s')",
                "SELECT * INTO u FROM t", "SELECT * FROM missing", "SELECT missing FROM t",
                "SELECT set_config('transaction_read_only', 'off', false)",
                "SELECT * FROM t FOR UPDATE",
            ] {
                let error = failure(of: .postgresql(connection, query: query))
                #expect(error?.code == .queryRefused, "\(query): \(String(describing: error))")
            }
            for (query, code) in [
                ("SELECT * FROM t WHERE age > 100", .rowsMissing),
                ("SELECT age, age FROM t", .columnNameTwice),
                ("SELECT '\\x00'::bytea AS b", .valueUnreadable),
                ("SELECT pg_terminate_backend(pg_backend_pid())", .sourceUnavailable),
            ] as [(String, DatasetError.Code)] {
                #expect(failure(of: .postgresql(connection, query: query))?.code == code)
            }
            let rows = try DataSource.postgresql(
                connection,
                query: """
                    SELECT 1.50::numeric AS n, 'NaN'::float8 AS f, 0.1::float4 AS r, true AS b,
                    date '2024-02-01' AS d, timestamptz '2024-02-01 00:00+09' AS z, NULL AS o
                    """
            ).rows()
            #expect(
                try rows.text.split(separator: "\n").last
                    == #""1.50","","0.1","true","2024-02-01","2024-01-31 15:00:00+00","""#)
            #expect(
                try DataSource.postgresql(
                    connection, query: "SELECT * FROM generate_series(1, 12000) AS i"
                ).rows().text.split(separator: "\n").count == 12_001)
            try passwords(server)
        }
    }

    private func passwords(_ server: PostgreSQLServer) throws {
        let settings = "host=\(server.folder.path) user=keyed dbname=postgres"
        let query = "SELECT age FROM t"
        let without = failure(of: .postgresql(try PostgreSQLConnection(settings), query: query))
        #expect(without?.code == .sourceUnavailable)
        #expect(without?.description.contains("~/.pgpass") == true)

        let passfile = folder.file("pass")
        func connect(_ password: String) throws -> DataSource {
            try "*:*:*:keyed:\(password)\n".write(to: passfile, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o600], ofItemAtPath: passfile.path)
            return .postgresql(
                try PostgreSQLConnection("\(settings) passfile=\(passfile.path)"), query: query)
        }
        let wrong = failure(of: try connect("hunter3"))
        #expect(wrong?.code == .sourceUnavailable)
        #expect(wrong?.description.contains("hunter") == false)
        #expect(try connect("hunter2").rows().text == "\"age\"\n\"47\"\n\"61\"\n")
    }

    @Test(
        "Parquet: types as text, what is neither number nor text refused, and what is no Parquet",
        .enabled(if: ParquetFile.isPossible, ParquetFile.whatIsMissing))
    func parquet() throws {
        let file = folder.file("a.parquet")
        try ParquetFile.make(
            """
            {"f": pa.array([0.1, None], pa.float32()), "d": [datetime.date(2024, 2, 1), None],
            "n": [decimal.Decimal("1.50"), None], "c": pa.array(["x", None]).dictionary_encode(),
            "t": pa.array([1, None], pa.timestamp("ns", "Asia/Tokyo")), "i": [2**62, -1],
            "x": [float("nan"), 1e21]}
            """, at: file)
        let rows = try DataSource.parquet(file: file.path).rows(ParquetFile.reader)
        #expect(
            try rows.text == """
                "f","d","n","c","t","i","x"
                "0.1","2024-02-01","1.50","x","1970-01-01 00:00:00+00","4611686018427387904",""
                "","","","","","-1","1e+21"

                """)
        for (columns, code, words) in [
            ("{'l': [[1, 2]]}", .sourceUnreadable, "list"),
            ("{'b': [b'x']}", .sourceUnreadable, "binary"),
            ("{'a': pa.array([], pa.int8())}", .rowsMissing, "no rows"),
        ] as [(String, DatasetError.Code, String)] {
            try ParquetFile.make(columns, at: file)
            let error = failure(of: .parquet(file: file.path), parquet: ParquetFile.reader)
            #expect(error?.code == code)
            #expect(error?.description.contains(words) == true, "\(String(describing: error))")
        }
        let text = failure(of: .parquet(file: self.file), parquet: ParquetFile.reader)
        #expect(text?.code == .sourceUnreadable)
        let none = failure(of: .parquet(file: file.path))
        #expect(none?.description.contains("trainers.python") == true)
        let bare = ParquetReader(python: "/usr/bin/python3")
        if FileManager.default.isExecutableFile(atPath: "/usr/bin/python3") {
            let error = failure(of: .parquet(file: file.path), parquet: bare)
            #expect(error?.description.contains("no pyarrow") == true)
        }
    }
}

extension RowText {
    /// All of it.
    var text: String {
        get throws {
            var bytes: [UInt8] = []
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1_000, alignment: 1)
            defer { buffer.deallocate() }
            while true {
                let count = try read(buffer)
                if count == 0 { return String(decoding: bytes, as: UTF8.self) }
                bytes += buffer[..<count]
            }
        }
    }
}
