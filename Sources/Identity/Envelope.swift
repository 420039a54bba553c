package import Encodings

/// A signed payload in the form of DSSE (Dead Simple Signing Envelope, protocol v1.0.2).
///
/// The signatures cover the payload's bytes as they stand, so nothing depends on how a reader would
/// print its JSON again.
package struct Envelope: Hashable, Sendable {
    package struct Signature: Hashable, Sendable {
        /// Says which key to try; it is not covered by the signature.
        package let keyID: KeyID
        package let bytes: [UInt8]

        package init(keyID: KeyID, bytes: [UInt8]) {
            self.keyID = keyID
            self.bytes = bytes
        }
    }

    package let payloadType: String
    package let payload: [UInt8]
    package let signatures: [Signature]

    package init(payloadType: String, payload: [UInt8], signatures: [Signature]) {
        self.payloadType = payloadType
        self.payload = payload
        self.signatures = signatures
    }

    package init(signing payload: [UInt8], as payloadType: String, with key: SigningKey) {
        let message = Self.preAuthenticationEncoding(of: payload, as: payloadType)
        self.init(
            payloadType: payloadType, payload: payload,
            signatures: [
                Signature(keyID: key.publicKey.id, bytes: key.signature(of: message))
            ])
    }

    /// The bytes that are signed: `PAE(payloadType, payload)` of the protocol's signature
    /// definition.
    package static func preAuthenticationEncoding(
        of payload: [UInt8], as payloadType: String
    ) -> [UInt8] {
        let type = Array(payloadType.utf8)
        return Array("DSSEv1 \(type.count) ".utf8) + type + Array(" \(payload.count) ".utf8)
            + payload
    }

    /// Whether one of the signatures is this key's and is valid.
    package func isSigned(by key: PublicKey) -> Bool {
        let message = Self.preAuthenticationEncoding(of: payload, as: payloadType)
        return signatures.contains { $0.keyID == key.id && key.verifies($0.bytes, of: message) }
    }
}

extension Envelope {
    /// The envelope as DSSE prints it.
    package var json: JSONValue {
        [
            "payload": .string(Base64.encode(payload)),
            "payloadType": .string(payloadType),
            "signatures": .array(
                signatures.map {
                    ["keyid": .string($0.keyID.text), "sig": .string(Base64.encode($0.bytes))]
                }),
        ]
    }

    /// - Throws: `JSONShapeError` where a field is missing, unknown or not of its form.
    package init(_ json: JSONValue, at path: String = "") throws(JSONShapeError) {
        var fields = try JSONFields(json, at: path)
        payload = try fields.bytes("payload")
        payloadType = try fields.string("payloadType")
        var signatures: [Signature] = []
        for (position, value) in try fields.array("signatures").enumerated() {
            var entry = try JSONFields(value, at: fields.path(to: "signatures[\(position)]"))
            guard let keyID = KeyID(try entry.string("keyid")) else {
                throw entry.wrong("keyid", "should be 32 hexadecimal digits")
            }
            signatures.append(Signature(keyID: keyID, bytes: try entry.bytes("sig")))
            try entry.finish()
        }
        guard !signatures.isEmpty else { throw fields.wrong("signatures", "should not be empty") }
        self.signatures = signatures
        try fields.finish()
    }
}
