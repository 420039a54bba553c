import Encodings
import RawStructuredFieldValues

/// HTTP Message Signatures (RFC 9421) with Ed25519, in the profile that the lab's interface asks
/// for.
///
/// A signature covers method, path and query, and the digest of the body where there is one. Its
/// parameters say when it was made, until when it holds, a nonce that is taken once, the key (whole,
/// in base64, so that checking a signature needs no look-up), and a tag that names the lab, so that a
/// request to one lab means nothing to another. The authority is not covered: a lab may be reached
/// under several names, and the tag says more.
package enum HTTPSignature {
    /// A signature may hold this long at most, in seconds.
    package static let lifetimeMax: Int64 = 300
    private static let label = "jointlab"
    private static let alwaysCovered = ["@method", "@path", "@query"]

    /// The tag of requests to a lab.
    package static func tag(lab: String) -> String { "jointlab:\(lab)" }

    /// What the header fields of a signed request are to be, apart from its body's digest.
    package struct Header: Hashable, Sendable {
        package let signatureInput: String
        package let signature: String
    }

    /// When a signature is made and until when it holds, in seconds since 1970, and its nonce.
    package struct Freshness: Hashable, Sendable {
        package let created: Int64
        package let expires: Int64
        package let nonce: String

        package init(created: Int64, expires: Int64, nonce: String) {
            self.created = created
            self.expires = expires
            self.nonce = nonce
        }
    }

    /// Who signed a request whose signature holds.
    package struct Signer: Hashable, Sendable {
        package let key: PublicKey
        package let freshness: Freshness
    }

    /// Signs a request; it must carry its `content-digest` already if it has a body.
    ///
    /// - Throws: ``HTTPSignatureError/malformed(_:)`` for a tag or nonce that is not ASCII.
    package static func sign(
        _ request: HTTPRequestParts, with key: SigningKey, tag: String, freshness: Freshness
    ) throws(HTTPSignatureError) -> Header {
        let covered =
            alwaysCovered + (request.value(of: "content-digest") == nil ? [] : ["content-digest"])
        let input = HTTPSignatureInput(
            components: covered,
            parameters: [
                "created": .integer(freshness.created), "expires": .integer(freshness.expires),
                "nonce": .string(freshness.nonce), "keyid": .string(key.publicKey.base64),
                "alg": .string("ed25519"), "tag": .string(tag),
            ])
        let signature = key.signature(of: try input.signatureBase(for: request))
        return Header(
            signatureInput: "\(label)=\(try input.printed())",
            signature: "\(label)=:\(Base64.encode(signature)):")
    }

    /// Checks a request's signature: its form, what it covers, its age, and the signature itself.
    ///
    /// It does not check that the nonce is new (``ReplayWindow`` does) nor that the body has the
    /// digest that was signed (``ContentDigest`` does).
    ///
    /// - Parameters:
    ///   - hasBody: Whether the digest of a body must be covered.
    ///   - now: Seconds since 1970.
    ///   - skew: How far the signer's clock may be off, in seconds.
    /// - Throws: ``HTTPSignatureError``.
    package static func verify(
        _ request: HTTPRequestParts, hasBody: Bool, tag: String, now: Int64, skew: Int64
    ) throws(HTTPSignatureError) -> Signer {
        let (input, signature) = try parsed(request, tag: tag)

        guard let created = input.integer("created"), let expires = input.integer("expires"),
            let nonce = input.string("nonce"), let keyName = input.string("keyid")
        else { throw .malformed("the parameters created, expires, nonce and keyid are required") }
        if let algorithm = input.string("alg"), algorithm != "ed25519" {
            throw .malformed("the algorithm should be ed25519, and is \(algorithm)")
        }
        let required = alwaysCovered + (hasBody ? ["content-digest"] : [])
        if let absent = required.first(where: { !input.components.contains($0) }) {
            throw .notCovered(absent)
        }
        guard created >= 0, expires >= created, expires - created <= lifetimeMax else {
            throw .malformed("expires should be at most \(lifetimeMax) s after created")
        }
        guard created <= now + skew else { throw .fromTheFuture(created: created, now: now) }
        guard expires >= now - skew else { throw .expired(expires: expires, now: now) }
        guard (8...128).contains(nonce.utf8.count) else {
            throw .malformed("the nonce should have 8 to 128 characters")
        }

        let key: PublicKey
        do {
            key = try PublicKey(base64: keyName)
        } catch {
            throw .malformed("keyid should be an Ed25519 public key: \(error)")
        }
        guard key.verifies(signature, of: try input.signatureBase(for: request)) else {
            throw .wrongSignature(key.id)
        }
        return Signer(
            key: key, freshness: Freshness(created: created, expires: expires, nonce: nonce))
    }

    /// The one signature whose tag is ours; others are a proxy's affair.
    private static func parsed(
        _ request: HTTPRequestParts, tag: String
    ) throws(HTTPSignatureError) -> (HTTPSignatureInput, [UInt8]) {
        guard let inputField = request.value(of: "signature-input"),
            let signatureField = request.value(of: "signature")
        else { throw .missing }
        var inputParser = StructuredFieldValueParser(Array(inputField.utf8))
        var signatureParser = StructuredFieldValueParser(Array(signatureField.utf8))
        guard let inputs = try? inputParser.parseDictionaryFieldValue(),
            let signatures = try? signatureParser.parseDictionaryFieldValue()
        else { throw .malformed("Signature-Input and Signature should be structured dictionaries") }

        var found: (HTTPSignatureInput, [UInt8])?
        var otherTag: String?
        for (label, member) in inputs {
            let parameters =
                switch member {
                case .innerList(let list): list.rfc9651Parameters
                case .item(let item): item.rfc9651Parameters
                }
            guard case .string(let itsTag)? = parameters["tag"] else { continue }
            guard itsTag == tag else {
                otherTag = itsTag
                continue
            }
            guard case .innerList(let list) = member else {
                throw .malformed("Signature-Input should give a list under \(label)")
            }
            let input = try HTTPSignatureInput(list)
            guard case .item(let item)? = signatures[label],
                case .undecodedByteSequence(let text) = item.rfc9651BareItem,
                let bytes = Base64.decode(text)
            else { throw .malformed("Signature should give bytes under \(label)") }
            guard found == nil else { throw .malformed("there are two signatures for this lab") }
            found = (input, bytes)
        }
        guard let found else {
            if let otherTag { throw .foreignLab(tag: otherTag) }
            throw .missing
        }
        return found
    }
}

/// Why a request's signature does not count.
package enum HTTPSignatureError: Error, Hashable, Sendable, CustomStringConvertible {
    case missing
    case malformed(String)
    case missingComponent(String)
    case notCovered(String)
    case foreignLab(tag: String)
    case fromTheFuture(created: Int64, now: Int64)
    case expired(expires: Int64, now: Int64)
    case wrongSignature(KeyID)
    case replayed(nonce: String)
    case tooManyRequests

    /// What programs branch on; never renamed.
    package var code: String {
        switch self {
        case .missing: "signature.missing"
        case .malformed: "signature.malformed"
        case .missingComponent: "signature.missing_component"
        case .notCovered: "signature.not_covered"
        case .foreignLab: "signature.foreign_lab"
        case .fromTheFuture: "signature.from_the_future"
        case .expired: "signature.expired"
        case .wrongSignature: "signature.wrong"
        case .replayed: "signature.replayed"
        case .tooManyRequests: "signature.too_many_requests"
        }
    }

    package var description: String {
        switch self {
        case .missing:
            "the request is not signed: Signature-Input and Signature are required (RFC 9421)"
        case .malformed(let problem): problem
        case .missingComponent(let name):
            "the signature covers \(name), which the request does not have"
        case .notCovered(let name): "the signature should cover \(name)"
        case .foreignLab(let tag): "the signature is for another lab: its tag is \(tag)"
        case .fromTheFuture(let created, let now):
            "the signature was made \(created - now) s in the future; check the clock"
        case .expired(let expires, let now):
            "the signature expired \(now - expires) s ago; sign again, and check the clock"
        case .wrongSignature(let id): "the signature is not one of the key \(id) over this request"
        case .replayed(let nonce): "the nonce \(nonce) has been used; sign each request anew"
        case .tooManyRequests: "too many signed requests at once; try again in a while"
        }
    }
}
