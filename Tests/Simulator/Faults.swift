import Randomness

/// What may go wrong in a simulated lab, and how much of it.
///
/// Only faults that the design claims to survive: anything may be lost, delayed, repeated, cut off
/// or killed, and clocks may be off within the lab's limit. Disks keep what they said they had.
package struct Faults: Sendable {
    /// Milliseconds on the wire.
    package var delay: ClosedRange<Int> = 1...80
    /// How often a connection breaks under a message.
    package var loss = 0.01
    /// How often a message comes twice.
    package var duplication = 0.02
    /// Milliseconds between two kills of some process.
    package var killInterval: ClosedRange<Int>? = 1_500...8_000
    /// Milliseconds between two partitions of a node, and how long they last.
    package var partitionInterval: ClosedRange<Int>? = 4_000...20_000
    package var partitionLength = 500...9_000
    /// Milliseconds that a clock may be off.
    package var skew = -2_000...2_000
    /// When everything heals, so that the run must come to its end.
    package var until = 60_000

    package init() {}

    package static let none: Faults = {
        var faults = Faults()
        faults.loss = 0
        faults.duplication = 0
        faults.killInterval = nil
        faults.partitionInterval = nil
        faults.skew = 0...0
        return faults
    }()
}
