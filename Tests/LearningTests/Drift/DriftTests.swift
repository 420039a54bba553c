import Encodings
import Foundation
import Randomness
import Testing

@testable import Learning

@Suite struct DriftTests {
    private static func csv(
        rows: Int, seed: UInt64, older: Double = 0, missing: Int = 0, wards: [String] = ["e", "w"],
        age: String = "age"
    ) -> String {
        var random = SeededRandom(seed: seed)
        return "\(age),ward,ill\n"
            + (0..<rows).map { row in
                let years = (0..<6).reduce(40 + older) { sum, _ in
                    sum + Double.random(in: -10...10, using: &random)
                }
                let ward = wards[Int.random(in: wards.indices, using: &random)]
                let ill = Bool.random(using: &random) ? "yes" : "no"
                return "\(row < missing ? "" : "\(years)"),\(ward),\(ill)\n"
            }.joined()
    }

    private static func text(_ csv: String) -> RowText {
        var rest = Array(csv.utf8)[...]
        return RowText(name: "rows.csv", options: CSVOptions(), counting: .lines) { buffer in
            let part = rest.prefix(buffer.count)
            buffer.copyBytes(from: part)
            rest = rest.dropFirst(part.count)
            return part.count
        }
    }

    private let inspection: DatasetInspection
    private let registration: LocalDataset.Registration

    init() throws {
        var random = SeededRandom(seed: 1)
        let salt = CommitmentSalt(from: &random)
        inspection = try DatasetInspection.inspect(
            Self.text(Self.csv(rows: 2_000, seed: 1)),
            options: InspectionOptions(label: ColumnReference("ill")), salt: salt)
        registration = .init(
            commitment: try #require(inspection.commitment), salt: salt, rowCount: 2_000)
    }

    private func report(_ csv: String) throws -> DriftReport {
        let kept = try DatasetStatistics(
            json: JSONValue(parsing: inspection.statistics.json.canonicalBytes))
        #expect(kept == inspection.statistics)
        return try DriftReport(
            Self.text(csv), since: kept, schema: inspection.schema, registration: registration)
    }

    private func verdicts(_ csv: String) throws -> [StabilityIndex.Verdict] {
        try report(csv).columns.map(\.index.verdict)
    }

    @Test("The index is the sum that the definition says, and its chance is the chi-square's")
    func index() throws {
        let index = StabilityIndex([(before: 600, now: 300), (before: 400, now: 700)])
        // 0.6 to 0.3 and 0.4 to 0.7: 0.3 ln 2 + 0.3 ln 1.75 = 0.3758, but for half a row in each bin.
        #expect(abs(index.value - 0.3758) < 0.002)
        // The 99.9 % quantile of χ² with one degree of freedom is 10.83; the approximation is near.
        #expect(abs(index.chance - 10.83 * 0.002) < 0.002)
        #expect(index.verdict == .drifted)
        let few = StabilityIndex([(before: 6, now: 3), (before: 4, now: 7)])
        #expect(few.value > StabilityIndex.driftedMin && few.verdict == .stable)
        #expect(StabilityIndex([(before: 5, now: 9)]).value == 0)
        #expect(StabilityIndex([]).verdict == .stable)
    }

    @Test("The same rows are unchanged, and others of the same distribution are stable")
    func stable() throws {
        let same = try report(Self.csv(rows: 2_000, seed: 1))
        #expect(same.isUnchanged && same.drifted.isEmpty)
        #expect(same.columns.allSatisfy { $0.index.value == 0 })
        for seed in UInt64(2)..<12 {
            let other = try report(Self.csv(rows: 500, seed: seed))
            #expect(!other.isUnchanged && other.rowsFound == 500 && other.rowsRegistered == 2_000)
            #expect(other.drifted.isEmpty)
        }
    }

    @Test("What has moved is named: numbers, missing values, categories")
    func moved() throws {
        #expect(
            try verdicts(Self.csv(rows: 500, seed: 3, older: 12)) == [.drifted, .stable, .stable])
        #expect(
            try verdicts(Self.csv(rows: 500, seed: 3, missing: 200))
                == [.drifted, .stable, .stable])
        let report = try report(Self.csv(rows: 500, seed: 3, wards: ["e", "w", "new"]))
        #expect(report.drifted == ["ward"])
        #expect(report.columns[1].unknown > 100)
    }

    @Test("A column that is missing, new, or of another kind is told, and is no error")
    func columns() throws {
        let renamed = try report(Self.csv(rows: 100, seed: 4, age: "years"))
        #expect(renamed.missingColumns == ["age"] && renamed.newColumns == ["years"])
        let texts = try report("age,ward,ill\nold,e,yes\n60,w,no\n")
        #expect(texts.columns[0].notNumbers == 1 && texts.drifted == ["age"])
        #expect(#expect(throws: DatasetError.self) { try report("") }?.code == .fileEmpty)
    }

    @Test("Loading says which columns differ, and how many rows")
    func registrationCheck() throws {
        let layout = try FeatureLayout(commonTo: [inspection.schema])
        func failure(_ csv: String) -> DatasetError? {
            #expect(throws: DatasetError.self) {
                try LocalDataset.load(
                    Self.text(csv), schema: inspection.schema, layout: layout, split: .none,
                    registration: registration)
            }
        }
        let fewer = failure(Self.csv(rows: 1_999, seed: 1))
        #expect(fewer?.code == .commitmentDiffers)
        #expect(fewer?.problem == "2000 rows are registered, and 1999 found")
        #expect(failure(Self.csv(rows: 2_000, seed: 2))?.problem.contains("a value") == true)
        let renamed = failure(Self.csv(rows: 2_000, seed: 1, age: "years"))
        #expect(
            renamed?.problem
                == "the columns differ (registered and missing: age; not registered: years)")
        #expect(failure("ward,age,ill\ne,1,no\n")?.problem.contains("another order") == true)
    }

    @Test(
        "Numbers that fall below the least there was are seen, as a new code for what is missing is"
    )
    func below() throws {
        func statistics(_ values: [String]) throws -> (DatasetInspection, String) {
            let csv =
                "a,b,ill\n"
                + zip(values, values.indices).map {
                    "\($0),\($1),\($1 % 2)\n"
                }.joined()
            return (
                try DatasetInspection.inspect(
                    Self.text(csv), options: InspectionOptions(label: ColumnReference("ill"))), csv
            )
        }
        for (before, after) in [("5", "3"), ("0", "-999")] {
            let many = (0..<400).map { $0 % 2 == 0 ? before : "7" }
            let (registered, _) = try statistics(many)
            let (_, moved) = try statistics(many.map { $0 == before ? after : $0 })
            let report = try DriftReport(
                Self.text(moved), since: registered.statistics, schema: registered.schema,
                registration: registration)
            #expect(report.drifted == ["a"], "\(before) to \(after)")
        }
    }

    @Test("What an owner has kept out of learning stays out, also beside files")
    func repeatedFiles() throws {
        let rows =
            "file,patient,kind\n"
            + (0..<20).map { "\($0).png,P\($0 % 4),\($0 % 2)\n" }.joined()
        let schema = try DatasetInspection.inspect(
            Self.text(rows),
            options: InspectionOptions(
                label: ColumnReference("kind"),
                kinds: [.init(column: ColumnReference("patient"), kind: .identifier)])
        ).schema
        let again = try DatasetInspection.inspect(
            Self.text(rows), options: InspectionOptions(repeating: schema)
        ).schema
        #expect(again == schema)
        #expect(!again.json.canonicalText.contains("P0"))
    }

    @Test("An owner's choices are found again in the schema that they led to")
    func repeated() throws {
        let options = InspectionOptions(
            label: ColumnReference("ill"), positive: .values(["no"]),
            kinds: [.init(column: ColumnReference("ward"), kind: .text)])
        let rows = Self.csv(rows: 50, seed: 5)
        let schema = try DatasetInspection.inspect(Self.text(rows), options: options).schema
        let again = try DatasetInspection.inspect(
            Self.text(rows), options: InspectionOptions(repeating: schema)
        ).schema
        #expect(again == schema)
    }

    @Test("Statistics that are damaged are refused")
    func damaged() throws {
        for text in [
            "{}", #"{"columns":[],"format":"other"}"#,
            #"{"columns":[{"missing":0,"name":"a","rows":1,"values":{"counts":[1],"deviation":0,"edges":[1],"mean":1}}],"format":"jointlab.dataset-statistics/1"}"#,
            #"{"columns":[{"missing":2,"name":"a","rows":1}],"format":"jointlab.dataset-statistics/1"}"#,
        ] {
            #expect(throws: JSONShapeError.self) {
                try DatasetStatistics(json: JSONValue(parsing: text))
            }
        }
    }
}
