import Contracts
import Encodings
import Testing

@testable import jointlab

@Suite struct OutputTests {
    // MARK: - Tables

    @Test("Columns are as wide as their widest cell, numbers to the right, nothing behind the last")
    func grid() {
        var grid = TextGrid([.init("name"), .init("rows", .right), .init("note")])
        grid.add(["north", "7", ""])
        grid.add(["a-longer-name", "12345", "new"])
        #expect(
            grid.text == """
                name            rows  note
                north              7
                a-longer-name  12345  new
                """)
    }

    @Test("Characters that take two places on a terminal are counted so")
    func wideCharacters() {
        var grid = TextGrid([.init("member"), .init("rows", .right)])
        grid.add(["北京银行", "7"])
        grid.add(["Zürich", "12"])
        grid.add(["e\u{301}cole", "3"])
        #expect(
            grid.lines == [
                "member    rows", "北京银行     7", "Zürich      12", "e\u{301}cole        3",
            ])
    }

    @Test("A table without rows has its titles")
    func emptyGrid() {
        #expect(TextGrid([.init("name"), .init("rows", .right)]).text == "name  rows")
    }

    @Test(
        "A list shows what there is, a dash for what there is not, and a sentence for nothing at all"
    )
    func listing() {
        let listing = Listing(
            empty: "no members; invite one",
            [
                ("member", .left, { $0.shown("member") }), ("rows", .right, { $0.shown("rows") }),
                ("roles", .left, { $0.shown("roles") }), ("active", .left, { $0.shown("active") }),
                ("since", .left, { $0.shownTime("since") }),
                ("digest", .left, { $0.shownShort("digest", 4) }),
                ("AUC", .right, { $0.shownMicro("auc") }),
            ])
        #expect(listing.text(["items": []]) == "no members; invite one")
        #expect(listing.text([:]) == "no members; invite one")
        #expect(
            listing.text([
                "items": [
                    [
                        "member": "north", "rows": 7, "roles": ["auditor", "issuer"],
                        "active": true,
                        "since": 1_767_225_600_123, "digest": "0123456789", "auc": 987_654,
                    ], ["member": "south"],
                ]
            ]) == """
                member  rows  roles           active  since                 digest     AUC
                north      7  auditor issuer  yes     2026-01-01T00:00:00Z  0123    0.9877
                south      -  -               -       -                     -            -
                """)
    }

    // MARK: - Numbers

    @Test(
        "A number has as many decimals as were asked for",
        arguments: [
            (0.0, 4, "0.0000"), (0.5, 0, "1"), (1.25, 1, "1.3"), (-0.00001, 4, "0.0000"),
            (-1.5, 2, "-1.50"), (0.04, 1, "0.0"), (123_456.789, 2, "123456.79"), (.nan, 2, "nan"),
            (.infinity, 2, "inf"), (1e300, 2, "1e+300"),
        ])
    func decimalPlaces(value: Double, places: Int, text: String) {
        #expect(decimals(value, places) == text)
    }

    @Test(
        "A sparkline goes from the least to the most of its values",
        arguments: [
            ([], ""), ([3], "▁"), ([2, 2, 2], "▁▁▁"), ([0, 1], "▁█"), ([1, 0], "█▁"),
            ([0, 1, 2, 3, 4, 5, 6, 7], "▁▂▃▄▅▆▇█"), ([0.69, 0.3, 0.2, 0.15], "█▃▁▁"),
            ([-1, 0, 1], "▁▅█"),
        ] as [([Double], String)])
    func sparkline(values: [Double], text: String) {
        #expect(Sparkline.text(values) == text)
    }

    // MARK: - Rounds

    private static let job: JSONValue = [
        "participants": [["member": "north"], ["member": "university"]]
    ]

    private static func round(
        _ number: Int64, task: String, loss: Int64?, status: String = "closed"
    ) -> JSONValue {
        let contributions = loss.map { loss -> [JSONValue] in
            [
                [
                    "member": "north",
                    "metricsMicro": [
                        "holdoutLoss": .integer(loss), "holdoutRows": 30, "holdoutAUC": 912_345,
                    ],
                ],
                [
                    "member": "university",
                    "metricsMicro": ["holdoutLoss": .integer(loss / 2), "holdoutRows": 10],
                ],
            ]
        }
        return [
            "round": .integer(number), "task": .string(task), "status": .string(status),
            "participants": ["north", "university"], "contributions": .array(contributions ?? []),
            "opened": 1_000, "ended": .integer(1_250 + 30_000 * number), "stage": "final",
            "reason": status == "abandoned" ? "too few" : nil,
        ]
    }

    @Test("A job's table has a line for each round, with the loss by rows and each site's AUC")
    func roundTable() {
        var table = RoundTable(job: Self.job)
        let lines = [
            table.header, table.line(Self.round(0, task: "statistics", loss: nil)),
            table.line(Self.round(1, task: "train", loss: 693_147)),
            table.line(Self.round(2, task: "train", loss: 400_000)),
            table.line(Self.round(3, task: "train", loss: nil, status: "abandoned")),
        ]
        #expect(
            lines == [
                "round  task        sites    loss            AUC north  AUC university      time  stage",
                "    0  statistics    0/2                                                 250 ms  final",
                "    1  train         2/2  0.6065  ▁            0.9123                    30.3 s  final",
                "    2  train         2/2  0.3500  █▁           0.9123                    60.3 s  final",
                "    3  train         0/2                                                 90.3 s  final       abandoned: too few",
            ])
    }

    // MARK: - What people type

    @Test(
        "Money is read in the major unit and never rounded",
        arguments: [
            ("2.50 CNY", 250), ("2.5CNY", 250), ("2 CNY", 200), ("0.01 CNY", 1),
            ("92233720368547758.07 CNY", .max), ("92233720368547758.08 CNY", nil),
            ("2.505 CNY", nil), (".5 CNY", nil), ("2. CNY", nil), ("1.2.3 CNY", nil), ("CNY", nil),
            ("-1 CNY", nil), ("1e3 CNY", nil), ("٣ CNY", nil), ("2.50", nil), ("2.50 cny", nil),
        ] as [(String, Int64?)])
    func money(text: String, minorUnits: Int64?) {
        let money = MoneyArgument(argument: text).flatMap { try? $0.money(scale: 2) }
        #expect(money?.minorUnits == minorUnits)
    }

    @Test(
        "An amount that is too large is not blamed on its decimal places, and the other way about")
    func moneyMistakes() throws {
        func mistake(_ text: String) throws -> String {
            let argument = try #require(MoneyArgument(argument: text))
            let error = #expect(throws: (any Error).self) { try argument.money(scale: 2) }
            return "\(error.map { "\($0)" } ?? "")"
        }
        let large = try mistake("92233720368547758.08 CNY")
        #expect(large.contains("too large") && large.contains("92233720368547758.07 CNY"))
        let fine = try mistake("2.505 CNY")
        #expect(fine.contains("has 2 decimal places, and the amount has 3"))
    }

    @Test("A contract is shown with amounts of its currency, and with dates")
    func contract() {
        let row: JSONValue = [
            "contract": "l-1", "currency": "CNY", "concluded": 1_767_225_600_000,
            "terms": ["feePerRound": 250, "maxRounds": 3], "state": ["paid": 1_000, "rounds": 2],
        ]
        let document: JSONValue = [
            "terms": ["feePerRound": "money", "maxRounds": "int(1..100)"],
            "state": ["paid": "money", "rounds": "int(0..100)"],
        ]
        let text = ContractView(row, document: document, scales: ["CNY": 2]).text
        for line in ["2.50 CNY", "10.00 CNY", "2026-01-01T00:00:00Z", "maxRounds    3"] {
            #expect(text.contains(line), "\(text)")
        }
        #expect(!text.contains("1767225600000"))
        let unknown = ContractView(row, document: document, scales: [:]).text
        #expect(unknown.contains("250 minor units"))
    }

    @Test(
        "Money is shown in the major unit, also where somebody owes it",
        arguments: [
            (250, 2, "2.50 CNY"), (5, 2, "0.05 CNY"), (0, 2, "0.00 CNY"), (7, 0, "7 CNY"),
            (-5, 2, "-0.05 CNY"), (-250, 2, "-2.50 CNY"), (-7, 0, "-7 CNY"),
            (.min, 2, "-92233720368547758.08 CNY"),
        ] as [(Int64, Int, String)])
    func shownMoney(minorUnits: Int64, scale: Int, text: String) throws {
        let currency = try #require(CurrencyCode("CNY"))
        #expect(Money(minorUnits, currency).shown(scale: scale) == text)
    }

    @Test(
        "A length of time has a unit and fits the ledger's clock",
        arguments: [
            ("500ms", 500), ("30s", 30_000), ("15m", 900_000), ("12h", 43_200_000),
            ("90d", 7_776_000_000), ("0s", 0), ("-1s", nil), ("1.5h", nil), ("90", nil), ("d", nil),
            ("106751991168d", nil), ("9223372036854775807ms", .max),
        ] as [(String, Int64?)])
    func durations(text: String, milliseconds: Int64?) {
        #expect(DurationArgument(argument: text)?.milliseconds == milliseconds)
    }

    @Test(
        "A moment is a date, or a date and a time, or a length of time from now",
        arguments: [
            ("2027-01-31", 1_801_353_600_000), ("2027-01-31T12:00:00Z", 1_801_396_800_000),
            ("2027-13-01", nil), ("tomorrow", nil), ("", nil),
        ] as [(String, Int64?)])
    func moments(text: String, milliseconds: Int64?) {
        #expect(MomentArgument(argument: text)?.timestamp.milliseconds == milliseconds)
    }
}
