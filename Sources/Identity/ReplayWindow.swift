/// Remembers the nonces of signed requests for as long as their signatures hold, so that each is
/// taken once.
///
/// It is bounded: a key that sends more than its share is told to wait, and cannot push out what
/// the window remembers of others.
package struct ReplayWindow: Sendable {
    private let noncesPerKeyMax: Int
    private var expiries: [KeyID: [String: Int64]] = [:]
    private var nextSweep: Int64 = 0
    /// Signatures made before this time are refused: the window knows nothing of them.
    private let since: Int64

    /// - Parameter since: When the window begins to remember, in seconds since 1970.
    package init(since: Int64, noncesPerKeyMax: Int = 100_000) {
        self.since = since
        self.noncesPerKeyMax = noncesPerKeyMax
    }

    /// Takes a signature once.
    ///
    /// - Parameters:
    ///   - now: Seconds since 1970.
    ///   - skew: How long after its expiry a signature is still let in, in seconds.
    /// - Throws: ``HTTPSignatureError``: `replayed`, `expired` or `tooManyRequests`.
    package mutating func admit(
        _ signer: HTTPSignature.Signer, now: Int64, skew: Int64
    ) throws(HTTPSignatureError) {
        sweep(now: now, skew: skew)
        let freshness = signer.freshness
        guard freshness.created >= since else {
            throw .expired(expires: freshness.created, now: since)
        }
        var nonces = expiries.removeValue(forKey: signer.key.id) ?? [:]
        defer { expiries[signer.key.id] = nonces }
        guard nonces[freshness.nonce] == nil else { throw .replayed(nonce: freshness.nonce) }
        guard nonces.count < noncesPerKeyMax else { throw .tooManyRequests }
        nonces[freshness.nonce] = freshness.expires
    }

    private mutating func sweep(now: Int64, skew: Int64) {
        guard now >= nextSweep else { return }
        nextSweep = now + 10
        expiries = expiries.compactMapValues { nonces in
            let left = nonces.filter { $0.value >= now - skew }
            return left.isEmpty ? nil : left
        }
    }
}
