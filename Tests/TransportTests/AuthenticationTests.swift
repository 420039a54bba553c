import AsyncHTTPClient
import Encodings
import Identity
import NIOCore
import NIOHTTP1
import ServedLab
import Testing
import Transport

/// Requests over a real connection, as they should be and not.
@Suite struct AuthenticationTests {
    private let server = EchoServer()

    private var get: SignedRequest { SignedRequest(key: server.key) }

    private var post: SignedRequest {
        SignedRequest(
            method: "POST", target: "/echo", body: Array(#"{"rounds":3}"#.utf8), key: server.key)
    }

    /// A request that must not get through, and how the server says so.
    struct Spoilt: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let status: Int
        let code: String
        let send:
            @Sendable (SignedRequest, SignedRequest, EchoServer, String, HTTPClient)
                async throws -> Answer

        init(
            _ what: String, _ status: Int, _ code: String,
            _ send:
                @escaping @Sendable (
                    _ get: SignedRequest, _ post: SignedRequest, EchoServer, String, HTTPClient
                ) async throws -> Answer
        ) {
            testDescription = what
            self.status = status
            self.code = code
            self.send = send
        }
    }

    private static let spoilt: [Spoilt] = [
        Spoilt("no signature", 401, "signature.missing") { get, _, _, url, http in
            try await get.send(to: url, http) {
                $0.headers.remove(name: "signature")
                $0.headers.remove(name: "signature-input")
            }
        },
        Spoilt("a signature without its input", 401, "signature.missing") { get, _, _, url, http in
            try await get.send(to: url, http) { $0.headers.remove(name: "signature-input") }
        },
        Spoilt("a header that is no dictionary", 400, "signature.malformed") {
            get, _, _, url, http in
            try await get.send(to: url, http) {
                $0.headers.replaceOrAdd(name: "signature-input", value: "jointlab=((((")
            }
        },
        Spoilt("another path than the one signed", 401, "signature.wrong") {
            get, _, _, url, http in
            try await get.send(to: url, http) { $0.url = url + "/broken" }
        },
        Spoilt("another method than the one signed", 401, "signature.wrong") {
            _, post, _, url, http in
            var get = post
            get.method = "GET"
            get.target = "/echo"
            return try await get.send(to: url, http) { $0.method = .POST }
        },
        Spoilt("a query that was not signed", 401, "signature.wrong") { get, _, _, url, http in
            try await get.send(to: url, http) { $0.url += "?all=1" }
        },
        Spoilt("another key's name over the signature", 401, "signature.wrong") {
            get, _, server, url, http in
            try await get.send(to: url, http) {
                let input = $0.headers.first(name: "signature-input") ?? ""
                $0.headers.replaceOrAdd(
                    name: "signature-input",
                    value: input.replacing(
                        server.key.publicKey.base64, with: server.otherKey.publicKey.base64))
            }
        },
        Spoilt("a key's name that is no key", 400, "signature.malformed") {
            get, _, server, url, http in
            try await get.send(to: url, http) {
                let input = $0.headers.first(name: "signature-input") ?? ""
                $0.headers.replaceOrAdd(
                    name: "signature-input",
                    value: input.replacing(server.key.publicKey.base64, with: "north"))
            }
        },
        Spoilt("a signature that has expired", 401, "signature.expired") {
            get, _, _, url, http in
            var old = get
            old.freshness = .init(
                created: SignedRequest.now - 100, expires: SignedRequest.now - 31,
                nonce: "a-nonce-of-its-own")
            return try await old.send(to: url, http)
        },
        Spoilt("one from before the server's start", 401, "signature.expired") {
            get, _, _, url, http in
            var old = get
            old.freshness = .init(
                created: SignedRequest.now - 31, expires: SignedRequest.now + 100,
                nonce: "a-nonce-of-its-own")
            return try await old.send(to: url, http)
        },
        Spoilt("one from the future", 401, "signature.from_the_future") { get, _, _, url, http in
            var early = get
            early.freshness = .init(
                created: SignedRequest.now + 31, expires: SignedRequest.now + 60,
                nonce: "a-nonce-of-its-own")
            return try await early.send(to: url, http)
        },
        Spoilt("one that holds for too long", 400, "signature.malformed") {
            get, _, _, url, http in
            var long = get
            long.freshness = .init(
                created: SignedRequest.now, expires: SignedRequest.now + 301,
                nonce: "a-nonce-of-its-own")
            return try await long.send(to: url, http)
        },
        Spoilt("one for another lab", 401, "signature.foreign_lab") { get, _, _, url, http in
            var foreign = get
            foreign.tag = HTTPSignature.tag(lab: String(repeating: "cd", count: 32))
            return try await foreign.send(to: url, http)
        },
        Spoilt("a body that the signature does not cover", 401, "signature.not_covered") {
            _, post, _, url, http in
            var bare = post
            bare.coversBody = false
            return try await bare.send(to: url, http)
        },
        Spoilt("a chunked body that the signature does not cover", 401, "signature.not_covered") {
            _, post, _, url, http in
            var bare = post
            bare.coversBody = false
            return try await bare.send(to: url, http, chunked: true)
        },
        Spoilt("a digest that is signed and not sent", 400, "signature.missing_component") {
            _, post, _, url, http in
            try await post.send(to: url, http) { $0.headers.remove(name: "content-digest") }
        },
        Spoilt("a digest that was changed after signing", 401, "signature.wrong") {
            _, post, _, url, http in
            try await post.send(to: url, http) {
                $0.headers.replaceOrAdd(
                    name: "content-digest",
                    value: ContentDigest.field(sha256: [UInt8](repeating: 1, count: 32)))
            }
        },
        Spoilt("a digest of another kind only", 400, "digest.malformed") {
            _, post, _, url, http in
            var other = post
            other.contentDigest = "md5=:\(Base64.encode([UInt8](repeating: 1, count: 16))):"
            return try await other.send(to: url, http)
        },
        Spoilt("another body than the one whose digest was signed", 401, "digest.wrong") {
            _, post, _, url, http in
            try await post.send(to: url, http) {
                $0.body = .bytes(ByteBuffer(string: #"{"rounds":4}"#))
            }
        },
        Spoilt("a body that is too large", 413, "request.too_large") { _, post, _, url, http in
            var large = post
            large.body = [UInt8](repeating: 0x20, count: EchoServer.bodyBytesMax + 1)
            return try await large.send(to: url, http)
        },
        Spoilt("a chunked body that is too large", 413, "request.too_large") {
            _, post, _, url, http in
            var large = post
            large.body = [UInt8](repeating: 0x20, count: 10 * EchoServer.bodyBytesMax)
            return try await large.send(to: url, http, chunked: true)
        },
        Spoilt("a body that is not JSON", 400, "request.not_json") { _, post, _, url, http in
            var other = post
            other.body = Array(#"{"rounds":3"#.utf8)
            return try await other.send(to: url, http)
        },
        Spoilt("no body where one is required", 400, "request.empty") { _, post, _, url, http in
            var empty = post
            empty.body = nil
            return try await empty.send(to: url, http)
        },
        Spoilt("a key of nobody", 403, "caller.stranger") { get, _, server, url, http in
            var strange = get
            strange.key = server.otherKey
            return try await strange.send(to: url, http)
        },
        Spoilt("a path that is not there", 404, "route.unknown") { get, _, _, url, http in
            var lost = get
            lost.target = "/nowhere"
            return try await lost.send(to: url, http)
        },
        Spoilt("a method that a path does not have", 404, "route.unknown") {
            get, _, _, url, http in
            var put = get
            put.method = "DELETE"
            return try await put.send(to: url, http)
        },
    ]

    @Test(
        "What is not signed as it should be is refused by name, and reaches no route",
        arguments: spoilt)
    func refused(_ spoilt: Spoilt) async throws {
        let (get, post, server) = (get, post, server)
        try await server.with { url, http in
            let answer = try await spoilt.send(get, post, server, url, http)
            #expect(answer.status == spoilt.status, "\(answer.text)")
            #expect(answer.problemCode == spoilt.code, "\(answer.text)")
            #expect(server.handledCount == 0)
        }
    }

    @Test("A signed request gets through, with a body and without, and says who made it")
    func signed() async throws {
        let (get, post, server) = (get, post, server)
        try await server.with { url, http in
            #expect(try await get.send(to: url, http).json == ["member": "north"])
            var query = get
            query.target = "/member?a=1&b=%2F"
            query.freshness = .init(
                created: SignedRequest.now, expires: SignedRequest.now + 60, nonce: "another-nonce")
            #expect(try await query.send(to: url, http).status == 200)
            for (nonce, chunked) in [("nonce-one", false), ("nonce-two", true)] {
                var post = post
                post.freshness = .init(
                    created: SignedRequest.now, expires: SignedRequest.now + 60, nonce: nonce)
                let answer = try await post.send(to: url, http, chunked: chunked)
                #expect(answer.json == ["rounds": 3])
            }
            #expect(server.handledCount == 4)
        }
    }

    @Test(
        "A request is taken once for as long as its signature holds, whatever the path it goes to")
    func replayed() async throws {
        let (get, server) = (get, server)
        try await server.with { url, http in
            #expect(try await get.send(to: url, http).status == 200)
            for seconds in [0, 30, 60] as [Int64] {
                server.clock.advance(by: seconds)
                let again = try await get.send(to: url, http)
                #expect(again.status == 401)
                #expect(
                    ["signature.replayed", "signature.expired"].contains(again.problemCode),
                    "after \(seconds) s: \(again.text)")
            }
            // The same nonce under another key is another nonce.
            var other = get
            other.key = server.otherKey
            other.freshness = .init(
                created: SignedRequest.now + 90, expires: SignedRequest.now + 150,
                nonce: get.freshness.nonce)
            #expect(try await other.send(to: url, http).problemCode == "caller.stranger")
            #expect(server.handledCount == 1)
        }
    }

    @Test("A request that was refused does not use its nonce up")
    func refusedKeepsNonce() async throws {
        let (get, server) = (get, server)
        try await server.with { url, http in
            _ = try await get.send(to: url, http) { $0.url += "?all=1" }
            #expect(try await get.send(to: url, http).status == 200)
        }
    }

    @Test("What goes wrong inside is not told to the caller")
    func internalErrors() async throws {
        let (get, server) = (get, server)
        try await server.with { url, http in
            var broken = get
            broken.target = "/broken"
            let answer = try await broken.send(to: url, http)
            #expect(answer.status == 500)
            #expect(answer.problemCode == "internal")
            #expect(!answer.text.contains("Broken"))
        }
    }

    @Test("Open paths need no signature, and a wrong one does not close them")
    func open() async throws {
        let server = server
        try await server.with { url, http in
            var request = HTTPClientRequest(url: url + "/open")
            request.headers.add(name: "signature", value: "nonsense")
            let answer = try await Answer(try await http.execute(request, timeout: .seconds(30)))
            #expect(answer.json == ["open": true])
        }
    }
}
