import Encodings
package import Identity

/// Signs a member's requests to a lab.
package struct RequestSigner: Sendable {
    private static let lifetimeSeconds: Int64 = 60

    package let key: SigningKey
    private let tag: String
    private let now: @Sendable () -> Int64

    /// - Parameters:
    ///   - lab: The lab's identifier.
    ///   - now: Seconds since 1970.
    package init(key: SigningKey, lab: String, now: @escaping @Sendable () -> Int64) {
        self.key = key
        self.now = now
        tag = HTTPSignature.tag(lab: lab)
    }

    /// The header fields that a request needs beside its own.
    ///
    /// - Parameters:
    ///   - target: Path and query, as they go over the wire.
    ///   - bodyDigest: The SHA-256 of the body, where there is one.
    package func fields(
        method: String, target: String, bodyDigest: [UInt8]?
    ) throws(HTTPSignatureError) -> [(name: String, value: String)] {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let digest = bodyDigest.map { ("content-digest", ContentDigest.field(sha256: $0)) }
        let request = HTTPRequestParts(
            method: method, authority: "", path: String(parts[0]),
            query: parts.count > 1 ? String(parts[1]) : nil, fields: digest.map { [$0] } ?? [])
        let created = now()
        var random = SystemRandomNumberGenerator()
        let nonce = Hex.encode((0..<16).map { _ in UInt8.random(in: 0...255, using: &random) })
        let header = try HTTPSignature.sign(
            request, with: key, tag: tag,
            freshness: .init(
                created: created, expires: created + Self.lifetimeSeconds, nonce: nonce))
        return (digest.map { [$0] } ?? []) + [
            ("signature-input", header.signatureInput), ("signature", header.signature),
        ]
    }
}
