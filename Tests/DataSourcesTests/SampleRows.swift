import Foundation
import GRDB
import Randomness

/// Made rows with missing values, accents, quotes and newlines, to be kept in every kind of source.
struct SampleRows {
    struct Row {
        let age: Int
        /// In the shortest spelling of a double.
        let lab: String?
        let ward: String?
        let note: String
        let isIll: Bool

        var fields: [String] {
            ["\(age)", lab ?? "", ward ?? "", note, isIll ? "true" : "false"]
        }
    }

    static let columns = ["age", "lab", "ward \"no\"", "note", "ill"]
    /// In the order of a query's rows: that of the bytes with every field in quotes.
    let rows: [Row]

    init(count: Int, seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let labs = ["0.1", "2", "1e-7", "1.5e+25", "-3.25", "123456789012", nil, "1e+21"]
        let wards = ["east", "süd", "西", "a,b", "say \"x\"", nil]
        rows = (0..<count).map { number in
            let age = Int.random(in: 18...90, using: &random)
            return Row(
                age: age, lab: labs[Int.random(in: labs.indices, using: &random)],
                ward: wards[Int.random(in: wards.indices, using: &random)],
                note: "line \(number)\nand \(age % 7 == 0 ? "\"quoted\"" : "")",
                isIll: age + Int.random(in: 0..<40, using: &random) > 70)
        }.sorted {
            Self.line($0).utf8.lexicographicallyPrecedes(Self.line($1).utf8)
        }
    }

    private static func line(_ row: Row) -> String {
        row.fields.map { "\"" + $0.replacing("\"", with: "\"\"") + "\"" }
            .joined(separator: ",") + "\n"
    }

    /// With quotes where they are needed.
    var csv: String {
        ([Self.columns] + rows.map(\.fields)).map { fields in
            fields.map { field in
                field.contains { ",\"\n".contains($0) }
                    ? "\"" + field.replacing("\"", with: "\"\"") + "\"" : field
            }.joined(separator: ",") + "\n"
        }.joined()
    }

    /// The same in no order.
    private var shuffled: [Row] {
        var random = SeededRandom(seed: 7)
        return rows.shuffled(using: &random)
    }

    func writeSQLite(to path: String) throws {
        let database = try DatabaseQueue(path: path)
        try database.write { database in
            try database.execute(
                sql: "CREATE TABLE t (age INTEGER, lab REAL, ward TEXT, note TEXT, ill TEXT)")
            for row in shuffled {
                try database.execute(
                    sql: "INSERT INTO t VALUES (?, ?, ?, ?, ?)",
                    arguments: [
                        row.age, row.lab.flatMap { Double($0) }, row.ward, row.note,
                        row.isIll ? "true" : "false",
                    ])
            }
        }
    }

    var postgreSQL: String {
        func quoted(_ text: String?) -> String {
            text.map { "'" + $0.replacing("'", with: "''") + "'" } ?? "NULL"
        }
        return "CREATE TABLE t (age int, lab float8, ward text, note text, ill boolean);\n"
            + shuffled.map {
                "INSERT INTO t VALUES (\($0.age), \(quoted($0.lab)), \(quoted($0.ward)), "
                    + "\(quoted($0.note)), \($0.isIll));\n"
            }.joined()
    }

    static let query = "SELECT age, lab, ward AS \"ward \"\"no\"\"\", note, ill FROM t"
}
