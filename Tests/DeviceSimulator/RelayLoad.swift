import AsyncHTTPClient
import NIOCore
import Node
import Relay
import Transport

/// Many devices' clients against one relay over real HTTP on this machine: all of them wait for work
/// with a connection each when the round begins.
package struct RelayLoad {
    package let devices: Int

    package init(devices: Int) {
        self.devices = devices
    }

    package struct Outcome: Sendable {
        package let contributed: Int
        package let rows: Int64
        /// From the beginning of the round to its end.
        package let elapsed: Duration
    }

    package func run() async throws -> Outcome {
        let devices = devices
        return try await ServedRelay.with(devices: devices) { relay in
            var configuration = HTTPClient.Configuration()
            configuration.timeout.connect = .seconds(60)
            configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = devices
            configuration.httpVersion = .http1Only
            let http = HTTPClient(
                eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
            let outcome = try await withThrowingTaskGroup(of: Void.self) { group in
                for place in 0..<devices {
                    group.addTask { try await relay.takePart(place, http: http) }
                }
                while await relay.service.status.devices.contains(where: { $0.sight.last == nil }) {
                    try await Task.sleep(for: .milliseconds(50))
                }
                let clock = ContinuousClock()
                let start = clock.now
                async let ended = relay.carryOut()
                try await group.waitForAll()
                let mean = try await ended
                return Outcome(
                    contributed: mean.devices, rows: mean.weight, elapsed: clock.now - start)
            }
            try await http.shutdown()
            return outcome
        }
    }
}
