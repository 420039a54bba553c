package import Contracts

/// Rules of one scope: the whole node, or one dataset. What a rule is not said of is allowed.
package struct RuleSet: Hashable, Sendable {
    /// What a person has to approve; the later, the stricter.
    package enum Approval: String, Comparable, CaseIterable, Sendable {
        case never
        /// A bundle, once; built-in trainers run.
        case newBundles = "new-bundles"
        /// Each job, and a bundle besides.
        case everyJob = "every-job"

        package static func < (left: Self, right: Self) -> Bool {
            guard let first = allCases.firstIndex(of: left),
                let second = allCases.firstIndex(of: right)
            else { return false }
            return first < second
        }
    }

    /// What a task may use up, and what may leave. The first three hold for bundles, whose processes
    /// the node can watch.
    package struct Limits: Hashable, Sendable {
        package var cpuSeconds: Int?
        package var wallSeconds: Int?
        package var memoryBytes: Int?
        /// Of one update.
        package var updateBytes: Int?
        /// Of all that leaves for a job.
        package var jobBytes: Int?

        package init(
            cpuSeconds: Int? = nil, wallSeconds: Int? = nil, memoryBytes: Int? = nil,
            updateBytes: Int? = nil, jobBytes: Int? = nil
        ) {
            self.cpuSeconds = cpuSeconds
            self.wallSeconds = wallSeconds
            self.memoryBytes = memoryBytes
            self.updateBytes = updateBytes
            self.jobBytes = jobBytes
        }

        /// The lesser of each.
        package func capped(by other: Limits) -> Limits {
            func least(_ limit: KeyPath<Limits, Int?>) -> Int? {
                [self[keyPath: limit], other[keyPath: limit]].compactMap(\.self).min()
            }
            return Limits(
                cpuSeconds: least(\.cpuSeconds), wallSeconds: least(\.wallSeconds),
                memoryBytes: least(\.memoryBytes), updateBytes: least(\.updateBytes),
                jobBytes: least(\.jobBytes))
        }
    }

    /// Names of built-in trainers, `bundle` for all bundles, and bundles by name or digest.
    package var trainers: Set<String>?
    package var purposes: Set<String>?
    /// Whose jobs.
    package var members: Set<MemberID>?
    package var hours: OpeningHours?
    package var rowsMin: Int?
    package var limits = Limits()
    package var dayRoundsMax: Int?
    package var jobRoundsMax: Int?
    package var approve: Approval?

    /// In `trainers`, every bundle.
    package static let anyBundle = "bundle"

    package init() {}

    /// What speaks against a task.
    ///
    /// - Parameters:
    ///   - roundsToday: In the scope of these rules.
    ///   - opening: Whether a time is within hours, or when they begin; `nil` where they do not.
    func refusals(
        of task: AskedTask, roundsToday: Int,
        closed: (OpeningHours) -> RuleRefusal?
    ) -> [RuleRefusal] {
        var refusals: [RuleRefusal] = []
        if let members, !members.contains(task.member) { refusals.append(.member(task.member)) }
        if let purposes, !purposes.contains(task.purpose) {
            refusals.append(.purpose(task.purpose))
        }
        if let trainers, !task.trainer.names.contains(where: trainers.contains) {
            refusals.append(.trainer(task.trainer.shown))
        }
        if let rowsMin, task.rows < rowsMin { refusals.append(.rowsMin(rowsMin)) }
        if let most = limits.jobBytes, task.usage.jobBytes >= most {
            refusals.append(.jobBytes(max: most))
        }
        if let hours, let refusal = closed(hours) { refusals.append(refusal) }
        guard !task.isRepeated else { return refusals }
        if let most = jobRoundsMax, task.usage.jobRounds >= most {
            refusals.append(.jobRounds(max: most))
        }
        if let most = dayRoundsMax, roundsToday >= most { refusals.append(.dayRounds(max: most)) }
        return refusals
    }
}

extension AskedTask.Trainer {
    /// By which it may be allowed.
    fileprivate var names: [String] {
        switch self {
        case .builtIn(let kind): [kind]
        case .bundle(let name, let digest, _): [RuleSet.anyBundle, name, digest.text]
        }
    }

    fileprivate var shown: String {
        switch self {
        case .builtIn(let kind): kind
        case .bundle(let name, let digest, _): "the bundle \(name) (\(digest))"
        }
    }
}
