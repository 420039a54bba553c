import Contracts
import Encodings
import Settlement
import Testing

@Suite struct Camt053Tests {
    private static func message(
        _ statement: AccountStatement, names: [String: String] = [:],
        servicer: String = "Bank of ed"
    ) throws -> XMLElement {
        let text = try Camt053(
            statement, created: StatementTests.time(20), servicer: servicer, names: names
        ).text
        return try XMLElement(parsing: text)
    }

    /// A year of a busy account, with everything that can be awkward about it.
    static func awkward() throws -> AccountStatement {
        let long = String(repeating: "long-name-", count: 6) + "end"
        return try StatementTests.statement(
            of: long, 0..<100,
            over: [
                [("currency:CNY", long, 1_000_000_000_000, "issue")], [(long, "di", 1, "transfer")],
                [("di", long, 1, "reversal")], [(long, "hold:\(long)", 5, "hold")],
                [
                    ("hold:\(long)", "bo", 3, "capture"), ("hold:\(long)", "ed", 1, "fee"),
                    ("hold:\(long)", long, 1, "release"),
                ],
                [(long, "currency:CNY", 999_999_999_999, "redemption")],
            ].enumerated().flatMap { index, moved in
                try PostedMovement.all(
                    in: StatementTests.receipt(
                        index, moved.map { ($0.0, $0.1, Int64($0.2), $0.3) }))
            })
    }

    @Test("A statement is a message of the standard's structure")
    func structure() throws {
        for statement in [
            try StatementTests.statement(), try StatementTests.statement(5..<6), try Self.awkward(),
            try StatementTests.statement(of: "di", 4..<9),
            try StatementTests.statement(scale: 0), try StatementTests.statement(scale: 5),
        ] {
            let message = try Self.message(
                statement, names: ["di": "Müller & Söhne <研究>", "bo": "bad\u{1}", "cy": ""])
            #expect(Camt053Schema.problems(of: message) == [])
        }
    }

    /// If this fails, nobody need believe the test above.
    @Test(
        "A message that the standard does not allow is seen to be none",
        arguments: [
            ("<Sts>", "<X>1</X><Sts>"), ("<Ccy>CNY</Ccy>", "<Ccy></Ccy>"),
            ("Ccy=\"CNY\"", "Ccy=\"cny\""), ("100.00<", "100.000000<"), ("100.00<", "-100.00<"),
            ("DBIT", "DEBT"), ("2026-01-01T", "2026-01-01 "), ("<Nm>di</Nm>", "<Nm></Nm>"),
            ("001.08", "001.02"), ("<MsgId>", "<MsgId>0123456789"),
        ])
    func checkerChecks(original: String, changed: String) throws {
        let text = try Camt053(
            try StatementTests.statement(), created: StatementTests.time(20), servicer: "x"
        ).text
        let parts = text.split(separator: original)
        #expect(parts.count > 1, "the test has changed nothing: \(original)")
        let message = try XMLElement(parsing: parts.joined(separator: changed))
        #expect(Camt053Schema.problems(of: message) != [])
    }

    @Test("Balances, amounts and totals say what the statement says")
    func amounts() throws {
        let message = try Self.message(try StatementTests.statement(2..<4))
        let statement = try #require(message.first("BkToCstmrStmt")?.first("Stmt"))
        let balances = statement.all("Bal").map {
            [
                $0.first("Tp")?.first("CdOrPrtry")?.text("Cd"), $0.text("Amt"),
                $0.text("CdtDbtInd"), $0.first("Dt")?.text("DtTm"),
            ]
        }
        #expect(
            balances == [
                ["OPBD", "100.00", "CRDT", "2026-01-01T00:00:02.000Z"],
                ["CLBD", "75.00", "CRDT", "2026-01-01T00:00:04.000Z"],
            ])
        let entries = statement.all("Ntry")
        #expect(entries.map { $0.text("Amt") } == ["30.00", "5.00"])
        #expect(entries.map { $0.text("CdtDbtInd") } == ["DBIT", "CRDT"])
        #expect(entries.map { $0.text("RvslInd") } == [nil, "true"])
        #expect(entries.map { $0.text("NtryRef") } == ["2-0", "3-0"])
        #expect(entries.first?.first("Amt")?.attributes == ["Ccy": "CNY"])
        let parties = try #require(
            entries.first?.first("NtryDtls")?.first("TxDtls")?.first("RltdPties"))
        #expect(parties.first("Cdtr")?.first("Pty")?.text("Nm") == "di")
        #expect(
            parties.first("CdtrAcct")?.first("Id")?.first("Othr")?.text("Id") == "di")
        let totals = try #require(statement.first("TxsSummry"))
        #expect(totals.first("TtlNtries")?.text("NbOfNtries") == "2")
        #expect(totals.first("TtlCdtNtries")?.text("Sum") == "5.00")
        #expect(totals.first("TtlDbtNtries")?.text("Sum") == "30.00")
    }

    @Test("A balance below zero is a debit")
    func overdraft() throws {
        let paid = try PostedMovement.all(
            in: StatementTests.receipt(1, [("cy", "di", 5, "transfer")]))
        let message = try Self.message(try StatementTests.statement(over: paid))
        let closing = message.first("BkToCstmrStmt")?.first("Stmt")?.all("Bal").last
        #expect(closing?.text("Amt") == "0.05")
        #expect(closing?.text("CdtDbtInd") == "DBIT")
    }

    @Test("Long names keep apart what they are the names of")
    func longNames() throws {
        let long = String(repeating: "a", count: 60)
        let identifiers = try ["b", "c"].map { ending -> String? in
            let paid = try PostedMovement.all(
                in: StatementTests.receipt(1, [("x", long + ending, 5, "issue")]))
            let message = try Self.message(
                try StatementTests.statement(of: long + ending, over: paid))
            return message.first("BkToCstmrStmt")?.first("Stmt")?.first("Acct")?.first("Id")?
                .first("Othr")?.text("Id")
        }
        #expect(identifiers[0] != identifiers[1])
        #expect(identifiers.allSatisfy { $0?.count == 34 })
    }

    @Test("Where the standard has no room, there is no message, and a sentence says why")
    func refusals() throws {
        func error(_ statement: AccountStatement, servicer: String = "x") throws -> String? {
            do {
                _ = try Self.message(statement, servicer: servicer)
                return nil
            } catch let error as Camt053Error {
                return error.description
            }
        }
        #expect(
            try error(try StatementTests.statement(currency: "TOKENS"))
                == "camt.053 names currencies by three letters, and TOKENS is none such; use CSV")
        #expect(try error(try StatementTests.statement(currency: "AB1"))?.contains("AB1") == true)
        #expect(
            try error(try StatementTests.statement(scale: 6))
                == "camt.053 has 5 decimal places at most, and CNY has 6; use CSV")
        #expect(
            try error(try StatementTests.statement(), servicer: "x\u{7}")
                == "camt.053 cannot hold “x\\u{07}”: it is empty, or has control characters; use CSV"
        )
        let most = 999_999_999_999_999_999 as Int64
        func much(_ amounts: [Int64]) throws -> AccountStatement {
            try StatementTests.statement(
                over: amounts.enumerated().flatMap { index, amount in
                    try PostedMovement.all(
                        in: StatementTests.receipt(
                            index,
                            [amount > 0 ? ("x", "cy", amount, "t") : ("cy", "x", -amount, "t")]))
                })
        }
        #expect(try error(much([most])) == nil)
        #expect(try error(much([most + 1]))?.contains("18 digits") == true)
        // Each amount has room, and their sum has none.
        #expect(try error(much([most, -most, 1]))?.contains("18 digits") == true)
        let hostile = try PostedMovement.all(
            in: StatementTests.receipt(1, [("a\u{1}b", "cy", 1, "t")]))
        #expect(try error(StatementTests.statement(over: hostile))?.contains("\\u{01}") == true)
    }
}
