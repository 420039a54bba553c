import Crypto
package import Encodings
import HTTPTypes
package import Hummingbird
import Identity
import NIOCore

extension Request {
    /// The body as JSON, if it is what the signature covers.
    ///
    /// - Throws: ``Problem``.
    package func json(in context: LabContext, bytesMax: Int) async throws -> JSONValue {
        guard context.bodyDigest != nil else {
            throw Problem(status: 400, code: "request.empty", detail: "a body is required")
        }
        do {
            return try JSONValue(parsing: try await bytes(in: context, bytesMax: bytesMax))
        } catch let error as JSONSyntaxError {
            throw Problem(error)
        }
    }

    /// The body, if it is what the signature covers; empty where there is none.
    ///
    /// - Throws: ``Problem``.
    package func bytes(in context: LabContext, bytesMax: Int) async throws -> [UInt8] {
        let buffer: ByteBuffer
        do {
            buffer = try await body.collect(upTo: bytesMax)
        } catch is NIOTooManyBytesError {
            throw Problem(
                status: 413, code: "request.too_large",
                detail: "the body is larger than \(bytesMax) bytes")
        }
        let bytes = Array(buffer: buffer)
        guard bytes.isEmpty || context.bodyDigest != nil,
            context.bodyDigest.map({ Array(SHA256.hash(data: bytes)) == $0 }) ?? true
        else {
            throw Problem(
                status: 401, code: "digest.wrong",
                detail: "the body is not the one whose digest was signed")
        }
        return bytes
    }
}

extension Response {
    package init(_ json: JSONValue, status: HTTPResponse.Status = .ok) {
        self.init(
            status: status, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: json.canonicalBytes)))
    }

    package init(_ problem: Problem) {
        self.init(
            status: HTTPResponse.Status(code: problem.status),
            headers: [.contentType: Problem.mediaType],
            body: .init(byteBuffer: ByteBuffer(bytes: problem.json.canonicalBytes)))
    }

    package init(text: String, mediaType: String = "text/plain; charset=utf-8") {
        self.init(
            status: .ok, headers: [.contentType: mediaType],
            body: .init(byteBuffer: ByteBuffer(string: text)))
    }

    /// Bytes that never change under their path.
    package init(immutable bytes: [UInt8]) {
        self.init(
            status: .ok,
            headers: [
                .contentType: "application/octet-stream",
                .cacheControl: "public, max-age=31536000, immutable",
            ], body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
