/// How far a trainer is with its rows.
package struct TrainingProgress: Hashable, Sendable {
    /// Is told now and then, in order, and at the end of the training.
    package typealias Observer = @Sendable (TrainingProgress) -> Void

    /// A row that is seen in two epochs counts twice.
    package let rowsDone: Int
    package let rowsTotal: Int

    package init(rowsDone: Int, rowsTotal: Int) {
        self.rowsDone = rowsDone
        self.rowsTotal = rowsTotal
    }

    package var fraction: Double { rowsTotal > 0 ? Double(rowsDone) / Double(rowsTotal) : 1 }
}
