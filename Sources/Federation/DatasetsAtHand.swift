package import Contracts

/// The datasets that a node can open at this moment, as far as it could find out.
package struct DatasetsAtHand: Hashable, Sendable {
    package var usable: Set<DatasetID>
    /// The node has them, and cannot read its records of them.
    package var unreadable: Set<DatasetID>
    /// Whether all records could be looked at: of a dataset that is not named here nothing is known
    /// otherwise.
    package var isComplete: Bool

    package init(
        usable: Set<DatasetID>, unreadable: Set<DatasetID> = [], isComplete: Bool = true
    ) {
        self.usable = usable
        self.unreadable = unreadable
        self.isComplete = isComplete
    }

    /// - Throws: ``TaskRefusal`` where the dataset cannot be opened.
    func require(_ dataset: DatasetID) throws(TaskRefusal) {
        guard !usable.contains(dataset) else { return }
        guard !unreadable.contains(dataset) else { throw .datasetUnreadable(dataset) }
        guard isComplete else { throw .ownerUnreadable(dataset) }
        throw .datasetAbsent(dataset)
    }
}
