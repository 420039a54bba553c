import Encodings
import MerkleMap
import Randomness
import Testing

@Suite struct AuthenticatedMapTests {
    @Test("The root is the one that the definition gives", arguments: 0..<80 as Range<UInt64>)
    func rootIsTheDefinedOne(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var map = AuthenticatedMap()
        var rows: [MapHash: MapHash] = [:]
        for _ in 0..<random.uniformInteger(below: 12) {
            var changes: [MapHash: MapHash?] = [:]
            for _ in 0..<random.uniformInteger(below: 9) {
                let isRemoval = random.uniformInteger(below: 4) == 0
                changes[try random.key()] = .some(isRemoval ? nil : random.value())
            }
            map.update(changes.map { .init(key: $0.key, value: $0.value) })
            for (key, value) in changes {
                rows[key] = value
            }
            #expect(map.root == definedRoot(rows), "seed \(seed)")
            #expect(map.count == rows.count, "seed \(seed)")
        }
        for (key, value) in rows {
            #expect(map[key] == value, "seed \(seed)")
        }
        for _ in 0..<20 {
            let key = try random.key()
            #expect(map[key] == rows[key], "seed \(seed)")
        }
    }

    @Test("A thousand keys of the kind that a lab has give the defined root")
    func rootOfALargeMap() {
        var map = AuthenticatedMap()
        var rows: [MapHash: MapHash] = [:]
        for number in 0..<1_000 {
            let key = MapHash(sha256: Array("licence/l-\(number)".utf8))
            rows[key] = MapHash(sha256: [UInt8(number & 255)])
        }
        map.update(rows.map { .init(key: $0.key, value: $0.value) })
        #expect(map.root == definedRoot(rows))
        #expect(map.count == 1_000)
    }

    @Test("The order in which keys come leaves no trace", arguments: 0..<40 as Range<UInt64>)
    func orderDoesNotMatter(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var rows: [MapHash: MapHash] = [:]
        for _ in 0..<20 {
            rows[try random.key()] = random.value()
        }
        var changes = rows.map { AuthenticatedMap.Change(key: $0.key, value: $0.value) }
        var roots: Set<MapHash> = []
        for _ in 0..<6 {
            random.shuffle(&changes)
            var atOnce = AuthenticatedMap()
            atOnce.update(changes)
            var oneByOne = AuthenticatedMap()
            for change in changes {
                oneByOne.update([change])
            }
            var inPieces = AuthenticatedMap()
            let cut = Int(random.uniformInteger(below: UInt64(changes.count)))
            inPieces.update(Array(changes[..<cut]))
            inPieces.update(Array(changes[cut...]))
            roots.formUnion([atOnce.root, oneByOne.root, inPieces.root])
        }
        #expect(roots.count == 1, "seed \(seed)")
    }

    @Test("What has been removed leaves no trace", arguments: 0..<40 as Range<UInt64>)
    func removalLeavesNoTrace(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var rows: [MapHash: MapHash] = [:]
        for _ in 0..<20 {
            rows[try random.key()] = random.value()
        }
        var map = AuthenticatedMap()
        map.update(rows.map { .init(key: $0.key, value: $0.value) })
        let before = map.root

        var guests: Set<MapHash> = []
        for _ in 0..<10 {
            let key = try random.key()
            if rows[key] == nil { guests.insert(key) }
        }
        map.update(guests.map { .init(key: $0, value: .empty) })
        #expect(map.count == rows.count + guests.count)
        if seed.isMultiple(of: 2) {
            map.update(guests.map { .init(key: $0, value: nil) })
        } else {
            for guest in guests {
                map.update([.init(key: guest, value: nil)])
            }
        }
        #expect(map.root == before, "seed \(seed)")

        map.update(rows.keys.map { .init(key: $0, value: nil) })
        #expect(map.root == .empty)
        #expect(map.count == 0)
    }

    @Test("Removing what is not there changes nothing")
    func removingNothing() throws {
        var map = AuthenticatedMap()
        let key = MapHash(sha256: [1])
        map.update([.init(key: key, value: nil)])
        #expect(map.root == .empty && map.count == 0)
        map.update([.init(key: key, value: .empty)])
        let root = map.root
        map.update([.init(key: MapHash(sha256: [2]), value: nil)])
        #expect(map.root == root && map.count == 1)
        map.update([])
        #expect(map.root == root)
    }

    @Test("Two keys that differ in their last bit alone are two keys")
    func deepestKeys() throws {
        let left = try mapHash([UInt8](repeating: 0xAA, count: 31) + [0x00])
        let right = try mapHash([UInt8](repeating: 0xAA, count: 31) + [0x01])
        let rows = [left: MapHash(sha256: [1]), right: MapHash(sha256: [2])]
        var map = AuthenticatedMap()
        map.update(rows.map { .init(key: $0.key, value: $0.value) })
        #expect(map.root == definedRoot(rows))
        #expect(map.proof(of: left).siblings.count == 256)
        #expect(try map.proof(of: left).value(of: left, under: map.root) == rows[left])
        map.update([.init(key: left, value: nil)])
        #expect(map.proof(of: right).siblings.isEmpty)
    }

    @Test("A copy is a version of its own")
    func copiesAreVersions() {
        var map = AuthenticatedMap()
        map.update([.init(key: MapHash(sha256: [1]), value: .empty)])
        let old = map
        map.update([.init(key: MapHash(sha256: [2]), value: .empty)])
        #expect(old.root != map.root)
        #expect(old[MapHash(sha256: [2])] == nil)
        #expect(old.count == 1)
    }

    @Test("The root of an empty map is 32 zeros, and of one row it is the row's leaf")
    func smallestMaps() {
        #expect(AuthenticatedMap().root.bytes == [UInt8](repeating: 0, count: 32))
        let key = MapHash(sha256: Array("lab".utf8))
        let value = MapHash(sha256: Array("{}".utf8))
        var map = AuthenticatedMap()
        map.update([.init(key: key, value: value)])
        #expect(map.root == MapHash(sha256: [0x00] + key.bytes + value.bytes))
    }

    /// A second implementation, of thirty lines of Python, has computed the same digest.
    @Test("No root of 1 to 1,000 rows has changed since the format was fixed")
    func rootsAreThoseOfTheFirstRelease() {
        var map = AuthenticatedMap()
        var digest = MapHash.empty
        for number in 0..<1_000 {
            let key = MapHash(sha256: Array("row/\(number)".utf8))
            map.update([.init(key: key, value: MapHash(sha256: Array("\(number)".utf8)))])
            if number.isMultiple(of: 7) {
                map.update([
                    .init(key: MapHash(sha256: Array("row/\(number / 2)".utf8)), value: nil)
                ])
            }
            digest = MapHash(sha256: digest.bytes + map.root.bytes)
        }
        #expect("\(digest)" == "ec545d54667d0910a6b5000fa76da69d5aa6e65c5e18aaee627d4ef1c9b89aee")
    }

    @Test("A hash is 32 bytes in base64, and nothing else")
    func hashSpelling() {
        let hash = MapHash(sha256: [1])
        #expect(MapHash(base64: hash.base64) == hash)
        #expect(MapHash(bytes: hash.bytes) == hash)
        #expect(MapHash(bytes: hash.bytes.dropLast()) == nil)
        for text in ["", "AA==", String(hash.base64.dropLast()), hash.base64 + "AAAA"] {
            #expect(MapHash(base64: text) == nil)
        }
    }
}
