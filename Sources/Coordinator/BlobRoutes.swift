import Contracts
import Crypto
import Encodings
import HTTPTypes
import Hummingbird
import LabAPI
import NIOCore
import Storage
import Transport

/// Weights, updates and documents: downloads in ranges, and uploads that go on where they stopped.
///
/// An upload is the resource `/v1/uploads/DIGEST` of the member that sends it, and behaves as
/// draft-ietf-httpbis-resumable-upload says; but since its name is the content's, it need not be
/// made first.
struct BlobRoutes: Sendable {
    private static let octets = "application/octet-stream"
    /// A download is read and sent in pieces of this size.
    private static let pieceBytes = 256 << 10

    let uploads: BlobUploads
    /// What the ledger names, and no longer counts against anybody's quota.
    let named: @Sendable () async throws -> Set<BlobDigest>

    private var store: BlobStore { uploads.store }

    func add(to routes: inout APIRoutes) {
        addDownloads(to: &routes)
        addUploads(to: &routes)
    }

    // MARK: - Downloads

    private func addDownloads(to routes: inout APIRoutes) {
        routes.add(
            APIOperation(
                .get, "/v1/blobs/{digest}", tag: "blobs",
                "Download a blob, or one range of it (RFC 9110 §14)",
                answer: .init("The bytes", mediaType: Self.octets))
        ) { request, context in
            _ = try context.requireMember()
            return try download(try Self.digest(context), request.headers)
        }
        routes.add(
            APIOperation(
                .head, "/v1/blobs/{digest}", tag: "blobs", "Whether a blob is here, and its length",
                answer: .init("Nothing", mediaType: Self.octets))
        ) { _, context in
            _ = try context.requireMember()
            let digest = try Self.digest(context)
            let file = try open(digest)
            var fields = Self.fields(of: digest)
            fields[.contentLength] = "\(file.count)"
            return Response(status: .ok, headers: fields)
        }
    }

    private func download(_ digest: BlobDigest, _ request: HTTPFields) throws -> Response {
        let file = try open(digest)
        var fields = Self.fields(of: digest)
        let requested = RequestedBytes(
            range: request[.range], ifRange: request[.ifRange],
            entityTag: Self.entityTag(digest), count: file.count)
        switch requested {
        case .all:
            return Response(status: .ok, headers: fields, body: Self.body(file, 0..<file.count))
        case .part(let range):
            fields[.contentRange] =
                "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(file.count)"
            return Response(
                status: .partialContent, headers: fields, body: Self.body(file, range))
        case .unsatisfiable:
            var response = Response(
                Problem(
                    status: 416, code: "range.unsatisfiable",
                    detail: "the blob has \(file.count) bytes, and none of those asked for"))
            response.headers[.contentRange] = "bytes */\(file.count)"
            return response
        }
    }

    private static func body(_ file: BlobFile, _ range: Range<Int>) -> ResponseBody {
        ResponseBody(contentLength: range.count) { writer in
            try await withTaskExecutorPreference(DiskThreads.shared) {
                var rest = range
                while !rest.isEmpty {
                    let count = min(pieceBytes, rest.count)
                    var piece = ByteBufferAllocator().buffer(capacity: count)
                    try piece.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { bytes in
                        try file.read(
                            from: rest.lowerBound, into: .init(rebasing: bytes[..<count]))
                        return count
                    }
                    // Waits until the connection can take more.
                    try await writer.write(piece)
                    rest = (rest.lowerBound + count)..<rest.upperBound
                }
                try await writer.finish(nil)
            }
        }
    }

    private func open(_ digest: BlobDigest) throws -> BlobFile {
        guard store.has(digest) else { throw Problem.notFound("blob \(digest)") }
        return try store.open(digest)
    }

    private static func entityTag(_ digest: BlobDigest) -> String { "\"\(digest)\"" }

    private static func fields(of digest: BlobDigest) -> HTTPFields {
        [
            .contentType: octets, .acceptRanges: "bytes", .eTag: entityTag(digest),
            // What has a digest for a name never changes.
            .cacheControl: "public, max-age=31536000, immutable",
        ]
    }

    private static func digest(_ context: LabContext) throws -> BlobDigest {
        guard let digest = BlobDigest(try context.parameters.require("digest")) else {
            throw Problem(
                status: 400, code: "request.malformed",
                detail: "a blob's name is its SHA-256 in 64 lower-case hexadecimal digits")
        }
        return digest
    }

    // MARK: - Uploads

    private func addUploads(to routes: inout APIRoutes) {
        routes.add(
            APIOperation(
                .put, "/v1/blobs/{digest}", tag: "blobs",
                "Upload weights, an update or a document under its SHA-256, at once",
                body: .init("The bytes", mediaType: Self.octets))
        ) { request, context in
            let member = try context.requireMember()
            let digest = try Self.digest(context)
            let signed = context.bodyDigest ?? Array(SHA256.hash(data: [UInt8]()))
            guard BlobDigest(sha256: signed) == digest else {
                throw Problem(
                    status: 400, code: "digest.wrong",
                    detail: "the signed Content-Digest is not the one in the path")
            }
            guard
                let length = try UploadAnnouncement.number(
                    request.headers[.contentLength], "Content-Length")
            else {
                throw Problem(
                    status: 411, code: "length.required",
                    detail: "Content-Length should say how many bytes the blob has")
            }
            return try await receive(
                request.body, digest, from: member,
                .init(offset: nil, length: length, isLast: true, digest: signed))
        }
        for method in [HTTPRequest.Method.get, .head] {
            routes.add(
                APIOperation(
                    method, "/v1/uploads/{digest}", tag: "blobs",
                    "How much of a blob has come from the caller: Upload-Offset, Upload-Complete")
            ) { _, context in
                let member = try context.requireMember()
                let response = try await progress(of: try Self.digest(context), by: member)
                return method == .head ? response.createHeadResponse() : response
            }
        }
        routes.add(
            APIOperation(
                .patch, "/v1/uploads/{digest}", tag: "blobs",
                "Go on with an upload: Upload-Offset, Upload-Length, Upload-Complete",
                body: .init("The bytes from the offset on", mediaType: UploadField.mediaType))
        ) { request, context in
            let member = try context.requireMember()
            return try await receive(
                request.body, try Self.digest(context), from: member,
                try UploadAnnouncement(request.headers, signedDigest: context.bodyDigest))
        }
        routes.add(
            APIOperation(
                .delete, "/v1/uploads/{digest}", tag: "blobs",
                "Take back what the caller has sent of a blob that is not whole")
        ) { _, context in
            uploads.cancel(try Self.digest(context), by: try context.requireMember())
            return Response([:])
        }
    }

    private func progress(of digest: BlobDigest, by member: MemberID) async throws -> Response {
        let progress = try await withTaskExecutorPreference(DiskThreads.shared) {
            try uploads.progress(of: digest, by: member)
        }
        var response = Self.response(digest, progress)
        response.headers[.limit] = "max-size=\(uploads.limits.blobBytesMax)"
        response.headers[.cacheControl] = "no-store"
        return response
    }

    private static func response(_ digest: BlobDigest, _ progress: BlobUploads.Progress) -> Response
    {
        let (count, isWhole) =
            switch progress {
            case .partial(let count): (count, false)
            case .whole(let count): (count, true)
            }
        var response = Response([
            "digest": digest.json, "bytes": .integer(Int64(count)), "complete": .bool(isWhole),
        ])
        response.headers[.offset] = "\(count)"
        response.headers[.complete] = isWhole ? "?1" : "?0"
        if isWhole { response.headers[.length] = "\(count)" }
        return response
    }

    private func receive(
        _ body: RequestBody, _ digest: BlobDigest, from member: MemberID,
        _ announced: UploadAnnouncement
    ) async throws -> Response {
        do {
            let progress = try await withTaskExecutorPreference(DiskThreads.shared) {
                let upload = try await begin(digest, by: member, announced)
                // Whatever ends this: what has come is there for the next attempt.
                defer { upload.stop() }
                var pieces = body.makeAsyncIterator()
                while let piece = try await Self.next(&pieces) {
                    try piece.withUnsafeReadableBytes { try upload.write($0) }
                }
                return try upload.finish(isLast: announced.isLast)
            }
            return Self.response(digest, progress)
        } catch let refusal as UploadRefusal {
            var response = Response(Problem(refusal))
            if case .wrongOffset(_, let expected) = refusal {
                response.headers[.offset] = "\(expected)"
            }
            return response
        } catch StorageError.full {
            throw Problem(
                status: 507, code: "storage.full",
                detail: "there is no room left on the coordinator's disk; tell its operator")
        }
    }

    /// A sender that goes away in the middle is nothing for the coordinator's own log.
    private static func next(
        _ pieces: inout RequestBody.AsyncIterator
    ) async throws -> ByteBuffer? {
        do {
            return try await pieces.next()
        } catch let error as CancellationError {
            throw error
        } catch {
            throw Problem(
                status: 400, code: "upload.interrupted",
                detail: "the connection ended before the bytes did; what has come is kept")
        }
    }

    private func begin(
        _ digest: BlobDigest, by member: MemberID, _ announced: UploadAnnouncement
    ) async throws -> BlobUpload {
        func begin() throws -> BlobUpload {
            try uploads.begin(
                digest, by: member, at: announced.offset, length: announced.length,
                pieceDigest: announced.digest)
        }
        do {
            return try begin()
        } catch UploadRefusal.quota {
            // Some of what counts may have got onto the ledger since.
            uploads.release(try await named())
            return try begin()
        }
    }
}
