import Encodings
import MerkleLog
import SharedFolder
import Testing

/// The 518 good and bad proofs of transparency-dev/merkle, testdata (Apache-2.0).
@Suite(
    .enabled(
        if: PublishedProof.all != nil,
        "needs shared/conformance/merkle-proofs.jsonl beside the checkout or in JOINTLAB_SHARED"
    ))
struct PublishedProofTests {
    @Test("Every published proof is accepted or refused as it should be")
    func everyCase() throws {
        let cases = try #require(PublishedProof.all)
        var counts: [String: Int] = [:]
        for published in cases {
            counts[published.kind, default: 0] += 1
            #expect(published.isAccepted == published.isGood, "\(published.name)")
        }
        #expect(
            counts == [
                "inclusion": 98, "consistency": 98, "subtreeinclusion": 204,
                "subtreeconsistency": 118,
            ])
    }
}

private struct PublishedProof {
    static let all: [PublishedProof]? = SharedFolder.contents(
        of: "conformance/merkle-proofs.jsonl"
    )?.split(separator: "\n").map { PublishedProof(String($0)) }

    private let line: String
    private let fields: JSONValue?

    init(_ line: String) {
        self.line = line
        fields = try? JSONValue(parsing: line)
    }

    var name: String { fields?["case"]?.string ?? line }
    var kind: String { String(name.prefix { $0 != "/" }) }
    var isGood: Bool { fields?["wantErr"]?.bool == false }

    var isAccepted: Bool {
        do {
            try verify()
            return true
        } catch {
            return false
        }
    }

    private func verify() throws {
        let proof = try fields?["proof"]?.array?.map { try hash($0) } ?? []
        switch kind {
        case "inclusion":
            try InclusionProof(proof).verify(
                leaf: hash("leafHash"), at: number("leafIdx"),
                in: TreeHead(size: number("treeSize"), root: hash("root")))
        case "consistency":
            try ConsistencyProof(proof).verify(
                from: TreeHead(size: number("size1"), root: hash("root1")),
                to: TreeHead(size: number("size2"), root: hash("root2")))
        case "subtreeinclusion":
            try InclusionProof(proof).verify(
                leaf: hash("leafHash"), at: number("leafIdx"),
                in: SubtreeRange(from: number("start"), to: number("end")), hash: hash("root"))
        case "subtreeconsistency":
            try ConsistencyProof(proof).verify(
                subtree: SubtreeRange(from: number("start"), to: number("end")),
                hash: hash("root1"), in: TreeHead(size: number("size"), root: hash("root2")))
        default:
            Issue.record("unknown kind of case: \(name)")
        }
    }

    private func hash(_ key: String) throws -> TreeHash {
        try hash(fields?[key] ?? .null)
    }

    /// Some roots of the suite are not 32 bytes long; what counts is which of them are equal. They
    /// are filled up, so that the verifier sees every case. Only no bytes at all are left for our
    /// type to refuse.
    private func hash(_ value: JSONValue) throws -> TreeHash {
        guard let bytes = value.string.flatMap({ Base64.decode($0) }), !bytes.isEmpty,
            let hash = TreeHash(bytes: bytes + Array(repeating: 0, count: max(0, 32 - bytes.count)))
        else { throw NotAHash() }
        return hash
    }

    private struct NotAHash: Error {}

    /// Numbers beyond 2⁶³ come as text: our JSON keeps no such integers.
    private func number(_ key: String) -> UInt64 {
        if let value = fields?[key]?.integer { return UInt64(exactly: value) ?? .max }
        let digits = line.firstRange(of: "\"\(key)\": ").map { range in
            line[range.upperBound...].prefix { $0.isNumber }
        }
        guard let number = digits.flatMap({ UInt64($0) }) else {
            Issue.record("\(name) has no number \(key)")
            return 0
        }
        return number
    }
}
