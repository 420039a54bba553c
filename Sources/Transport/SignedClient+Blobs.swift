import AsyncHTTPClient
package import Contracts
import Crypto
import Encodings
import Identity
package import NIOCore
import NIOHTTP1

/// One exchange about a blob at a time. Whoever wants a transfer to survive an interruption puts
/// several together, and keeps what has come.
extension SignedClient {
    /// No lab lets a blob be larger.
    package static let blobBytesMax = 64 << 30

    // MARK: - Down

    /// What the other side has of a blob, from a place on.
    package enum BlobAnswer: Sendable {
        case bytes(BlobBytes)
        /// The blob has so many bytes, and none from there on.
        case nothing(length: Int)
    }

    /// Asks for a blob from a place on.
    ///
    /// - Throws: ``Problem`` or ``ConnectionFailure``.
    package func blob(_ digest: BlobDigest, from offset: Int) async throws -> BlobAnswer {
        var request = try request(.GET, "/v1/blobs/\(digest)", [:], bodyDigest: nil)
        if offset > 0 { request.headers.replaceOrAdd(name: "range", value: "bytes=\(offset)-") }
        let response = try await response(to: request, deadline: .distantFuture)
        let range = response.headers.first(name: "content-range")
        switch response.status.code {
        case 200:
            let length = response.headers.first(name: "content-length").flatMap { Int($0) }
            return .bytes(try blobBytes(response, start: 0, length: length))
        case 206:
            guard let range = range.flatMap(ContentRange.init), range.first == offset,
                range.last == range.length - 1
            else { throw failure("it sent other bytes of \(digest) than it was asked for") }
            return .bytes(try blobBytes(response, start: offset, length: range.length))
        case 416:
            guard let length = range.flatMap(ContentRange.length) else {
                throw try await problem(response)
            }
            return .nothing(length: length)
        default: throw try await problem(response)
        }
    }

    private func blobBytes(
        _ response: HTTPClientResponse, start: Int, length: Int?
    ) throws -> BlobBytes {
        guard let length, (0...Self.blobBytesMax).contains(length) else {
            throw failure(
                "it should say how long the blob is, at most \(Self.blobBytesMax) bytes")
        }
        return BlobBytes(start: start, length: length, body: response.body, baseURL: baseURL)
    }

    private func failure(_ problem: String) -> ConnectionFailure {
        ConnectionFailure(baseURL: baseURL, problem: problem)
    }

    // MARK: - Up

    /// How far an upload is.
    package struct UploadProgress: Hashable, Sendable {
        package let offset: Int
        package let isComplete: Bool

        package init(offset: Int, isComplete: Bool) {
            self.offset = offset
            self.isComplete = isComplete
        }
    }

    /// Asks how much of a blob the other side has of this member.
    package func uploadProgress(of digest: BlobDigest) async throws -> UploadProgress {
        let answer = try await get(Self.uploadPath(digest))
        guard let offset = answer["bytes"]?.integer, offset >= 0,
            let isComplete = answer["complete"]?.bool
        else { throw failure("it does not say how far the upload of \(digest) is") }
        return UploadProgress(offset: Int(offset), isComplete: isComplete)
    }

    /// Sends the rest of a blob.
    ///
    /// - Parameters:
    ///   - length: How many bytes the blob has.
    ///   - restDigest: The SHA-256 of the bytes from the offset on.
    ///   - rest: The bytes; they are asked for as they leave.
    package func sendRest<Rest: AsyncSequence & Sendable>(
        of digest: BlobDigest, from offset: Int, length: Int, restDigest: [UInt8], _ rest: Rest
    ) async throws where Rest.Element == ByteBuffer {
        let isEmpty = offset == length
        var request = try request(
            .PATCH, Self.uploadPath(digest), [:], bodyDigest: isEmpty ? nil : restDigest)
        for (field, value) in [
            (UploadField.offset, "\(offset)"), (.length, "\(length)"), (.complete, "?1"),
        ] {
            request.headers.replaceOrAdd(name: field.rawValue, value: value)
        }
        request.headers.replaceOrAdd(name: "content-type", value: UploadField.mediaType)
        if !isEmpty { request.body = .stream(rest, length: .known(Int64(length - offset))) }
        try await finish(request)
    }

    /// Sends a blob that is in memory.
    @discardableResult
    package func upload(_ bytes: [UInt8]) async throws -> BlobDigest {
        let digest = BlobDigest(of: bytes)
        var request = try request(
            .PUT, "/v1/blobs/\(digest)", [:], bodyDigest: Hex.decode(digest.text))
        request.headers.replaceOrAdd(name: "content-type", value: "application/octet-stream")
        request.body = .bytes(ByteBuffer(bytes: bytes))
        try await finish(request)
        return digest
    }

    /// Sends bytes to a path, with a query.
    ///
    /// - Throws: ``Problem`` or ``ConnectionFailure``.
    package func put(
        _ bytes: [UInt8], to path: String, _ query: KeyValuePairs<String, String?> = [:]
    ) async throws {
        var request = try request(
            .PUT, path, query,
            bodyDigest: bytes.isEmpty ? nil : Array(SHA256.hash(data: bytes)))
        request.headers.replaceOrAdd(name: "content-type", value: "application/octet-stream")
        if !bytes.isEmpty { request.body = .bytes(ByteBuffer(bytes: bytes)) }
        try await finish(request)
    }

    /// Takes back what this member has sent of a blob that is not whole.
    package func cancelUpload(of digest: BlobDigest) async throws {
        try await finish(try request(.DELETE, Self.uploadPath(digest), [:], bodyDigest: nil))
    }

    private static func uploadPath(_ digest: BlobDigest) -> String { "/v1/uploads/\(digest)" }

    private func finish(_ request: HTTPClientRequest) async throws {
        let response = try await execute(request, deadline: .distantFuture)
        _ = try await connected {
            try await response.body.collect(upTo: Self.answerBytesMax)
        }
    }
}

/// The bytes of a blob on their way.
package struct BlobBytes: Sendable {
    /// The place of the first of them.
    package let start: Int
    /// How many bytes the blob has.
    package let length: Int
    fileprivate let body: HTTPClientResponse.Body
    fileprivate let baseURL: String

    /// Receives them to the blob's end.
    ///
    /// - Throws: ``ConnectionFailure`` where there are fewer or more, and what receiving throws.
    package func forEachPiece(
        _ receive: (UnsafeRawBufferPointer) throws -> Void
    ) async throws {
        var left = length - start
        var pieces = body.makeAsyncIterator()
        while let piece = try await next(&pieces) {
            left -= piece.readableBytes
            guard left >= 0 else { break }
            try piece.withUnsafeReadableBytes(receive)
        }
        guard left == 0 else {
            throw ConnectionFailure(
                baseURL: baseURL,
                problem: left > 0
                    ? "the blob ended \(left) bytes too early" : "the blob is longer than it said")
        }
    }

    private func next(
        _ pieces: inout HTTPClientResponse.Body.AsyncIterator
    ) async throws -> ByteBuffer? {
        do {
            return try await pieces.next()
        } catch let error as CancellationError {
            throw error
        } catch {
            throw ConnectionFailure(baseURL: baseURL, problem: "\(error)")
        }
    }
}

/// `bytes 0-4/9` (RFC 9110 §14.4).
private struct ContentRange {
    let first: Int
    let last: Int
    let length: Int

    init?(_ text: String) {
        guard let match = text.wholeMatch(of: /bytes (\d{1,18})-(\d{1,18})\/(\d{1,18})/),
            let first = Int(match.1), let last = Int(match.2), let length = Int(match.3)
        else { return nil }
        (self.first, self.last, self.length) = (first, last, length)
    }

    /// The length in `bytes */9`, which tells that none of what was asked for is there.
    static func length(_ text: String) -> Int? {
        text.wholeMatch(of: /bytes \*\/(\d{1,18})/).flatMap { Int($0.1) }
    }
}
