package import AsyncHTTPClient
package import Encodings
import HTTPTypes
import NIOCore
import NIOHTTP1

/// What a server has answered.
package struct Answer: Sendable {
    package let status: Int
    package let mediaType: String?
    package let body: [UInt8]
    private let fields: [String: String]

    package init(
        status: Int, mediaType: String?, body: [UInt8], fields: [String: String] = [:]
    ) {
        self.status = status
        self.mediaType = mediaType
        self.body = body
        self.fields = fields
    }

    package init(_ response: HTTPClientResponse) async throws {
        self.init(
            status: Int(response.status.code),
            mediaType: response.headers.first(name: "content-type"),
            body: Array(buffer: try await response.body.collect(upTo: 64 << 20)),
            fields: Dictionary(response.headers.map { ($0.name.lowercased(), $0.value) }) { $1 })
    }

    /// A field of the head, by its name in lower case.
    package subscript(field: String) -> String? { fields[field] }

    package var text: String { String(decoding: body, as: UTF8.self) }

    package var json: JSONValue? { try? JSONValue(parsing: body) }

    /// What programs branch on, where this is a problem of the form that RFC 9457 asks for.
    package var problemCode: String? {
        guard mediaType == "application/problem+json", let json,
            json["status"]?.integer == Int64(status), let code = json["code"]?.string,
            json["type"]?.string == "urn:jointlab:problem:\(code)", json["title"]?.string != nil,
            json["detail"]?.string?.isEmpty == false
        else { return nil }
        return code
    }
}
