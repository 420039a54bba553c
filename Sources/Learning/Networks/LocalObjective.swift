/// What a member's steps descend on, beside the loss on its own rows.
package enum LocalObjective: Hashable, Sendable {
    case plain
    /// μ/2 · ‖y − x‖² is added, x being the base model: FedProx (Li et al., MLSys 2020, Algorithm
    /// 2) and, where training starts from a model of the member's own, Ditto (Li et al., ICML 2021,
    /// Algorithm 1, with λ for μ).
    case proximal(mu: Double)
    /// y = y − η (g − own + common), where the control variates have the order of the parameters:
    /// SCAFFOLD (Karimireddy et al., ICML 2020, Algorithm 1). All zeros at first.
    case controlled(own: [Float], common: [Float])

    /// μ.
    var pull: Double {
        guard case .proximal(let mu) = self else { return 0 }
        return mu
    }

    /// - Throws: ``LearningError/wrongValue(name:problem:)``.
    func check(parameterCount: Int, training: LocalTraining) throws(LearningError) {
        switch self {
        case .plain: break
        case .proximal(let mu):
            guard mu >= 0, Float(mu).isFinite else {
                throw .wrongValue(name: "mu", problem: "should be a number, 0 or above")
            }
        case .controlled(let own, let common):
            guard own.count == parameterCount, common.count == parameterCount else {
                throw .wrongValue(
                    name: "control variates",
                    problem: "should have \(parameterCount) elements, as the model has parameters")
            }
            guard own.allSatisfy(\.isFinite), common.allSatisfy(\.isFinite) else {
                throw .notFinite("an element of the control variates")
            }
            guard training.momentum == 0 else {
                throw .wrongValue(
                    name: "momentum",
                    problem: "should be 0 where control variates are used, which assume plain steps"
                )
            }
        }
    }
}
