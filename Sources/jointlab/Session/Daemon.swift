import AsyncHTTPClient
import Contracts
import Coordinator
import Devices
import Foundation
import Identity
import LabAPI
import Logging
import Node
import Participation
import Relay
import ServiceLifecycle
import Storage
import Transport
import UnixSignals

/// Wires the services of a daemon together and runs them until it is stopped.
enum Daemon {
    private static let clock: @Sendable () -> Timestamp = { MemberSession.now }

    static func runCoordinator(
        home: CoordinatorHome, settings: CoordinatorSettings, untilInputCloses: Bool
    ) async throws {
        guard FileManager.default.fileExists(atPath: home.folder.path) else {
            throw StorageError.unusable(
                path: home.folder.path,
                problem: "no coordinator lives here; "
                    + "`jointlab coordinator init --home \(home.folder.path)` makes one")
        }
        let lock = try FolderLock(home.folder)
        let logger = ProgramLog.makeLogger(
            "jointlab.coordinator", level: settings.log.level, form: settings.log.form)
        let service = try CoordinatorService(
            home: home, uploads: settings.uploads, logger: logger, now: clock)
        let routes = CoordinatorRoutes.make(
            for: service, lab: await service.snapshot.state.id, version: Jointlab.version,
            openEntries: settings.openEntries, now: clock)
        let scheme = settings.tls == nil ? "http" : "https"
        let server = APIServer(
            settings.listen, tls: settings.tls, router: routes.router, logger: quiet(logger)
        ) { address in
            announce(address, scheme: scheme, in: home.address, logger: logger)
        }
        try await run(
            [service, server], address: home.address, logger: logger,
            untilInputCloses: untilInputCloses)
        withExtendedLifetime(lock) {}
    }

    static func runNode(
        home: NodeHome, settings: NodeSettings, untilInputCloses: Bool
    ) async throws {
        let lock = try FolderLock(home.folder)
        let logger = ProgramLog.makeLogger(
            "jointlab.node", level: settings.log.level, form: settings.log.form)
        let http = SignedClient.makeHTTPClient()
        do {
            let lab = try home.lab()
            let signer = RequestSigner(
                key: try KeyFile.read(home.signingKey), lab: lab.lab.text
            ) { clock().milliseconds / 1_000 }
            let client = try SignedClient(
                baseURL: settings.coordinator ?? lab.coordinator, signer: signer, http: http,
                certificateAuthority: settings.certificateAuthority)
            let relay = try settings.relay.map {
                try RelayService(home: home.relay, settings: $0, logger: logger, now: clock)
            }
            if relay == nil, home.relay.isPrepared {
                logger.warning("relay.not_running", metadata: ["reason": "relay.listen is not set"])
            }
            let service = try NodeService(
                home: home, client: client, followsMoves: settings.coordinator == nil,
                rowsMin: settings.rowsMin, trainers: settings.trainers, relay: relay,
                logger: logger, now: clock)
            let routes = NodeRoutes.make(for: service, version: Jointlab.version, now: clock)
            let server = APIServer(
                settings.listen, tls: nil, router: routes.router, logger: quiet(logger)
            ) { address in
                announce(address, scheme: "http", in: home.address, logger: logger)
            }
            // Devices may come once the node follows the ledger.
            let devices = relay.map { relayServer(for: $0, of: lab.lab, in: home, logger: logger) }
            defer { try? FileManager.default.removeItem(at: home.relay.address) }
            try await run(
                [service, server] + (devices.map { [$0] } ?? []), address: home.address,
                logger: logger, untilInputCloses: untilInputCloses)
        } catch {
            try? await http.shutdown()
            throw error
        }
        try await http.shutdown()
        withExtendedLifetime(lock) {}
    }

    private static func relayServer(
        for relay: RelayService, of lab: LabID, in home: NodeHome, logger: Logger
    ) -> APIServer {
        let routes = RelayRoutes.make(for: relay, lab: lab, version: Jointlab.version, now: clock)
        let scheme = relay.settings.tls == nil ? "http" : "https"
        return APIServer(
            relay.settings.listen, tls: relay.settings.tls, router: routes.router,
            logger: quiet(logger)
        ) { address in
            announce(address, scheme: scheme, in: home.relay.address, logger: logger)
        }
    }

    static func runDevice(
        home: DeviceHome, settings: DeviceSettings, untilInputCloses: Bool
    ) async throws {
        _ = try home.data()
        let relay = try home.relay()
        let lock = try FolderLock(home.folder)
        let logger = ProgramLog.makeLogger(
            "jointlab.device", level: settings.log.level, form: settings.log.form)
        let http = SignedClient.makeHTTPClient()
        do {
            let signer = RequestSigner(key: try home.signingKey(), lab: relay.lab.text) {
                clock().milliseconds / 1_000
            }
            let client = try SignedClient(
                baseURL: settings.relay ?? relay.relay, signer: signer, http: http,
                certificateAuthority: settings.certificateAuthority)
            let agent = try DeviceAgent(home: home, client: client, logger: logger, now: clock)
            try await run(
                [agent], address: nil, logger: logger, untilInputCloses: untilInputCloses)
        } catch {
            try? await http.shutdown()
            throw error
        }
        try await http.shutdown()
        withExtendedLifetime(lock) {}
    }

    /// The server's own remarks about connections are of no interest at the daemon's level.
    private static func quiet(_ logger: Logger) -> Logger {
        var logger = logger
        logger.logLevel = max(.warning, logger.logLevel)
        return logger
    }

    /// Writes the address where other commands of this machine look for it.
    private static func announce(
        _ address: ListenAddress, scheme: String, in file: URL, logger: Logger
    ) {
        logger.info("server.listening", metadata: ["url": "\(scheme)://\(address)"])
        do {
            try SyncedFile.replace(file.path, with: Array("\(address)\n".utf8))
        } catch {
            logger.error("address.not_written", metadata: ["error": "\(error)"])
        }
    }

    private static func run(
        _ services: [any Service], address: URL?, logger: Logger, untilInputCloses: Bool
    ) async throws {
        defer { if let address { try? FileManager.default.removeItem(at: address) } }
        let all: [any Service] =
            services + [RestWatch(logger: logger)] + (untilInputCloses ? [InputWatch()] : [])
        let group = ServiceGroup(
            configuration: .init(
                services: all.map {
                    .init(
                        service: $0, successTerminationBehavior: .gracefullyShutdownGroup,
                        failureTerminationBehavior: .cancelGroup)
                }, gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet(logger)))
        try await group.run()
    }
}

/// Ends when standard input does: a child that must not outlive its parent, however that ends.
private struct InputWatch: Service {
    func run() async throws {
        let input = AsyncStream<Void> { continuation in
            let thread = Thread {
                while let data = try? FileHandle.standardInput.read(upToCount: 4_096),
                    !data.isEmpty
                {}
                continuation.finish()
            }
            thread.start()
        }
        for await _ in input.cancelOnGracefulShutdown() {}
    }
}
