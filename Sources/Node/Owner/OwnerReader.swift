import Contracts
import HouseRules

/// Reads an owner's records again where a file has changed: five looks at the file system where
/// nothing has, however many jobs there are.
struct OwnerReader: Sendable {
    private var rules: StampedRead<Result<OwnerRules, RulesFileError>>
    private var usage: StampedRead<OwnerRecords.Reading<JobUsage>>
    private var decisions:
        StampedRead<OwnerRecords.Reading<[JobID: OwnerRecords.Reading<JobDecision>]>>
    private var approvals:
        StampedRead<OwnerRecords.Reading<[BlobDigest: OwnerRecords.Reading<TrainerApproval>]>>
    private var seenDatasets: StampedRead<OwnerRecords.Reading<DatasetsSeen>>

    init(_ home: NodeHome, _ file: RulesFile) {
        rules = StampedRead(file.file, isWhole: \.isSuccess) { file.reading }
        usage = StampedRead(home.usage, isWhole: \.isSuccess) {
            .init { try JobUsage(home.usage) }
        }
        decisions = StampedRead(
            home.decisions, isWhole: { $0.isWhole(\.isSuccess) },
            read: { .init { try JobDecisions(of: home).all() } })
        approvals = StampedRead(
            home.trainers, isWhole: { $0.isWhole(\.isSuccess) },
            read: { .init { try TrainerApprovals(of: home).byDigest() } })
        seenDatasets = StampedRead(
            home.datasets, isWhole: { (try? $0.get().unreadable.isEmpty) == true },
            read: { .init { DatasetsSeen(try home.datasetRecords()) } })
    }

    /// - Returns: Whether they are others now.
    mutating func refresh() -> Bool {
        let changes = [
            rules.refresh(), usage.refresh(), decisions.refresh(), approvals.refresh(),
            seenDatasets.refresh(),
        ]
        return changes.contains(true)
    }

    /// As they were read last.
    var records: OwnerRecords {
        var records = OwnerRecords(rules: rules.value, usage: usage.value)
        do {
            records.decisions = try decisions.value.get()
            records.approvals = try approvals.value.get()
        } catch {
            // A folder that cannot be listed may hold a refusal.
            records.usage = .failure(error)
        }
        return records
    }

    /// As they were read last.
    var datasets: OwnerRecords.Reading<DatasetsSeen> { seenDatasets.value }
}

/// Which datasets a node has, without all that it knows of them.
struct DatasetsSeen: Hashable, Sendable {
    /// Of those that it can open, the rows.
    let rows: [DatasetID: Int]
    let unreadable: [UnreadableDataset]

    init(_ records: DatasetRecords) {
        rows = Dictionary(records.owned.map { ($0.id, $0.rows) }) { first, _ in first }
        unreadable = records.unreadable
    }
}

extension Result {
    fileprivate var isSuccess: Bool { (try? get()) != nil }

    /// Whether the list could be read, and each of its records.
    fileprivate func isWhole<Key, Record>(_ isRead: (Record) -> Bool) -> Bool
    where Success == [Key: Record] {
        (try? get())?.values.allSatisfy(isRead) == true
    }
}
