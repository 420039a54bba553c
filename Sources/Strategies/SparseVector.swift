import Synchronization
import Tensors

/// A vector of which a file holds the numbers that are not 0, and their ascending indices.
final class SparseVector: Sendable {
    private let count: Int
    private let kept: Int
    private let file: SafetensorsFile
    private let indices: SafetensorsHeader.Entry
    private let values: SafetensorsHeader.Entry
    /// Where the last range ended, and how many indices lie before: ranges mostly follow each other.
    private let last = Mutex<(parameter: Int, before: Int)>((0, 0))

    init(
        count: Int, kept: Int, _ file: SafetensorsFile, _ indices: SafetensorsHeader.Entry,
        _ values: SafetensorsHeader.Entry
    ) {
        self.count = count
        self.kept = kept
        self.file = file
        self.indices = indices
        self.values = values
    }

    var source: ParameterSource {
        ParameterSource(count: count) { range, buffer in
            buffer.update(repeating: 0)
            let cursor = self.last.withLock { $0 }
            var place =
                try cursor.parameter == range.lowerBound
                ? cursor.before : self.indicesBelow(range.lowerBound)
            // No more than the range is long can lie in it.
            var window = min(self.kept - place, max(64, range.count / 16))
            reading: while window > 0 {
                let found = try self.file.elements(
                    place..<place + window, of: self.indices, as: UInt32.self)
                let inside = found.prefix { $0 < range.upperBound }
                let numbers = try self.file.elements(
                    place..<place + inside.count, of: self.values, as: Float.self)
                for (index, number) in zip(inside, numbers) where index >= range.lowerBound {
                    buffer[Int(index) - range.lowerBound] = number
                }
                place += inside.count
                if inside.count < window { break reading }
                window = min(self.kept - place, window)
            }
            self.last.withLock { [place] in $0 = (range.upperBound, place) }
        }
    }

    private func indicesBelow(_ parameter: Int) throws -> Int {
        var low = 0
        var high = kept
        while low < high {
            let middle = (low + high) / 2
            let index = try file.elements(middle..<middle + 1, of: indices, as: UInt32.self)[0]
            if index < parameter { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
