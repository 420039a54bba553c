import Contracts
import Encodings

/// Of the owner's files, what cannot be read: one dataset's record, or all of them.
package struct UnreadableFiles: Hashable, Sendable {
    /// Of the dataset, as its file is called, or of the folder.
    let name: String
    let areAll: Bool
    /// With what to do.
    let problem: String

    static func among(_ datasets: OwnerRecords.Reading<DatasetsSeen>) -> Set<UnreadableFiles> {
        switch datasets {
        case .success(let seen):
            Set(
                seen.unreadable.map {
                    UnreadableFiles(name: $0.name, areAll: false, problem: $0.problem)
                })
        case .failure(let error):
            [UnreadableFiles(name: "datasets", areAll: true, problem: error.description)]
        }
    }

    /// As ``DatasetProblem`` has it.
    func json(since time: Timestamp) -> JSONValue {
        [
            "dataset": .string(name), "time": time.json,
            "code": .string(areAll ? "owner.unreadable" : "dataset.record_unreadable"),
            "problem": .string(problem),
        ]
    }
}
