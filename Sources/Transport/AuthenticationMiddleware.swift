import Contracts
import HTTPTypes
package import Hummingbird
package import Identity
import Synchronization

/// Lets in requests that a member, an applicant or a stranger has signed, each once.
package struct AuthenticationMiddleware: RouterMiddleware {
    package typealias Context = LabContext

    /// How far a caller's clock may be off.
    private static let skewSeconds: Int64 = 30

    private let tag: String
    private let now: @Sendable () -> Int64
    private let caller: @Sendable (PublicKey) async -> Caller
    private let window: Window

    /// What is shared by all requests.
    private final class Window: Sendable {
        let nonces: Mutex<ReplayWindow>

        init(since: Int64) {
            nonces = Mutex(ReplayWindow(since: since))
        }
    }

    /// - Parameters:
    ///   - now: Seconds since 1970.
    ///   - caller: Says whose key it is.
    package init(
        lab: String, now: @escaping @Sendable () -> Int64,
        caller: @escaping @Sendable (PublicKey) async -> Caller
    ) {
        tag = HTTPSignature.tag(lab: lab)
        self.now = now
        self.caller = caller
        // What was signed before this process began may have been taken by the one before it.
        window = Window(since: now())
    }

    package func handle(
        _ request: Request, context: LabContext,
        next: (Request, LabContext) async throws -> Response
    ) async throws -> Response {
        let seconds = now()
        let parts = request.signedParts
        let hasBody =
            request.headers[.transferEncoding] != nil
            || (request.headers[.contentLength].map { $0 != "0" } ?? false)
        var context = context
        do throws(HTTPSignatureError) {
            let signer = try HTTPSignature.verify(
                parts, hasBody: hasBody, tag: tag, now: seconds, skew: Self.skewSeconds)
            context.caller = await caller(signer.key)
            try window.nonces.withLock { window throws(HTTPSignatureError) in
                try window.admit(signer, now: seconds, skew: Self.skewSeconds)
            }
        } catch {
            throw Problem(error)
        }
        if hasBody {
            let digest = parts.value(of: "content-digest").flatMap(ContentDigest.sha256(in:))
            guard let digest else {
                throw Problem(
                    status: 400, code: "digest.malformed",
                    detail: "Content-Digest should hold a sha-256 (RFC 9530)")
            }
            context.bodyDigest = digest
        }
        return try await next(request, context)
    }
}

extension Request {
    fileprivate var signedParts: HTTPRequestParts {
        let target = head.path ?? "/"
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        return HTTPRequestParts(
            method: method.rawValue, authority: head.authority ?? "",
            path: parts.first.map(String.init) ?? "/",
            query: parts.count > 1 ? String(parts[1]) : nil,
            fields: headers.map { ($0.name.canonicalName, $0.value) })
    }
}
