package import Learning
package import Tensors

/// Reads what a member, or a device below one, tells of its rows for others to merge.
package struct SummaryReader: Sendable {
    /// No such file holds more numbers, of 8 bytes each.
    package let numberCountMax: Int
    /// Throws `LearningError` for what can be of no rows, or is of other columns than the job's.
    package let read: @Sendable ([Tensor]) throws -> RowSummary

    /// - Parameter columns: How many columns there are.
    static func moments(columns: Int) -> SummaryReader {
        SummaryReader(numberCountMax: 3 * columns) { tensors in
            let moments = try ColumnMoments(tensors: tensors)
            guard moments.width == columns else {
                throw LearningError.wrongTensors(
                    "the moments are of \(moments.width) columns, and \(columns) are expected")
            }
            return .moments(moments)
        }
    }
}
