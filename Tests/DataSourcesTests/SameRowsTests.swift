import Contracts
import DataSources
import Encodings
import Foundation
import Learning
import Node
import Randomness
import SampleLab
import Sandbox
import Testing

/// What a lab is told and what a model becomes do not depend on where the rows are kept.
@Suite struct SameRowsTests {
    private let folder: TemporaryFolder
    private let sample = SampleRows(count: 400, seed: 1)

    init() throws {
        folder = try TemporaryFolder()
    }

    private static let options = InspectionOptions(
        label: ColumnReference("ill"), positive: .values(["true"]))

    /// The schema, the commitment under one salt, and a model after two rounds, bit by bit.
    private struct Seen: Equatable {
        let schema: JSONValue
        let rows: Int
        let commitment: SaltedCommitment
        let weights: [UInt32]
        let holdout: [Float]
    }

    private func seen(
        _ source: DataSource, parquet: ParquetReader = ParquetReader()
    ) throws -> Seen {
        var random = SeededRandom(seed: 3)
        let salt = CommitmentSalt(from: &random)
        let inspection = try DatasetInspection.inspect(
            source.rows(parquet), options: Self.options, salt: salt)
        let owned = OwnedDataset(
            id: try DatasetID("rows"), source: source, schema: inspection.schema,
            rows: inspection.rowCount, commitment: try #require(inspection.commitment),
            salt: salt, holdoutPerMille: 250)
        let read = try OwnedDataset(JSONValue(parsing: owned.json.canonicalBytes))
        #expect(read == owned)
        let layout = try FeatureLayout(commonTo: [inspection.schema])
        let dataset = try read.load(layout: layout, parquet: parquet)
        var model = try LogisticModel.initial(
            layout: layout, label: try #require(dataset.label),
            standardisation: Standardisation(
                LogisticTrainer.statistics(of: dataset), layout: layout))
        for round in 0..<2 {
            let outcome = try LogisticTrainer.train(
                base: model, on: dataset,
                config: TrainingConfiguration(
                    learningRate: 0.1, localEpochs: 1, batchSize: 16, l2: 0, seed: UInt64(round)))
            var next = model.parameters
            for index in next.weights.indices {
                next.weights[index] += outcome.update.weights[index]
            }
            model = try model.with(next)
        }
        return Seen(
            schema: inspection.schema.json, rows: inspection.rowCount, commitment: owned.commitment,
            weights: model.parameters.weights.map(\.bitPattern), holdout: dataset.holdout.labels)
    }

    private func csv() throws -> Seen {
        let file = folder.file("rows.csv")
        try sample.csv.write(to: file, atomically: true, encoding: .utf8)
        let seen = try seen(.csv(file: file.path, delimiter: .comma, header: .present))
        #expect(seen.rows == 400)
        #expect(Set(seen.weights).count > 2)
        return seen
    }

    @Test("A SQLite query gives the same schema, commitment, holdout and model as a CSV file")
    func sqlite() throws {
        let file = folder.file("rows.sqlite").path
        try sample.writeSQLite(to: file)
        let expected = try csv()
        for query in [
            SampleRows.query, SampleRows.query + " ORDER BY age DESC;",
            "/* all */ WITH x AS (\(SampleRows.query)) SELECT * FROM x -- of them",
        ] {
            #expect(try seen(.sqlite(file: file, query: query)) == expected)
        }
    }

    @Test(
        "A PostgreSQL query gives the same, whatever the server's settings are",
        .enabled(if: PostgreSQLServer.isPossible, PostgreSQLServer.whatIsMissing))
    func postgresql() async throws {
        let expected = try csv()
        try await PostgreSQLServer.with(sample.postgreSQL) { server in
            let connection = try PostgreSQLConnection(server.connection)
            for query in [SampleRows.query, "(\(SampleRows.query) ORDER BY random()) -- so;"] {
                #expect(try seen(.postgresql(connection, query: query)) == expected)
            }
        }
    }

    @Test(
        "A Parquet file gives the same, read in a sandbox",
        .enabled(if: ParquetFile.isPossible, ParquetFile.whatIsMissing))
    func parquet() throws {
        let expected = try csv()
        let file = folder.file("rows.parquet")
        try ParquetFile.make(
            of: folder.file("rows.csv"), at: file,
            """
            kinds = {"age": pa.int16(), "lab": pa.float64(), 'ward "no"': pa.string(), \
            "note": pa.large_string(), "ill": pa.bool_()}
            """)
        // Nobody else may read it, and still the sandbox's user can.
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o600], ofItemAtPath: file.path)
        #expect(try seen(.parquet(file: file.path), parquet: ParquetFile.reader) == expected)
    }
}
