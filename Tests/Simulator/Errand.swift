/// The things that members do of their own accord.
package enum Errand: CaseIterable, Sendable {
    case apply, invite, vote, suspend, reinstate, leave, rotate, amend, changeCoordinator
    case stop, resume, freeze, unfreeze, constitute
    case divide, merge, trade, settleTrade, offerGrant, act
    case registerDataset, retireDataset, offer, accept, decline, withdraw, lapse
    case propose, start, abandonJob
    case registerModel, validate, release, withdrawModel
    case issue, pay, split, reverse, redeem, hold, settleHold, charge, grant
    case again, nonsense

    /// Without these no round is ever opened.
    static let groundwork: [Errand] = [.vote, .registerDataset, .offer, .accept, .propose, .start]

    /// What does not stop anybody from training.
    static let peaceful: [Errand] = [
        .registerDataset, .offer, .accept, .propose, .start, .issue, .registerModel, .validate,
        .release,
    ]

    var weight: Double {
        switch self {
        case .propose, .start, .accept, .registerDataset: 12
        case .offer, .vote: 8
        case .apply: 5
        case .issue, .registerModel, .validate, .release: 3
        case .resume, .unfreeze, .act: 4
        case .trade, .settleTrade: 3
        case .divide, .offerGrant, .pay, .hold, .settleHold, .reinstate: 2
        case .again, .nonsense, .split: 1
        case .rotate, .changeCoordinator, .merge, .withdraw, .lapse, .invite, .reverse: 0.5
        case .suspend, .amend, .decline, .redeem, .charge, .grant: 0.25
        case .abandonJob, .withdrawModel: 0.15
        case .stop, .freeze, .constitute: 0.1
        case .leave, .retireDataset: 0.05
        }
    }
}
