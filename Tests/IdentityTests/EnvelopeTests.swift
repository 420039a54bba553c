import Crypto
import Encodings
import Identity
import Randomness
import Testing

/// DSSE, protocol v1.0.2.
@Suite struct EnvelopeTests {
    private static let key: SigningKey = {
        var random = SeededRandom(seed: 5)
        return SigningKey(from: &random)
    }()

    @Test("The encoding that is signed is the one of the protocol's example")
    func preAuthenticationEncoding() {
        let encoded = Envelope.preAuthenticationEncoding(
            of: Array("hello world".utf8), as: "http://example.com/HelloWorld")
        #expect(
            String(decoding: encoded, as: UTF8.self)
                == "DSSEv1 29 http://example.com/HelloWorld 11 hello world")
        #expect(
            String(
                decoding: Envelope.preAuthenticationEncoding(of: [], as: ""), as: UTF8.self)
                == "DSSEv1 0  0 ")
        // Lengths are in bytes.
        #expect(
            Envelope.preAuthenticationEncoding(of: Array("é".utf8), as: "é")
                == Array("DSSEv1 2 é 2 é".utf8))
    }

    @Test("The protocol's published signature is one over our encoding")
    func publishedSignature() throws {
        // protocol.md, "Test vectors": ECDSA over P-256, which we do not use ourselves.
        let point = try #require(
            Hex.decode(
                "0467cd390f77aa359cb08c2235f652270493a9ed832b0abcc01f70954c0390d238"
                    + "0c782bd54e269125a44f4433aff1432ce94e12bca73aa67ac80cea12608ddf74"))
        let signature = try #require(
            Base64.decode(
                "A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA=="
            ))
        let key = try P256.Signing.PublicKey(x963Representation: point)
        let encoded = Envelope.preAuthenticationEncoding(
            of: Array("hello world".utf8), as: "http://example.com/HelloWorld")
        #expect(
            key.isValidSignature(
                try P256.Signing.ECDSASignature(rawRepresentation: signature), for: encoded))
    }

    @Test("The lengths keep type and payload apart")
    func unambiguous() {
        #expect(
            Envelope.preAuthenticationEncoding(of: Array("b c".utf8), as: "a")
                != Envelope.preAuthenticationEncoding(of: Array("c".utf8), as: "a b"))
    }

    @Test("An envelope prints as DSSE does, and comes back")
    func printsAsDSSE() throws {
        let envelope = Envelope(
            signing: Array("{}".utf8), as: "application/x", with: Self.key)
        let text = envelope.json.canonicalText
        #expect(
            text.hasPrefix(
                #"{"payload":"e30=","payloadType":"application/x","signatures":[{"keyid":""#))
        #expect(try Envelope(try JSONValue(parsing: text)) == envelope)
        #expect(envelope.isSigned(by: Self.key.publicKey))
    }

    @Test("An envelope is signed by nobody else, and covers type and payload")
    func covers() {
        var random = SeededRandom(seed: 6)
        let other = SigningKey(from: &random).publicKey
        let envelope = Envelope(signing: [1, 2], as: "t", with: Self.key)
        #expect(!envelope.isSigned(by: other))
        let changed = [
            Envelope(payloadType: "u", payload: [1, 2], signatures: envelope.signatures),
            Envelope(payloadType: "t", payload: [1, 3], signatures: envelope.signatures),
            Envelope(payloadType: "t", payload: [1, 2], signatures: []),
            Envelope(
                payloadType: "t", payload: [1, 2],
                signatures: envelope.signatures.map {
                    .init(keyID: other.id, bytes: $0.bytes)
                }),
        ]
        for envelope in changed {
            #expect(!envelope.isSigned(by: Self.key.publicKey))
            #expect(!envelope.isSigned(by: other))
        }
    }

    @Test("One good signature among others is enough, a bad one of the same name does not hide it")
    func severalSignatures() {
        let good = Envelope(signing: [1], as: "t", with: Self.key).signatures
        let bad = [
            Envelope.Signature(
                keyID: Self.key.publicKey.id, bytes: [UInt8](repeating: 0, count: 64))
        ]
        let envelope = Envelope(payloadType: "t", payload: [1], signatures: bad + good)
        #expect(envelope.isSigned(by: Self.key.publicKey))
    }

    static let malformed: [(String, String)] = [
        ("[]", "the value should be an object, and is an array"),
        (#"{"payloadType":"t","signatures":[]}"#, "payload is missing"),
        (
            #"{"payload":"e30","payloadType":"t","signatures":[]}"#,
            "payload should be base64 with padding"
        ),
        (
            #"{"payload":"e30=","payloadType":"t","signatures":[]}"#,
            "signatures should not be empty"
        ),
        (
            #"{"payload":"e30=","payloadType":"t","signatures":[{"keyid":"a","sig":""}]}"#,
            "signatures[0].keyid should be 32 hexadecimal digits"
        ),
        (
            #"{"payload":"e30=","payloadType":"t","signatures":[{"keyid":"00000000000000000000000000000000","sig":"e30=","x":1}]}"#,
            "signatures[0].x is not a known field"
        ),
        (
            #"{"payload":"e30=","payloadType":"t","signatures":[{"keyid":"00000000000000000000000000000000","sig":"e30="}],"x":1}"#,
            "x is not a known field"
        ),
    ]

    @Test("An envelope of another form is refused with its place", arguments: malformed)
    func refusesOtherForms(text: String, problem: String) throws {
        let json = try JSONValue(parsing: text)
        let error = #expect(throws: JSONShapeError.self) { try Envelope(json) }
        #expect(error?.description == problem)
    }
}
