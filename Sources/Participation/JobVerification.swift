package import Contracts
package import Encodings
import LabAPI
import Node
import Storage
import Trainers
import Transport

/// What a job's closed rounds add up to.
package struct JobVerification {
    /// Whether the member's own node has said which rounds and contributions there are: it has executed
    /// the ledger itself. Else it is the coordinator's word.
    package let isByOwnLedger: Bool
    /// For each round what it came to.
    package let rounds: [JSONValue]

    package var holds: Bool { rounds.allSatisfy { $0["sum"]?.string != Self.differs } }

    fileprivate static let differs = "DIFFERS"
}

extension MemberSession {
    /// Adds up every closed round of a job from its contributions.
    package func verify(_ job: JobID) async throws -> JobVerification {
        let own = try await getFromNode("/v1/jobs/\(job)")
        let answer: JSONValue
        if let own { answer = own } else { answer = try await coordinator.get("/v1/jobs/\(job)") }
        let job = answer["job"] ?? .null
        let aggregation = try RoundAggregation(
            trainer: job["trainer"] ?? .null, strategy: job["strategy"],
            population: job["participants"]?.array?.count ?? 0)
        var results: [JSONValue] = []
        for round in answer["rounds"]?.array ?? [] where round["status"]?.string == "closed" {
            results.append(try await verify(round, by: aggregation))
        }
        return JobVerification(isByOwnLedger: own != nil, rounds: results)
    }

    private func verify(
        _ round: JSONValue, by aggregation: RoundAggregation
    ) async throws -> JSONValue {
        let listed = round["contributions"]?.array ?? []
        let contributions = try listed.map(Contribution.init)
        let base = round["base"]?.string.flatMap { BlobDigest($0) }
        let task = round["task"]?.string.flatMap(RoundTask.init) ?? .evaluate
        let state = round["strategyState"]?.string.flatMap { BlobDigest($0) }
        let claimed = round["result"]?.string
        let store = try blobs()
        // What is here anyway stays.
        let needed = Set(contributions.map(\.update) + [base, state].compactMap(\.self))
        let absent = needed.filter { !store.has($0) }
        defer { for digest in absent { try? store.remove(digest) } }
        for digest in needed.sorted() { try await coordinator.download(digest, into: store) }
        var verdict = "nothing to add up"
        if claimed != nil {
            let computed = try aggregation.result(
                of: task, base: base, state: state, contributions: contributions,
                file: store.tensors, sink: DigestSink.init)
            let isSame =
                computed.model?.text == claimed
                && computed.strategyState?.text == round["nextStrategyState"]?.string
            verdict = isSame ? "holds" : JobVerification.differs
        }
        return [
            "round": round["round"], "task": .string(task.rawValue),
            "contributions": .integer(Int64(contributions.count)),
            "result": claimed.map { .string($0) }, "sum": .string(verdict),
        ]
    }

    /// A blob from the coordinator, checked against its digest; it stays in the member's own store.
    package func download(_ digest: BlobDigest) async throws -> [UInt8] {
        let store = try blobs()
        try await coordinator.download(digest, into: store)
        return try store.read(digest)
    }

    /// Keeps bytes in the member's own store, and has the coordinator keep them. However large they are,
    /// an upload that is interrupted goes on where it stopped.
    package func upload(_ bytes: [UInt8]) async throws -> BlobDigest {
        let store = try blobs()
        let digest = try store.write(bytes)
        try await coordinator.upload(digest, from: store)
        return digest
    }

    /// The member's own blobs, which its node may be using at the same time.
    private func blobs() throws -> BlobStore {
        try BlobStore(sharingFolder: home.blobs)
    }
}
