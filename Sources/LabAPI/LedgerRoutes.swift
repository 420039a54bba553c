import Contracts
import Encodings
import HTTPTypes
import Hummingbird
import Identity
import Ledger
import MerkleLog
package import Storage
import Transport

/// The routes that show the ledger entry by entry, and as tiles that any transparency-log tool reads.
package struct LedgerRoutes: Sendable {
    private static let entriesMax = 1_000
    /// How long an answer is put off. A client that hears nothing for longer takes the connection
    /// for broken (``SignedClient/silenceMax``).
    package static let waitMax = Duration.seconds(10)

    private let database: LedgerDatabase
    private let snapshot: @Sendable () async -> LabSnapshot
    private let progress: ProgressSignal

    package init(
        database: LedgerDatabase, progress: ProgressSignal,
        snapshot: @escaping @Sendable () async -> LabSnapshot
    ) {
        self.database = database
        self.progress = progress
        self.snapshot = snapshot
    }

    package func add(to routes: inout APIRoutes) {
        routes.add(
            APIOperation(
                .get, "/v1/entries", tag: "ledger", "Entries with their receipts and stages",
                query: [
                    .init("from", "The first index; the newest entries if absent", type: "integer"),
                    .init("count", "At most \(Self.entriesMax)", type: "integer"),
                ])
        ) { request, context in
            _ = try context.requireMemberOrApplicant()
            return Response(try await entries(request))
        }
        routes.add(
            APIOperation(
                .get, "/v1/transactions/{id}", tag: "ledger",
                "What became of a transaction",
                query: [
                    .init("wait", "`certified` or `final`: answer when it is, or after 10 s")
                ])
        ) { request, context in
            _ = try context.requireMemberOrApplicant()
            let id = try context.parameters.require("id")
            return Response(
                try await receipt(id, wait: request.uri.queryParameters["wait"].map(String.init)))
        }
        routes.add(
            APIOperation(
                .get, "/v1/contracts/{contract}/history", tag: "contracts",
                "The receipts of all transactions that changed a contract, the oldest first",
                query: [
                    .init("from", "The first index", type: "integer"),
                    .init("count", "At most \(Self.entriesMax)", type: "integer"),
                ])
        ) { request, context in
            _ = try context.requireMemberOrApplicant()
            return Response(
                try await history(of: context.parameters.require("contract"), request))
        }
        routes.add(
            APIOperation(
                .get, "/v1/accounts/{holder}/{currency}/movements", tag: "money",
                "The entries that moved money on an account: their receipts without the decisions",
                query: [
                    .init("from", "The first index; 0 if absent", type: "integer"),
                    .init("count", "At most \(Self.entriesMax)", type: "integer"),
                ])
        ) { request, context in
            _ = try context.requireMemberOrApplicant()
            return Response(
                try await movements(
                    of: context.parameters.require("holder"),
                    in: context.parameters.require("currency"), request))
        }
        routes.add(
            APIOperation(
                .get, "/v1/receipts/{index}", tag: "ledger",
                "An entry's inclusion in the newest certified checkpoint, as a `.tlog-proof` file",
                answer: .init("c2sp.org/tlog-proof@v1", mediaType: "text/plain"))
        ) { _, context in
            _ = try context.requireMemberOrApplicant()
            return Response(text: try await proof(context.parameters.require("index")))
        }
    }

    /// The open routes of C2SP tlog-tiles. The bundles hold what members told one another; they are
    /// served to members only, unless the lab has chosen to be read by anybody.
    package func addTiles(to routes: inout APIRoutes, openEntries: Bool) {
        routes.add(
            APIOperation(
                .get, "/checkpoint", tag: "tiles",
                "The newest checkpoint, with its quorum if it has one", access: .open,
                answer: .init("A signed note (C2SP tlog-checkpoint)", mediaType: "text/plain"))
        ) { _, _ in
            let snapshot = await snapshot()
            let newest = snapshot.certificate ?? snapshot.checkpoint
            guard let newest else { throw Problem.notFound("checkpoint yet") }
            var response = Response(text: newest.description)
            response.headers[.cacheControl] = "no-cache"
            return response
        }
        routes.add(
            APIOperation(
                .get, "/tile/entries/{path}", tag: "tiles", "Entry bundles",
                access: openEntries ? .open : .signed,
                answer: .init("Entries behind their lengths", mediaType: Self.octets))
        ) { request, context in
            if !openEntries { _ = try context.requireMemberOrApplicant() }
            return Response(immutable: try await bundle(request.uri.path))
        }
        routes.add(
            APIOperation(
                .get, "/tile/{path}", tag: "tiles", "Tiles of the Merkle tree", access: .open,
                answer: .init("Up to 256 hashes", mediaType: Self.octets))
        ) { request, _ in
            Response(immutable: try await tile(request.uri.path))
        }
    }

    private static let octets = "application/octet-stream"

    private func entries(_ request: Request) async throws -> JSONValue {
        let snapshot = await snapshot()
        let size = snapshot.replica.head.size
        let count = Int(try request.number("count", in: 1...UInt64(Self.entriesMax)) ?? 50)
        let from = try request.number("from") ?? size - min(size, UInt64(count))
        let entries = try database.entries(from: from, count: count)
        var items: [JSONValue] = []
        for (offset, bytes) in entries.enumerated() {
            let index = from + UInt64(offset)
            guard index < size else { break }
            items.append([
                "index": .integer(Int64(index)), "entry": try JSONValue(parsing: bytes),
                "receipt": try database.receipt(at: index),
                "stage": snapshot.finality.stage(of: index).json,
            ])
        }
        return ["items": .array(items), "ledger": snapshot.progress]
    }

    private func history(of text: String, _ request: Request) async throws -> JSONValue {
        let snapshot = await snapshot()
        guard let id = try? ContractID(text), snapshot.state.agreements[id] != nil else {
            throw Problem.notFound("contract \(text.prefix(80))")
        }
        let count = Int(try request.number("count", in: 1...UInt64(Self.entriesMax)) ?? 256)
        let items = try database.receipts(
            changing: "contract/\(id)", from: try request.number("from") ?? 0, count: count
        ).map { try $0.adding("taken", taken(of: id, in: $0)) }
        return ["items": .array(items), "ledger": snapshot.progress]
    }

    /// The contract's action that a member took in the entry of a receipt.
    private func taken(of contract: ContractID, in receipt: JSONValue) throws -> JSONValue? {
        guard receipt["action"]?.string == TakeContractAction.name,
            let index = receipt["index"]?.integer.map({ UInt64($0) }),
            let bytes = try database.entries(from: index, count: 1).first,
            case .transaction(let envelope) = try Entry(parsing: bytes).content,
            let action = try Transaction(payload: envelope.payload).action as? TakeContractAction,
            action.contract == contract
        else { return nil }
        return .string(action.action)
    }

    private func movements(
        of holder: String, in code: String, _ request: Request
    ) async throws -> JSONValue {
        let snapshot = await snapshot()
        guard let currency = CurrencyCode(code),
            snapshot.state.accounts.currencies[currency] != nil
        else { throw Problem.notFound("currency \(code.prefix(20))") }
        let count = Int(try request.number("count", in: 1...UInt64(Self.entriesMax)) ?? 50)
        let size = Int64(clamping: snapshot.replica.head.size)
        let receipts = try database.receipts(
            movingMoneyOf: holder, in: currency, from: try request.number("from") ?? 0,
            count: count)
        // What is stored may be ahead of what has been looked at.
        let items = receipts.prefix { ($0["index"]?.integer ?? .max) < size }
            .map { $0.without("outcome") }
        return ["items": .array(items), "ledger": snapshot.progress]
    }

    private func receipt(_ text: String, wait: String?) async throws -> JSONValue {
        guard let id = TransactionID(text) else {
            throw Problem(
                status: 400, code: "request.malformed",
                detail: "a transaction's name has 64 lower-case hexadecimal digits")
        }
        guard let receipt = try database.receipt(of: id),
            let index = receipt["index"]?.integer.map({ UInt64($0) })
        else { throw Problem.notFound("transaction \(text)") }
        if let wait {
            guard let stage = Stage(rawValue: wait) else {
                throw Problem(
                    status: 400, code: "request.malformed",
                    detail: "wait should be sequenced, certified or final")
            }
            _ = try await progress.wait(atMost: Self.waitMax) { [snapshot] in
                await snapshot().finality.stage(of: index) >= stage
            }
        }
        return receipt.adding("stage", await snapshot().finality.stage(of: index).json)
    }

    private func proof(_ text: String) async throws -> String {
        guard let index = UInt64(text), let certificate = await snapshot().certificate,
            index < certificate.statement.head.size
        else {
            throw Problem(
                status: 404, code: "receipt.not_certified",
                detail: "no certified checkpoint contains entry \(text.prefix(20)) yet")
        }
        let proof = try database.tree.inclusionProof(
            of: index, at: certificate.statement.head.size)
        return try InclusionReceipt(index: index, proof: proof, checkpoint: certificate).description
    }

    private func tile(_ path: String) async throws -> [UInt8] {
        let coordinate: TileCoordinate
        do {
            coordinate = try TileCoordinate(path: String(path.dropFirst()))
        } catch {
            throw Problem(status: 404, code: "tile.path", detail: error.description)
        }
        let hashes = try database.tile(level: coordinate.level, index: coordinate.index)
        guard hashes.count >= coordinate.width else { throw Problem.notFound("such tile yet") }
        return Tile(
            level: coordinate.level, index: coordinate.index,
            hashes: Array(hashes.prefix(coordinate.width))
        ).content
    }

    private func bundle(_ path: String) async throws -> [UInt8] {
        let coordinate: EntryBundleCoordinate
        do {
            coordinate = try EntryBundleCoordinate(path: String(path.dropFirst()))
        } catch {
            throw Problem(status: 404, code: "tile.path", detail: error.description)
        }
        let size = await snapshot().replica.head.size
        let present = EntryBundleCoordinate(index: coordinate.index, inLogOfSize: size)
        guard let present, present.width >= coordinate.width else {
            throw Problem.notFound("such bundle yet")
        }
        let start = coordinate.index * UInt64(TileCoordinate.widthMax)
        return try EntryBundle(database.entries(from: start, count: coordinate.width)).content
    }
}
