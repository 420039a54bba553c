import Foundation
package import Hummingbird
import HummingbirdTLS
package import Logging
import NIOCore
import ServiceLifecycle

/// An HTTP server as a service: it says where it listens, and names a port that is taken.
package struct APIServer: Service {
    private let address: ListenAddress
    private let tls: ServerTLS?
    private let responder: RouterResponder<LabContext>
    private let logger: Logger
    private let listening: @Sendable (ListenAddress) async -> Void

    /// - Parameter listening: Is told the real address once connections are taken.
    package init(
        _ address: ListenAddress, tls: ServerTLS?, router: Router<LabContext>, logger: Logger,
        listening: @escaping @Sendable (ListenAddress) async -> Void
    ) {
        self.address = address
        self.tls = tls
        responder = router.buildResponder()
        self.logger = logger
        self.listening = listening
    }

    package func run() async throws {
        let application = Application(
            responder: responder,
            server: try tls.map { try .tls(tlsConfiguration: $0.configuration()) } ?? .http1(),
            configuration: ApplicationConfiguration(
                address: .hostname(address.host, port: address.port), serverName: "jointlab"),
            onServerRunning: { [address, listening] channel in
                let port = channel.localAddress?.port ?? address.port
                await listening(ListenAddress(host: address.host, port: port))
            }, logger: logger)
        do {
            try await application.run()
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw AddressInUse(address: address)
        }
    }
}

/// Another process listens there.
package struct AddressInUse: Error, Hashable, Sendable, CustomStringConvertible {
    package let address: ListenAddress

    package var description: String {
        "port \(address.port) on \(address.host) is taken by another process; stop that one, or "
            + "choose another port"
    }
}
