import Randomness

/// What may go wrong in a simulated lab, and how much of it.
///
/// Only faults that the design claims to survive: anything may be lost, delayed, repeated, cut off
/// or killed, and clocks may be off within the lab's limit. Disks keep what they said they had.
package struct Faults: Sendable {
    /// Milliseconds on the wire.
    package var delay: ClosedRange<Int> = 1...60
    /// Milliseconds for a write to be on disk.
    package var diskDelay: ClosedRange<Int> = 0...15
    /// How often a stream breaks under a message.
    package var streamLoss = 0.003
    /// How often a node's request is lost while its stream stands: nobody tells it.
    package var requestLoss = 0.01
    /// How often a message comes twice.
    package var duplication = 0.02
    /// How often a message of a stream overtakes those before it, or outlives its connection.
    package var reordering = 0.0
    /// Milliseconds between two kills of some process.
    package var killInterval: ClosedRange<Int>? = 1_500...8_000
    /// How often a kill falls right between two things that belong together: a write and what
    /// follows it, a cosignature and its sending.
    package var killsBetween = 0.004
    /// Milliseconds between two partitions of a node, and how long they last.
    package var partitionInterval: ClosedRange<Int>? = 1_500...6_000
    package var partitionLength = 300...4_000
    /// Milliseconds that a clock may be off; it is set anew at every start of its process.
    package var skew = -2_000...2_000
    /// How often a trainer fails.
    package var trainerFailure = 0.03

    package init() {}

    package static let none: Faults = {
        var faults = Faults()
        faults.streamLoss = 0
        faults.requestLoss = 0
        faults.duplication = 0
        faults.killInterval = nil
        faults.killsBetween = 0
        faults.partitionInterval = nil
        faults.skew = 0...0
        faults.trainerFailure = 0
        return faults
    }()

    /// Some mixture. Many seeds have little of each and some have much of one, because a fault that
    /// is everywhere hides what the others would show.
    static func drawn(from random: inout SeededRandom) -> Faults {
        if random.uniformInteger(below: 12) == 0 { return none }
        var faults = Faults()
        switch random.uniformInteger(below: 4) {
        case 0: faults.delay = 1...8
        case 1: faults.delay = 20...250
        default: break
        }
        if random.uniformInteger(below: 4) == 0 { faults.diskDelay = 0...150 }
        switch random.uniformInteger(below: 4) {
        case 0: faults.streamLoss = 0.02
        case 1: faults.requestLoss = 0.08
        case 2: faults.duplication = 0.15
        default: break
        }
        switch random.uniformInteger(below: 4) {
        case 0: faults.reordering = 0.03
        case 1: faults.reordering = 0.3
        default: break
        }
        switch random.uniformInteger(below: 4) {
        case 0: (faults.killInterval, faults.killsBetween) = (400...2_500, 0.015)
        case 1: (faults.killInterval, faults.killsBetween) = (nil, 0)
        default: break
        }
        if random.uniformInteger(below: 4) == 0 { faults.partitionInterval = nil }
        if random.uniformInteger(below: 4) == 0 { faults.trainerFailure = 0.2 }
        return faults
    }
}
