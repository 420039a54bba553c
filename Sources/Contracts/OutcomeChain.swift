import Crypto
import Encodings

/// A running hash over what became of every transaction, so that two nodes which agree on the state
/// also agree on every refusal and on every movement of money, which leave no other trace in it.
struct OutcomeChain: Sendable {
    static let stateKey = "outcomes"

    private var count: Int64 = 0
    private var digest = [UInt8](repeating: 0, count: 32)
    private var isWritten = true

    /// SHA-256 over the digest so far, the entry's index in decimal, a colon, and `applied` or the
    /// refusal's code; where money moved, another colon and the movements as canonical JSON.
    mutating func add(_ receipt: Receipt) {
        let code = receipt.refusal?.code.rawValue ?? "applied"
        var outcome = "\(receipt.index):\(code)"
        if !receipt.moved.isEmpty {
            outcome += ":" + JSONValue.array(receipt.moved.map(\.json)).canonicalText
        }
        digest = Array(SHA256.hash(data: digest + Array(outcome.utf8)))
        count += 1
        isWritten = false
    }

    /// `nil` before the first transaction, when nothing has been written yet.
    var row: JSONValue? {
        guard count > 0 else { return nil }
        return json
    }

    private var json: JSONValue {
        ["transactions": .integer(count), "digest": .string(Hex.encode(digest))]
    }

    mutating func drainWrites(into writes: inout [StateWrite]) {
        guard !isWritten else { return }
        writes.append(StateWrite(key: Self.stateKey, row: json))
        isWritten = true
    }
}
