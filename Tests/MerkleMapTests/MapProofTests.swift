import Encodings
import MerkleMap
import Randomness
import Testing

@Suite struct MapProofTests {
    private func map(seed: UInt64) throws -> (
        AuthenticatedMap, rows: [MapHash: MapHash], SeededRandom
    ) {
        var random = SeededRandom(seed: seed)
        var rows: [MapHash: MapHash] = [:]
        for _ in 0..<random.uniformInteger(below: 24) {
            rows[try random.key()] = random.value()
        }
        var map = AuthenticatedMap()
        map.update(rows.map { .init(key: $0.key, value: $0.value) })
        return (map, rows, random)
    }

    @Test(
        "A proof shows what the map holds, and what it does not hold",
        arguments: 0..<60 as Range<UInt64>)
    func proofsVerify(seed: UInt64) throws {
        var (map, rows, random) = try map(seed: seed)
        var keys = Array(rows.keys)
        for _ in 0..<20 {
            keys.append(try random.key())
        }
        for key in keys {
            let proof = map.proof(of: key)
            #expect(try proof.value(of: key, under: map.root) == rows[key], "seed \(seed)")
            #expect(try MapProof(proof.json) == proof, "seed \(seed)")
        }
    }

    @Test("A proof that was altered anywhere shows nothing", arguments: 0..<60 as Range<UInt64>)
    func alteredProofsFail(seed: UInt64) throws {
        var (map, rows, random) = try map(seed: seed)
        let key = try rows.keys.min { "\($0)" < "\($1)" } ?? random.key()
        let absent = try random.key()
        for key in [key, absent] {
            let proof = map.proof(of: key)
            var altered: [MapProof] = []
            for place in proof.siblings.indices {
                var siblings = proof.siblings
                siblings[place] = MapHash(sha256: siblings[place].bytes)
                altered.append(MapProof(siblings: siblings, end: proof.end))
                siblings = proof.siblings
                siblings.remove(at: place)
                altered.append(MapProof(siblings: siblings, end: proof.end))
                siblings = proof.siblings
                siblings.insert(.empty, at: place)
                altered.append(MapProof(siblings: siblings, end: proof.end))
            }
            let otherValue = MapHash(sha256: [1, 2, 3])
            let ends: [MapProof.End] = [
                .value(otherValue), .nothing, .otherKey(MapHash(sha256: [9]), value: otherValue),
                .otherKey(key, value: rows[key] ?? otherValue),
            ]
            altered += ends.filter { $0 != proof.end }.map {
                MapProof(siblings: proof.siblings, end: $0)
            }
            for proof in altered {
                #expect(throws: MapProofError.self, "seed \(seed)") {
                    try proof.value(of: key, under: map.root)
                }
            }
        }
    }

    @Test(
        "No proof shows a present key to be absent, nor another value",
        arguments: 0..<12 as Range<UInt64>)
    func presentKeysCannotBeHidden(seed: UInt64) throws {
        let (map, rows, _) = try map(seed: seed)
        // Whatever honest proofs there are, for any key, with any end of any other.
        let proofs = rows.keys.map { map.proof(of: $0) }
        let ends =
            proofs.map(\.end) + [.nothing]
            + rows.map { MapProof.End.otherKey($0.key, value: $0.value) }
        for (key, value) in rows {
            for proof in proofs {
                for end in ends {
                    let forged = MapProof(siblings: proof.siblings, end: end)
                    guard let shown = try? forged.value(of: key, under: map.root) else { continue }
                    #expect(shown == value, "seed \(seed)")
                }
            }
        }
    }

    @Test("A proof convinces under its own root only")
    func otherRoot() throws {
        var map = AuthenticatedMap()
        let key = MapHash(sha256: [1])
        map.update([.init(key: key, value: .empty)])
        let proof = map.proof(of: key)
        #expect(throws: MapProofError.otherRoot) { try proof.value(of: key, under: .empty) }
        #expect(throws: MapProofError.otherRoot) {
            try proof.value(of: MapHash(sha256: [2]), under: map.root)
        }
    }

    @Test("In an empty map everything is absent, and it needs no steps to show")
    func emptyMap() throws {
        let proof = AuthenticatedMap().proof(of: MapHash(sha256: [1]))
        #expect(proof == MapProof(siblings: [], end: .nothing))
        #expect(try proof.value(of: MapHash(sha256: [1]), under: .empty) == nil)
    }

    @Test("More steps than a key has bits are refused before they are hashed")
    func tooLong() {
        let proof = MapProof(
            siblings: [MapHash](repeating: .empty, count: 257), end: .nothing)
        #expect(throws: MapProofError.tooLong) {
            try proof.value(of: .empty, under: .empty)
        }
    }

    @Test("A key from another place shows nothing about ours")
    func otherKeyElsewhere() throws {
        let ours = try mapHash([0x00] + [UInt8](repeating: 0, count: 31))
        let theirs = try mapHash([0x80] + [UInt8](repeating: 0, count: 31))
        var map = AuthenticatedMap()
        map.update([.init(key: ours, value: .empty), .init(key: theirs, value: .empty)])
        let forged = MapProof(
            siblings: map.proof(of: ours).siblings, end: .otherKey(theirs, value: .empty))
        #expect(throws: MapProofError.otherKeyElsewhere) {
            try forged.value(of: ours, under: map.root)
        }
        let pretended = MapProof(siblings: [], end: .otherKey(ours, value: .empty))
        #expect(throws: MapProofError.otherKeyElsewhere) {
            try pretended.value(of: ours, under: map.root)
        }
    }

    static let malformed = [
        "[]", "{}", #"{"siblings":[]}"#, #"{"end":{"nothing":true}}"#,
        #"{"siblings":["AA=="],"end":{"nothing":true}}"#,
        #"{"siblings":[1],"end":{"nothing":true}}"#,
        #"{"siblings":[],"end":{}}"#, #"{"siblings":[],"end":{"value":"AA=="}}"#,
        #"{"siblings":[],"end":{"nothing":false}}"#, #"{"siblings":[],"end":{"nothing":"yes"}}"#,
        #"{"siblings":[],"end":{"nothing":true,"value":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}}"#,
        #"{"siblings":[],"end":{"otherKey":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}}"#,
        #"{"siblings":[],"end":{"nothing":true},"x":1}"#,
    ]

    @Test("A proof of another form is refused", arguments: malformed)
    func refusesOtherForms(text: String) throws {
        let json = try JSONValue(parsing: text)
        #expect(throws: JSONShapeError.self) { try MapProof(json) }
    }
}
