import Contracts
import Encodings
import Federation
import Foundation
import HTTPTypes
import Hummingbird
import LabAPI
import Ledger
import NIOCore
import Node
import Participation
import SampleLab
import ServedLab
import Storage
import Testing
import Transport

/// What becomes of a running node with its owner's files, and what the owner finds out by asking it.
@Suite struct OwnerFilesTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test(
        "A node whose owner's files hang goes on cosigning, holds all jobs back, and declines tasks",
        .timeLimit(.minutes(2)))
    func hangingFiles() async throws {
        var lab = try LabHomes.sampleLab()
        let training = try lab.prepareTraining(rounds: 1)
        try lab.settle()
        let round = try lab.openRound(of: training)
        try lab.settle()
        let (before, certificate) = (lab.batches, try #require(lab.sequencer.certificate))
        try lab.invite(1)
        let last = lab.endBatch()
        let after = try #require(last)
        let home = NodeHome(folder.file("north"))
        let north = try lab.member("north")
        try lab.settle(north, in: home, coordinator: "http://127.0.0.1:9")
        let pipe = try HangingFile(home.rules)
        defer { pipe.release() }

        let (posts, post) = AsyncStream.makeStream(of: (path: String, body: JSONValue).self)
        let router = Router(context: LabContext.self)
        router.get("v1/stream") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "text/event-stream"],
                body: ResponseBody { writer in
                    var events = before.map { ServerSentEvent.batch($0.batch) }
                    events.append(.certificate(certificate))
                    events.append(.task(TrainingTask(round: round.id, index: round.index)))
                    events.append(.batch(after.batch))
                    for event in events {
                        try await writer.write(ByteBuffer(string: event.text))
                    }
                    while true {
                        let beat = ServerSentEvent.heartbeat(
                            size: after.size, time: MemberSession.now)
                        try await writer.write(ByteBuffer(string: beat.text))
                        try await Task.sleep(for: .milliseconds(100))
                    }
                })
        }
        for path in ["cosignatures", "declines", "holds"] {
            router.post("v1/\(path)") { request, _ in
                let body = try await request.body.collect(upTo: 1 << 20)
                post.yield((path, try JSONValue(parsing: Array(buffer: body))))
                return Response([:])
            }
        }
        let id = lab.id.text
        try await LoopbackServer.with(router) { url, http in
            let client = try SignedClient(
                baseURL: url, signer: RequestSigner(key: north.signingKey, lab: id) { 0 },
                http: http)
            let node = try NodeService(
                home: home, client: client, rowsMin: 1, ownerPatience: .milliseconds(50),
                logger: .silent
            ) {
                MemberSession.now
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await node.run() }
                group.addTask {
                    var missing: Set = ["cosignature", "decline", "hold"]
                    for await (path, body) in posts {
                        let code = body["code"] ?? body["holds"]?.array?.first?["code"]
                        switch path {
                        case "cosignatures" where body["size"]?.integer == Int64(after.size):
                            missing.remove("cosignature")
                        case "declines" where code == "owner.unreadable":
                            missing.remove("decline")
                        case "holds" where code == "owner.unreadable": missing.remove("hold")
                        case "declines": Issue.record("\(body.canonicalText)")
                        default: break
                        }
                        if missing.isEmpty { break }
                    }
                    let status = await node.status().json
                    #expect(status["rules"]?["standing"] == "unreadable")
                    #expect(
                        status["datasetProblems"]?.array?.map(\.["code"]) == ["owner.unreadable"])
                    #expect(await node.requests() == nil)
                }
                try await group.next()
                group.cancelAll()
            }
        }
    }

    @Test("One dataset's record that cannot be read is in the status, and leaves the others usable")
    func unreadableRecord() async throws {
        let homes = try await LabHomes(LabHomes.sampleLab(), in: folder.url)
        let datasets = homes.node("north").datasets
        try FileManager.default.createDirectory(at: datasets, withIntermediateDirectories: true)
        let file = datasets.appending(path: "north-data.json")
        try SyncedFile.replace(file.path, with: Array("{".utf8))
        try await homes.run(nodes: ["north"]) { served in
            let problems = try await served.node("north").status().json["datasetProblems"]?.array
            #expect(problems?.map(\.["dataset"]) == ["north-data"])
            #expect(problems?.first?["code"] == "dataset.record_unreadable")
            #expect(problems?.first?["problem"]?.string?.contains(file.path) == true)
            // Mended, or put away.
            try FileManager.default.removeItem(at: file)
            let after = try await served.node("north").status().json
            #expect(after["datasetProblems"]?.array?.isEmpty == true)
        }
    }

    @Test("An owner who knows a proposal by its name finds it, though too many come before it")
    func proposalByName() async throws {
        var lab = try LabHomes.sampleLab()
        let id = try lab.prepareTraining(rounds: 1).job
        let job = try #require(lab.state.jobs[id])
        for number in 0...OpenProposals.undecidedMax {
            try lab.submit(
                ProposeJob(
                    job: JobID("p-\(number + 10)"), model: job.model, purpose: job.purpose,
                    licences: job.participants.map(\.licence), trainer: job.trainer,
                    plan: job.plan, participantsMin: 2, roundTimeoutMilliseconds: 60_000),
                by: "university")
        }
        try lab.settle()
        let last = "p-\(OpenProposals.undecidedMax + 10)"
        let homes = try await LabHomes(lab, in: folder.url)
        try await homes.run(nodes: ["north"]) { served in
            #expect(try await served.node("north") { !$0.leftOut.isEmpty })
            let routes = NodeRoutes.make(for: try served.node("north"), version: "1.2.3") {
                MemberSession.now
            }
            let key = try served.lab.member("north").signingKey
            let id = served.lab.id.text
            try await LoopbackServer.with(routes.router) { url, http in
                let client = try SignedClient(
                    baseURL: url,
                    signer: RequestSigner(key: key, lab: id) {
                        MemberSession.now.milliseconds / 1_000
                    }, http: http)
                func isFound(_ query: KeyValuePairs<String, String?>) async throws -> Bool? {
                    try await client.get("/v1/requests", query)["items"]?.array?
                        .contains { $0["job"]?.string == last }
                }
                #expect(try await isFound([:]) == false)
                #expect(try await isFound(["job": last]) == true)
                #expect(try await isFound(["job": "p-1"]) == false)
            }
        }
    }
}
