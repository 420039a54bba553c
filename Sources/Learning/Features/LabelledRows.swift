/// Rows to learn from or to be judged by, with what is to be predicted of them.
package struct LabelledRows: Sendable {
    package let inputs: DesignMatrix
    /// For each row 1 for the positive class and 0 for the other; or the class's place among the
    /// target's classes; or the number itself; or 0 where nothing is to be predicted.
    package let labels: [Float]

    /// - Precondition: There is one label for each row.
    package init(inputs: DesignMatrix, labels: [Float]) {
        precondition(labels.count == inputs.rowCount, "there is not one label for each row")
        self.inputs = inputs
        self.labels = labels
    }

    package var count: Int { labels.count }

    func rows(_ indices: [UInt32]) -> LabelledRows {
        LabelledRows(inputs: inputs.rows(indices), labels: indices.map { labels[Int($0)] })
    }
}
