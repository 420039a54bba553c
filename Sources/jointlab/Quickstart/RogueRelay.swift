import AsyncHTTPClient
import Hummingbird
import LabAPI
import Logging
import NIOCore
import NIOHTTP1
import Synchronization
import Transport

/// What a coordinator can send a node beside what it should: a relay between the two that passes
/// everything on, and slips events of its own into the node's stream.
///
/// The node takes it for the coordinator, which is the point: a node must not depend on who it talks
/// to.
final class RogueRelay: Sendable {
    private let upstream: String
    private let http: HTTPClient
    private let streams = Mutex<[AsyncStream<String>.Continuation]>([])

    /// - Parameter upstream: The coordinator's address.
    init(upstream: String, http: HTTPClient) {
        self.upstream = upstream
        self.http = http
    }

    /// Slips an event into every stream that passes through.
    ///
    /// - Returns: How many there are.
    func inject(_ event: ServerSentEvent) -> Int {
        streams.withLock { streams in
            for stream in streams { stream.yield(event.text) }
            return streams.count
        }
    }

    /// Runs the relay until it is cancelled.
    func run(listening: @escaping @Sendable (Int) async -> Void) async throws {
        let router = Router()
        for method in [HTTPRequest.Method.get, .post, .put] {
            router.on("**", method: method) { request, _ in
                try await self.pass(request)
            }
        }
        var logger = Logger(label: "relay")
        logger.logLevel = .critical
        let application = Application(
            router: router,
            configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { await listening($0.localAddress?.port ?? 0) }, logger: logger)
        try await application.run()
    }

    private func pass(_ request: Request) async throws -> Response {
        let target = request.head.path ?? "/"
        var outgoing = HTTPClientRequest(url: "http://\(upstream)\(target)")
        outgoing.method = HTTPMethod(rawValue: request.method.rawValue)
        for field in request.headers where field.name.canonicalName != "host" {
            outgoing.headers.add(name: field.name.canonicalName, value: field.value)
        }
        let body = try await request.body.collect(upTo: 64 << 20)
        if body.readableBytes > 0 { outgoing.body = .bytes(body) }
        let answer = try await http.execute(outgoing, deadline: .distantFuture)
        var headers = HTTPFields()
        if let type = answer.headers.first(name: "content-type") { headers[.contentType] = type }
        let status = HTTPResponse.Status(code: Int(answer.status.code))
        guard target.hasPrefix("/v1/stream") else {
            let bytes = try await answer.body.collect(upTo: 64 << 20)
            return Response(status: status, headers: headers, body: .init(byteBuffer: bytes))
        }
        return Response(status: status, headers: headers, body: merged(answer.body))
    }

    /// The coordinator's events and ours, none of them cut.
    private func merged(_ body: HTTPClientResponse.Body) -> ResponseBody {
        let (injected, continuation) = AsyncStream.makeStream(of: String.self)
        streams.withLock { $0.append(continuation) }
        return ResponseBody { writer in
            let texts = AsyncThrowingStream<String, any Error> { merged in
                let genuine = Task {
                    var parser = ServerSentEventParser()
                    do {
                        for try await piece in body {
                            for event in try parser.feed(piece.readableBytesView) {
                                merged.yield(event.text)
                            }
                        }
                        merged.finish()
                    } catch {
                        merged.finish(throwing: error)
                    }
                }
                let forged = Task {
                    for await text in injected { merged.yield(text) }
                }
                merged.onTermination = { _ in
                    genuine.cancel()
                    forged.cancel()
                }
            }
            for try await text in texts {
                try await writer.write(ByteBuffer(string: text))
            }
            try await writer.finish(nil)
        }
    }
}
