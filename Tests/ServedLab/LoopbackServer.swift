package import AsyncHTTPClient
package import Hummingbird
package import Logging
import ServiceLifecycle
package import Transport

/// A server on this machine, for as long as a test needs it.
package enum LoopbackServer {
    /// Serves, runs the body with the server's URL and a client, and stops serving.
    package static func with<Result: Sendable>(
        _ router: Router<LabContext>, logger: Logger = .silent,
        _ body: @escaping @Sendable (_ url: String, _ http: HTTPClient) async throws -> Result
    ) async throws -> Result {
        try await withTaskExecutorPreference(OwnThreads.shared) {
            try await serve(router, logger, body)
        }
    }

    private static func serve<Result: Sendable>(
        _ router: Router<LabContext>, _ logger: Logger,
        _ body: @escaping @Sendable (_ url: String, _ http: HTTPClient) async throws -> Result
    ) async throws -> Result {
        let (addresses, announced) = AsyncStream.makeStream(of: ListenAddress.self)
        let server = APIServer(
            ListenAddress(host: "127.0.0.1", port: 0), tls: nil, router: router, logger: logger
        ) { announced.yield($0) }
        // A server that is cancelled traps on a connection that it has accepted and not looked at yet
        // (https://github.com/apple/swift-nio/issues/2637): it is told to stop.
        var configuration = ServiceGroupConfiguration(
            services: [.init(service: server)], logger: .silent)
        configuration.maximumGracefulShutdownDuration = .milliseconds(500)
        let services = ServiceGroup(configuration: configuration)
        let http = SignedClient.makeHTTPClient()
        let outcome = try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { announced.finish() }
                try await services.run()
            }
            var outcome: Swift.Result<Result, any Error>?
            for await address in addresses {
                do {
                    outcome = .success(try await body("http://\(address)", http))
                } catch {
                    outcome = .failure(error)
                }
                break
            }
            // Where it never listened, this says why.
            if outcome == nil { try await group.next() }
            try await http.shutdown()
            await services.triggerGracefulShutdown()
            while await group.nextResult() != nil {}
            return outcome
        }
        guard let outcome else { throw ServerEnded() }
        return try outcome.get()
    }

    private struct ServerEnded: Error {}
}

extension Logger {
    /// For services whose log is not what a test looks at.
    package static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}
