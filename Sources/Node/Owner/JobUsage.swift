import Contracts
import Encodings
import Foundation
import HouseRules
import Storage

/// How much jobs have used of what the owner's rules allow, in a file of the node's folder: what a
/// restart would forget could be used twice.
struct JobUsage: Hashable, Sendable {
    private struct Used: Hashable {
        var rounds = 0
        /// The newest that is counted; numbers of rounds only grow.
        var last = -1
        var bytes = 0
    }

    private let file: URL
    private var jobs: [JobID: Used] = [:]
    /// The day that the counts below are of.
    private var day = 0
    private var today: [DatasetID: Int] = [:]

    /// - Throws: `StorageError` for a file that cannot be read.
    init(_ file: URL) throws {
        self.file = file
        guard FileManager.default.fileExists(atPath: file.path) else { return }
        do {
            try read(JSONValue(parsing: Array(try Data(contentsOf: file))))
        } catch {
            throw StorageError.unusable(path: file.path, problem: "\(error)")
        }
    }

    func usage(of job: JobID, on dataset: DatasetID, day: Int) -> AskedTask.Usage {
        let counts = day == self.day ? today : [:]
        return AskedTask.Usage(
            roundsToday: counts.values.reduce(0, +), datasetRoundsToday: counts[dataset] ?? 0,
            jobRounds: jobs[job]?.rounds ?? 0, jobBytes: jobs[job]?.bytes ?? 0)
    }

    /// Those that have used anything.
    var jobIDs: Set<JobID> { Set(jobs.keys) }

    func hasCounted(_ round: RoundID) -> Bool { (jobs[round.job]?.last ?? -1) >= round.number }

    /// Counts a round before its data is opened; one that is done again counts once.
    mutating func begin(_ round: RoundID, on dataset: DatasetID, day: Int) throws {
        guard !hasCounted(round) else { return }
        if day != self.day { (self.day, today) = (day, [:]) }
        today[dataset, default: 0] += 1
        jobs[round.job, default: Used()].rounds += 1
        jobs[round.job]?.last = round.number
        try write()
    }

    /// Counts what is about to leave.
    mutating func leave(_ bytes: Int, of job: JobID) throws {
        jobs[job, default: Used()].bytes += bytes
        try write()
    }

    /// Forgets jobs that are over; the day's counts stay.
    mutating func forget(_ ended: Set<JobID>) throws {
        jobs = jobs.filter { !ended.contains($0.key) }
        try write()
    }

    private mutating func read(_ json: JSONValue) throws(JSONShapeError) {
        var fields = try JSONFields(json)
        let counts: ClosedRange<Int64> = 0...1 << 60
        day = Int(try fields.integer("day", in: -1_000_000...1 << 40))
        for value in try fields.array("today") {
            var entry = try JSONFields(value, at: "today")
            today[try entry.identifier("dataset")] = Int(try entry.integer("rounds", in: counts))
            try entry.finish()
        }
        for value in try fields.array("jobs") {
            var entry = try JSONFields(value, at: "jobs")
            jobs[try entry.identifier("job")] = Used(
                rounds: Int(try entry.integer("rounds", in: counts)),
                last: Int(try entry.integer("last", in: -1...1 << 40)),
                bytes: Int(try entry.integer("bytes", in: counts)))
            try entry.finish()
        }
        try fields.finish()
    }

    private func write() throws {
        let json: JSONValue = [
            "day": .integer(Int64(day)),
            "today": .array(
                today.sorted { $0.key < $1.key }.map {
                    ["dataset": $0.key.json, "rounds": .integer(Int64($0.value))]
                }),
            "jobs": .array(
                jobs.sorted { $0.key < $1.key }.map {
                    [
                        "job": $0.key.json, "rounds": .integer(Int64($0.value.rounds)),
                        "last": .integer(Int64($0.value.last)),
                        "bytes": .integer(Int64($0.value.bytes)),
                    ]
                }),
        ]
        try SyncedFile.replace(
            file.path, with: Array((json.indentedText + "\n").utf8), mode: 0o600)
    }
}
