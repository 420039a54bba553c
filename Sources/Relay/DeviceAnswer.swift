package import Learning

/// What a device has made of its rows for a round's task; and what a relay makes of all of them, which
/// is of the same kind.
package enum DeviceAnswer: Hashable, Sendable {
    /// Trained minus base.
    case update([Float])
    /// For a first model, or sums for the next one.
    case summary(RowSummary)
    /// Of an evaluation, whose metrics are all there is.
    case judgement

    /// What a round asks for, and of which size.
    package enum Kind: Hashable, Sendable {
        case update(parameterCount: Int)
        case summary
        case judgement
    }
}
