package import Contracts

/// What a data owner allows, beyond what its licences do: rules of the whole node, and for each
/// dataset some that can only make them stricter.
package struct OwnerRules: Hashable, Sendable {
    package var node: RuleSet
    package var datasets: [DatasetID: RuleSet]
    package var zone: OwnerZone

    package init(
        node: RuleSet = RuleSet(), datasets: [DatasetID: RuleSet] = [:],
        zone: OwnerZone = .fixed(0)
    ) {
        self.node = node
        self.datasets = datasets
        self.zone = zone
    }

    /// Whether a task may begin.
    ///
    /// - Returns: `nil` where it may; otherwise the most lasting of what speaks against it.
    package func decision(on task: AskedTask, _ offsets: OwnerZone.Offsets) -> RuleRefusal? {
        let closed = { (hours: OpeningHours) in refusal(of: hours, at: task.now, offsets) }
        var refusals = node.refusals(
            of: task, roundsToday: task.usage.roundsToday, closed: closed)
        if let dataset = datasets[task.dataset] {
            refusals += dataset.refusals(
                of: task, roundsToday: task.usage.datasetRoundsToday, closed: closed)
        }
        let approval = approval(for: task.dataset)
        if case .bundle(let name, let digest, false) = task.trainer, approval >= .newBundles {
            refusals.append(.trainerNotApproved(digest, name: name))
        }
        switch task.decision {
        case .refused(let reason): refusals.append(.refused(reason: reason))
        case .none where approval == .everyJob: refusals.append(.approvalAwaited)
        case .none, .approved: break
        }
        return refusals.min { $0.rank < $1.rank }
    }

    /// Whether an update may leave.
    ///
    /// - Parameter bytes: Of the update; what the job has used up stands in the task.
    package func decision(onUpdateOf bytes: Int, for task: AskedTask) -> RuleRefusal? {
        let limits = limits(for: task.dataset)
        if let most = limits.updateBytes, bytes > most { return .updateBytes(bytes, max: most) }
        if let most = limits.jobBytes, task.usage.jobBytes + bytes > most {
            return .jobBytes(max: most)
        }
        return nil
    }

    /// What a person has to approve. Where nothing is said, bundles.
    package func approval(for dataset: DatasetID) -> RuleSet.Approval {
        max(node.approve ?? .newBundles, datasets[dataset]?.approve ?? .never)
    }

    package func limits(for dataset: DatasetID) -> RuleSet.Limits {
        node.limits.capped(by: datasets[dataset]?.limits ?? RuleSet.Limits())
    }

    private func refusal(
        of hours: OpeningHours, at now: Timestamp, _ offsets: OwnerZone.Offsets
    ) -> RuleRefusal? {
        guard let offset = zone.offset(at: now, offsets) else { return .hours(opens: nil) }
        guard !hours.contains(now, offset: offset) else { return nil }
        return .hours(
            opens: hours.opening(after: now) { zone.offset(at: $0, offsets) ?? offset })
    }
}
