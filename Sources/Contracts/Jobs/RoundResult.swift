/// What comes out of a round.
package struct RoundResult: Hashable, Sendable {
    /// The next model; none after an evaluation.
    package let model: BlobDigest?
    /// What the strategy keeps for the next round.
    package let strategyState: BlobDigest?

    package init(model: BlobDigest?, strategyState: BlobDigest? = nil) {
        self.model = model
        self.strategyState = strategyState
    }

    /// For people: the model, and the strategy's state where there is one.
    package var text: String {
        let model = model?.text ?? "nothing"
        return strategyState.map { "\(model) with the strategy's state \($0)" } ?? model
    }
}
