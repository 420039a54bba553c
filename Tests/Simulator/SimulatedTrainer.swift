import Contracts
import Crypto
import Federation
import Strategies

/// Updates that are made up, and nevertheless the same for the same member and round.
enum SimulatedTrainer {
    static let parameters = 4

    static func update(of member: MemberID, in round: Round) -> (update: [Float], weight: Int64) {
        let digest = Array(SHA256.hash(data: Array("\(member) \(round.id)".utf8)))
        let update = digest.prefix(parameters).map { Float($0) / 256 }
        return (Array(update), Int64(digest[10] % 50) + 1)
    }

    /// The model that comes out of sealed contributions.
    static func aggregate(
        _ contributions: [Contribution], on base: [Float], blobs: SimulatedBlobs
    ) throws -> [Float] {
        let updates = try contributions.map { contribution in
            guard let update = blobs[contribution.update] else {
                throw SimulatedUpdateMissing(digest: contribution.update)
            }
            return Update(
                weight: contribution.weight, staleness: 0, delta: ParameterSource(update))
        }
        return try Aggregation(.fedavg, base: ParameterSource(base), updates: updates)
            .result().model
    }
}

struct SimulatedUpdateMissing: Error {
    let digest: BlobDigest
}

/// Weights by their digest; a store that never loses anything.
final class SimulatedBlobs {
    private var blobs: [BlobDigest: [Float]] = [:]

    init() {}

    subscript(digest: BlobDigest) -> [Float]? { blobs[digest] }

    func store(_ weights: [Float]) -> BlobDigest {
        let bytes = weights.flatMap { weight in withUnsafeBytes(of: weight) { Array($0) } }
        let digest = BlobDigest(sha256: Array(SHA256.hash(data: bytes)))
        blobs[digest] = weights
        return digest
    }
}
