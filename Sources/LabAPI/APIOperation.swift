import Encodings
package import HTTPTypes

/// One method on one path of the interface, described once: the route and the OpenAPI document are
/// both made from it.
package struct APIOperation: Sendable {
    package enum Access: Sendable {
        /// Open to everybody.
        case open
        /// Signed by a member, an applicant, or (where it says so) anybody.
        case signed
    }

    package struct Parameter: Sendable {
        package let name: String
        package let summary: String
        package let type: String

        package init(_ name: String, _ summary: String, type: String = "string") {
            self.name = name
            self.summary = summary
            self.type = type
        }
    }

    package struct Body: Sendable {
        package let mediaType: String
        package let summary: String

        package init(_ summary: String, mediaType: String = "application/json") {
            self.summary = summary
            self.mediaType = mediaType
        }
    }

    package let method: HTTPRequest.Method
    /// With parameters in braces, as OpenAPI writes it.
    package let path: String
    package let tag: String
    package let summary: String
    package let access: Access
    package let query: [Parameter]
    package let body: Body?
    package let answer: Body

    package init(
        _ method: HTTPRequest.Method, _ path: String, tag: String, _ summary: String,
        access: Access = .signed, query: [Parameter] = [], body: Body? = nil,
        answer: Body = Body("See `Documentation/formats.md`.")
    ) {
        self.method = method
        self.path = path
        self.tag = tag
        self.summary = summary
        self.access = access
        self.query = query
        self.body = body
        self.answer = answer
    }

    private var pathParameters: [String] {
        path.split(separator: "/").filter { $0.hasPrefix("{") }.map {
            String($0.dropFirst().dropLast())
        }
    }

    /// A name for code generators: the method and the path's words.
    private var identifier: String {
        let words = path.split { !$0.isLetter && !$0.isNumber }.map(String.init)
        return ([method.rawValue.lowercased()] + words).joined(separator: "_")
    }

    var json: JSONValue {
        let parameters =
            pathParameters.map { name -> JSONValue in
                [
                    "name": .string(name), "in": "path", "required": true,
                    "schema": ["type": "string"],
                ]
            }
            + query.map { parameter -> JSONValue in
                [
                    "name": .string(parameter.name), "in": "query",
                    "description": .string(parameter.summary),
                    "schema": ["type": .string(parameter.type)],
                ]
            }
        let problem: JSONValue = [
            "description": "A problem (RFC 9457): `code` is for programs, `detail` for people.",
            "content": [
                "application/problem+json": [
                    "schema": ["$ref": "#/components/schemas/Problem"]
                ]
            ],
        ]
        return [
            "operationId": .string(identifier), "tags": [.string(tag)],
            "summary": .string(summary),
            "parameters": parameters.isEmpty ? nil : .array(parameters),
            "security": access == .open ? [] : [["messageSignature": []]],
            "requestBody": body.map {
                [
                    "required": true, "description": .string($0.summary),
                    "content": $0.content,
                ]
            },
            "responses": [
                "200": ["description": .string(answer.summary), "content": answer.content],
                "default": problem,
            ],
        ]
    }
}

extension APIOperation.Body {
    fileprivate var content: JSONValue {
        var object = JSONObject()
        let isJSON = mediaType == "application/json"
        object[mediaType] = ["schema": isJSON ? ["type": "object"] : ["type": "string"]]
        return .object(object)
    }
}
