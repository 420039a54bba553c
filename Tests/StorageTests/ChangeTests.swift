import Contracts
import Encodings
import Foundation
import GRDB
import Ledger
import SampleLab
import Storage
import Testing

/// Which entries changed which contract, as it is stored beside the ledger.
@Suite struct ChangeTests {
    private let folder: TemporaryFolder
    private let path: String
    private let lab: SampleLab
    private let database: LedgerDatabase
    private let contracts: Set<String>

    init() async throws {
        folder = try TemporaryFolder()
        path = folder.file("ledger.sqlite").path
        var lab = try SampleLab()
        _ = try lab.train(rounds: 2)
        try lab.settle()
        self.lab = lab
        contracts = Set(lab.receipts.flatMap { Self.changed($0.json) })
        database = try LedgerDatabase(path: path)
        try await lab.store(in: database)
    }

    private static func changed(_ receipt: JSONValue) -> [String] {
        (receipt["outcome"]?["changed"]?.array ?? []).compactMap(\.string)
            .filter { $0.hasPrefix("contract/") }
    }

    private func change(_ sql: String) async throws {
        try await DatabaseQueue(path: path).write { try $0.execute(sql: sql) }
    }

    private func expectHistories(in database: LedgerDatabase) throws {
        #expect(contracts.count > 2)
        for key in contracts {
            let own = lab.receipts.map(\.json).filter { Self.changed($0).contains(key) }
            var read: [JSONValue] = []
            while true {
                let next = read.last?["index"]?.integer.map { UInt64($0) + 1 } ?? 0
                let page = try database.receipts(changing: key, from: next, count: 2)
                if page.isEmpty { break }
                #expect(page.count <= 2)
                read += page
            }
            #expect(read == own, "\(key)")
        }
    }

    @Test("A contract's history is the receipts of what changed it, in order, a page at a time")
    func histories() throws {
        try expectHistories(in: database)
        #expect(try database.receipts(changing: "contract/none", from: 0, count: 9) == [])
    }

    @Test("A ledger of the second version gets its contracts' histories when it is opened")
    func secondVersion() async throws {
        try database.close()
        try await change("DROP TABLE changes; PRAGMA user_version = 2")
        let opened = try LedgerDatabase(path: path)
        try expectHistories(in: opened)
        #expect(try opened.check().difference == nil)
    }

    @Test(
        "A change that is stored under another contract, not at all, or is made up is found",
        arguments: [
            "UPDATE changes SET key = 'contract/x' WHERE idx = (SELECT min(idx) FROM changes)",
            "DELETE FROM changes WHERE idx = (SELECT max(idx) FROM changes)",
            "INSERT INTO changes (key, idx) SELECT 'contract/x', max(idx) FROM changes",
        ])
    func check(sql: String) async throws {
        try await change(sql)
        let difference = try #require(try database.check().difference)
        #expect(difference.contains("are stored under other contracts"), "\(difference)")
    }

    @Test("A copy of a ledger is the ledger, without what its keeper has caught the coordinator at")
    func copy() async throws {
        try database.keepEvidence([1])
        let target = folder.file("copy.sqlite").path
        try database.copy(to: target)
        let copied = try LedgerDatabase(path: target)
        #expect(try copied.replay()?.stateRoot == lab.sequencer.publishedReplica.stateRoot)
        #expect(try copied.get(.evidence) == nil)
        #expect(try copied.certificate() == lab.sequencer.certificate)
        #expect(try database.get(.evidence) == [1])
        #expect(throws: StorageError.self) { try database.copy(to: target) }
    }
}
