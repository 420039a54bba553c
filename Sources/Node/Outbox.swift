import Contracts
import Encodings
import Federation
import Identity
import LabAPI
import MerkleLog
import Storage
import Transport

/// What a node has to tell the coordinator, in queues that do not wait for each other.
struct Outbox: Sendable {
    enum Message: Sendable {
        case cosignatures(size: UInt64, [Cosignature])
        case contribution(Envelope, Contribution)
        case decline(RoundID, code: String, detail: String)
        case report(SiteReport)
        case holds([SiteHold])
    }

    private typealias Queue = (
        stream: AsyncStream<Message>, continuation: AsyncStream<Message>.Continuation
    )

    /// Finality waits for these.
    private let signing: Queue = AsyncStream.makeStream()
    /// An upload may take long.
    private let uploads: Queue = AsyncStream.makeStream()
    /// What the coordinator should know at once.
    private let notices: Queue = AsyncStream.makeStream()
    let reports = ReportQueue()

    /// To be sent beside each other and the reports, each in its order.
    var queues: [AsyncStream<Message>] { [signing, uploads, notices].map(\.stream) }

    func put(_ message: Message) {
        switch message {
        case .cosignatures: signing.continuation.yield(message)
        case .contribution: uploads.continuation.yield(message)
        case .decline, .holds: notices.continuation.yield(message)
        case .report(let report): reports.put(report)
        }
    }
}

extension Outbox.Message {
    /// - Throws: `Problem` or `ConnectionFailure`.
    func send(to client: SignedClient) async throws {
        switch self {
        case .cosignatures(let size, let cosignatures):
            let lines = cosignatures.map(\.noteSignature.line).joined()
            _ = try await client.post(
                "/v1/cosignatures",
                ["size": .integer(Int64(clamping: size)), "lines": .string(lines)])
        case .contribution(let envelope, _):
            _ = try await client.post("/v1/contributions", envelope.json)
        case .report(let report):
            _ = try await client.post("/v1/reports", report.json)
        case .holds(let holds):
            _ = try await client.post("/v1/holds", ["holds": .array(holds.map(\.json))])
        case .decline(let round, let code, let detail):
            _ = try await client.post(
                "/v1/declines",
                [
                    "job": round.job.json, "round": .integer(Int64(round.number)),
                    "code": .string(code), "detail": .string(detail),
                ])
        }
    }
}
