import MerkleLog
import Randomness

extension SeededRandom {
    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }

    mutating func hash() -> TreeHash { .leaf(bytes(8)) }

    mutating func chance(_ probability: Double) -> Bool {
        uniformFraction() < probability
    }
}
