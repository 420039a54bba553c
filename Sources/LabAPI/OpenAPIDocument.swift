package import Encodings
import HTTPTypes

/// The OpenAPI 3.1 description of an interface.
package struct OpenAPIDocument: Sendable {
    private let title: String
    private let version: String
    private let operations: [APIOperation]

    package init(title: String, version: String, operations: [APIOperation]) {
        self.title = title
        self.version = version
        self.operations = operations
    }

    package var json: JSONValue {
        var paths = JSONObject()
        for operation in operations {
            var item = paths[operation.path]?.object ?? JSONObject()
            item[operation.method.rawValue.lowercased()] = operation.json
            paths[operation.path] = .object(item)
        }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": .string(title), "version": .string(version),
                "license": ["name": "Apache-2.0", "identifier": "Apache-2.0"],
            ],
            "paths": .object(paths),
            "components": [
                "securitySchemes": [
                    "messageSignature": [
                        "type": "apiKey", "in": "header", "name": "Signature-Input",
                        "description": .string(Self.signatures),
                    ]
                ],
                "schemas": [
                    "Problem": [
                        "type": "object", "required": ["status", "code", "detail"],
                        "properties": [
                            "type": ["type": "string"], "title": ["type": "string"],
                            "status": ["type": "integer"], "code": ["type": "string"],
                            "detail": ["type": "string"],
                            "refusal": [
                                "type": "object",
                                "description": "The rule that refused, with the values it saw.",
                            ],
                        ],
                    ]
                ],
            ],
        ]
    }

    private static let signatures = """
        HTTP Message Signatures (RFC 9421) with Ed25519: `Signature-Input` and `Signature` over \
        `@method`, `@path`, `@query` and, with a body, `content-digest`; parameters created, \
        expires, nonce, keyid (the public key in base64), alg and tag (`jointlab:` and the lab's \
        identifier).
        """
}
