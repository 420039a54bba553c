package import Contracts
import Randomness

/// What a seed makes of a lab: who is in it, what goes wrong, what its members like to do, and who
/// lies.
package struct Scenario: Sendable {
    /// Members from the founding on.
    package var founders: Int
    /// Institutions that may come to join.
    package var outsiders: Int
    /// Founders that lie; never more than the quorum withstands, unless a test asks for it.
    package var liars = 0
    package var coordinatorLies = false
    /// What a lying coordinator does; one that does everything is soon found out.
    package var tactics: [Tactic]
    package var rules = Rules()
    package var faults: Faults
    /// Milliseconds between two things that members do.
    package var pace: ClosedRange<Int>
    /// How long things happen and go wrong, before the lab heals and must come to its end.
    package var busyMilliseconds: Int
    /// How much more or less than usual they do of each thing.
    package var zeal: [Errand: Double] = [:]

    /// How many kinds of batches there are that no honest node may take.
    package static let forgeries = Forgery.allCases.count

    package init(seed: UInt64) {
        // Another stream than the run's own, so that one more draw here does not change the run.
        var random = SeededRandom(seed: ~seed)
        faults = .drawn(from: &random)
        busyMilliseconds = random.uniformInteger(in: 6_000...14_000)
        switch random.uniformInteger(below: 3) {
        case 0: pace = 20...120
        case 1: pace = 50...250
        default: pace = 80...350
        }
        founders = random.uniformInteger(in: 1...4)
        outsiders = max(random.uniformInteger(in: 0...2), 3 - founders)
        switch random.uniformInteger(below: 10) {
        case 0: rules.faults = .exactly(0)
        case 1: rules.faults = .exactly(1)
        default: break
        }
        for errand in Errand.allCases {
            zeal[errand] = random.pick([0, 0.3, 1, 1, 1, 3])
        }
        for errand in Errand.groundwork {
            zeal[errand] = random.pick([0.5, 1, 2])
        }
        zeal[.apply] = 1
        // In most labs people are busy enough with training.
        let kind = random.uniformInteger(below: 12)
        for errand in Errand.trading { zeal[errand] = kind == 0 ? 1 : 0 }
        for errand in Errand.granting { zeal[errand] = kind == 1 ? 1 : 0 }
        for errand in Errand.governing { zeal[errand] = kind == 2 ? 1 : 0 }
        tactics = Tactic.allCases.filter { _ in random.uniformInteger(below: 2) == 0 }
        drawLiars(from: &random)
    }

    /// Not quite half of the runs are honest, a quarter has lying members, and the others a lying
    /// coordinator, with fewer liars than the quorum withstands, or just as many.
    private mutating func drawLiars(from random: inout SeededRandom) {
        let kind = random.uniformInteger(below: 16)
        guard kind >= 7 else { return }
        coordinatorLies = kind >= 11
        rules.faults = .third
        founders = random.pick([4, 4, 4, 5, 5, 6, 7])
        outsiders = random.uniformInteger(in: 0...1)
        let most = rules.faults.liars(among: founders)
        liars = random.uniformInteger(in: (coordinatorLies ? 0 : 1)...most)
        if coordinatorLies, random.uniformInteger(below: 3) > 0 { liars = most }
        // A member whose keys differ from one history to the other is lost to one of them.
        if coordinatorLies, random.uniformInteger(below: 4) > 0 { zeal[.rotate] = 0 }
    }
}

/// A kind of lie.
package enum Tactic: CaseIterable, Sendable {
    case fork
    case reroute
    case batch
    case certificate
    case task
    case withhold
    case clock
}

extension RandomNumberGenerator {
    fileprivate mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int(uniformInteger(below: UInt64(elements.count)))]
    }
}
