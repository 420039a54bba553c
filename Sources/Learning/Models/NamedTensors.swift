import Tensors

/// Takes tensors by name, checks them, and refuses those that nobody takes.
struct NamedTensors {
    private var tensors: [Tensor]

    init(_ tensors: [Tensor]) {
        self.tensors = tensors
    }

    mutating func float32(_ name: String, count: Int? = nil) throws(LearningError) -> [Float] {
        let tensor = try take(name, count: count)
        guard let elements = tensor.float32 else {
            throw .wrongTensors("the tensor \(shown(name)) should be F32")
        }
        guard elements.allSatisfy(\.isFinite) else {
            throw .notFinite("an element of \(shown(name))")
        }
        return elements
    }

    mutating func float64(_ name: String, count: Int? = nil) throws(LearningError) -> [Double] {
        let tensor = try take(name, count: count)
        guard let elements = tensor.float64 else {
            throw .wrongTensors("the tensor \(shown(name)) should be F64")
        }
        guard elements.allSatisfy(\.isFinite) else {
            throw .notFinite("an element of \(shown(name))")
        }
        return elements
    }

    func finish() throws(LearningError) {
        if let tensor = tensors.first {
            throw .wrongTensors("there should be no tensor \(shown(tensor.name))")
        }
    }

    private mutating func take(_ name: String, count: Int?) throws(LearningError) -> Tensor {
        guard let index = tensors.firstIndex(where: { $0.name.utf8.elementsEqual(name.utf8) })
        else { throw .wrongTensors("the tensor \(shown(name)) is missing") }
        let tensor = tensors.remove(at: index)
        guard tensor.shape.count == 1, count == nil || tensor.shape[0] == count else {
            let length = count.map(String.init) ?? "n"
            throw .wrongTensors(
                "the tensor \(shown(name)) should have the shape [\(length)], and has "
                    + "\(tensor.shape)")
        }
        return tensor
    }
}
