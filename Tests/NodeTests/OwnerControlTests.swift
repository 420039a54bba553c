import Contracts
import Encodings
import Foundation
import HouseRules
import Ledger
import SampleLab
import Storage
import Testing

@testable import Node

/// What lies in a node's folder of its owner's will.
@Suite struct OwnerControlTests {
    private let folder: TemporaryFolder
    private let home: NodeHome

    init() throws {
        folder = try TemporaryFolder()
        home = NodeHome(folder.file("north"))
        try FileManager.default.createDirectory(at: home.folder, withIntermediateDirectories: true)
    }

    private func rules(_ text: String) throws -> OwnerRules {
        try Data(text.utf8).write(to: home.rules)
        return try RulesFile(home.rules, rowsMin: 10).read()
    }

    private func problem(_ text: String) throws -> RulesFileError? {
        #expect(throws: RulesFileError.self) { try rules(text) }
    }

    @Test("Without a file, the settings hold; a file of comments says nothing more")
    func absent() throws {
        let none = try RulesFile(home.rules, rowsMin: 12).read()
        #expect(none.node.rowsMin == 12)
        #expect(try rules("# to come\n\n").node.rowsMin == 10)
    }

    @Test("A mistake is told with its line and column")
    func mistakes() throws {
        for (text, line, column) in [
            ("purposes: [research]\nrows-min: few\n", 2, 11), ("colour: blue\n", 1, 1),
            ("hours:\n  - {from: \"08:00\", to: later}\n", 2, 25), ("purposes: [a\nb: c\n", 2, 2),
            ("approve: never\napprove: never\n", 2, 1),
        ] {
            let error = try problem(text)
            #expect(error?.line == line, "\(text): \(String(describing: error))")
            #expect(error?.column == column, "\(text): \(String(describing: error))")
        }
    }

    @Test("A file that is empty, is no text, or leads nowhere lifts no rule")
    func unreadable() throws {
        #expect(try problem("")?.problem.contains("empty") == true)
        try Data([0xFF, 0x0A]).write(to: home.rules)
        #expect(throws: RulesFileError.self) { try RulesFile(home.rules, rowsMin: 1).read() }
        try FileManager.default.removeItem(at: home.rules)
        try FileManager.default.createSymbolicLink(
            at: home.rules, withDestinationURL: folder.file("nowhere"))
        #expect(throws: RulesFileError.self) { try RulesFile(home.rules, rowsMin: 1).read() }
    }

    @Test("Zones are known by their names, with their summer time")
    func zones() {
        let (winter, summer) = (1_767_225_600_000 as Int64, 1_782_864_000_000 as Int64)
        func offset(_ name: String, _ time: Int64) -> Int? {
            RulesFile.offsets(name, Timestamp(milliseconds: time))
        }
        #expect(offset("Asia/Shanghai", winter) == 8 * 3_600)
        #expect(offset("Europe/Berlin", winter) == 3_600)
        #expect(offset("Europe/Berlin", summer) == 7_200)
        #expect(offset("Europe/Nowhere", winter) == nil)
    }

    @Test("What was used is remembered, for a day and for a job; a round counts once")
    func usage() throws {
        let (job, data) = (try JobID("j-1"), try DatasetID("d-1"))
        var usage = try JobUsage(home.usage)
        for number in [0, 1, 1, 0] {
            try usage.begin(RoundID(job: job, number: number), on: data, day: 7)
        }
        try usage.leave(500, of: job)
        try usage.leave(20, of: job)
        let read = try JobUsage(home.usage)
        #expect(
            read.usage(of: job, on: data, day: 7)
                == .init(roundsToday: 2, datasetRoundsToday: 2, jobRounds: 2, jobBytes: 520))
        #expect(
            read.usage(of: job, on: data, day: 8) == .init(jobRounds: 2, jobBytes: 520))
        #expect(read.usage(of: job, on: try DatasetID("d-2"), day: 7).datasetRoundsToday == 0)
        #expect(read.hasCounted(RoundID(job: job, number: 1)))
        #expect(!read.hasCounted(RoundID(job: job, number: 2)))
        try Data("{".utf8).write(to: home.usage)
        #expect(throws: StorageError.self) { try JobUsage(home.usage) }
    }

    @Test("A decision is kept, and one on another definition does not count as approval")
    func decisions() throws {
        let decisions = JobDecisions(of: home)
        let id = try JobID("j-1")
        #expect(try decisions.decision(on: id) == nil)
        let decision = JobDecision(
            job: id, definition: BlobDigest(of: [1]), isApproved: true,
            decided: Timestamp(milliseconds: 5))
        try decisions.keep(decision)
        #expect(try decisions.decision(on: id) == decision)
        try Data("{}".utf8).write(to: home.decisions.appending(path: "j-1.json"))
        #expect(throws: StorageError.self) { try decisions.decision(on: id) }
    }
}
