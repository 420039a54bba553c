package import Contracts
import Encodings
import Federation
import HTTPTypes
import Hummingbird
import Identity
package import LabAPI
import Ledger
import Logging
import MerkleLog
import NIOCore
import ServiceLifecycle
import Storage
import Transport

/// The coordinator's HTTP interface.
package enum CoordinatorRoutes {
    private static let requestBytesMax = 128 << 10

    /// - Parameter openEntries: Whether anybody may read the ledger's entries as tiles.
    package static func make(
        for service: CoordinatorService, lab: LabID, version: String, openEntries: Bool,
        now: @escaping @Sendable () -> Timestamp
    ) -> APIRoutes {
        let authentication = AuthenticationMiddleware(
            lab: lab.text, now: { now().milliseconds / 1_000 },
            caller: { await service.caller($0) })
        var routes = APIRoutes(authentication: authentication)
        addTransactions(service, to: &routes)
        addNodes(service, to: &routes)
        addReports(service, to: &routes)
        BlobRoutes(uploads: service.uploads) { try await service.namedBlobs() }.add(to: &routes)
        LabRoutes { await service.snapshot }.add(to: &routes)
        let ledger = LedgerRoutes(database: service.database, progress: service.progress) {
            await service.snapshot
        }
        ledger.add(to: &routes)
        ledger.addTiles(to: &routes, openEntries: openEntries)
        OperationsRoutes(
            title: "Jointlab coordinator", version: version,
            health: { .init(isHealthy: true, status: "ok") },
            metrics: { await service.metrics }
        ).add(to: &routes)
        return routes
    }

    private static func addTransactions(
        _ service: CoordinatorService, to routes: inout APIRoutes
    ) {
        routes.add(
            APIOperation(
                .post, "/v1/transactions", tag: "ledger",
                "Submit a transaction; answers when it is durable and in a signed checkpoint. "
                    + "Anybody may send `member.apply`.",
                body: .init("A DSSE envelope over a transaction"))
        ) { request, context in
            let json = try await request.json(in: context, bytesMax: requestBytesMax)
            let receipt = try await service.submit(Envelope(json))
            let stage = await service.snapshot.finality.stage(of: receipt.index)
            return Response(receipt.json.adding("stage", stage.json))
        }
    }

    private static func addNodes(_ service: CoordinatorService, to routes: inout APIRoutes) {
        routes.add(
            APIOperation(
                .get, "/v1/stream", tag: "nodes",
                "Follow the ledger: batches, certificates, heartbeats, and the caller's tasks",
                query: [.init("from", "The first entry wanted", type: "integer")],
                answer: .init(
                    "Events batch, certificate, heartbeat and task",
                    mediaType: "text/event-stream"))
        ) { request, context in
            let member = try context.requireMemberOrApplicant()
            let from = try request.number("from") ?? 0
            return stream(service, to: member, from: from)
        }
        routes.add(
            APIOperation(
                .post, "/v1/cosignatures", tag: "nodes", "Hand in cosignatures under a checkpoint",
                body: .init("`size`, and `lines` as in a signed note"))
        ) { request, context in
            let member = try context.requireMember()
            var fields = try JSONFields(
                try await request.json(in: context, bytesMax: requestBytesMax))
            let size = UInt64(try fields.integer("size", in: 0 ... .max))
            let lines = try fields.string("lines")
            try fields.finish()
            try await service.receive(try cosignatures(lines), size: size, from: member)
            return Response([:])
        }
        routes.add(
            APIOperation(
                .post, "/v1/announcements", tag: "nodes",
                "Say which update the caller is about to upload for a round, so that it is added up "
                    + "while it comes; it binds nobody",
                body: .init("`job`, `round`, `update`, `weight`, and `startedIn` where it is late"))
        ) { request, context in
            let member = try context.requireMember()
            try await service.announced(
                try AnnouncedUpdate(
                    try await request.json(in: context, bytesMax: requestBytesMax), from: member))
            return Response([:])
        }
        routes.add(
            APIOperation(
                .post, "/v1/contributions", tag: "nodes",
                "Hand in a contribution; upload its update first",
                body: .init("A DSSE envelope over a contribution"))
        ) { request, context in
            let member = try context.requireMember()
            let envelope = try Envelope(
                try await request.json(in: context, bytesMax: requestBytesMax))
            try await service.contribute(envelope)
            context.logger.debug("contribution.taken", metadata: ["member.id": "\(member)"])
            return Response([:])
        }
        routes.add(
            APIOperation(
                .post, "/v1/declines", tag: "nodes", "Say that the caller's node declines a task",
                body: .init("`job`, `round`, `code` and `detail`"))
        ) { request, context in
            let member = try context.requireMember()
            var fields = try JSONFields(
                try await request.json(in: context, bytesMax: requestBytesMax))
            let round = try fields.round()
            let code = try fields.title("code", bytesMax: 80)
            let detail = try fields.title("detail", bytesMax: 2_000)
            try fields.finish()
            await service.declined(member, round, code: code, detail: detail)
            return Response([:])
        }
    }

    private static func addReports(_ service: CoordinatorService, to routes: inout APIRoutes) {
        routes.add(
            APIOperation(
                .post, "/v1/reports", tag: "nodes",
                "Say how far the caller's node is with a round; as much as its licence allows",
                body: .init("`job`, `round`, `stage`, and what else may be told"))
        ) { request, context in
            let member = try context.requireMember()
            let report = try SiteReport(
                try await request.json(in: context, bytesMax: requestBytesMax))
            await service.receive(report, from: member)
            return Response([:])
        }
        routes.add(
            APIOperation(
                .post, "/v1/holds", tag: "nodes",
                "Say of which jobs the caller's node takes no tasks for now, and why; of all others "
                    + "it does. Rounds are opened without it, or wait for it",
                body: .init("`holds`: `job`, `code`, `awaited` and `until` of each"))
        ) { request, context in
            let member = try context.requireMember()
            var fields = try JSONFields(
                try await request.json(in: context, bytesMax: requestBytesMax))
            var holds: [SiteHold] = []
            for value in try fields.array("holds") { holds.append(try SiteHold(value)) }
            try fields.finish()
            await service.held(holds, by: member)
            return Response([:])
        }
    }

    private static func cosignatures(_ lines: String) throws -> [Cosignature] {
        do {
            return try NoteSignature.list(parsing: Array(lines.utf8)).map(Cosignature.init)
        } catch {
            throw Problem(
                status: 400, code: "cosignature.malformed",
                detail: "lines should be signature lines of a note: \(error)")
        }
    }

    private static func stream(
        _ service: CoordinatorService, to member: MemberID, from: UInt64
    ) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: "text/event-stream", .cacheControl: "no-cache"],
            body: ResponseBody { writer in
                let (connection, size) = await service.attach(member)
                do {
                    var next = from
                    while next < size, let batch = try service.batch(from: next) {
                        next = batch.start + UInt64(batch.entries.count)
                        try await writer.write(
                            ByteBuffer(string: ServerSentEvent.batch(batch).text))
                    }
                    for await event in connection.events.cancelOnGracefulShutdown() {
                        try await writer.write(event)
                    }
                } catch {
                    await service.detach(member, id: connection.id)
                    throw error
                }
                await service.detach(member, id: connection.id)
                try await writer.finish(nil)
            })
    }
}
