import Tensors

/// Which tensors of a model are trained, and where each lies in the one vector that strategies work
/// on: one behind the other, in the order of the UTF-8 bytes of their names, which is how a
/// safetensors file holds them.
package struct ParameterLayout: Hashable, Sendable {
    package struct Part: Hashable, Sendable {
        package let name: String
        package let shape: [Int]
        /// Its place in the vector.
        package let parameters: Range<Int>
    }

    package let parts: [Part]

    /// P, the length of the vector.
    package var count: Int { parts.last?.parameters.upperBound ?? 0 }

    /// - Throws: ``UpdateFormatError``: `duplicateName`, `reservedName` or `tooLarge`.
    package init(_ tensors: [(name: String, shape: [Int])]) throws(UpdateFormatError) {
        var parts: [Part] = []
        var end = 0
        for (name, shape) in tensors.sorted(by: {
            $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
        }) {
            if let last = parts.last, last.name.utf8.elementsEqual(name.utf8) {
                throw .duplicateName(name)
            }
            guard !UpdateTensorName.isReserved(name) else { throw .reservedName(name) }
            guard let count = Tensor.elementCount(of: shape), count <= Int(UInt32.max) - end else {
                throw .tooLarge(tensor: name)
            }
            parts.append(Part(name: name, shape: shape, parameters: end..<end + count))
            end += count
        }
        self.parts = parts
    }

    /// Hands out a range of the vector part by part.
    ///
    /// - Parameter body: Is given the index of a part, which of its elements are in the range, and
    ///   where they begin in the range.
    func forEachPart(
        in range: Range<Int>,
        _ body: (_ part: Int, _ elements: Range<Int>, _ place: Int) throws -> Void
    ) rethrows {
        var low = 0
        var high = parts.count
        while low < high {
            let middle = (low + high) / 2
            if parts[middle].parameters.upperBound <= range.lowerBound {
                low = middle + 1
            } else {
                high = middle
            }
        }
        while low < parts.count, parts[low].parameters.lowerBound < range.upperBound {
            let part = parts[low].parameters
            let shared = part.clamped(to: range)
            if !shared.isEmpty {
                try body(
                    low,
                    shared.lowerBound - part.lowerBound..<shared.upperBound - part.lowerBound,
                    shared.lowerBound - range.lowerBound)
            }
            low += 1
        }
    }
}

/// The names that an update's tensors have beside those of the model.
enum UpdateTensorName {
    static let normaliser = "normaliser"
    static let indices = "indices"
    static let values = "values"

    static func control(_ name: String) -> String { "control/\(name)" }
    static func scale(_ name: String) -> String { "scale/\(name)" }
    static func norm(_ name: String) -> String { "norm/\(name)" }
    static func codes(_ name: String) -> String { "codes/\(name)" }

    static func isReserved(_ name: String) -> Bool {
        [normaliser, indices, values].contains { $0.utf8.elementsEqual(name.utf8) }
            || ["control/", "scale/", "norm/", "codes/"].contains {
                name.utf8.starts(with: $0.utf8)
            }
    }
}
