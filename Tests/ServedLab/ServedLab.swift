package import AsyncHTTPClient
package import Contracts
package import Coordinator
package import Foundation
package import Identity
import LabAPI
package import Ledger
import Logging
import MerkleLog
package import Node
package import Participation
package import SampleLab
package import Storage
package import Transport

/// A lab whose members and coordinator have folders of their own, to be run in one process.
package struct LabHomes: Sendable {
    package let lab: SampleLab
    package let folder: URL

    package init(_ lab: SampleLab, in folder: URL) async throws {
        self.lab = lab
        self.folder = folder
        try await lab.settle(in: coordinator)
        for member in lab.founders {
            try lab.settle(member, in: node(member.id.text), coordinator: "http://127.0.0.1:9")
        }
    }

    /// A lab that begins a moment ago, as nodes that look at their clocks ask for.
    package static func sampleLab() throws -> SampleLab {
        try SampleLab(at: MemberSession.now.advanced(byMilliseconds: -1_000))
    }

    package var coordinator: CoordinatorHome {
        CoordinatorHome(folder.appending(path: "coordinator"))
    }

    package func node(_ name: String) -> NodeHome { NodeHome(folder.appending(path: name)) }

    /// Runs the coordinator and some nodes until the body has ended, and stops them.
    ///
    /// - Parameters:
    ///   - nodes: All members', if absent.
    ///   - rowsMin: What an owner asks for, by its name.
    ///   - uploads: What members may leave with the coordinator.
    package func run<Result: Sendable>(
        nodes names: [String]? = nil, rowsMin: [String: Int] = [:],
        uploads: UploadLimits = UploadLimits(),
        _ body: @escaping @Sendable (ServedLab) async throws -> Result
    ) async throws -> Result {
        let clock: @Sendable () -> Timestamp = { MemberSession.now }
        let service = try CoordinatorService(
            home: coordinator, uploads: uploads, logger: .silent, now: clock)
        let routes = CoordinatorRoutes.make(
            for: service, lab: lab.id, version: "1.2.3", openEntries: false, now: clock)
        return try await LoopbackServer.with(routes.router) { url, http in
            var nodes: [String: NodeService] = [:]
            for name in names ?? lab.founders.map(\.id.text) {
                let home = node(name)
                let signer = RequestSigner(
                    key: try KeyFile.read(home.signingKey), lab: lab.id.text
                ) { clock().milliseconds / 1_000 }
                nodes[name] = try NodeService(
                    home: home,
                    client: SignedClient(baseURL: url, signer: signer, http: http),
                    // A machine that is busy with other tests is not a file system that hangs.
                    rowsMin: rowsMin[name] ?? 1, ownerPatience: .seconds(600), logger: .silent,
                    now: clock)
            }
            let served = ServedLab(
                homes: self, url: url, http: http, coordinator: service, nodes: nodes)
            return try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await service.run() }
                for node in nodes.values { group.addTask { try await node.run() } }
                let outcome = await Swift.Result.catching { try await body(served) }
                group.cancelAll()
                while await group.nextResult() != nil {}
                return try outcome.get()
            }
        }
    }
}

/// A lab that runs.
package struct ServedLab: Sendable {
    package let homes: LabHomes
    package let url: String
    package let http: HTTPClient
    package let coordinator: CoordinatorService
    package let nodes: [String: NodeService]

    package var lab: SampleLab { homes.lab }

    /// A member at work, with its keys.
    package func session(_ name: String) throws -> MemberSession {
        try MemberSession(home: homes.node(name), http: http, coordinatorURL: url)
    }

    /// Requests under any key.
    package func client(_ key: SigningKey) throws -> SignedClient {
        try SignedClient(
            baseURL: url,
            signer: RequestSigner(key: key, lab: lab.id.text) {
                MemberSession.now.milliseconds / 1_000
            }, http: http)
    }

    package func client(_ name: String) throws -> SignedClient {
        try client(lab.member(name).signingKey)
    }

    /// Requests in which anything can be wrong.
    ///
    /// - Parameter url: Where they go, if not straight to the coordinator.
    package func exchanges(_ key: SigningKey, url: String? = nil) -> SignedExchange {
        SignedExchange(
            url: url ?? self.url,
            signer: RequestSigner(key: key, lab: lab.id.text) {
                MemberSession.now.milliseconds / 1_000
            }, http: http)
    }

    package func exchanges(_ name: String, url: String? = nil) throws -> SignedExchange {
        exchanges(try lab.member(name).signingKey, url: url)
    }

    package func node(_ name: String) throws -> NodeService {
        guard let node = nodes[name] else { throw SampleLabError.nobody(name) }
        return node
    }

    /// Waits until the coordinator's ledger is so far.
    package func coordinator(
        comesTo holds: @escaping @Sendable (LabState, Finality, _ size: UInt64) -> Bool
    ) async throws -> Bool {
        let service = coordinator
        return try await service.progress.wait(atMost: .seconds(120)) {
            let snapshot = await service.snapshot
            return holds(snapshot.state, snapshot.finality, snapshot.replica.head.size)
        }
    }

    /// Waits until a node's status is so.
    package func node(
        _ name: String, comesTo holds: @escaping @Sendable (NodeStatus) -> Bool
    ) async throws -> Bool {
        let service = try node(name)
        return try await service.progress.wait(atMost: .seconds(120)) {
            holds(await service.status())
        }
    }
}

extension Swift.Result where Failure == any Error {
    fileprivate static func catching(_ body: () async throws -> Success) async -> Self {
        do {
            return .success(try await body())
        } catch {
            return .failure(error)
        }
    }
}
