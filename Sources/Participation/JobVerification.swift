package import Contracts
package import Encodings
import Trainers
import Transport

extension MemberSession {
    /// Adds up every closed round of a job from its contributions.
    ///
    /// - Returns: For each round what it came to.
    package func verify(_ job: JobID) async throws -> [JSONValue] {
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
    package func download(_ digest: BlobDigest) async throws -> [UInt8] {
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
