import Foundation
import Glibc
import Synchronization

/// Stands between a client and a server on this machine, passes bytes on, counts them, and cuts the
/// connection when so many have passed.
package final class CuttingProxy: Sendable {
    package enum Direction: Sendable {
        case up, down
    }

    private struct State {
        /// How many bytes may still pass before each cut.
        var cuts: [(direction: Direction, bytes: Int)]
        var passed: [Direction: Int] = [:]
        var connections = 0
    }

    private let listener: Int32
    private let serverPort: UInt16
    package let port: UInt16
    private let state: Mutex<State>

    package struct Failure: Error {}

    /// - Parameter cuts: The first connection is cut when so many bytes have passed in the first
    ///   direction, what comes after it in the second, and so on; then nothing is cut any more.
    package init(
        to url: String, cuts: [(direction: Direction, bytes: Int)] = []
    ) throws {
        guard let port = url.split(separator: ":").last.flatMap({ UInt16($0) }) else {
            throw Failure()
        }
        serverPort = port
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.address(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = Self.withAddress(&address) { [listener] in
            bind(listener, $0, length) == 0 && listen(listener, 16) == 0
                && getsockname(listener, $0, &length) == 0
        }
        guard bound else { throw Failure() }
        self.port = UInt16(bigEndian: address.sin_port)
        state = Mutex(State(cuts: cuts))
        let thread = Thread { [weak self, listener] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { return }
                guard let self else {
                    close(client)
                    return
                }
                self.serve(client)
            }
        }
        thread.start()
    }

    package var url: String { "http://127.0.0.1:\(port)" }

    /// How many bytes have passed, heads and all.
    package func passed(_ direction: Direction) -> Int {
        state.withLock { $0.passed[direction] ?? 0 }
    }

    package var connections: Int { state.withLock { $0.connections } }

    package func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private static func address(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    private static func withAddress<Result>(
        _ address: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>) -> Result
    ) -> Result {
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1, body)
        }
    }

    private func serve(_ client: Int32) {
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.address(serverPort)
        let connected = Self.withAddress(&address) {
            connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
        guard connected else {
            close(client)
            close(server)
            return
        }
        state.withLock { $0.connections += 1 }
        // Closed when both directions have ended, so that no number is used anew in between.
        let left = Left()
        for (from, to, direction) in [(client, server, Direction.up), (server, client, .down)] {
            Thread {
                self.pass(from, to, direction)
                shutdown(from, Int32(SHUT_RDWR))
                shutdown(to, Int32(SHUT_RDWR))
                guard
                    left.count.withLock({
                        $0 -= 1
                        return $0 == 0
                    })
                else { return }
                close(client)
                close(server)
            }.start()
        }
    }

    private final class Left: Sendable {
        let count = Mutex(2)
    }

    private func pass(_ from: Int32, _ to: Int32, _ direction: Direction) {
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let received = read(from, &buffer, buffer.count)
            guard received > 0 else { return }
            let allowed = state.withLock { state in
                guard let cut = state.cuts.first, cut.direction == direction else {
                    return received
                }
                let allowed = min(received, cut.bytes)
                state.cuts[0].bytes -= allowed
                if state.cuts[0].bytes == 0 { state.cuts.removeFirst() }
                return allowed
            }
            var sent = 0
            while sent < allowed {
                let count = buffer.withUnsafeBytes {
                    send(
                        to, $0.baseAddress?.advanced(by: sent), allowed - sent,
                        Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { return }
                sent += count
            }
            state.withLock { $0.passed[direction, default: 0] += sent }
            if allowed < received { return }
        }
    }
}
