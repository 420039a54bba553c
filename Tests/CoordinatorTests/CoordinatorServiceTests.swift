import ContractLibrary
import Contracts
import Coordinator
import Encodings
import Foundation
import Identity
import LabAPI
import Ledger
import Logging
import MerkleLog
import Node
import Participation
import SampleLab
import ServedLab
import ServiceLifecycle
import Storage
import Synchronization
import Testing
import Transport

@Suite struct CoordinatorServiceTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private static func invitation(_ name: String) throws -> InviteMember {
        InviteMember(
            member: try MemberID(name), title: "Guest",
            expires: MemberSession.now.advanced(byMilliseconds: 86_400_000))
    }

    // MARK: - Taking a lab up

    @Test("A coordinator is told from a folder without a lab, and from keys that are not the lab's")
    func wrongFolder() async throws {
        let lab = try SampleLab()
        let now = lab.now
        func start(_ home: CoordinatorHome) throws -> StorageError? {
            do {
                _ = try CoordinatorService(home: home, logger: .silent) { now }
                return nil
            } catch let error as StorageError {
                return error
            }
        }
        let empty = CoordinatorHome(folder.file("empty"))
        #expect(!empty.isFounded)
        _ = try empty.prepare()
        #expect(try start(empty)?.description.contains("no lab has been founded here") == true)

        let foreign = CoordinatorHome(folder.file("foreign"))
        _ = try foreign.prepare()
        let database = try LedgerDatabase(path: foreign.ledger.path)
        try await lab.store(in: database)
        try database.close()
        #expect(
            try start(foreign)?.description.contains("not those that the lab names") == true)

        let home = CoordinatorHome(folder.file("home"))
        try await lab.settle(in: home)
        #expect(try start(home) == nil)
    }

    @Test("A lab is founded once in a folder, under the keys that are there")
    func founding() async throws {
        let home = CoordinatorHome(folder.file("home"))
        let keys = try home.prepare()
        #expect(try home.prepare() == keys)
        for key in [home.logKey, home.serviceKey] {
            let mode = try FileManager.default.attributesOfItem(atPath: key.path)[.posixPermissions]
            #expect((mode as? NSNumber)?.intValue == 0o600)
        }
        let north = try SampleMember("north", [.dataOwner])
        let card = try Founding(
            title: "A lab", origin: #require(LabOrigin(base: "lab.example/a")), coordinator: keys,
            coordinatorURL: "http://127.0.0.1:9",
            constitution: LibraryDocument.constitution.published(), rules: Rules(),
            founder: north.card,
            key: north.signingKey
        ).card(at: SampleLab.start)
        #expect(try LabCard(JSONValue(parsing: card.json.canonicalBytes)) == card)
        #expect(try await home.found(card.genesis, at: SampleLab.start) == card.lab)
        #expect(home.isFounded)
        await #expect(throws: StorageError.self) {
            try await home.found(card.genesis, at: SampleLab.start)
        }
        let service = try CoordinatorService(home: home, logger: .silent) { SampleLab.start }
        #expect(await service.snapshot.state.id == card.lab)

        // A genesis entry for other keys is refused before anything is written.
        let other = CoordinatorHome(folder.file("other"))
        _ = try other.prepare()
        await #expect(throws: (any Error).self) {
            try await other.found(card.genesis, at: SampleLab.start)
        }
        #expect(!other.isFounded)
    }

    // MARK: - Running

    @Test("An entry is sequenced, then certified, then final, as the members' nodes cosign")
    func threeStages() async throws {
        let homes = try await LabHomes(LabHomes.sampleLab(), in: folder.url)
        try await homes.run(nodes: []) { served in
            let receipt = try await served.session("north").submit(Self.invitation("early"))
            #expect(receipt["stage"] == "sequenced")
            #expect(await served.coordinator.snapshot.finality.certifiedSize == 0)
        }
        try await homes.run { served in
            let receipt = try await served.session("north").submit(
                Self.invitation("guest"), until: .final)
            #expect(receipt["stage"] == "final")
            let snapshot = await served.coordinator.snapshot
            let certificate = try #require(snapshot.certificate)
            #expect(certificate.statement.head.size <= snapshot.replica.head.size)
            // What was sequenced while no node was there has become final with it.
            #expect(snapshot.finality.finalSize > homes.lab.entries.count)
            #expect(try served.coordinator.database.check().difference == nil)
        }
    }

    @Test("With fewer nodes than a quorum nothing is certified, and one more makes it so")
    func quorum() async throws {
        let homes = try await LabHomes(LabHomes.sampleLab(), in: folder.url)
        let quorum = try #require(homes.lab.state.cosigners.newest.first?.quorum)
        #expect((quorum.needed, quorum.members) == (4, 6))
        let names = homes.lab.founders.map(\.id.text)
        try await homes.run(nodes: Array(names.prefix(quorum.needed - 1))) { served in
            _ = try await served.session("north").submit(Self.invitation("guest"))
            let size = await served.coordinator.snapshot.replica.head.size
            for name in served.nodes.keys {
                #expect(try await served.node(name) { $0.cosignedSize >= size })
            }
            #expect(await served.coordinator.snapshot.finality.certifiedSize == 0)
        }
        try await homes.run(nodes: Array(names.suffix(quorum.needed))) { served in
            let came = try await served.coordinator { _, finality, _ in finality.certifiedSize > 0 }
            #expect(came)
        }
    }

    @Test(
        "A coordinator that is stopped and started again goes on where it was, with the same entries"
    )
    func restarted() async throws {
        let homes = try await LabHomes(LabHomes.sampleLab(), in: folder.url)
        var entries: [[UInt8]] = []
        for run in 0..<3 {
            let before = entries
            entries = try await homes.run { served in
                let database = served.coordinator.database
                #expect(try database.entries(from: 0, count: 10_000).starts(with: before))
                _ = try await served.session("south").submit(
                    Self.invitation("guest-\(run)"), until: .certified)
                return try database.entries(from: 0, count: 10_000)
            }
            #expect(entries.count > before.count)
        }
        let database = try LedgerDatabase(path: homes.coordinator.ledger.path)
        #expect(try database.check().difference == nil)
    }

    @Test(
        "A coordinator that is told to stop ends without an error, whatever it was at",
        arguments: 0..<12)
    func stopped(attempt: Int) async throws {
        let homes = try await LabHomes(LabHomes.sampleLab(), in: folder.url)
        let service = try CoordinatorService(home: homes.coordinator, logger: .silent) {
            MemberSession.now
        }
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: service)], logger: .silent))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let north = try homes.lab.member("north")
            for number in 0..<3 {
                let transaction = Transaction(
                    lab: homes.lab.id, sender: .member(north.id), nonce: "nonce-\(number)-of-mine",
                    validUntil: MemberSession.now.advanced(byMilliseconds: 60_000),
                    action: try Self.invitation("guest-\(number)"))
                _ = try await service.submit(transaction.signed(with: north.signingKey))
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    // MARK: - Nodes

    @Test(
        "Whoever follows gets whole batches, one behind the other, from the place that it asks for")
    func stream() async throws {
        struct Enough: Error {}
        var lab = try LabHomes.sampleLab()
        for size in [3, 1, 600, 40, 2] {
            try lab.invite(size)
            lab.endBatch()
        }
        let homes = try await LabHomes(lab, in: folder.url)
        let ends = Set(lab.batches.map(\.size))
        try await homes.run(nodes: []) { served in
            let client = try served.client("north")
            let size = UInt64(served.lab.entries.count)
            for from in [0, 1, 5, 6, 300, size - 1] as [UInt64] {
                let entries = Mutex<[[UInt8]]>([])
                await #expect(throws: Enough.self) {
                    try await client.follow("/v1/stream", ["from": "\(from)"]) { event in
                        guard case .batch(let batch)? = try StreamEvent(event) else { return }
                        let next = entries.withLock { entries in
                            #expect(batch.start == from + UInt64(entries.count))
                            entries += batch.entries
                            return from + UInt64(entries.count)
                        }
                        #expect(ends.contains(next))
                        if next == size { throw Enough() }
                    }
                }
                #expect(entries.withLock(\.self) == Array(served.lab.entries.dropFirst(Int(from))))
            }
            for wrong in ["-1", "x", "1.5"] {
                let problem = await #expect(throws: Problem.self) {
                    try await client.follow("/v1/stream", ["from": wrong]) { _ in }
                }
                #expect(problem?.code == "request.malformed")
            }
        }
    }

    @Test(
        "Cosignatures that are none, or of somebody else, are refused by name and certify nothing")
    func wrongCosignatures() async throws {
        let homes = try await LabHomes(LabHomes.sampleLab(), in: folder.url)
        try await homes.run(nodes: []) { served in
            let client = try served.client("north")
            let lab = served.lab
            let size = Int64(lab.sequencer.publishedSize)
            let stranger = try SampleMember("stranger", [.researcher])
            var other = lab
            try other.invite(1)
            other.endBatch()
            for (lines, code) in [
                ("", "cosignature.malformed"), ("nonsense", "cosignature.malformed"),
                ("— lab.example/x AAAA\n", "cosignature.malformed"),
                (
                    lab.cosignature(of: stranger).noteSignature.line,
                    "cosignature.unknown_cosigner"
                ),
                (
                    other.cosignature(of: try lab.member("north")).noteSignature.line,
                    "cosignature.wrong_signature"
                ),
            ] {
                let problem = await #expect(throws: Problem.self) {
                    try await client.post(
                        "/v1/cosignatures", ["size": .integer(size), "lines": .string(lines)])
                }
                #expect((400..<500).contains(problem?.status ?? 0))
                #expect(problem?.code == code, "\(lines)")
            }
            #expect(await served.coordinator.snapshot.certificate == nil)
        }
    }

    // MARK: - Blobs

    @Test("A blob is stored under its digest, and nothing else is stored under it")
    func blobs() async throws {
        let homes = try await LabHomes(LabHomes.sampleLab(), in: folder.url)
        let content = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let source = try BlobStore(folder: folder.file("source"))
        let digest = try source.write(content)
        let target = try BlobStore(folder: folder.file("target"))
        let folder = folder
        try await homes.run(nodes: []) { served in
            let client = try served.client("north")
            let missing = await #expect(throws: Problem.self) {
                try await client.download(digest, into: target)
            }
            #expect(missing?.status == 404)
            try await client.upload(digest, from: source)
            // Again, as after an answer that was lost.
            try await client.upload(digest, from: source)
            try await client.upload(content)
            try await served.client("south").download(digest, into: target)
            #expect(try target.read(digest) == content)

            let wrong = try await served.exchanges("north").send(
                "PUT", "/v1/blobs/\(BlobDigest(of: [1]))", body: content)
            #expect(wrong.status == 400)
            #expect(wrong.problemCode == "digest.wrong")
            #expect(!served.coordinator.blobs.has(BlobDigest(of: [1])))
            let stranger = try SampleMember("stranger", [.researcher])
            let refused = await #expect(throws: Problem.self) {
                try await served.client(stranger.signingKey).upload(digest, from: source)
            }
            #expect(refused?.code == "caller.stranger")
            // Anybody can apply; updates are for members.
            let applicant = try SampleMember("applicant", [.researcher])
            let application = Transaction(
                lab: served.lab.id, sender: .member(applicant.id), nonce: "nonce-of-the-applicant",
                validUntil: MemberSession.now.advanced(byMilliseconds: 60_000),
                action: ApplyForMembership(card: applicant.card))
            _ = try await served.coordinator.submit(
                application.signed(with: applicant.signingKey))
            for attempt in 0..<2 {
                let refused = await #expect(throws: Problem.self) {
                    let client = try served.client(applicant.signingKey)
                    try target.remove(digest)
                    if attempt == 0 {
                        try await client.upload(digest, from: source)
                    } else {
                        try await client.download(digest, into: target)
                    }
                }
                #expect(refused?.code == "caller.applicant")
            }
            for name in ["x", "..%2F..%2Flog.key", String(repeating: "A", count: 64)] {
                let problem = await #expect(throws: Problem.self) {
                    try await client.bytes("/v1/blobs/\(name)")
                }
                #expect(problem?.code == "request.malformed", "\(name)")
            }
            let left = try FileManager.default.contentsOfDirectory(
                atPath: folder.file("coordinator/blobs/incoming").path)
            #expect(left == [])
        }
    }
}
