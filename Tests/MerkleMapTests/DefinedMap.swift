import MerkleMap
import Randomness

/// The root as it is defined, from the keys and values alone: slow, and easy to check by eye.
func definedRoot(_ rows: [MapHash: MapHash], depth: Int = 0) -> MapHash {
    guard let first = rows.first else { return .empty }
    if rows.count == 1 { return MapHash(sha256: [0x00] + first.key.bytes + first.value.bytes) }
    let right = rows.filter { definedBit(depth, of: $0.key) }
    let left = rows.filter { !definedBit(depth, of: $0.key) }
    return MapHash(
        sha256: [0x01] + definedRoot(left, depth: depth + 1).bytes
            + definedRoot(right, depth: depth + 1).bytes)
}

/// Bit 0 is the most significant one of the first byte.
func definedBit(_ depth: Int, of key: MapHash) -> Bool {
    key.bytes[depth / 8] >> (7 - depth % 8) & 1 == 1
}

extension SeededRandom {
    /// A hash that comes up again within a test, and often shares its beginning with others: of
    /// whole keys from SHA-256 two rarely agree on more than a few bits.
    mutating func key() throws -> MapHash {
        var bytes = [UInt8](repeating: 0, count: 32)
        let places = [0, 1, 7, 8, 15, 16, 31]
        for place in places where uniformInteger(below: 3) == 0 {
            bytes[place] = [0x00, 0x01, 0x80, 0xFF][Int(uniformInteger(below: 4))]
        }
        return try mapHash(bytes)
    }

    mutating func value() -> MapHash {
        MapHash(sha256: [UInt8(truncatingIfNeeded: next())])
    }
}

func mapHash(_ bytes: [UInt8]) throws -> MapHash {
    guard let hash = MapHash(bytes: bytes) else { throw NoHash() }
    return hash
}

struct NoHash: Error {}
