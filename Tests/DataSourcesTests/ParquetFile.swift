import DataSources
import Foundation
import Sandbox
import Testing

/// Parquet files, made with the tests' own Python.
enum ParquetFile {
    private static let python = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(
            path: ".python/bin/python3")
    private static let path =
        ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"

    static let isPossible =
        (try? PythonEnvironment(executable: python).packages["pyarrow"] != nil) == true
        && (try? SandboxSupport.find(on: path)) != nil
    static let whatIsMissing: Comment =
        "needs bubblewrap (scripts/setup) and .python with pyarrow (scripts/setup-python)"

    static let reader = ParquetReader(python: python.path, path: path)

    /// - Parameter kinds: Python that sets `kinds`, the columns' types by name.
    static func make(of csv: URL, at file: URL, _ kinds: String) throws {
        try run(
            """
            import sys, pyarrow as pa, pyarrow.csv as pc, pyarrow.parquet as pq
            \(kinds)
            table = pc.read_csv(sys.argv[1], parse_options=pc.ParseOptions(newlines_in_values=True),
                convert_options=pc.ConvertOptions(column_types=kinds, strings_can_be_null=True))
            pq.write_table(table, sys.argv[2])
            """, [csv.path, file.path])
    }

    /// - Parameter expression: Python for the columns of a table, as `{"a": [1, 2]}`.
    static func make(_ expression: String, at file: URL) throws {
        try run(
            """
            import sys, datetime, decimal, pyarrow as pa, pyarrow.parquet as pq
            pq.write_table(pa.table(\(expression)), sys.argv[1])
            """, [file.path])
    }

    private static func run(_ script: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = python
        process.arguments = ["-I", "-c", script] + arguments
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }
}
