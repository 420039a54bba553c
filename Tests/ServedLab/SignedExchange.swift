import AsyncHTTPClient
package import Contracts
import Crypto
import NIOCore
import NIOHTTP1
import Transport

/// Signed requests of which a test chooses every field, and their answers as they are.
package struct SignedExchange: Sendable {
    let url: String
    let signer: RequestSigner
    let http: HTTPClient

    /// - Parameter signing: The body that the signature is made for, where that is another.
    package func send(
        _ method: String, _ target: String, _ fields: KeyValuePairs<String, String> = [:],
        body: [UInt8]? = nil, signing: [UInt8]? = nil
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url + target)
        request.method = HTTPMethod(rawValue: method)
        for (name, value) in fields { request.headers.add(name: name, value: value) }
        let digest = (signing ?? body).map { Array(SHA256.hash(data: $0)) }
        for field in try signer.fields(method: method, target: target, bodyDigest: digest) {
            request.headers.add(name: field.name, value: field.value)
        }
        if let body { request.body = .bytes(ByteBuffer(bytes: body)) }
        return try await Answer(try await http.execute(request, timeout: .seconds(60)))
    }

    /// Goes on with an upload, truthfully.
    package func goOn(
        _ digest: BlobDigest, with bytes: [UInt8], at offset: Int, of length: Int
    ) async throws -> Answer {
        try await send(
            "PATCH", "/v1/uploads/\(digest)",
            [
                UploadField.offset.rawValue: "\(offset)",
                UploadField.length.rawValue: "\(length)",
                UploadField.complete.rawValue: offset + bytes.count == length ? "?1" : "?0",
                "content-type": UploadField.mediaType,
            ], body: bytes)
    }
}
