import Learning
import Tensors

/// What a participant keeps between the rounds of a job and tells nobody. Each is as long as the
/// model has parameters; empty before it is first needed.
package struct LocalState: Hashable, Sendable {
    /// The control variate of SCAFFOLD, c_i.
    package var control: [Float] = []
    /// The model of its own of Ditto, v_k.
    package var personal: [Float] = []
    /// What top-k has not sent yet.
    package var residual: [Float] = []

    package init() {}

    package var isEmpty: Bool { control.isEmpty && personal.isEmpty && residual.isEmpty }

    /// As a file: the tensors `control`, `personal` and `residual`, F32 [P], those that are not
    /// empty.
    package var bytes: [UInt8] {
        let tensors = [("control", control), ("personal", personal), ("residual", residual)]
            .filter { !$0.1.isEmpty }.map { Tensor(name: $0.0, vector: $0.1) }
        do {
            return try Safetensors(tensors).bytes
        } catch {
            preconditionFailure("three tensors have names of their own: \(error)")
        }
    }

    /// - Throws: `SafetensorsError` or `LearningError` for what is no such file.
    package init(parsing bytes: [UInt8]) throws {
        let file = try Safetensors(parsing: bytes)
        for tensor in file.tensors {
            guard let vector = tensor.float32 else {
                throw LearningError.wrongTensors("\(tensor.name) should be of type F32")
            }
            switch tensor.name {
            case "control": control = vector
            case "personal": personal = vector
            case "residual": residual = vector
            default: throw LearningError.wrongTensors("\(tensor.name) is not known here")
            }
        }
    }
}
