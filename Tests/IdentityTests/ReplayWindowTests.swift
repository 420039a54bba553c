import Randomness
import Testing

@testable import Identity

@Suite struct ReplayWindowTests {
    private let keys: [PublicKey] = {
        var random = SeededRandom(seed: 12)
        return (0..<3).map { _ in SigningKey(from: &random).publicKey }
    }()

    private func signer(
        _ nonce: String, of key: Int = 0, created: Int64 = 1_000, expires: Int64 = 1_060
    ) -> HTTPSignature.Signer {
        .init(key: keys[key], freshness: .init(created: created, expires: expires, nonce: nonce))
    }

    @Test("A nonce is taken once for as long as its signature is let in")
    func takenOnce() throws {
        var window = ReplayWindow(since: 0)
        try window.admit(signer("nonce-1"), now: 1_000, skew: 5)
        for now in [1_000, 1_001, 1_030, 1_060, 1_065] as [Int64] {
            #expect(throws: HTTPSignatureError.replayed(nonce: "nonce-1")) {
                try window.admit(signer("nonce-1"), now: now, skew: 5)
            }
        }
    }

    @Test("The same nonce of another key is another request")
    func keysAreApart() throws {
        var window = ReplayWindow(since: 0)
        for key in 0..<3 {
            try window.admit(signer("nonce-1", of: key), now: 1_000, skew: 5)
        }
    }

    @Test("A key that sends too much is told to wait, and pushes nobody out")
    func bounded() throws {
        var window = ReplayWindow(since: 0, noncesPerKeyMax: 3)
        try window.admit(signer("nonce-of-another", of: 1), now: 1_000, skew: 5)
        for number in 0..<3 {
            try window.admit(signer("nonce-\(number)"), now: 1_000, skew: 5)
        }
        #expect(throws: HTTPSignatureError.tooManyRequests) {
            try window.admit(signer("nonce-3"), now: 1_000, skew: 5)
        }
        #expect(throws: HTTPSignatureError.replayed(nonce: "nonce-0")) {
            try window.admit(signer("nonce-0"), now: 1_001, skew: 5)
        }
        #expect(throws: HTTPSignatureError.replayed(nonce: "nonce-of-another")) {
            try window.admit(signer("nonce-of-another", of: 1), now: 1_001, skew: 5)
        }
        // When they have run out there is room again.
        try window.admit(
            signer("nonce-4", created: 1_080, expires: 1_100), now: 1_080, skew: 5)
    }

    @Test("A window that has just begun takes nothing from before it began")
    func nothingFromBefore() throws {
        var window = ReplayWindow(since: 1_000)
        #expect(throws: HTTPSignatureError.expired(expires: 999, now: 1_000)) {
            try window.admit(signer("nonce-1", created: 999), now: 1_001, skew: 5)
        }
        try window.admit(signer("nonce-1", created: 1_000), now: 1_001, skew: 5)
    }

    @Test(
        "Whatever the order and the times, nothing is let in twice",
        arguments: 0..<100 as Range<UInt64>)
    func neverTwice(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var window = ReplayWindow(since: 0, noncesPerKeyMax: 20)
        var admitted: Set<String> = []
        var now: Int64 = 1_000
        for _ in 0..<400 {
            now += Int64(random.uniformInteger(below: 4))
            let number = random.uniformInteger(below: 60)
            let key = Int(random.uniformInteger(below: 3))
            let created = 1_000 + Int64(number) * 10
            let signer = signer(
                "nonce-\(number)", of: key, created: created, expires: created + 40)
            // Only what the signature's own check lets through comes here.
            guard created <= now + 5, created + 40 >= now - 5 else { continue }
            if (try? window.admit(signer, now: now, skew: 5)) != nil {
                #expect(admitted.insert("\(key) \(number)").inserted, "seed \(seed)")
            }
        }
        #expect(!admitted.isEmpty)
    }
}
