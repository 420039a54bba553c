import Contracts
import Encodings
import Foundation
import Hummingbird
import Identity
import LabAPI
import Learning
import NIOCore
import Node
import Participation
import SampleLab
import ServedLab
import Storage
import Synchronization
import Testing
import Transport

/// What leaves a machine when its owner registers a dataset.
@Suite struct RegistrationTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private final class Wire: Sendable {
        private let mutex = Mutex<[(path: String, headers: String, body: [UInt8])]>([])

        var requests: [(path: String, headers: String, body: [UInt8])] { mutex.withLock(\.self) }

        func append(_ request: Request, _ body: ByteBuffer) {
            let headers = request.headers.map { "\($0.name): \($0.value)" }.joined(separator: "\n")
            mutex.withLock {
                $0.append((request.head.path ?? "", headers, Array(buffer: body)))
            }
        }
    }

    @Test(
        "Registering sends a schema, a row count and a commitment, in one request, and no cell of any row"
    )
    func noRowLeaves() async throws {
        let names = (0..<40).map { "Zhang Secret\($0)" }
        let ages = (0..<40).map { "\(1_000 + 7 * $0).\(125 + $0)" }
        var csv = "patient,age,ward,outcome\n"
        for row in 0..<40 {
            csv +=
                "\(names[row]),\(ages[row]),\(row % 2 == 0 ? "east" : "west"),\(row % 3 == 0 ? "yes" : "no")\n"
        }
        let file = folder.file("a-telling-file-name.csv").path
        try SyncedFile.replace(file, with: Array(csv.utf8))
        let lab = try SampleLab(at: MemberSession.now)
        let home = NodeHome(folder.file("north"))
        try lab.settle(try lab.member("north"), in: home, coordinator: "http://127.0.0.1:9")

        let wire = Wire()
        let router = Router(context: LabContext.self)
        router.post("**") { request, _ in
            wire.append(request, try await request.body.collect(upTo: 1 << 20))
            return Response(["stage": "sequenced", "index": 1])
        }
        let (owned, summary) = try await LoopbackServer.with(router) { url, http in
            let session = try MemberSession(home: home, http: http, coordinatorURL: url)
            let (owned, summary) = try OwnedDataset.inspecting(
                file: file, as: DatasetID("north-data"),
                options: InspectionOptions(label: ColumnReference("outcome")), holdoutPerMille: 250)
            try home.keep(owned)
            _ = try await session.submit(try owned.registration(title: "Patients"))
            return (owned, summary)
        }
        _ = summary

        #expect(wire.requests.map(\.path) == ["/v1/transactions"])
        let request = try #require(wire.requests.first)
        let envelope = try Envelope(JSONValue(parsing: request.body))
        let payload = try JSONValue(parsing: envelope.payload)
        let input = try #require(payload["input"]?.object)
        #expect(input.members.map(\.key) == ["commitment", "dataset", "rows", "schema", "title"])
        #expect(input["rows"] == 40)
        #expect(input["commitment"]?.string == owned.commitment.hex)
        #expect(input["schema"] == owned.schema.json)

        let sent =
            request.headers + String(decoding: request.body, as: UTF8.self)
            + String(decoding: envelope.payload, as: UTF8.self)
        for cell in names + ages + names.map({ String($0.dropFirst(6)) }) {
            #expect(!sent.contains(cell), "\(cell)")
        }
        for secret in [
            "a-telling-file-name", folder.url.path, Base64.encode(owned.salt.bytes),
            Hex.encode(owned.salt.bytes),
        ] {
            #expect(!sent.contains(secret), "\(secret)")
        }
    }

    @Test("A salt is fresh each time, so the same rows cannot be recognised by their commitment")
    func freshSalt() throws {
        let file = folder.file("rows.csv").path
        try SyncedFile.replace(file, with: Array("age,outcome\n1,yes\n2,no\n3,yes\n".utf8))
        let registrations = try (0..<4).map { _ in
            try OwnedDataset.inspecting(
                file: file, as: DatasetID("rows"),
                options: InspectionOptions(label: ColumnReference("outcome")), holdoutPerMille: 0
            ).owned.registration(title: "Rows")
        }
        #expect(Set(registrations.map(\.commitment)).count == 4)
    }

    @Test("A schema that no ledger entry holds is the owner's to change, and the error says how")
    func wideSchema() throws {
        let columns = (0..<1_000).map { "a-column-with-a-rather-long-name-of-its-own-\($0)" }
        let rows = (0..<3).map { row in
            columns.indices.map { "\($0 * 7 + row)" }.joined(separator: ",")
        }
        let file = folder.file("wide.csv").path
        let csv = ([columns.joined(separator: ",")] + rows).joined(separator: "\n")
        try SyncedFile.replace(file, with: Array(csv.utf8))
        let (owned, _) = try OwnedDataset.inspecting(
            file: file, as: DatasetID("wide"), options: InspectionOptions(), holdoutPerMille: 0)
        let mistake = #expect(throws: Mistake.self) { try owned.registration(title: "Wide") }
        #expect(mistake?.description.contains("leave columns out") == true)
    }

    @Test("Whoever opens a file is noticed, and whoever looks at it otherwise is not")
    func fileOpenWatch() throws {
        let path = folder.file("rows.csv").path
        try SyncedFile.replace(path, with: Array("age\n1\n".utf8))
        let watch = try FileOpenWatch(path)
        #expect(watch.takeCount() == 0)
        _ = FileManager.default.fileExists(atPath: path)
        #expect(watch.takeCount() == 0)
        for _ in 0..<3 { _ = try Data(contentsOf: URL(fileURLWithPath: path)) }
        #expect((1...3).contains(watch.takeCount()))
        #expect(watch.takeCount() == 0)
        #expect(throws: (any Error).self) { try FileOpenWatch(folder.file("absent").path) }
    }
}
