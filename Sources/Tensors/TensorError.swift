/// Why numbers and a shape do not make a tensor.
package enum TensorError: Error, Hashable, Sendable, CustomStringConvertible {
    case wrongElementCount(name: String, shape: [Int], elements: Int)

    package var description: String {
        switch self {
        case .wrongElementCount(let name, let shape, let elements):
            "the tensor \(quoted(name)) has \(elements) elements, which do not fill the shape "
                + "\(shape)"
        }
    }
}
