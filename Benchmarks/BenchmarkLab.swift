import AsyncHTTPClient
import ContractLibrary
import Contracts
import Coordinator
import Encodings
import Foundation
import LabAPI
import Learning
import Ledger
import Node
import Participation
import Storage
import Transport

/// A lab of real processes on loopback, to be measured: one coordinator and so many nodes, the first
/// of which founds it.
final class BenchmarkLab {
    static let currency = CurrencyCode("BEN")

    let folder: URL
    let http: HTTPClient
    private(set) var members: [MemberSession] = []
    private let processes: LabProcesses
    private var controlGroup: URL?

    var coordinatorHome: CoordinatorHome { CoordinatorHome(folder.appending(path: "coordinator")) }

    /// Founds the lab and admits everybody.
    init(nodes: Int, binary: URL) async throws {
        folder = FileManager.default.temporaryDirectory.appending(
            path: "jointlab-bench-\(UUID().uuidString.prefix(8).lowercased())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        http = SignedClient.makeHTTPClient()
        processes = LabProcesses(binary: binary)
        let coordinator = CoordinatorHome(folder.appending(path: "coordinator"))
        let keys = try coordinator.prepare()
        let first = NodeHome(folder.appending(path: "member-0"))
        let founder = try first.prepare(
            member: try MemberID("member-0"), title: "Member 0", category: .research,
            roles: [.issuer, .researcher])
        guard let origin = LabOrigin(base: "bench.example/lab") else { return }
        let founding = Founding(
            title: "Bench", origin: origin, coordinator: keys, coordinatorURL: "http://-",
            constitution: try LibraryDocument.constitution.published(), rules: Rules(),
            founder: founder, key: try KeyFile.read(first.signingKey))
        let genesis = try founding.card(at: MemberSession.now).genesis
        _ = try await coordinator.found(genesis, at: MemberSession.now)
        let address = try await processes.start(
            "the coordinator",
            ["coordinator", "run", "--listen", "127.0.0.1:0", "--log-level", "error"],
            home: coordinator.folder)
        let card = try LabCard(genesis: genesis, coordinator: "http://\(address)")
        for number in 0..<nodes {
            try await admit(number, card)
        }
        try await settle()
    }

    private func admit(_ number: Int, _ card: LabCard) async throws {
        let home = NodeHome(folder.appending(path: "member-\(number)"))
        if number > 0 {
            _ = try home.prepare(
                member: try MemberID("member-\(number)"), title: "Member \(number)",
                category: .data, roles: [.dataOwner])
        }
        try home.write(card)
        _ = try await processes.start(
            "node \(number)", ["node", "run", "--rows-min", "1", "--log-level", "error"],
            home: home.folder)
        let session = try MemberSession(home: home, http: http)
        members.append(session)
        guard number > 0 else { return }
        _ = try await session.submit(ApplyForMembership(card: session.card))
        let proposal = try ProposalID("p-\(number)")
        for voter in members.dropLast() {
            let row = try await members[0].coordinator.get("/v1/proposals")["items"]?.array?.first {
                $0["proposal"]?.string == proposal.text
            }
            guard row?["status"]?.string == "open" else { break }
            _ = try await voter.submit(CastVote(proposal: proposal, approves: true))
        }
    }

    /// Waits until the last change of membership has taken effect.
    func settle() async throws {
        while true {
            let lab = try await members[0].coordinator.get("/v1/lab")
            let quorums = lab["quorums"]?.array ?? []
            if quorums.count == 1, quorums[0]["members"] == lab["members"],
                lab["ledger"]?["certified"] == lab["ledger"]?["sequenced"]
            {
                return
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    func ledger() async throws -> (sequenced: Int64, final: Int64) {
        let ledger = try await members[0].coordinator.get("/v1/lab")["ledger"] ?? .null
        return (ledger["sequenced"]?.integer ?? 0, ledger["final"]?.integer ?? 0)
    }

    /// The most memory that the coordinator has had at a time.
    func coordinatorPeakBytes() throws -> Int {
        let id = processes.id(of: "the coordinator") ?? 0
        let status = try String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return (line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0) << 10
    }

    /// Gives the coordinator so much memory, page cache included, where a control group can be made.
    ///
    /// - Returns: Whether one could.
    func limitCoordinator(to bytes: Int) -> Bool {
        guard let id = processes.id(of: "the coordinator") else { return false }
        let places = [
            ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max"),
        ]
        for (root, limit) in places {
            let group = URL(filePath: root).appending(path: folder.lastPathComponent)
            do {
                try FileManager.default.createDirectory(
                    at: group, withIntermediateDirectories: false)
                controlGroup = group
                try Data("\(bytes)".utf8).write(to: group.appending(path: limit))
                try Data("\(id)".utf8).write(to: group.appending(path: "cgroup.procs"))
                return true
            } catch {
                continue
            }
        }
        return false
    }

    /// Ends a member's node, which counts as absent from then on.
    func stopNode(_ number: Int) {
        if let id = processes.id(of: "node \(number)") { kill(id, SIGTERM) }
    }

    func stopProcesses() {
        processes.stopAll()
    }

    func tearDown() async throws {
        processes.stopAll()
        try await http.shutdown()
        if let controlGroup { rmdir(controlGroup.path) }
        try FileManager.default.removeItem(at: folder)
    }
}
