import ArgumentParser
import Contracts
import Encodings
import Participation
import Settlement

extension AccountCommands {
    struct Statement: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what happened on an account, and print it for other programs.",
            discussion: """
                Beside the table there are CSV (RFC 4180) and the ISO 20022 message camt.053.001.08, \
                which is for currencies of three letters.
                """)

        enum Format: String, ExpressibleByArgument, CaseIterable {
            case table, csv, camt053
        }

        @OptionGroup var home: HomeOptions
        @OptionGroup var output: OutputOptions

        @Argument(help: "Whose account: a member, or money set aside, such as hold:NAME.")
        var holder: String

        @Option(help: "In which currency; the lab's only one if it has one.")
        var currency: CurrencyCode?

        @Option(help: "From when on, such as 2026-11-01; since the founding if absent.")
        var from: MomentArgument?

        @Option(help: "Until before when, such as 2026-12-01; until now if absent.")
        var to: MomentArgument?

        @Option(help: "table, csv or camt053.")
        var format = Format.table

        func run() async throws {
            try await MemberSession.with(home) { session in
                let currencies = try await session.get("/v1/currencies")["items"]?.array ?? []
                let row = try chosen(from: currencies)
                let movements = try await session.movements(of: holder, in: row.code)
                let statement = try AccountStatement(
                    of: holder, in: row.code, scale: row.scale,
                    period: period(try await session.founded(), movements), movements: movements)
                let names = try await session.titles()
                switch format {
                case .table: output.print(statement.json, Self.table(statement))
                case .csv: print(statement.csv(names: names), terminator: "")
                case .camt053:
                    let message = try Camt053(
                        statement, created: MemberSession.now,
                        servicer: names[row.issuer] ?? row.issuer, names: names)
                    print(message.text, terminator: "")
                }
            }
        }

        func validate() throws {
            guard format == .table || !output.json else {
                throw ValidationError("--json goes with the table, and not with --format \(format)")
            }
        }

        private func chosen(
            from currencies: [JSONValue]
        ) throws -> (code: CurrencyCode, scale: Int, issuer: String) {
            let found = currencies.filter {
                currency.map(\.json) ?? $0["currency"] == $0["currency"]
            }
            guard found.count == 1, let row = found.first,
                let code = row["currency"]?.string.flatMap({ CurrencyCode($0) }),
                let scale = row["scale"]?.integer, let issuer = row["issuer"]?.string
            else {
                let codes = currencies.map { $0.shown("currency") }.joined(separator: " ")
                throw ValidationError(
                    "say which currency with --currency; the lab has \(codes.isEmpty ? "none" : codes)"
                )
            }
            return (code, Int(scale), issuer)
        }

        private func period(
            _ founded: Timestamp, _ movements: [PostedMovement]
        ) throws -> Range<Timestamp> {
            let from = from?.timestamp ?? founded
            // The ledger's clock may be ahead of this one.
            let last = movements.last?.time.advanced(byMilliseconds: 1) ?? from
            let to = to?.timestamp ?? max(MemberSession.now, last, from)
            guard from <= to else { throw ValidationError("--from should be before --to") }
            return from..<to
        }

        private static func table(_ statement: AccountStatement) -> String {
            var grid = TextGrid([
                .init("time"), .init("entry", .right), .init("kind"), .init("counterparty"),
                .init("amount", .right), .init("balance", .right),
            ])
            func money(_ minorUnits: Int64) -> String {
                Money(minorUnits, statement.currency).shown(scale: statement.scale)
            }
            func edge(_ time: Timestamp, _ kind: String, _ balance: Int64) {
                grid.add([Self.shown(time), "", kind, "", "", money(balance)])
            }
            edge(statement.period.lowerBound, "opening", statement.opening)
            for entry in statement.entries {
                grid.add([
                    shown(entry.movement.time), "\(entry.movement.index)", entry.movement.kind,
                    entry.counterparty, money(entry.amount), money(entry.balance),
                ])
            }
            edge(statement.period.upperBound, "closing", statement.closing)
            return grid.text
        }

        private static func shown(_ time: Timestamp) -> String { "\(time)".prefix(19) + "Z" }
    }
}

extension MemberSession {
    private static let movementsPage = 1_000

    /// All movements on an account, in the ledger's order.
    fileprivate func movements(
        of holder: String, in currency: CurrencyCode
    ) async throws -> [PostedMovement] {
        guard holder.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") }) else {
            throw Mistake("“\(holder)” is no account's holder")
        }
        var movements: [PostedMovement] = []
        var next: UInt64 = 0
        while true {
            let answer = try await get(
                "/v1/accounts/\(holder)/\(currency)/movements",
                ["from": "\(next)", "count": "\(Self.movementsPage)"])
            let items = answer["items"]?.array ?? []
            for item in items { movements += try PostedMovement.all(in: item) }
            guard items.count == Self.movementsPage, let last = movements.last else {
                return movements
            }
            next = last.index + 1
        }
    }

    fileprivate func founded() async throws -> Timestamp {
        Timestamp(milliseconds: try await get("/v1/lab")["founded"]?.integer ?? 0)
    }

    /// What members call themselves.
    fileprivate func titles() async throws -> [String: String] {
        var titles: [String: String] = [:]
        for item in try await get("/v1/members")["items"]?.array ?? [] {
            if let member = item["member"]?.string, let title = item["title"]?.string {
                titles[member] = title
            }
        }
        return titles
    }
}
