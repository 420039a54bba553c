import Contracts
import Encodings
import Foundation
import HTTPTypes
import Hummingbird
import Identity
import LabAPI
import NIOCore
import NIOEmbedded
import SampleLab
import ServedLab
import Storage
import Synchronization
import Transport

/// The routes of a lab that stands still, asked without a network: any bytes may be a path.
struct SampleServer: Sendable {
    let lab: SampleLab
    let health = Mutable(OperationsRoutes.Health(isHealthy: true, status: "ok"))
    private let folder: TemporaryFolder
    private let responder: RouterResponder<LabContext>
    private let nonces = Mutable(0)

    /// Something that a test changes while the server runs.
    final class Mutable<Value: Sendable>: Sendable {
        private let mutex: Mutex<Value>

        init(_ value: Value) {
            mutex = Mutex(value)
        }

        var value: Value {
            get { mutex.withLock(\.self) }
            set { mutex.withLock { $0 = newValue } }
        }
    }

    /// - Parameter snapshot: What is shown in the place of the lab's own.
    init(
        _ lab: SampleLab, snapshot: LabSnapshot? = nil, openEntries: Bool = false
    ) async throws {
        self.lab = lab
        folder = try TemporaryFolder()
        let database = try LedgerDatabase(path: folder.file("ledger.sqlite").path)
        try await lab.store(in: database)
        let seconds = lab.now.milliseconds / 1_000
        let members = lab.state.members
        var routes = APIRoutes(
            authentication: AuthenticationMiddleware(
                lab: lab.id.text, now: { seconds }, caller: { members.caller($0) }))
        let snapshot = snapshot ?? lab.snapshot
        LabRoutes { snapshot }.add(to: &routes)
        let ledger = LedgerRoutes(database: database, progress: ProgressSignal()) { snapshot }
        ledger.add(to: &routes)
        ledger.addTiles(to: &routes, openEntries: openEntries)
        let health = health
        OperationsRoutes(
            title: "Sample lab", version: "1.2.3", health: { health.value },
            metrics: { [Metric("sample", .gauge, help: "A sample.", 1)] }
        ).add(to: &routes)
        responder = routes.router.buildResponder()
    }

    /// Asks under a member's signature, or without one; a path that nobody can sign goes without.
    func get(_ target: String, by member: SampleMember? = nil) async throws -> Answer {
        var request = HTTPRequest(
            method: .get, scheme: "http", authority: "lab.example", path: target)
        if let member {
            for (name, value) in (try? signature(of: member, over: target)) ?? [] {
                guard let name = HTTPField.Name(name) else { continue }
                request.headerFields[name] = value
            }
        }
        let response = try await responder.respond(
            to: Request(head: request, body: RequestBody(buffer: ByteBuffer())),
            context: LabContext(
                source: .init(channel: NIOAsyncTestingChannel(), logger: .silent)))
        return try await Answer(response)
    }

    private func signature(
        of member: SampleMember, over target: String
    ) throws -> [(name: String, value: String)] {
        nonces.value += 1
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let created = lab.now.milliseconds / 1_000
        let header = try HTTPSignature.sign(
            HTTPRequestParts(
                method: "GET", authority: "", path: parts.first.map(String.init) ?? "",
                query: parts.count > 1 ? String(parts[1]) : nil, fields: []),
            with: member.signingKey, tag: HTTPSignature.tag(lab: lab.id.text),
            freshness: .init(
                created: created, expires: created + 60, nonce: "nonce-number-\(nonces.value)"))
        return [("signature-input", header.signatureInput), ("signature", header.signature)]
    }
}

extension Answer {
    fileprivate init(_ response: Response) async throws {
        let collected = Collected()
        try await response.body.write(Collector(collected: collected))
        self.init(
            status: response.status.code, mediaType: response.headers[.contentType],
            body: collected.bytes)
    }

    private final class Collected: Sendable {
        private let mutex = Mutex<[UInt8]>([])
        var bytes: [UInt8] { mutex.withLock(\.self) }

        func append(_ buffer: ByteBuffer) {
            mutex.withLock { $0 += Array(buffer: buffer) }
        }
    }

    private struct Collector: ResponseBodyWriter {
        let collected: Collected

        mutating func write(_ buffer: ByteBuffer) { collected.append(buffer) }
        consuming func finish(_ trailingHeaders: HTTPFields?) {}
    }
}
