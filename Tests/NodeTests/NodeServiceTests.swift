import AsyncHTTPClient
import Contracts
import Coordinator
import Encodings
import Foundation
import HTTPTypes
import Hummingbird
import LabAPI
import Ledger
import MerkleLog
import NIOCore
import Node
import Participation
import SampleLab
import ServedLab
import ServiceLifecycle
import Storage
import Synchronization
import Testing
import Transport

@Suite struct NodeServiceTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private static func invitation(_ name: String) throws -> InviteMember {
        InviteMember(
            member: try MemberID(name), title: "Guest",
            expires: MemberSession.now.advanced(byMilliseconds: 86_400_000))
    }

    /// A node that has nobody to talk to.
    private func node(_ home: NodeHome, of lab: SampleLab) throws -> NodeService {
        let key = try lab.member("north").signingKey
        let http = SignedClient.makeHTTPClient()
        let client = try SignedClient(
            baseURL: "http://127.0.0.1:9",
            signer: RequestSigner(key: key, lab: lab.id.text) { 0 }, http: http)
        defer { http.shutdown { _ in } }
        return try NodeService(home: home, client: client, rowsMin: 1, logger: .silent) {
            MemberSession.now
        }
    }

    // MARK: - Following

    @Test(
        "A node follows the ledger from its first entry, stores what it has verified, and cosigns it"
    )
    func follows() async throws {
        var lab = try LabHomes.sampleLab()
        try lab.invite(300)
        lab.endBatch()
        let homes = try await LabHomes(lab, in: folder.url)
        try await homes.run(nodes: ["north"]) { served in
            let size = UInt64(served.lab.entries.count)
            #expect(try await served.node("north") { $0.cosignedSize >= size })
            let status = try await served.node("north").status()
            #expect(status.isConnected)
            #expect(status.isCosigner)
            #expect(status.size == size)
            #expect(status.halted == nil)
            #expect(status.alarms.isEmpty)
            let database = try served.node("north").database
            #expect(try database.entries(from: 0, count: 10_000) == served.lab.entries)
            #expect(try database.checkpoint() == served.lab.sequencer.published)
            #expect(try database.check(keepsEveryCheckpoint: false).difference == nil)
        }
    }

    @Test("A node that was stopped goes on from the last entry that it has verified")
    func restarted() async throws {
        let homes = try await LabHomes(LabHomes.sampleLab(), in: folder.url)
        try await homes.run(nodes: ["north"]) { served in
            _ = try await served.session("south").submit(Self.invitation("one"))
            let size = await served.coordinator.snapshot.replica.head.size
            #expect(try await served.node("north") { $0.size >= size })
        }
        let stored = try LedgerDatabase(path: homes.node("north").ledger.path)
        let before = try stored.entries(from: 0, count: 10_000)
        try stored.close()
        // While it is away, the lab goes on.
        try await homes.run(nodes: []) { served in
            for number in 0..<5 {
                _ = try await served.session("south").submit(Self.invitation("two-\(number)"))
            }
        }
        // One that runs may have followed the ledger before it answers.
        let resting = try node(homes.node("north"), of: homes.lab)
        #expect(await resting.status().size == UInt64(before.count))
        try resting.database.close()
        try await homes.run(nodes: ["north"]) { served in
            let north = try served.node("north")
            let size = await served.coordinator.snapshot.replica.head.size
            #expect(size > UInt64(before.count))
            #expect(try await served.node("north") { $0.cosignedSize >= size })
            #expect(
                try north.database.entries(from: 0, count: 10_000)
                    == served.coordinator.database.entries(from: 0, count: 10_000))
        }
    }

    @Test("Certificates are kept, and every node comes to the same final ledger")
    func certificates() async throws {
        let homes = try await LabHomes(LabHomes.sampleLab(), in: folder.url)
        try await homes.run { served in
            let receipt = try await served.session("south").submit(
                Self.invitation("one"), until: .final)
            let index = UInt64(try #require(receipt["index"]?.integer))
            for name in served.nodes.keys {
                #expect(try await served.node(name) { $0.finality.finalSize > index })
                let root = try await served.node(name).snapshot.replica.stateRoot
                let size = try await served.node(name).snapshot.replica.head.size
                if size == (await served.coordinator.snapshot.replica.head.size) {
                    #expect(root == (await served.coordinator.snapshot.replica.stateRoot))
                }
            }
        }
        for member in homes.lab.founders {
            let database = try LedgerDatabase(path: homes.node(member.id.text).ledger.path)
            #expect(try database.certificate() != nil)
        }
    }

    @Test("A cosignature that did not get through is sent again, though the stream is still there")
    func lostCosignature() async throws {
        var lab = try LabHomes.sampleLab()
        try lab.invite(1)
        lab.endBatch()
        let home = NodeHome(folder.file("north"))
        let north = try lab.member("north")
        try lab.settle(north, in: home, coordinator: "http://127.0.0.1:9")
        let (served, id) = (lab, lab.id.text)
        let posts = Posts()
        let (taken, took) = AsyncStream.makeStream(of: Void.self)

        let router = Router(context: LabContext.self)
        router.get("v1/stream") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "text/event-stream"],
                body: ResponseBody { writer in
                    for batch in served.batches {
                        let text = ServerSentEvent.batch(batch.batch).text
                        try await writer.write(ByteBuffer(string: text))
                    }
                    while true {
                        let beat = ServerSentEvent.heartbeat(
                            size: served.sequencer.publishedSize, time: MemberSession.now)
                        try await writer.write(ByteBuffer(string: beat.text))
                        try await Task.sleep(for: .milliseconds(100))
                    }
                })
        }
        router.post("v1/cosignatures") { _, _ in
            guard posts.next() > 2 else { return Response(status: .badGateway) }
            took.yield()
            return Response([:])
        }
        try await LoopbackServer.with(router) { url, http in
            let client = try SignedClient(
                baseURL: url,
                signer: RequestSigner(key: north.signingKey, lab: id) { 0 }, http: http)
            let node = try NodeService(home: home, client: client, rowsMin: 1, logger: .silent) {
                MemberSession.now
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await node.run() }
                group.addTask { for await _ in taken { return } }
                try await group.next()
                group.cancelAll()
            }
            let count = posts.count
            #expect(count >= 3)
        }
    }

    private final class Posts: Sendable {
        private let number = Mutex(0)

        var count: Int { number.withLock(\.self) }

        func next() -> Int {
            number.withLock { number in
                number += 1
                return number
            }
        }
    }

    @Test("A node that is told to stop ends without an error", arguments: 0..<12)
    func stopped(attempt: Int) async throws {
        let lab = try SampleLab()
        let home = NodeHome(folder.file("north"))
        try lab.settle(try lab.member("north"), in: home, coordinator: "http://127.0.0.1:9")
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: try node(home, of: lab))], logger: .silent))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    // MARK: - What it starts from

    @Test("A node that once caught its coordinator starts halted, says so, and signs nothing")
    func halted() async throws {
        let homes = try await LabHomes(LabHomes.sampleLab(), in: folder.url)
        let database = try LedgerDatabase(path: homes.node("north").ledger.path)
        let evidence: JSONValue = ["code": "misconduct.fork", "problem": "two roots at size 2"]
        try database.keepEvidence(evidence.canonicalBytes)
        try database.close()
        try await homes.run(nodes: ["north", "south"]) { served in
            _ = try await served.session("south").submit(Self.invitation("one"))
            let size = await served.coordinator.snapshot.replica.head.size
            #expect(try await served.node("south") { $0.cosignedSize >= size })
            let status = try await served.node("north").status()
            #expect(status.halted?.code == "misconduct.fork")
            #expect(status.cosignedSize == 0)
            #expect(status.json["halted"]?["problem"] == "two roots at size 2")
            let routes = NodeRoutes.make(for: try served.node("north"), version: "1.2.3") {
                MemberSession.now
            }
            try await LoopbackServer.with(routes.router) { url, http in
                let health = try await Answer(
                    try await http.execute(.init(url: url + "/health"), timeout: .seconds(30)))
                #expect(health.status == 503)
                #expect(health.json?["status"] == "halted: misconduct.fork")
                let metrics = try await Answer(
                    try await http.execute(.init(url: url + "/metrics"), timeout: .seconds(30)))
                #expect(metrics.text.contains("\njointlab_node_halted 1\n"))
            }
        }
    }

    @Test("A node does not start on the ledger of another lab, nor on one that was changed")
    func wrongLedger() async throws {
        let lab = try SampleLab()
        let home = NodeHome(folder.file("north"))
        try lab.settle(try lab.member("north"), in: home, coordinator: "http://127.0.0.1:9")
        let other = try LedgerDatabase(path: home.ledger.path)
        try await SampleLab(seed: 2).store(in: other)
        try other.close()
        let error = #expect(throws: StorageError.self) { try node(home, of: lab) }
        #expect(error?.description.contains("the ledger of another lab") == true)
    }

    // MARK: - Who may ask

    @Test("A node answers its own member, and nobody else of the lab")
    func ownMemberOnly() async throws {
        let homes = try await LabHomes(LabHomes.sampleLab(), in: folder.url)
        try await homes.run(nodes: ["north"]) { served in
            let size = UInt64(served.lab.entries.count)
            #expect(try await served.node("north") { $0.size >= size })
            let routes = NodeRoutes.make(for: try served.node("north"), version: "1.2.3") {
                MemberSession.now
            }
            let lab = served.lab
            try await LoopbackServer.with(routes.router) { url, http in
                func client(_ name: String) throws -> SignedClient {
                    try SignedClient(
                        baseURL: url,
                        signer: RequestSigner(
                            key: lab.member(name).signingKey, lab: lab.id.text
                        ) { MemberSession.now.milliseconds / 1_000 }, http: http)
                }
                let status = try await client("north").get("/v1/status")
                #expect(status["member"] == "north")
                #expect(status["connected"] == true)
                #expect(status["lag"] == 0)
                #expect(status["quorums"]?.array?.first?["needed"] == 4)
                for path in ["/v1/status", "/v1/members", "/v1/entries"] {
                    let problem = await #expect(throws: Problem.self) {
                        try await client("south").get(path)
                    }
                    #expect(problem?.code == "caller.stranger")
                }
            }
        }
    }
}
