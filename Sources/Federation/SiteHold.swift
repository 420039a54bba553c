package import Contracts
package import Encodings

/// A participant's word that it takes no task of a job for now, before anybody opens a round with it:
/// its owner has yet to approve the job, say, or takes none at this hour.
///
/// Like a site report it stands on no ledger. All that it can do is leave its own sender out.
package struct SiteHold: Hashable, Sendable {
    /// How long a round waits for a person at a site.
    package static let patienceMilliseconds: Int64 = 86_400_000
    package static let holdsMax = 500
    package static let codeBytesMax = 80

    package let job: JobID
    /// Why: as the node would decline a task.
    package let code: String
    /// Whether a person there is to decide, so that rounds wait for the site.
    package let isAwaited: Bool
    /// When it may be over by itself.
    package let until: Timestamp?

    package init(job: JobID, code: String, isAwaited: Bool, until: Timestamp? = nil) {
        self.job = job
        self.code = code
        self.isAwaited = isAwaited
        self.until = until
    }

    package var json: JSONValue {
        [
            "job": job.json, "code": .string(code), "awaited": .bool(isAwaited),
            "until": until?.json,
        ]
    }

    /// - Throws: `JSONShapeError`.
    package init(_ json: JSONValue) throws(JSONShapeError) {
        var fields = try JSONFields(json)
        job = try fields.identifier("job")
        code = try fields.title("code", bytesMax: Self.codeBytesMax)
        isAwaited = try fields.bool("awaited")
        until = fields.optional("until") == nil ? nil : try fields.timestamp("until")
        try fields.finish()
    }
}

/// What the participants of jobs hold back, as the coordinator has been told.
package struct SiteHolds: Sendable {
    package struct Held: Hashable, Sendable {
        package let hold: SiteHold
        /// When a person at the site was first waited for in this job: whoever changes its mind again
        /// and again holds nobody up for longer.
        package let since: Timestamp

        /// Whether rounds wait for it.
        func isWaitedFor(at now: Timestamp) -> Bool {
            hold.isAwaited && now - since < SiteHold.patienceMilliseconds
        }
    }

    package private(set) var held: [JobID: [MemberID: Held]] = [:]
    private var firstAwaited: [JobID: [MemberID: Timestamp]] = [:]

    package init() {}

    /// What is known of one member, in the order of the jobs' names.
    package func held(by member: MemberID) -> [SiteHold] {
        held.values.compactMap { $0[member]?.hold }.sorted { $0.job < $1.job }
    }

    /// Takes all that a member holds back now, in place of what it told before.
    ///
    /// Only what the ledger knows of counts: jobs that are not over, and in which it takes part.
    package mutating func receive(
        _ holds: [SiteHold], from member: MemberID, in state: LabState, at now: Timestamp
    ) {
        for job in held.keys { held[job]?[member] = nil }
        for hold in holds.prefix(SiteHold.holdsMax) {
            guard let job = state.jobs[hold.job], job.mayRun,
                job.participants.contains(where: { $0.member == member })
            else { continue }
            let first = firstAwaited[hold.job]?[member]
            if hold.isAwaited, first == nil { firstAwaited[hold.job, default: [:]][member] = now }
            held[hold.job, default: [:]][member] = Held(hold: hold, since: first ?? now)
        }
        held = held.filter { !$0.value.isEmpty }
    }

    /// Forgets the jobs that are over.
    mutating func keep(in state: LabState) {
        guard !held.isEmpty || !firstAwaited.isEmpty else { return }
        held = held.filter { state.jobs[$0.key]?.mayRun == true }
        firstAwaited = firstAwaited.filter { state.jobs[$0.key]?.mayRun == true }
    }
}

extension Job {
    package var mayRun: Bool { [.proposed, .running, .paused].contains(status) }
}
