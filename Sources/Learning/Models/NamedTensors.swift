import CKernels
import Tensors

/// Takes tensors by name, checks them, and refuses those that nobody takes.
struct NamedTensors {
    private var tensors: [Tensor]

    init(_ tensors: [Tensor]) {
        self.tensors = tensors
    }

    mutating func float32(_ name: String, count: Int? = nil) throws(LearningError) -> [Float] {
        try float32(name, checking: count.map { [$0] })
    }

    mutating func float32(_ name: String, shape: [Int]) throws(LearningError) -> [Float] {
        try float32(name, checking: shape)
    }

    mutating func float64(_ name: String, count: Int? = nil) throws(LearningError) -> [Double] {
        try float64(name, checking: count.map { [$0] })
    }

    mutating func float64(_ name: String, shape: [Int]) throws(LearningError) -> [Double] {
        try float64(name, checking: shape)
    }

    func finish() throws(LearningError) {
        if let tensor = tensors.first {
            throw .wrongTensors("there should be no tensor \(shown(tensor.name))")
        }
    }

    private mutating func float32(
        _ name: String, checking shape: [Int]?
    ) throws(LearningError) -> [Float] {
        let tensor = try take(name, shape: shape)
        guard let elements = tensor.float32 else {
            throw .wrongTensors("the tensor \(shown(name)) should be F32")
        }
        guard jl_first_not_finite(elements, elements.count) == elements.count else {
            throw .notFinite("an element of \(shown(name))")
        }
        return elements
    }

    private mutating func float64(
        _ name: String, checking shape: [Int]?
    ) throws(LearningError) -> [Double] {
        let tensor = try take(name, shape: shape)
        guard let elements = tensor.float64 else {
            throw .wrongTensors("the tensor \(shown(name)) should be F64")
        }
        guard elements.allSatisfy(\.isFinite) else {
            throw .notFinite("an element of \(shown(name))")
        }
        return elements
    }

    /// - Parameter shape: `nil` for any length of one dimension.
    private mutating func take(_ name: String, shape: [Int]?) throws(LearningError) -> Tensor {
        guard let index = tensors.firstIndex(where: { $0.name.utf8.elementsEqual(name.utf8) })
        else { throw .wrongTensors("the tensor \(shown(name)) is missing") }
        let tensor = tensors.remove(at: index)
        guard shape.map({ $0 == tensor.shape }) ?? (tensor.shape.count == 1) else {
            let wanted = shape.map { "\($0)" } ?? "[n]"
            throw .wrongTensors(
                "the tensor \(shown(name)) should have the shape \(wanted), and has "
                    + "\(tensor.shape)")
        }
        return tensor
    }
}
