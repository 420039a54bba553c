import Contracts
import Encodings
import Settlement
import Testing

@Suite struct StatementTests {
    /// Movements of cy's, a second apart: 100 issued, 30 paid to di, 5 of them back.
    static func movements() throws -> [PostedMovement] {
        try [
            (1, "currency:CNY", "cy", 10_000, "issue"), (2, "cy", "di", 3_000, "transfer"),
            (3, "di", "cy", 500, "reversal"), (4, "di", "ada", 1, "transfer"),
        ].flatMap { index, from, to, amount, kind in
            try PostedMovement.all(
                in: receipt(index, [(from, to, Int64(amount), kind)]))
        }
    }

    static func receipt(
        _ index: Int, _ moved: [(String, String, Int64, String)], seconds: Int? = nil,
        currency: String = "CNY"
    ) -> JSONValue {
        [
            "index": .integer(Int64(index)),
            "time": .integer(1_767_225_600_000 + Int64(seconds ?? index) * 1_000),
            "transaction": .string(String(repeating: "a", count: 64)),
            "action": "account.transfer", "by": "cy",
            "moved": .array(
                moved.map {
                    [
                        "from": .string($0.0), "to": .string($0.1), "kind": .string($0.3),
                        "amount": ["currency": .string(currency), "minorUnits": .integer($0.2)],
                    ]
                }),
        ]
    }

    static func time(_ seconds: Int64) -> Timestamp {
        Timestamp(milliseconds: 1_767_225_600_000 + seconds * 1_000)
    }

    static func statement(
        of holder: String = "cy", _ period: Range<Int64> = 0..<10, currency: String = "CNY",
        scale: Int = 2, over movements: [PostedMovement]? = nil
    ) throws -> AccountStatement {
        try AccountStatement(
            of: holder, in: try #require(CurrencyCode(currency)), scale: scale,
            period: time(period.lowerBound)..<time(period.upperBound),
            movements: try movements ?? Self.movements())
    }

    @Test("A statement begins with the opening balance and ends with the closing one")
    func wholePeriod() throws {
        let statement = try Self.statement()
        #expect(statement.opening == 0)
        #expect(statement.entries.map(\.amount) == [10_000, -3_000, 500])
        #expect(statement.entries.map(\.balance) == [10_000, 7_000, 7_500])
        #expect(statement.entries.map(\.counterparty) == ["currency:CNY", "di", "di"])
        #expect(statement.closing == 7_500)
    }

    @Test("A period takes its first moment in and leaves its last out")
    func period() throws {
        let statement = try Self.statement(2..<3)
        #expect(statement.opening == 10_000)
        #expect(statement.entries.map(\.amount) == [-3_000])
        #expect(statement.closing == 7_000)
        let later = try Self.statement(5..<9)
        #expect(later.opening == 7_500)
        #expect(later.entries.isEmpty)
        #expect(later.closing == 7_500)
    }

    @Test("Two statements in a row make one: the second opens where the first closes")
    func consecutive() throws {
        for cut in 0...5 as ClosedRange<Int64> {
            let first = try Self.statement(0..<cut)
            let second = try Self.statement(cut..<10)
            #expect(first.closing == second.opening)
            #expect(first.entries + second.entries == (try Self.statement()).entries)
        }
    }

    @Test("Movements out of order, twice, or beyond what can be counted are no statement")
    func refusals() throws {
        let movements = try Self.movements()
        #expect(throws: StatementError.order(index: 1)) {
            try Self.statement(over: Array(movements.reversed().dropFirst(2)))
        }
        #expect(throws: StatementError.order(index: 1)) {
            try Self.statement(over: [movements[0], movements[0]])
        }
        let much = try [1, 2].flatMap {
            try PostedMovement.all(in: Self.receipt($0, [("x", "cy", .max, "issue")]))
        }
        #expect(throws: StatementError.overflow(index: 2)) { try Self.statement(over: much) }
        let late = try PostedMovement.all(
            in: Self.receipt(9, [("x", "cy", 1, "issue")], seconds: 0))
        #expect(throws: StatementError.order(index: 9)) {
            try Self.statement(over: movements + late)
        }
    }

    @Test("Other currencies and movements to oneself are not on it")
    func others() throws {
        let movements =
            try PostedMovement.all(
                in: Self.receipt(7, [("x", "cy", 5, "issue")], currency: "EUR"))
            + PostedMovement.all(in: Self.receipt(8, [("cy", "cy", 5, "transfer")]))
        #expect(try Self.statement(over: movements).entries.isEmpty)
    }

    @Test("A receipt and its JSON tell the same, and one without money tells nothing")
    func receipts() throws {
        #expect(
            try PostedMovement.all(in: ["index": 1, "time": 1, "transaction": "x", "action": "a"])
                .isEmpty)
        #expect(throws: JSONShapeError.self) { try PostedMovement.all(in: ["moved": []]) }
    }

    // MARK: - CSV

    @Test("CSV has a header, CRLF, debits and credits, and the balance after each")
    func csv() throws {
        let lines = try Self.statement(2..<4).csv(names: ["di": "Institute, of \"D\""])
            .components(separatedBy: "\r\n")
        #expect(
            lines == [
                "entry,position,time,transaction,action,kind,counterparty,counterparty name,debit,"
                    + "credit,balance,currency",
                ",,2026-01-01T00:00:02.000Z,,,opening,,,,,100.00,CNY",
                "2,0,2026-01-01T00:00:02.000Z,\(String(repeating: "a", count: 64)),account.transfer,"
                    + "transfer,di,\"Institute, of \"\"D\"\"\",30.00,,70.00,CNY",
                "3,0,2026-01-01T00:00:03.000Z,\(String(repeating: "a", count: 64)),account.transfer,"
                    + "reversal,di,\"Institute, of \"\"D\"\"\",,5.00,75.00,CNY",
                ",,2026-01-01T00:00:04.000Z,,,closing,,,,,75.00,CNY", "",
            ])
    }

    @Test(
        "A name that a spreadsheet would run is only a name",
        arguments: ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"])
    func formulas(name: String) throws {
        let csv = try Self.statement().csv(names: ["di": name])
        #expect(csv.unicodeScalars.contains("'"))
        #expect(csv.contains(",'") || csv.contains(",\"'"))
    }

    @Test(
        "Minor units are printed exactly",
        arguments: [
            (Int64(0), 2, "0.00"), (5, 2, "0.05"), (-5, 2, "-0.05"), (-1_250, 2, "-12.50"),
            (1_250, 0, "1250"), (1, 6, "0.000001"), (.min, 0, "-9223372036854775808"),
            (.max, 2, "92233720368547758.07"),
        ])
    func decimals(minorUnits: Int64, scale: Int, text: String) {
        #expect(decimalText(minorUnits, scale: scale) == text)
    }
}

extension String {
    fileprivate func components(separatedBy separator: String) -> [String] {
        var parts: [String] = []
        var rest = Array(utf8)[...]
        let mark = Array(separator.utf8)
        while let start = rest.indices.first(where: { rest[$0...].starts(with: mark) }) {
            parts.append(String(decoding: rest[..<start], as: UTF8.self))
            rest = rest[(start + mark.count)...]
        }
        return parts + [String(decoding: rest, as: UTF8.self)]
    }
}
