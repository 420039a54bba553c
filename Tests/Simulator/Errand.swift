/// The things that members do of their own accord.
package enum Errand: CaseIterable, Sendable {
    case apply, invite, vote, suspend, reinstate, leave, rotate, amend
    case registerDataset, retireDataset, offer, accept, decline, withdraw
    case propose, start, abandonJob
    case registerModel, validate, release, withdrawModel
    case issue, pay
    case again, nonsense

    /// Without these no round is ever opened.
    static let groundwork: [Errand] = [.vote, .registerDataset, .offer, .accept, .propose, .start]

    var weight: Double {
        switch self {
        case .propose, .start, .accept, .registerDataset: 12
        case .offer, .vote: 8
        case .apply: 4
        case .issue: 3
        case .pay, .registerModel, .validate, .release, .again, .rotate: 1.5
        case .invite, .withdraw, .reinstate, .nonsense: 1
        case .suspend, .amend, .decline, .abandonJob: 0.6
        case .leave, .retireDataset, .withdrawModel: 0.25
        }
    }
}
