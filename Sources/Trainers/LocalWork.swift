package import Contracts
import Learning
package import Strategies

/// What a member trains from in a round.
package struct LocalWork: Sendable {
    /// The model that the round starts from, as a file.
    package let base: [UInt8]
    package let parameterCount: Int
    package let round: RoundID
    package let member: MemberID
    package let strategy: Strategy
    /// c, which all participants of SCAFFOLD share; `nil` in its first round.
    package let commonControl: [Float]?
    /// What this member has kept since its last round.
    package let state: LocalState
    /// Whether it says how models do on its holdout.
    package let judges: Bool
    /// Is told how far the training is.
    let progress: TrainingProgress.Observer?

    /// The order of the rows, say: the job's seed, the round and the member decide.
    func seed(_ seed: UInt64) -> UInt64 {
        RoundSeed.own(seed, round: round, member: member)
    }
}

/// What came of a member's training.
package struct LocalTrained: Sendable {
    /// Trained minus base, P parameters in the order of the model's file.
    let update: [Float]
    /// cᵢ⁺ − cᵢ, of SCAFFOLD.
    var control: [Float]?
    let rowCount: Int
    /// ‖a‖₁, which FedNova divides by.
    let gradientWeight: Double
    /// The mean loss over the rows trained on.
    let loss: Double
    var metricsMicro: [String: Int64] = [:]
    var state: LocalState
}
