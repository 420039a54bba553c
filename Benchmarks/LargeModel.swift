import Contracts
import Foundation
import Storage
import Tensors

/// A model too large to be in memory, in which one value repeats a pattern as strongly as asked.
struct LargeModel {
    /// A multiple of the pattern's length times ``tensors``.
    let parameters: Int
    private let tensors = 8
    private let patternLength = 1 << 18

    var byteCount: Int { parameters * MemoryLayout<Float>.size }

    func write(to store: BlobStore, scale: Float) throws -> BlobDigest {
        let shape = [parameters / tensors]
        let header = try SafetensorsHeader(
            laidOut: (0..<tensors).map { ("layer\($0)", .float32, shape) })
        var writer = try store.writer()
        try header.bytes.withUnsafeBytes { try writer.write($0) }
        let piece = pattern(scale: scale)
        for _ in 0..<parameters / patternLength {
            try piece.withUnsafeBytes { try writer.write($0) }
        }
        return try writer.finish(expecting: nil)
    }

    /// Whether a stored model is the mean of models of these scales, to the last bit.
    func isMean(of scales: [Float], _ digest: BlobDigest, in store: BlobStore) throws -> Bool {
        let file = try store.open(digest)
        let expected = pattern(scale: scales.reduce(0, +) / Float(scales.count))
        var found = expected
        let start = file.count - byteCount
        for piece in 0..<parameters / patternLength {
            try found.withUnsafeMutableBytes {
                try file.read(from: start + piece * $0.count, into: $0)
            }
            guard found == expected else { return false }
        }
        return true
    }

    /// Small whole numbers times the scale, so that sums are exact.
    private func pattern(scale: Float) -> [Float] {
        (0..<patternLength).map { Float($0 & 0xFF) * scale }
    }
}
