import CKernels
import Randomness

/// Logistic regression on standardised rows: the probability of the positive class is
/// 1 / (1 + e^−z) with z = weights · inputs + bias.
///
/// All arithmetic is in the kernels, whose order is fixed: the same rows, parameters and seed give
/// the same bits everywhere.
enum LogisticRegression {
    /// Trains by stochastic gradient descent: in every epoch the rows in a new random order, a step
    /// for each batch.
    ///
    /// - Parameters:
    ///   - start: Where to start from, P weights.
    ///   - rows: n × P, standardised; at least one row.
    /// - Throws: ``LearningError``: `noTrainingRows`, or `diverged` with the first epoch after
    ///   which a parameter is not finite.
    static func trained(
        from start: LogisticParameters, on rows: LabelledRows,
        configuration: TrainingConfiguration, progress: TrainingProgress.Observer? = nil
    ) throws(LearningError) -> LogisticParameters {
        guard rows.count > 0 else { throw .noTrainingRows }
        var parameters = start
        var order = Array(0..<UInt32(rows.count))
        var random = SeededRandom(seed: configuration.seed)
        let rate = Float(configuration.learningRate)
        for epoch in 1...configuration.localEpochs {
            random.shuffle(&order)
            for batchStart in stride(from: 0, to: order.count, by: configuration.batchSize) {
                let batchEnd = min(batchStart + configuration.batchSize, order.count)
                let gradient = gradient(
                    at: parameters, on: rows, indices: order[batchStart..<batchEnd],
                    l2: Float(configuration.l2))
                jl_axpy(&parameters.weights, -rate, gradient.weights, parameters.width)
                parameters.bias -= rate * gradient.bias
            }
            guard parameters.bias.isFinite,
                jl_first_not_finite(parameters.weights, parameters.width) == parameters.width
            else { throw .diverged(epoch: epoch, learningRate: configuration.learningRate) }
            progress?(
                TrainingProgress(
                    rowsDone: epoch * rows.count, rowsTotal: configuration.localEpochs * rows.count)
            )
        }
        return parameters
    }

    /// The derivative of the mean log loss of some rows, and of λ/2 · ‖weights‖².
    ///
    /// - Precondition: There is at least one index, and the parameters fit the rows.
    static func gradient(
        at parameters: LogisticParameters, on rows: LabelledRows, indices: ArraySlice<UInt32>,
        l2: Float
    ) -> LogisticParameters {
        let width = parameters.width
        precondition(width == rows.inputs.width && !indices.isEmpty, "the rows are not these")
        var gradient = LogisticParameters.zero(width: width)
        var residuals = [Float](repeating: 0, count: indices.count)
        indices.withUnsafeBufferPointer { indices in
            guard let places = indices.baseAddress else { return }
            jl_gemv_of_rows(
                &residuals, rows.inputs.values, places, parameters.weights, parameters.bias,
                indices.count, width)
            jl_residuals_of_rows(
                &residuals, rows.labels, places, 1 / Double(indices.count), indices.count)
            jl_add_scaled_rows(
                &gradient.weights, rows.inputs.values, places, residuals, indices.count, width)
        }
        gradient.bias = Float(jl_sum_f32(residuals, residuals.count))
        if l2 > 0 { jl_axpy(&gradient.weights, l2, parameters.weights, width) }
        return gradient
    }

    /// The mean log loss, without the penalty. It does not overflow however large z is.
    static func loss(of parameters: LogisticParameters, on rows: LabelledRows) -> Double {
        let logits = logits(of: parameters, on: rows.inputs)
        return jl_log_loss_of_logits(logits, rows.labels, rows.count) / Double(rows.count)
    }

    /// For each row the probability of the positive class.
    static func probabilities(
        of parameters: LogisticParameters, on inputs: DesignMatrix
    ) -> [Double] {
        let logits = logits(of: parameters, on: inputs)
        var probabilities = [Double](repeating: 0, count: inputs.rowCount)
        jl_probabilities(&probabilities, logits, logits.count)
        return probabilities
    }

    private static func logits(
        of parameters: LogisticParameters, on inputs: DesignMatrix
    ) -> [Float] {
        precondition(parameters.width == inputs.width, "the inputs are not these")
        var logits = [Float](repeating: 0, count: inputs.rowCount)
        jl_gemv(
            &logits, inputs.values, parameters.weights, parameters.bias, inputs.rowCount,
            inputs.width)
        return logits
    }
}
