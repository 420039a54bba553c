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

    /// What changes hands: in labs that trade.
    package static let trading: [Errand] = [.divide, .merge, .trade, .settleTrade]
    /// Emergencies, court orders and other constitutions, in labs that have those.
    package static let governing: [Errand] = [.stop, .resume, .freeze, .unfreeze, .constitute]
    /// Other contracts than licences, in labs that have them.
    package static let granting: [Errand] = [.offerGrant, .act]

    /// What moves money by itself, limits and fees included.
    static let paying: [Errand] = [
        .issue, .pay, .split, .reverse, .redeem, .hold, .settleHold, .charge, .grant, .again,
        .nonsense,
    ]

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
        case .resume, .unfreeze: 4
        case .act: 12
        case .settleTrade: 6
        case .trade: 4
        case .offerGrant: 3
        case .divide, .pay, .hold, .settleHold, .reinstate: 2
        case .merge, .again, .nonsense, .split: 1
        case .rotate, .withdraw, .lapse, .invite, .reverse: 0.5
        case .suspend, .amend, .decline, .redeem, .charge, .grant: 0.25
        case .abandonJob, .withdrawModel: 0.15
        case .changeCoordinator: 0.2
        case .stop, .freeze, .constitute: 0.05
        case .leave, .retireDataset: 0.05
        }
    }
}
