import Encodings
import Randomness
import RawStructuredFieldValues
import Testing

@testable import Identity

/// HTTP Message Signatures (RFC 9421) in the lab's profile.
@Suite struct HTTPSignatureTests {
    static let key: SigningKey = {
        var random = SeededRandom(seed: 9)
        return SigningKey(from: &random)
    }()
    static let tag = HTTPSignature.tag(lab: "lab-1")
    static let freshness = HTTPSignature.Freshness(
        created: 1_000, expires: 1_060, nonce: "nonce-0001")
    static let digest = ContentDigest.field(of: "{}".utf8)

    static func request(body: Bool = true) -> HTTPRequestParts {
        HTTPRequestParts(
            method: "POST", authority: "coordinator.example:8443", path: "/v1/transactions",
            query: "wait=final", fields: body ? [("content-digest", digest)] : [])
    }

    static func signed(
        _ request: HTTPRequestParts, freshness: HTTPSignature.Freshness = freshness
    ) throws -> HTTPRequestParts {
        let header = try HTTPSignature.sign(request, with: key, tag: tag, freshness: freshness)
        var signed = request
        signed.fields.append(("signature-input", header.signatureInput))
        signed.fields.append(("signature", header.signature))
        return signed
    }

    private func verify(
        _ request: HTTPRequestParts, hasBody: Bool = true, tag: String = tag, now: Int64 = 1_010,
        skew: Int64 = 5
    ) throws -> HTTPSignature.Signer {
        try HTTPSignature.verify(request, hasBody: hasBody, tag: tag, now: now, skew: skew)
    }

    // MARK: - The standard

    @Test("The Ed25519 example of RFC 9421 verifies: fields, base and signature")
    func publishedExample() throws {
        let key = try PublicKey(base64: "JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=")
        let request = HTTPRequestParts(
            method: "POST", authority: "example.com", path: "/foo",
            query: "param=Value&Pet=dog",
            fields: [
                ("date", "Tue, 20 Apr 2021 02:07:55 GMT"), ("content-type", "application/json"),
                ("content-length", "18"),
            ])
        let input = HTTPSignatureInput(
            components: [
                "date", "@method", "@path", "@authority", "content-type", "content-length",
            ],
            parameters: ["created": .integer(1_618_884_473), "keyid": .string("test-key-ed25519")])
        let base = try input.signatureBase(for: request)
        #expect(
            String(decoding: base, as: UTF8.self) == """
                "date": Tue, 20 Apr 2021 02:07:55 GMT
                "@method": POST
                "@path": /foo
                "@authority": example.com
                "content-type": application/json
                "content-length": 18
                "@signature-params": ("date" "@method" "@path" "@authority" "content-type" \
                "content-length");created=1618884473;keyid="test-key-ed25519"
                """)
        let signature = try #require(
            Base64.decode(
                "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
            ))
        #expect(key.verifies(signature, of: base))
        let signer = try SigningKey(
            pem: """
                -----BEGIN PRIVATE KEY-----
                MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF
                -----END PRIVATE KEY-----
                """)
        #expect(signer.publicKey == key)
        #expect(signer.signature(of: base) == signature)
    }

    /// RFC 9421 §2.1 and §2.2, from their examples.
    static let components: [(String, HTTPRequestParts, String?)] = [
        ("@method", request(), "POST"),
        ("@authority", request(), "coordinator.example:8443"),
        ("@path", request(), "/v1/transactions"),
        ("@query", request(), "?wait=final"),
        ("@request-target", request(), "/v1/transactions?wait=final"),
        ("@path", .init(method: "GET", authority: "a", path: "", query: nil, fields: []), "/"),
        ("@query", .init(method: "GET", authority: "a", path: "/", query: nil, fields: []), "?"),
        ("@query", .init(method: "GET", authority: "a", path: "/", query: "", fields: []), "?"),
        ("@status", request(), nil), ("@scheme", request(), nil), ("x", request(), nil),
        (
            "x",
            .init(
                method: "GET", authority: "a", path: "/", query: nil,
                fields: [("x", "  one \t"), ("y", "no"), ("x", "two, three"), ("x", "")]),
            "one, two, three, "
        ),
    ]

    @Test("A component has the value that the standard gives it", arguments: components)
    func componentValues(name: String, request: HTTPRequestParts, value: String?) {
        #expect(request.component(name) == value)
    }

    // MARK: - The profile

    @Test(
        "A signed request is let in, and says who signed it and for how long",
        arguments: [true, false])
    func signedRequestsAreLetIn(body: Bool) throws {
        let signer = try verify(try Self.signed(Self.request(body: body)), hasBody: body)
        #expect(signer == .init(key: Self.key.publicKey, freshness: Self.freshness))
    }

    @Test("The fields are those of the profile, in its order")
    func fields() throws {
        let header = try HTTPSignature.sign(
            Self.request(), with: Self.key, tag: Self.tag, freshness: Self.freshness)
        #expect(
            header.signatureInput
                == "jointlab=(\"@method\" \"@path\" \"@query\" \"content-digest\");created=1000;"
                + "expires=1060;nonce=\"nonce-0001\";keyid=\"\(Self.key.publicKey.base64)\";"
                + "alg=\"ed25519\";tag=\"jointlab:lab-1\"")
        #expect(header.signature.hasPrefix("jointlab=:") && header.signature.hasSuffix("=:"))
    }

    @Test("A request without a signature is told that it needs one")
    func missing() throws {
        let signed = try Self.signed(Self.request())
        for name in ["signature", "signature-input"] {
            var request = signed
            request.fields.removeAll { $0.name == name }
            #expect(throws: HTTPSignatureError.missing) { try verify(request) }
        }
        #expect(throws: HTTPSignatureError.missing) { try verify(Self.request()) }
    }

    static let changes: [(String, @Sendable (inout HTTPRequestParts) -> Void)] = [
        ("method", { $0.method = "PUT" }),
        ("path", { $0.path = "/v1/cosignatures" }),
        ("query", { $0.query = "wait=sequenced" }),
        ("no query", { $0.query = nil }),
        ("digest", { $0.fields[0].value = ContentDigest.field(of: "{ }".utf8) }),
        ("a second digest", { $0.fields.append(("content-digest", ContentDigest.field(of: []))) }),
    ]

    @Test("A request that was altered on its way has a wrong signature", arguments: changes)
    func altered(what: String, change: @Sendable (inout HTTPRequestParts) -> Void) throws {
        var request = try Self.signed(Self.request())
        change(&request)
        #expect(throws: HTTPSignatureError.wrongSignature(Self.key.publicKey.id), "\(what)") {
            try verify(request)
        }
    }

    @Test("The host's name may be another one: a lab is reached under several")
    func authorityIsNotCovered() throws {
        var request = try Self.signed(Self.request())
        request.authority = "10.0.0.1"
        _ = try verify(request)
    }

    @Test("A component that the signature names and the request lacks is named")
    func missingComponent() throws {
        var request = try Self.signed(Self.request())
        request.fields.removeAll { $0.name == "content-digest" }
        #expect(throws: HTTPSignatureError.missingComponent("content-digest")) {
            try verify(request)
        }
    }

    @Test("A body whose digest is not covered is not taken")
    func bodyMustBeCovered() throws {
        let request = try Self.signed(Self.request(body: false))
        #expect(throws: HTTPSignatureError.notCovered("content-digest")) {
            try verify(request, hasBody: true)
        }
    }

    @Test("Method, path and query must be covered", arguments: ["@method", "@path", "@query"])
    func alwaysCovered(name: String) throws {
        let request = try handSigned(
            ["@method", "@path", "@query", "content-digest"].filter { $0 != name })
        #expect(throws: HTTPSignatureError.notCovered(name)) { try verify(request) }
    }

    @Test("A signature for another lab is told so")
    func foreignLab() throws {
        let request = try Self.signed(Self.request())
        #expect(throws: HTTPSignatureError.foreignLab(tag: Self.tag)) {
            try verify(request, tag: HTTPSignature.tag(lab: "lab-2"))
        }
    }

    @Test("A signature holds from its creation to its expiry, give or take the skew")
    func age() throws {
        let request = try Self.signed(Self.request())
        for now in [995, 1_000, 1_060, 1_065] as [Int64] {
            _ = try verify(request, now: now)
        }
        #expect(throws: HTTPSignatureError.fromTheFuture(created: 1_000, now: 994)) {
            try verify(request, now: 994)
        }
        #expect(throws: HTTPSignatureError.expired(expires: 1_060, now: 1_066)) {
            try verify(request, now: 1_066)
        }
    }

    @Test("A signature that would hold too long, or backwards, is malformed")
    func lifetimes() throws {
        let most = HTTPSignature.lifetimeMax
        for (created, expires, fine) in [
            (1_000, 1_000 + most, true), (1_000, 1_001 + most, false), (1_000, 999, false),
            (-1, 20, false),
        ] as [(Int64, Int64, Bool)] {
            let request = try Self.signed(
                Self.request(),
                freshness: .init(created: created, expires: expires, nonce: "nonce-0001"))
            if fine {
                _ = try verify(request, now: 1_000)
            } else {
                #expect(code(of: request, now: 1_000) == "signature.malformed")
            }
        }
    }

    @Test("A nonce has 8 to 128 characters")
    func nonces() throws {
        for (length, fine) in [(7, false), (8, true), (128, true), (129, false)] {
            let nonce = String(repeating: "n", count: length)
            let request = try Self.signed(
                Self.request(), freshness: .init(created: 1_000, expires: 1_060, nonce: nonce))
            #expect((code(of: request) == nil) == fine)
        }
        #expect(throws: HTTPSignatureError.self) {
            try HTTPSignature.sign(
                Self.request(), with: Self.key, tag: Self.tag,
                freshness: .init(created: 1_000, expires: 1_060, nonce: "nönce-0001"))
        }
    }

    @Test("A signature by somebody else's key is wrong")
    func otherKey() throws {
        var random = SeededRandom(seed: 10)
        let other = SigningKey(from: &random).publicKey
        var request = try Self.signed(Self.request())
        request.fields[1].value = request.fields[1].value.replacing(
            Self.key.publicKey.base64, with: other.base64)
        #expect(throws: HTTPSignatureError.wrongSignature(other.id)) { try verify(request) }
    }

    static let malformedFields: [(String, String, String)] = [
        ("no structured field", "jointlab=(", "jointlab=:AA==:"),
        ("an item", "jointlab=1;tag=\"jointlab:lab-1\"", "jointlab=:AA==:"),
        (
            "no parameters but the tag", "jointlab=(\"@method\");tag=\"jointlab:lab-1\"",
            "jointlab=:AA==:"
        ),
        ("no signature of that label", full, "other=:AA==:"),
        ("a signature that is a text", full, "jointlab=\"AA==\""),
        ("a signature list", full, "jointlab=(:AA==:)"),
        ("a signature that is not base64", full, "jointlab=:A:"),
        ("a component twice", full.replacing("\"@path\"", with: "\"@method\""), "jointlab=:AA==:"),
        (
            "a component with a parameter", full.replacing("\"@path\"", with: "\"@path\";req"),
            "jointlab=:AA==:"
        ),
        (
            "a component that is a token", full.replacing("\"@path\"", with: "path"),
            "jointlab=:AA==:"
        ),
        (
            "another algorithm", full.replacing("ed25519", with: "rsa-v1_5-sha256"),
            "jointlab=:AA==:"
        ),
        (
            "a time with a fraction", full.replacing("created=1000", with: "created=1000.5"),
            "jointlab=:AA==:"
        ),
        ("a short nonce", full.replacing("nonce-0001", with: "n"), "jointlab=:AA==:"),
        (
            "a key that is none", full.replacing(Self.key.publicKey.base64, with: "AA=="),
            "jointlab=:AA==:"
        ),
    ]
    static let full =
        "jointlab=(\"@method\" \"@path\" \"@query\" \"content-digest\");created=1000;expires=1060;"
        + "nonce=\"nonce-0001\";keyid=\"\(key.publicKey.base64)\";alg=\"ed25519\";tag=\"jointlab:lab-1\""

    @Test("A signature of another form is malformed", arguments: malformedFields)
    func malformed(what: String, input: String, signature: String) {
        var request = Self.request()
        request.fields += [("signature-input", input), ("signature", signature)]
        #expect(code(of: request) == "signature.malformed", "\(what)")
    }

    @Test("Two signatures for the lab are one too many")
    func twoSignatures() throws {
        var request = try Self.signed(Self.request())
        let input = request.fields[1].value.replacing("jointlab=", with: "second=")
        let signature = request.fields[2].value.replacing("jointlab=", with: "second=")
        request.fields += [("signature-input", input), ("signature", signature)]
        #expect(throws: HTTPSignatureError.malformed("there are two signatures for this lab")) {
            try verify(request)
        }
    }

    @Test("A proxy's own signature is its own affair, whatever it covers")
    func proxiesMaySignToo() throws {
        for input in [
            "proxy=(\"@method\");created=1;keyid=\"p\"", "proxy=();tag=\"other\"",
            "proxy=(\"@query-param\";name=\"wait\" \"content-digest\";req);created=1;tag=\"proxy\"",
        ] {
            var request = try Self.signed(Self.request())
            request.fields += [("signature-input", input), ("signature", "proxy=:AAAA:")]
            #expect(throws: Never.self, "\(input)") { try verify(request) }
        }
    }

    @Test("A line break in a value cannot add a line to what is signed")
    func noLineBreaks() throws {
        var request = try Self.signed(Self.request())
        request.method = "POST\n\"@path\": /other"
        #expect(throws: HTTPSignatureError.missingComponent("@method")) { try verify(request) }
    }

    @Test("Every mistake has a code of its own")
    func codes() {
        let errors: [HTTPSignatureError] = [
            .missing, .malformed(""), .missingComponent(""), .notCovered(""), .foreignLab(tag: ""),
            .fromTheFuture(created: 0, now: 0), .expired(expires: 0, now: 0),
            .wrongSignature(Self.key.publicKey.id), .replayed(nonce: ""), .tooManyRequests,
        ]
        #expect(Set(errors.map(\.code)).count == errors.count)
        #expect(errors.allSatisfy { $0.code.hasPrefix("signature.") })
    }

    @Test("Damaged fields are refused, and never crash", arguments: 0..<300 as Range<UInt64>)
    func damagedFields(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let signed = try Self.signed(Self.request())
        for _ in 0..<5 {
            var request = signed
            let field = 1 + Int(random.uniformInteger(below: 2))
            var bytes = Array(request.fields[field].value.utf8)
            for _ in 0...random.uniformInteger(below: 3) {
                let place = Int(random.uniformInteger(below: UInt64(bytes.count)))
                switch random.uniformInteger(below: 3) {
                case 0: bytes.remove(at: place)
                case 1: bytes[place] = UInt8(truncatingIfNeeded: random.next() & 127)
                default: bytes.insert(UInt8(truncatingIfNeeded: random.next() & 127), at: place)
                }
            }
            let damaged = String(decoding: bytes, as: UTF8.self)
            guard damaged != request.fields[field].value else { continue }
            request.fields[field].value = damaged
            // A change that the field's grammar does not see, such as a blank more, is none.
            if let signer = try? verify(request) { #expect(signer.key == Self.key.publicKey) }
        }
    }

    /// A request that is signed rightly over components of our choice.
    private func handSigned(_ components: [String]) throws -> HTTPRequestParts {
        var request = Self.request()
        let input = HTTPSignatureInput(
            components: components,
            parameters: [
                "created": .integer(1_000), "expires": .integer(1_060),
                "nonce": .string("nonce-0001"), "keyid": .string(Self.key.publicKey.base64),
                "tag": .string(Self.tag),
            ])
        let signature = Self.key.signature(of: try input.signatureBase(for: request))
        request.fields += [
            ("signature-input", "x=\(try input.printed())"),
            ("signature", "x=:\(Base64.encode(signature)):"),
        ]
        return request
    }

    private func code(of request: HTTPRequestParts, now: Int64 = 1_010) -> String? {
        do {
            _ = try verify(request, now: now)
            return nil
        } catch {
            return (error as? HTTPSignatureError)?.code
        }
    }
}
