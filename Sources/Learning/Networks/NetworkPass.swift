import CKernels

/// The passes through a network, and the memory that they need for a batch.
///
/// Matrix products are BLAS's. So a pass gives the same bits on the same machine, and nearly the same
/// on another.
struct NetworkPass: ~Copyable {
    /// How many rows are predicted at a time.
    private static let predictionRows = 512

    let shape: NetworkShape
    let rowsMax: Int
    private let products: MatrixProducts
    /// For each layer what it gives, and how the loss changes with what it was given.
    private let outputs: [UnsafeMutablePointer<Float>]
    private let deltas: [UnsafeMutablePointer<Float>]
    private let scratch: UnsafeMutablePointer<Double>

    /// - Throws: ``LearningError``: `noMatrixProducts`.
    init(_ shape: NetworkShape, rowsMax: Int) throws(LearningError) {
        products = try MatrixProducts.ofThisMachine()
        self.shape = shape
        self.rowsMax = rowsMax
        outputs = shape.layers.map { .allocate(capacity: rowsMax * $0.outputs) }
        deltas = shape.layers.dropFirst().map { .allocate(capacity: rowsMax * $0.inputs) }
        scratch = .allocate(capacity: rowsMax * shape.output.width)
    }

    deinit {
        for pointer in outputs { pointer.deallocate() }
        for pointer in deltas { pointer.deallocate() }
        scratch.deallocate()
    }

    /// What the last layer gives for some rows, before the output function.
    ///
    /// - Parameters:
    ///   - parameters: In the order of the shape.
    ///   - inputs: `rowCount` × P, standardised.
    @discardableResult
    func forward(
        _ parameters: UnsafePointer<Float>, inputs: UnsafePointer<Float>, rowCount: Int
    ) -> UnsafeMutablePointer<Float> {
        precondition(rowCount <= rowsMax, "the batch is too large")
        var rows = inputs
        for (number, layer) in shape.layers.enumerated() {
            let output = outputs[number]
            products.multiply(
                .init(rows, width: layer.inputs),
                .init(parameters + layer.weight, width: layer.inputs, isTransposed: true),
                rows: rowCount, columns: layer.outputs, inner: layer.inputs, into: output)
            jl_add_to_rows(output, parameters + layer.bias, rowCount, layer.outputs)
            if number < deltas.count {
                switch shape.activation {
                case .relu: jl_relu(output, rowCount * layer.outputs)
                case .tanh: jl_tanh(output, rowCount * layer.outputs)
                }
            }
            rows = UnsafePointer(output)
        }
        return outputs[outputs.count - 1]
    }

    /// One step, or the collection of a gradient: `sink` = `decay` · `sink` + `scale` · gradient of
    /// the mean loss, the product fused into BLAS's. `sink` may be the parameters themselves.
    ///
    /// - Parameters:
    ///   - answers: For each row; a number standardised.
    ///   - decay: For weights and for biases.
    func step(
        _ parameters: UnsafePointer<Float>, inputs: UnsafePointer<Float>,
        answers: UnsafePointer<Float>, rowCount: Int, into sink: UnsafeMutablePointer<Float>,
        scale: Float, decay: (weight: Float, bias: Float)
    ) {
        let last = forward(parameters, inputs: inputs, rowCount: rowCount)
        let share = 1 / Double(rowCount)
        switch shape.output {
        case .identity: jl_linear_residuals(last, answers, share, rowCount)
        case .logistic: jl_logistic_residuals(last, scratch, answers, share, rowCount)
        case .softmax(let count):
            jl_softmax_residuals(last, scratch, answers, share, rowCount, count)
        }
        var delta = last
        for (number, layer) in shape.layers.enumerated().reversed() {
            let rows = number == 0 ? inputs : UnsafePointer(outputs[number - 1])
            if number > 0 {
                // Before the weights change.
                let before = deltas[number - 1]
                products.multiply(
                    .init(delta, width: layer.outputs),
                    .init(parameters + layer.weight, width: layer.inputs),
                    rows: rowCount, columns: layer.inputs, inner: layer.outputs, into: before)
                let count = rowCount * layer.inputs
                switch shape.activation {
                case .relu: jl_relu_derivative(before, rows, count)
                case .tanh: jl_tanh_derivative(before, rows, count)
                }
            }
            products.multiply(
                .init(delta, width: layer.outputs, isTransposed: true),
                .init(rows, width: layer.inputs),
                rows: layer.outputs, columns: layer.inputs, inner: rowCount, scale: scale,
                into: sink + layer.weight, decay: decay.weight)
            if decay.bias != 1 { jl_scale(sink + layer.bias, decay.bias, layer.outputs) }
            jl_add_scaled_row_sums(sink + layer.bias, scale, delta, rowCount, layer.outputs)
            if number > 0 { delta = deltas[number - 1] }
        }
    }

    /// Gives the outputs of all rows, some of them at a time.
    ///
    /// - Throws: ``LearningError``: `noMatrixProducts`.
    private static func forEachPart(
        of parameters: NetworkParameters, on inputs: DesignMatrix,
        _ body: (_ start: Int, _ count: Int, _ outputs: UnsafePointer<Float>) -> Void
    ) throws(LearningError) {
        precondition(inputs.width == parameters.shape.inputs, "the inputs are not these")
        let pass = try NetworkPass(
            parameters.shape, rowsMax: max(1, min(predictionRows, inputs.rowCount)))
        inputs.values.withUnsafeBufferPointer { rows in
            parameters.values.withUnsafeBufferPointer { values in
                guard let first = rows.baseAddress, let values = values.baseAddress else { return }
                for start in stride(from: 0, to: inputs.rowCount, by: predictionRows) {
                    let count = min(predictionRows, inputs.rowCount - start)
                    let outputs = pass.forward(
                        values, inputs: first + start * inputs.width, rowCount: count)
                    body(start, count, UnsafePointer(outputs))
                }
            }
        }
    }

    /// For each row the outputs after the output function.
    ///
    /// - Throws: ``LearningError``: `noMatrixProducts`.
    static func predictions(
        of parameters: NetworkParameters, on inputs: DesignMatrix
    ) throws(LearningError) -> [Double] {
        let width = parameters.shape.output.width
        var predictions = [Double](repeating: 0, count: inputs.rowCount * width)
        try predictions.withUnsafeMutableBufferPointer { out throws(LearningError) in
            guard let first = out.baseAddress else { return }
            try forEachPart(of: parameters, on: inputs) { start, count, outputs in
                let place = first + start * width
                switch parameters.shape.output {
                case .identity:
                    for row in 0..<count { place[row] = Double(outputs[row]) }
                case .logistic: jl_probabilities(place, outputs, count)
                case .softmax(let classes): jl_softmax(place, outputs, count, classes)
                }
            }
        }
        return predictions
    }

    /// The mean loss over all rows, without any penalty.
    ///
    /// - Throws: ``LearningError``: `noMatrixProducts`.
    static func loss(
        of parameters: NetworkParameters, on rows: LabelledRows
    ) throws(LearningError) -> Double {
        var sum = 0.0
        try rows.labels.withUnsafeBufferPointer { labels throws(LearningError) in
            guard let labels = labels.baseAddress else { return }
            try forEachPart(of: parameters, on: rows.inputs) { start, count, outputs in
                switch parameters.shape.output {
                case .identity:
                    for row in 0..<count {
                        let residual = Double(outputs[row]) - Double(labels[start + row])
                        sum += residual * residual / 2
                    }
                case .logistic:
                    sum += jl_log_loss_of_logits(outputs, labels + start, count)
                case .softmax(let classes):
                    var probabilities = [Double](repeating: 0, count: count * classes)
                    jl_softmax(&probabilities, outputs, count, classes)
                    sum += jl_cross_entropy(probabilities, labels + start, count, classes)
                }
            }
        }
        return sum / Double(rows.count)
    }
}
