import Contracts
import Encodings
import Foundation
import Ledger
import Trainers
import Transport

extension MemberSession {
    private static let pollMilliseconds = 40

    /// Follows a job until it ends.
    ///
    /// - Parameter line: Is given the table's lines as the rounds end.
    /// - Returns: How it ended.
    func watch(_ job: JobID, _ line: (String) -> Void) async throws -> Job.Status {
        var table: RoundTable?
        var shown = 0
        while true {
            let answer = try await get("/v1/jobs/\(job)")
            let description = answer["job"] ?? .null
            if table == nil {
                let new = RoundTable(job: description)
                line(new.header)
                table = new
            }
            let rounds = answer["rounds"]?.array ?? []
            while shown < rounds.count, Self.isOver(rounds[shown]) {
                line(table?.line(rounds[shown]) ?? "")
                shown += 1
            }
            let status = description["status"]?.string.flatMap(Job.Status.init)
            if let status, status == .complete || status == .abandoned, shown == rounds.count {
                if let reason = description["reason"]?.string { line("abandoned: \(reason)") }
                return status
            }
            try await Task.sleep(for: .milliseconds(Self.pollMilliseconds))
        }
    }

    private static func isOver(_ round: JSONValue) -> Bool {
        ["closed", "abandoned"].contains(round["status"]?.string)
    }

    /// Adds up every closed round of a job from its contributions.
    ///
    /// - Returns: For each round what it came to.
    func verify(_ job: JobID) async throws -> [JSONValue] {
        let answer = try await get("/v1/jobs/\(job)")
        let trainer = answer["job"]?["trainer"] ?? .null
        var results: [JSONValue] = []
        for round in answer["rounds"]?.array ?? [] where round["status"]?.string == "closed" {
            results.append(try await verify(round, trainer: trainer))
        }
        return results
    }

    private func verify(_ round: JSONValue, trainer: JSONValue) async throws -> JSONValue {
        let listed = round["contributions"]?.array ?? []
        let contributions = try listed.map(Contribution.init)
        var updates: [BlobDigest: [UInt8]] = [:]
        for contribution in contributions {
            updates[contribution.update] = try await download(contribution.update)
        }
        let base = round["base"]?.string.flatMap { BlobDigest($0) }
        let task = round["task"]?.string.flatMap(RoundTask.init) ?? .evaluate
        let claimed = round["result"]?.string
        var verdict = "nothing to add up"
        if claimed != nil {
            let baseBytes: [UInt8]? =
                if let base { try await download(base) } else { nil }
            let computed = try RoundAggregation.result(
                of: task, trainer: trainer, base: baseBytes, contributions: contributions
            ) { updates[$0.update] ?? [] }
            verdict = computed.map { BlobDigest(of: $0).text } == claimed ? "holds" : "DIFFERS"
        }
        return [
            "round": round["round"], "task": .string(task.rawValue),
            "contributions": .integer(Int64(contributions.count)),
            "result": claimed.map { .string($0) }, "sum": .string(verdict),
        ]
    }

    /// A blob from the coordinator, checked against its digest.
    func download(_ digest: BlobDigest) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        try await coordinator.download(digest) { bytes.append(contentsOf: $0) }
        guard BlobDigest(of: bytes) == digest else {
            throw Problem(
                status: 502, code: "blob.wrong_digest",
                detail: "the coordinator sent something else under \(digest)")
        }
        return bytes
    }
}
