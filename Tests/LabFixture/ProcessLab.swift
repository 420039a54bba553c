package import AsyncHTTPClient
package import ContractLibrary
import Contracts
package import Coordinator
package import Encodings
package import Foundation
package import Identity
package import LabAPI
import Ledger
import Node
package import Participation
import Storage
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

    package let daemons: Daemons
    package let port: Int
    package let card: LabCard
    package let http: HTTPClient
    package let founders: [String]

    package var folder: URL { daemons.folder }

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
            let logs = lab.daemons.lastWords
            try? await lab.end()
            throw Daemons.Failure(description: "\(error)\n\(logs)")
        }
    }

    private init(_ plan: Plan) async throws {
        daemons = try Daemons()
        let folder = daemons.folder
        port = try Daemons.freePort()
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
            action: try FoundLab(
                title: "Lab of processes", origin: origin, coordinator: coordinator, constitution: LibraryDocument.constitution.published(), rules: rules,
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

    // MARK: - Members

    package func home(_ name: String) -> URL { daemons.home(name) }
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

    package func member(_ name: String) throws -> MemberSession {
        try MemberSession(home: NodeHome(home(name)), http: http)
    }

    /// What a member's node says of itself.
    package func status(of name: String) async throws -> JSONValue {
        guard let node = try member(name).node() else {
            throw Daemons.Failure(description: "the node of \(name) is not running")
        }
        return try await node.get("/v1/status")
    }

    // MARK: - Daemons

    package func startCoordinator(_ extra: String...) async throws {
        try await daemons.start(
            Self.coordinator,
            ["coordinator", "run", "--listen", "127.0.0.1:\(port)"] + extra)
    }

    package func startNode(_ name: String, _ extra: String...) async throws {
        try await daemons.start(name, ["node", "run", "--rows-min", "5"] + extra)
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

    private func end() async throws {
        try? await http.shutdown()
        try daemons.end()
    }
}
