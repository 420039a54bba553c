import Encodings
import Federation
import HTTPTypes
import Hummingbird
import LabAPI
import Ledger
import Logging
import MerkleLog
import NIOCore
import ServiceLifecycle
import Synchronization
import Transport

/// The coordinator's side of the wire, with nothing behind it but what a test lets it say.
final class RogueCoordinator: Service {
    /// What the node has sent.
    struct Heard: Sendable {
        var cosignedSizes: [UInt64] = []
        var contributions = 0
        var declines: [JSONValue] = []
        var streams = 0
    }

    private struct State {
        var heard = Heard()
        var greeting: @Sendable (UInt64) -> [ServerSentEvent] = { _ in [] }
        var streams: [AsyncStream<String>.Continuation] = []
    }

    private let port: Int
    private let state = Mutex(State())

    init(port: Int) {
        self.port = port
    }

    var heard: Heard { state.withLock { $0.heard } }

    /// What a node gets that connects and asks for entries from a place on.
    func greet(_ greeting: @escaping @Sendable (UInt64) -> [ServerSentEvent]) {
        state.withLock { $0.greeting = greeting }
    }

    func send(_ events: ServerSentEvent...) {
        state.withLock { state in
            for stream in state.streams {
                for event in events { stream.yield(event.text) }
            }
        }
    }

    /// Bytes that need not be an event.
    func send(raw text: String) {
        state.withLock { state in
            for stream in state.streams { stream.yield(text) }
        }
    }

    /// Serves until it is cancelled.
    var logger: Logger {
        var logger = Logger(label: "rogue")
        logger.logLevel = .critical
        return logger
    }

    func run() async throws {
        let router = Router()
        router.get("/v1/stream") { request, _ in self.stream(request) }
        router.post("/v1/cosignatures") { request, _ in
            let json = try await Self.json(request)
            let size = json["size"]?.integer.map { UInt64($0) } ?? 0
            self.state.withLock { $0.heard.cosignedSizes.append(size) }
            return Self.answer([:])
        }
        router.post("/v1/contributions") { request, _ in
            _ = try await Self.json(request)
            self.state.withLock { $0.heard.contributions += 1 }
            return Self.answer([:])
        }
        router.post("/v1/declines") { request, _ in
            let json = try await Self.json(request)
            self.state.withLock { $0.heard.declines.append(json) }
            return Self.answer([:])
        }
        router.put("/v1/blobs/**") { request, _ in
            _ = try await request.body.collect(upTo: 16 << 20)
            return Self.answer([:])
        }
        try await Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: port)),
            logger: logger
        ).run()
    }

    private func stream(_ request: Request) -> Response {
        let from = request.uri.queryParameters.get("from", as: UInt64.self) ?? 0
        let (events, continuation) = AsyncStream.makeStream(of: String.self)
        let greeting = state.withLock { state in
            state.streams.append(continuation)
            state.heard.streams += 1
            return state.greeting(from)
        }
        for event in greeting { continuation.yield(event.text) }
        return Response(
            status: .ok, headers: [.contentType: "text/event-stream"],
            body: ResponseBody { writer in
                for await text in events {
                    try await writer.write(ByteBuffer(string: text))
                }
                try await writer.finish(nil)
            })
    }

    private static func json(_ request: Request) async throws -> JSONValue {
        try JSONValue(parsing: Array(buffer: try await request.body.collect(upTo: 1 << 20)))
    }

    private static func answer(_ json: JSONValue) -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(string: json.canonicalText)))
    }
}
