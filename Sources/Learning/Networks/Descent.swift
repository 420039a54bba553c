import CKernels

/// Steps of stochastic gradient descent on an objective: what they carry from one to the next, and
/// the memory for a batch.
struct Descent: ~Copyable {
    private let pass: NetworkPass
    private let rate: Float
    private let momentum: Float
    private let l2: Float
    private let pull: Float
    /// What every gradient has added to it, beside the pull: the control variates' difference and
    /// −μ times the anchor.
    private var drift: [Float] = []
    /// v; empty without momentum.
    private var velocity: [Float] = []
    private var inputs: [Float]
    private var answers: [Float]

    /// - Throws: ``LearningError``: `noMatrixProducts`.
    init(
        shape: NetworkShape, anchor: NetworkParameters, rowCount: Int, training: LocalTraining,
        objective: LocalObjective
    ) throws(LearningError) {
        // Settings may ask for larger batches than there are rows.
        let rowsMax = min(training.batchSize, rowCount)
        pass = try NetworkPass(shape, rowsMax: rowsMax)
        rate = Float(training.learningRate)
        momentum = Float(training.momentum)
        l2 = Float(training.l2)
        pull = Float(objective.pull)
        let count = shape.parameterCount
        if training.momentum > 0 { velocity = [Float](repeating: 0, count: count) }
        switch objective {
        case .plain: break
        case .proximal(let mu) where mu == 0: break
        case .proximal:
            drift = [Float](repeating: 0, count: count)
            jl_axpy(&drift, -pull, anchor.values, count)
        case .controlled(let own, let common):
            drift = [Float](repeating: 0, count: count)
            jl_add_scaled_difference(&drift, 1, common, own, count)
        }
        inputs = [Float](repeating: 0, count: rowsMax * shape.inputs)
        answers = [Float](repeating: 0, count: rowsMax)
    }

    /// One step on some rows.
    ///
    /// Without momentum the gradient is subtracted from the parameters while it is computed, and
    /// l2 and the pull shrink them in the same pass over memory.
    mutating func step(
        _ parameters: inout [Float], on rows: LabelledRows, indices: ArraySlice<UInt32>
    ) {
        gather(indices, of: rows)
        let (shape, count) = (pass.shape, indices.count)
        parameters.withUnsafeMutableBufferPointer { parameters in
            guard let y = parameters.baseAddress else { return }
            guard !velocity.isEmpty else {
                pass.step(
                    y, inputs: inputs, answers: answers, rowCount: count, into: y, scale: -rate,
                    decay: (1 - rate * (l2 + pull), 1 - rate * pull))
                if !drift.isEmpty { jl_axpy(y, -rate, drift, drift.count) }
                return
            }
            velocity.withUnsafeMutableBufferPointer { velocity in
                guard let v = velocity.baseAddress else { return }
                pass.step(
                    y, inputs: inputs, answers: answers, rowCount: count, into: v, scale: 1,
                    decay: (momentum, momentum))
                if l2 > 0 {
                    for layer in shape.layers {
                        jl_axpy(
                            v + layer.weight, l2, y + layer.weight, layer.inputs * layer.outputs)
                    }
                }
                if pull > 0 { jl_axpy(v, pull, y, shape.parameterCount) }
                if !drift.isEmpty { jl_axpy(v, 1, drift, drift.count) }
                jl_axpy(y, -rate, v, shape.parameterCount)
            }
        }
    }

    private mutating func gather(_ indices: ArraySlice<UInt32>, of rows: LabelledRows) {
        indices.withUnsafeBufferPointer { indices in
            guard let places = indices.baseAddress else { return }
            jl_copy_rows(
                &inputs, rows.inputs.values, places, indices.count, rows.inputs.width)
            jl_copy_rows(&answers, rows.labels, places, indices.count, 1)
        }
    }
}
