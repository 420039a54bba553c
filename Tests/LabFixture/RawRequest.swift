import AsyncHTTPClient
package import Encodings
import Identity
import LabAPI
import NIOCore
import NIOHTTP1
package import Transport

/// An HTTP request of which everything can be wrong.
package struct RawRequest: Sendable {
    package var method: String
    /// Path and query.
    package var target: String
    package var fields: [(name: String, value: String)]
    package var body: [UInt8]?

    package init(
        _ method: String, _ target: String, fields: [(name: String, value: String)] = [],
        body: [UInt8]? = nil
    ) {
        self.method = method
        self.target = target
        self.fields = fields
        self.body = body
    }

    /// A request that is signed as it should be.
    package static func signed(
        _ method: String, _ target: String, body: [UInt8]? = nil, by signer: RequestSigner
    ) throws -> RawRequest {
        RawRequest(
            method, target,
            fields: try signer.fields(
                method: method, target: target,
                bodyDigest: body.flatMap { ContentDigest.sha256(in: ContentDigest.field(of: $0)) }),
            body: body)
    }

    package func send(to processes: ProcessLab) async throws -> RawAnswer {
        var request = HTTPClientRequest(url: processes.card.coordinator + target)
        request.method = HTTPMethod(rawValue: method)
        for field in fields { request.headers.add(name: field.name, value: field.value) }
        if let body { request.body = .bytes(ByteBuffer(bytes: body)) }
        let response = try await processes.http.execute(request, timeout: .seconds(60))
        return RawAnswer(
            status: Int(response.status.code),
            mediaType: response.headers.first(name: "content-type") ?? "",
            body: Array(buffer: try await response.body.collect(upTo: 1 << 20)))
    }
}

package struct RawAnswer: Sendable, CustomStringConvertible {
    package let status: Int
    package let mediaType: String
    package let body: [UInt8]

    package var json: JSONValue { (try? JSONValue(parsing: body)) ?? .null }

    /// The code of a problem that is told as RFC 9457 asks; `nil` where it is not.
    package var problemCode: String? {
        guard mediaType == Problem.mediaType, json["status"]?.integer == Int64(status),
            json["type"]?.string?.isEmpty == false, json["title"]?.string?.isEmpty == false,
            json["detail"]?.string?.isEmpty == false
        else { return nil }
        return json["code"]?.string
    }

    package var description: String {
        "\(status) \(mediaType) \(String(decoding: body.prefix(1_000), as: UTF8.self))"
    }
}
