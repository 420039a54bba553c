package import AsyncHTTPClient
import Crypto
package import Encodings
import Identity
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import NIOSSL

/// Talks to a lab's coordinator, or to a member's own node, over HTTP with every request signed.
package struct SignedClient: Sendable {
    static let answerBytesMax = 64 << 20
    static let requestTimeout = TimeAmount.seconds(30)
    /// A connection on which nothing comes for so long is given up. The coordinator sends a sign of
    /// life every two seconds.
    package static let silenceMax = Duration.seconds(20)

    package private(set) var baseURL: String
    private var signer: RequestSigner
    private let http: HTTPClient
    private let tls: TLSConfiguration?

    /// - Parameters:
    ///   - http: Shared by everything in the process; its owner shuts it down.
    ///   - certificateAuthority: A PEM file with the roots to trust, or `nil` for the system's.
    /// - Throws: Where that file cannot be read.
    package init(
        baseURL: String, signer: RequestSigner, http: HTTPClient,
        certificateAuthority: String? = nil
    ) throws {
        self.baseURL = Self.base(baseURL)
        self.signer = signer
        self.http = http
        if let certificateAuthority {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.trustRoots = .certificates(
                try NIOSSLCertificate.fromPEMFile(certificateAuthority))
            tls = configuration
        } else {
            tls = nil
        }
    }

    /// The same client for somebody else.
    package func signed(by signer: RequestSigner) -> SignedClient {
        var copy = self
        copy.signer = signer
        return copy
    }

    /// The same client for a server that has moved.
    package func at(_ baseURL: String) -> SignedClient {
        var copy = self
        copy.baseURL = Self.base(baseURL)
        return copy
    }

    private static func base(_ url: String) -> String {
        url.hasSuffix("/") ? String(url.dropLast()) : url
    }

    /// A client for this process.
    package static func makeHTTPClient() -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(5)
        configuration.timeout.read = TimeAmount(silenceMax)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 128
        configuration.httpVersion = .http1Only
        return HTTPClient(
            eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
    }

    // MARK: - Requests

    package func get(_ path: String, _ query: KeyValuePairs<String, String?> = [:]) async throws
        -> JSONValue
    {
        try await json(.GET, path, query, body: nil)
    }

    package func post(_ path: String, _ body: JSONValue) async throws -> JSONValue {
        try await json(.POST, path, [:], body: body.canonicalBytes)
    }

    private func json(
        _ method: HTTPMethod, _ path: String, _ query: KeyValuePairs<String, String?>,
        body: [UInt8]?
    ) async throws -> JSONValue {
        let answer = try await bytes(method, path, query, body: body)
        return answer.isEmpty ? .null : try JSONValue(parsing: answer)
    }

    /// The bytes under a path, such as a tile or a proof.
    package func bytes(_ path: String) async throws -> [UInt8] {
        try await bytes(.GET, path, [:], body: nil)
    }

    private func bytes(
        _ method: HTTPMethod, _ path: String, _ query: KeyValuePairs<String, String?>,
        body: [UInt8]?
    ) async throws -> [UInt8] {
        var request = try request(
            method, path, query, bodyDigest: body.map { Array(SHA256.hash(data: $0)) })
        if let body {
            request.headers.replaceOrAdd(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        let response = try await execute(request, deadline: .now() + Self.requestTimeout)
        return Array(
            buffer: try await connected {
                try await response.body.collect(upTo: Self.answerBytesMax)
            })
    }

    // MARK: - Streams

    /// Follows a stream of events until it ends.
    package func follow(
        _ path: String, _ query: KeyValuePairs<String, String?> = [:],
        _ receive: (ServerSentEvent) async throws -> Void
    ) async throws {
        var request = try request(.GET, path, query, bodyDigest: nil)
        request.headers.replaceOrAdd(name: "accept", value: "text/event-stream")
        let response = try await execute(request, deadline: .distantFuture)
        var parser = ServerSentEventParser()
        for try await piece in response.body {
            for event in try parser.feed(piece.readableBytesView) {
                try await receive(event)
            }
        }
    }

    // MARK: - Steps

    func request(
        _ method: HTTPMethod, _ path: String, _ query: KeyValuePairs<String, String?>,
        bodyDigest: [UInt8]?
    ) throws -> HTTPClientRequest {
        let items = query.compactMap { name, value in
            value.map { "\(name)=\(Self.escaped($0))" }
        }
        let target = items.isEmpty ? path : "\(path)?\(items.joined(separator: "&"))"
        var request = HTTPClientRequest(url: baseURL + target)
        request.method = method
        request.tlsConfiguration = tls
        for field in try signer.fields(
            method: method.rawValue, target: target, bodyDigest: bodyDigest)
        {
            request.headers.replaceOrAdd(name: field.name, value: field.value)
        }
        return request
    }

    func execute(
        _ request: HTTPClientRequest, deadline: NIODeadline
    ) async throws -> HTTPClientResponse {
        let response = try await response(to: request, deadline: deadline)
        guard response.status.code >= 400 else { return response }
        throw try await problem(response)
    }

    /// An answer, whatever it says.
    func response(
        to request: HTTPClientRequest, deadline: NIODeadline
    ) async throws -> HTTPClientResponse {
        try await connected { try await http.execute(request, deadline: deadline) }
    }

    func problem(_ response: HTTPClientResponse) async throws -> Problem {
        let body = try await connected { try await response.body.collect(upTo: 1 << 20) }
        let json = (try? JSONValue(parsing: Array(buffer: body))) ?? .null
        return Problem(json, status: Int(response.status.code))
    }

    /// Does something over the connection, which may break at any moment.
    func connected<Result>(_ exchange: () async throws -> Result) async throws -> Result {
        do {
            return try await exchange()
        } catch let error as CancellationError {
            throw error
        } catch {
            throw ConnectionFailure(baseURL: baseURL, problem: "\(error)")
        }
    }

    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"):
                String(Unicode.Scalar(byte))
            default: "%" + Hex.encode([byte]).uppercased()
            }
        }.joined()
    }
}

/// The other side could not be reached, or the connection broke. Whether a request had its effect is
/// not known.
package struct ConnectionFailure: Error, Sendable, CustomStringConvertible {
    package let baseURL: String
    package let problem: String

    package init(baseURL: String, problem: String) {
        self.baseURL = baseURL
        self.problem = problem
    }

    package var description: String { "no connection to \(baseURL): \(problem)" }
}
