import AsyncHTTPClient
import Crypto
import Encodings
import Identity
import NIOCore
import NIOHTTP1
import ServedLab

/// A signed request whose parts a test can spoil, before it is signed or after.
struct SignedRequest {
    static let lab = String(repeating: "ab", count: 32)
    static let now: Int64 = 1_767_225_600

    var method = "GET"
    var target = "/member"
    var body: [UInt8]?
    var key: SigningKey
    var tag = HTTPSignature.tag(lab: Self.lab)
    var freshness = HTTPSignature.Freshness(
        created: Self.now, expires: Self.now + 60, nonce: "a-nonce-of-its-own")
    /// The field Content-Digest, if another than the body's.
    var contentDigest: String?
    var coversBody = true

    func fields() throws -> [(name: String, value: String)] {
        let digest =
            contentDigest
            ?? body.map { ContentDigest.field(sha256: Array(SHA256.hash(data: $0))) }
        let digestField = digest.map { [(name: "content-digest", value: $0)] } ?? []
        let parts = target.split(separator: "?", maxSplits: 1)
        let header = try HTTPSignature.sign(
            HTTPRequestParts(
                method: method, authority: "", path: String(parts[0]),
                query: parts.count > 1 ? String(parts[1]) : nil,
                fields: coversBody ? digestField.map { ($0.name, $0.value) } : []),
            with: key, tag: tag, freshness: freshness)
        return digestField + [
            ("signature-input", header.signatureInput), ("signature", header.signature),
        ]
    }

    /// - Parameter spoil: Changes what goes over the wire, after signing.
    func send(
        to url: String, _ http: HTTPClient, chunked: Bool = false,
        spoil: (inout HTTPClientRequest) -> Void = { _ in }
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url + target)
        request.method = HTTPMethod(rawValue: method)
        for field in try fields() { request.headers.add(name: field.name, value: field.value) }
        if let body {
            request.body =
                chunked
                ? .stream([ByteBuffer(bytes: body)].async, length: .unknown)
                : .bytes(ByteBuffer(bytes: body))
        }
        spoil(&request)
        return try await Answer(try await http.execute(request, timeout: .seconds(30)))
    }
}

extension Array where Element: Sendable {
    /// The elements one after the other, as a stream.
    fileprivate var async: AsyncStream<Element> {
        AsyncStream { continuation in
            for element in self { continuation.yield(element) }
            continuation.finish()
        }
    }
}
