/// Federated averaging: the mean of the members' updates, each weighted by its examples.
///
/// Source: McMahan et al., *Communication-Efficient Learning of Deep Networks from Decentralized
/// Data*, AISTATS 2017, Algorithm 1 (arXiv:1602.05629), written on updates rather than models,
/// which is the same: the mean of w + Δᵢ is w plus the mean of Δᵢ.
///
/// Updates are added in the order in which they come, in double precision, so the same updates in
/// the same order give the same bits everywhere; the coordinator and whoever checks it use the
/// order of the members' names.
package struct FedAvg: Sendable {
    private var sum: [Double]
    private var weights: Double = 0

    /// - Parameter count: P, the number of weights in a model.
    package init(count: Int) {
        sum = [Double](repeating: 0, count: count)
    }

    /// Adds a member's update.
    ///
    /// - Parameters:
    ///   - update: Trained minus base model, P weights.
    ///   - weight: How many examples it stands for.
    /// - Throws: ``FedAvgError``. What was added before stays.
    package mutating func add(_ update: [Float], weight: Int64) throws(FedAvgError) {
        guard update.count == sum.count else {
            throw .wrongLength(received: update.count, expected: sum.count)
        }
        guard weight > 0 else { throw .wrongWeight(weight) }
        if let index = update.firstIndex(where: { !$0.isFinite }) {
            throw .notFinite(index: index)
        }
        let factor = Double(weight)
        for index in sum.indices {
            sum[index] += factor * Double(update[index])
        }
        weights += factor
    }

    /// The mean update, P weights.
    ///
    /// - Throws: ``FedAvgError/noUpdates``.
    package func mean() throws(FedAvgError) -> [Float] {
        guard weights > 0 else { throw .noUpdates }
        return sum.map { Float($0 / weights) }
    }
}

/// Why updates do not make a model.
package enum FedAvgError: Error, Hashable, Sendable, CustomStringConvertible {
    case wrongLength(received: Int, expected: Int)
    case wrongWeight(Int64)
    case notFinite(index: Int)
    case noUpdates

    package var description: String {
        switch self {
        case .wrongLength(let received, let expected):
            "an update has \(received) weights, and the model \(expected)"
        case .wrongWeight(let weight): "an update stands for \(weight) examples"
        case .notFinite(let index): "weight \(index) of an update is not a finite number"
        case .noUpdates: "there is no update to average"
        }
    }
}
