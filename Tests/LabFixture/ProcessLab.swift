package import AsyncHTTPClient
package import Contracts
package import Coordinator
package import Encodings
package import Foundation
import Glibc
package import Identity
package import LabAPI
import Ledger
import Node
package import Participation
import Storage
import Synchronization
import Transport

/// A lab of real daemons in a temporary folder.
///
/// The members found it together, so it stands at its full size from the first entry on. Everything
/// that it starts is gone when ``with(_:_:)`` ends, however that ends.
package final class ProcessLab: Sendable {
    package static let coordinator = "coordinator"

    /// Who founds the lab, under which rules.
    package struct Plan: Sendable {
        package var members: KeyValuePairs<String, [Role]>
        package var rules: Rules
        package var founded: Timestamp

        package init(
            _ members: KeyValuePairs<String, [Role]> = ["office": [.issuer]],
            rules: Rules = Rules(), founded: Timestamp = MemberSession.now
        ) {
            self.members = members
            self.rules = rules
            self.founded = founded
        }
    }

    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    package let folder: URL
    package let port: Int
    package let card: LabCard
    package let http: HTTPClient
    package let founders: [String]
    private let running = Mutex<[String: ChildProcess]>([:])

    /// Founds a lab, runs the body, and stops everything.
    package static func with<Result>(
        _ plan: Plan = Plan(), _ body: (ProcessLab) async throws -> Result
    ) async throws -> Result {
        let lab = try await ProcessLab(plan)
        do {
            let result = try await body(lab)
            try await lab.end()
            return result
        } catch {
            let logs = lab.lastWords
            try? await lab.end()
            throw Failure(description: "\(error)\n\(logs)")
        }
    }

    private init(_ plan: Plan) async throws {
        folder = URL(fileURLWithPath: NSTemporaryDirectory())
            .appending(path: "jointlab-test-\(UUID().uuidString.prefix(8).lowercased())")
        port = try Self.freePort()
        founders = plan.members.map(\.key)
        let coordinator = CoordinatorHome(folder.appending(path: Self.coordinator))
        let keys = try coordinator.prepare()
        var cards: [MemberCard] = []
        var signingKeys: [SigningKey] = []
        for (name, roles) in plan.members {
            let home = NodeHome(folder.appending(path: name))
            cards.append(
                try home.prepare(
                    member: try MemberID(name), title: "Institution \(name)",
                    category: .research, roles: roles))
            signingKeys.append(try KeyFile.read(home.signingKey))
        }
        let genesis = try Self.genesis(
            cards, signedBy: signingKeys, coordinator: keys, rules: plan.rules,
            at: plan.founded)
        card = try LabCard(genesis: genesis, coordinator: "http://127.0.0.1:\(port)")
        _ = try await coordinator.found(genesis, at: plan.founded)
        for (name, _) in plan.members {
            try NodeHome(folder.appending(path: name)).write(card)
        }
        http = SignedClient.makeHTTPClient()
    }

    /// The first entry of a lab that all of these found together.
    package static func genesis(
        _ cards: [MemberCard], signedBy keys: [SigningKey], coordinator: CoordinatorKeys,
        rules: Rules, at time: Timestamp
    ) throws -> [UInt8] {
        guard let origin = LabOrigin(base: "processes.example/lab") else { return [] }
        let transaction = Transaction(
            lab: nil, sender: .member(cards[0].member), nonce: UUID().uuidString,
            validUntil: time.advanced(byMilliseconds: 60_000),
            action: FoundLab(
                title: "Lab of processes", origin: origin, coordinator: coordinator, rules: rules,
                founders: cards))
        let signatures = keys.flatMap { transaction.signed(with: $0).signatures }
        return Entry(
            time: time,
            content: .genesis(
                Envelope(
                    payloadType: Transaction.payloadType, payload: transaction.payload,
                    signatures: signatures))
        ).bytes
    }

    /// A port that nobody listens on, outside the range from which systems number connections.
    package static func freePort() throws -> Int {
        for _ in 0..<1_000 {
            let port = UInt16.random(in: 20_000..<32_000)
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(descriptor) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            let bound = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            if bound == 0 { return Int(port) }
        }
        throw Failure(description: "no port is free")
    }

    // MARK: - Members

    package func home(_ name: String) -> URL { folder.appending(path: name) }
    package var coordinatorHome: CoordinatorHome { CoordinatorHome(home(Self.coordinator)) }

    /// The coordinator's private keys.
    package var coordinatorSigningKeys: (log: SigningKey, service: SigningKey) {
        get throws {
            (
                try KeyFile.read(coordinatorHome.logKey),
                try KeyFile.read(coordinatorHome.serviceKey)
            )
        }
    }

    /// A founder, or somebody who was made with ``newcomer(_:_:)``.
    package func member(_ name: String) throws -> MemberSession {
        try MemberSession(home: NodeHome(home(name)), http: http)
    }

    /// What a member's node says of itself.
    package func status(of name: String) async throws -> JSONValue {
        guard let node = try member(name).node() else {
            throw Failure(description: "the node of \(name) is not running")
        }
        return try await node.get("/v1/status")
    }

    /// Makes somebody's folder and tells it of the lab; it is no member yet.
    package func newcomer(_ name: String, _ roles: [Role] = []) throws -> MemberSession {
        let home = NodeHome(home(name))
        _ = try home.prepare(
            member: try MemberID(name), title: "Institution \(name)", category: .research,
            roles: roles)
        try home.write(card)
        return try member(name)
    }

    /// Runs a command as a member, and expects it to work.
    @discardableResult
    package func command(
        _ name: String, _ arguments: String..., within limit: Duration = .seconds(120)
    ) async throws -> Program.Outcome {
        let outcome = try await Program.run(
            arguments + ["--home", home(name).path], within: limit)
        guard outcome.code == 0 else { throw Failure(description: outcome.all) }
        return outcome
    }

    // MARK: - Daemons

    package func startCoordinator(_ extra: String...) async throws {
        try await start(
            Self.coordinator,
            ["coordinator", "run", "--listen", "127.0.0.1:\(port)"] + extra)
    }

    package func startNode(_ name: String, _ extra: String...) async throws {
        try await start(name, ["node", "run", "--rows-min", "5"] + extra)
    }

    /// Starts the coordinator and a node for each founder.
    package func startAll() async throws {
        try await startCoordinator()
        for name in founders { try await startNode(name) }
    }

    /// Starts a daemon again that was killed or stopped.
    package func restart(_ name: String) async throws {
        name == Self.coordinator ? try await startCoordinator() : try await startNode(name)
    }

    private func start(_ name: String, _ arguments: [String]) async throws {
        let home = home(name)
        let address = home.appending(path: "address")
        try? FileManager.default.removeItem(at: address)
        let process = try ChildProcess(
            Program.path,
            arguments + ["--home", home.path, "--until-input-closes", "--log-form", "json"],
            environment: Program.environment(), output: log(name).path, errors: log(name).path)
        running.withLock { $0[name] = process }
        try await eventually("\(name) says where it listens") {
            if let end = process.ended {
                throw Failure(description: "\(name) ended with \(end)")
            }
            return FileManager.default.fileExists(atPath: address.path)
        }
    }

    package func process(_ name: String) throws -> ChildProcess {
        guard let process = running.withLock({ $0[name] }) else {
            throw Failure(description: "\(name) is not running")
        }
        return process
    }

    package func isRunning(_ name: String) -> Bool {
        running.withLock { $0[name] }?.ended == nil && running.withLock { $0[name] } != nil
    }

    /// `kill -9`.
    package func kill(_ name: String) {
        running.withLock { $0.removeValue(forKey: name) }?.kill()
    }

    /// Asks a daemon to stop, and waits.
    ///
    /// - Throws: Where it ends otherwise than well.
    package func stop(_ name: String) async throws {
        guard let process = running.withLock({ $0.removeValue(forKey: name) }) else {
            throw Failure(description: "\(name) is not running")
        }
        process.send(SIGTERM)
        let end = try await process.waitForEnd()
        guard end == .exited(0) else {
            throw Failure(description: "\(name) ended with \(end) when it was asked to stop")
        }
    }

    /// Stops every daemon, nodes first.
    package func stopAll() async throws {
        let names = running.withLock { Array($0.keys) }
        for name in names.sorted(by: { $1 == Self.coordinator && $0 != $1 }) {
            try await stop(name)
        }
    }

    private func end() async throws {
        let left = running.withLock { running in
            defer { running = [:] }
            return Array(running.values)
        }
        left.forEach { $0.kill() }
        try? await http.shutdown()
        let orphans = Program.processes(mentioning: folder.path)
        try? FileManager.default.removeItem(at: folder)
        guard orphans.isEmpty else {
            throw Failure(description: "processes were left behind: \(orphans)")
        }
    }

    // MARK: - Logs

    package func log(_ name: String) -> URL {
        folder.appending(path: "\(name).log")
    }

    /// What a daemon has logged, over all its lives.
    package func events(_ name: String) -> [JSONValue] {
        let text = (try? String(contentsOf: log(name), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { try? JSONValue(parsing: String($0)) }
    }

    package func hasLogged(_ name: String, _ event: String) -> Bool {
        events(name).contains { $0["event"]?.string == event }
    }

    private var lastWords: String {
        (founders + [Self.coordinator]).map { name in
            let text = (try? String(contentsOf: log(name), encoding: .utf8)) ?? ""
            let lines = text.split(separator: "\n").suffix(6).map { $0.prefix(400) }
            return "--- \(name)\n" + lines.joined(separator: "\n")
        }.joined(separator: "\n")
    }
}
