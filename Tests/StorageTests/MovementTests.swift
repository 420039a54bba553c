import Contracts
import Encodings
import Foundation
import GRDB
import Ledger
import SampleLab
import Storage
import Testing

/// Which entries moved whose money, as it is stored beside the ledger.
@Suite struct MovementTests {
    private let folder: TemporaryFolder
    private let path: String
    private let lab: SampleLab
    private let database: LedgerDatabase
    private let currency: CurrencyCode

    init() async throws {
        folder = try TemporaryFolder()
        path = folder.file("ledger.sqlite").path
        var lab = try SampleLab()
        _ = try lab.train(rounds: 1)
        try lab.settle()
        self.lab = lab
        database = try LedgerDatabase(path: path)
        currency = try #require(CurrencyCode("CNY"))
        try await lab.store(in: database)
    }

    private func change(_ sql: String) async throws {
        try await DatabaseQueue(path: path).write {
            try $0.execute(sql: sql)
            #expect($0.changesCount > 0, "the test has changed nothing: \(sql)")
        }
    }

    @Test("An account's receipts are those that tell of its money, in order, a page at a time")
    func receiptsOfAccounts() throws {
        let holders = Set(lab.receipts.flatMap(\.moved).flatMap { [$0.from, $0.to] })
        #expect(holders.count > 5)
        for holder in holders {
            let own = lab.receipts.filter {
                $0.moved.contains { [$0.from, $0.to].contains(holder) }
            }
            var read: [JSONValue] = []
            while true {
                let next = read.last?["index"]?.integer.map { UInt64($0) + 1 } ?? 0
                let page = try database.receipts(
                    movingMoneyOf: holder.description, in: currency, from: next, count: 2)
                if page.isEmpty { break }
                #expect(page.count <= 2)
                read += page
            }
            #expect(read == own.map(\.json), "\(holder)")
        }
        let other = try #require(CurrencyCode("EUR"))
        #expect(
            try database.receipts(movingMoneyOf: "university", in: other, from: 0, count: 9) == [])
    }

    @Test(
        "A movement that is stored under another account, not at all, or is made up is found",
        arguments: [
            "UPDATE movements SET holder = 'nobody' WHERE holder = 'university'",
            "UPDATE movements SET currency = 'EUR' WHERE holder = 'university'",
            "DELETE FROM movements WHERE holder = 'university'",
            "INSERT INTO movements (holder, currency, idx) SELECT 'x', 'CNY', min(idx) FROM movements",
        ])
    func check(sql: String) async throws {
        #expect(try database.check().difference == nil)
        try await change(sql)
        let difference = try #require(try database.check().difference)
        #expect(difference.contains("are stored under other accounts"), "\(difference)")
    }

    @Test("A movement of an entry that has no receipt is found")
    func surplus() async throws {
        try await change("INSERT INTO movements (holder, currency, idx) VALUES ('x', 'CNY', 9999)")
        #expect(
            try database.check().difference?.contains("accounts with movements are stored") == true)
    }

    @Test("A ledger of the first version gets the table when it is opened")
    func firstVersion() async throws {
        try database.close()
        try await DatabaseQueue(path: path).write {
            try $0.execute(sql: "DROP TABLE movements; DROP TABLE changes; PRAGMA user_version = 1")
        }
        let opened = try LedgerDatabase(path: path)
        #expect(
            try opened.receipts(movingMoneyOf: "university", in: currency, from: 0, count: 9) == [])
        #expect(try opened.size() == UInt64(lab.entries.count))
    }
}
