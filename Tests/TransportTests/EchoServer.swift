import AsyncHTTPClient
import Contracts
import Encodings
import HTTPTypes
import Hummingbird
import Identity
import NIOCore
import Randomness
import ServedLab
import Synchronization
import Transport

/// A server with a few routes behind authentication, which counts what gets through.
struct EchoServer: Sendable {
    struct Broken: Error {}

    static let bodyBytesMax = 4_096
    let key: SigningKey
    let otherKey: SigningKey
    let clock = Clock()
    private let handled = Counter()

    final class Clock: Sendable {
        let seconds = Mutex(SignedRequest.now)

        func advance(by seconds: Int64) {
            self.seconds.withLock { $0 += seconds }
        }
    }

    private final class Counter: Sendable {
        let count = Mutex(0)
    }

    init() {
        var random = SeededRandom(seed: 5)
        key = SigningKey(from: &random)
        otherKey = SigningKey(from: &random)
    }

    /// How many requests have reached a route.
    var handledCount: Int { handled.count.withLock(\.self) }

    private func router() throws -> Router<LabContext> {
        let (north, key, clock, handled) = (try MemberID("north"), key, clock, handled)
        let router = Router(context: LabContext.self)
        router.add(middleware: ProblemMiddleware())
        let authentication = AuthenticationMiddleware(
            lab: SignedRequest.lab, now: { clock.seconds.withLock(\.self) },
            caller: { $0 == key.publicKey ? .member(north) : .stranger($0) })
        router.get("open") { _, _ in
            handled.count.withLock { $0 += 1 }
            return Response(["open": true])
        }
        let signed = router.group().add(middleware: authentication)
        signed.get("member") { _, context in
            let member = try context.requireMember()
            handled.count.withLock { $0 += 1 }
            return Response(["member": member.json])
        }
        signed.post("echo") { request, context in
            let json = try await request.json(in: context, bytesMax: Self.bodyBytesMax)
            handled.count.withLock { $0 += 1 }
            return Response(json)
        }
        signed.get("broken") { _, _ -> Response in throw Broken() }
        signed.get("events") { request, _ in
            let text = request.uri.queryParameters["text"].map(String.init) ?? ""
            return Response(
                status: .ok, headers: [.contentType: "text/event-stream"],
                body: ResponseBody { writer in
                    // In pieces that end anywhere.
                    for byte in text.utf8 { try await writer.write(ByteBuffer(bytes: [byte])) }
                    try await writer.finish(nil)
                })
        }
        return router
    }

    func with(
        _ body: @escaping @Sendable (_ url: String, _ http: HTTPClient) async throws -> Void
    ) async throws {
        try await LoopbackServer.with(try router(), body)
    }
}
