import Randomness
import Synchronization

/// Which parameters a seed selects: of every 4,096 that follow each other the same number, so that
/// a part of the mask can be had without the rest.
///
/// Source of the draw: Knuth, *The Art of Computer Programming* volume 2, §3.4.2, Algorithm S, with
/// ``SeededRandom`` of the seed's first SplitMix64 word plus the chunk's index.
final class RandomMask: Sendable {
    static let chunkLength = 4_096

    let count: Int
    private let share: Double
    private let firstSeed: UInt64
    /// The chunks drawn last: all updates of a round need the same ones at the same time.
    private let drawn = Mutex<[Int: [Int]]>([:])

    init(count: Int, share: Double, seed: UInt64) {
        self.count = count
        self.share = share
        var words = SplitMix64(seed: seed)
        firstSeed = words.next()
    }

    var chunkCount: Int { (count + Self.chunkLength - 1) / Self.chunkLength }

    /// How many parameters are selected in all.
    var keptCount: Int {
        chunkCount == 0 ? 0 : start(of: chunkCount - 1) + keptCount(of: chunkCount - 1)
    }

    func parameters(of chunk: Int) -> Range<Int> {
        chunk * Self.chunkLength..<min((chunk + 1) * Self.chunkLength, count)
    }

    func keptCount(of chunk: Int) -> Int {
        Compression.kept(share, of: parameters(of: chunk).count)
    }

    /// The index of the chunk's first value among all values.
    func start(of chunk: Int) -> Int { chunk * Compression.kept(share, of: Self.chunkLength) }

    /// The selected parameters of a chunk, ascending.
    func selection(of chunk: Int) -> [Int] {
        if let selection = drawn.withLock({ $0[chunk] }) { return selection }
        let parameters = parameters(of: chunk)
        var random = SeededRandom(seed: firstSeed &+ UInt64(chunk))
        var wanted = keptCount(of: chunk)
        var selection: [Int] = []
        selection.reserveCapacity(wanted)
        for parameter in parameters where wanted > 0 {
            let left = UInt64(parameters.upperBound - parameter)
            if random.uniformInteger(below: left) < UInt64(wanted) {
                selection.append(parameter)
                wanted -= 1
            }
        }
        drawn.withLock { drawn in
            if drawn.count >= 64 { drawn.removeAll() }
            drawn[chunk] = selection
        }
        return selection
    }
}
