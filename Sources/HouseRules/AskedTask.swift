package import Contracts

/// What a job asks of a data owner at one moment: all that the owner's rules look at.
package struct AskedTask: Hashable, Sendable {
    package enum Trainer: Hashable, Sendable {
        /// One that is built in, by its name in `job.trainer`.
        case builtIn(kind: String)
        /// A member's own; whether this owner has approved the bundle.
        case bundle(name: String, digest: BlobDigest, isApproved: Bool)
    }

    /// What the owner has said of this very job.
    package enum Decision: Hashable, Sendable {
        case none
        case approved
        case refused(reason: String)
    }

    /// What has been done already.
    package struct Usage: Hashable, Sendable {
        /// Rounds that began on this day of the owner's, on any of its datasets.
        package var roundsToday: Int
        /// The same, on this dataset alone.
        package var datasetRoundsToday: Int
        package var jobRounds: Int
        /// What has left the node for this job.
        package var jobBytes: Int

        package init(
            roundsToday: Int = 0, datasetRoundsToday: Int = 0, jobRounds: Int = 0,
            jobBytes: Int = 0
        ) {
            self.roundsToday = roundsToday
            self.datasetRoundsToday = datasetRoundsToday
            self.jobRounds = jobRounds
            self.jobBytes = jobBytes
        }
    }

    package var dataset: DatasetID
    package var rows: Int
    /// As the job states it, which is one of the licence's.
    package var purpose: String
    /// Whose job it is.
    package var member: MemberID
    package var trainer: Trainer
    package var decision: Decision
    package var usage: Usage
    /// The round has been counted already: it is done once more, after a restart say.
    package var isRepeated: Bool
    package var now: Timestamp

    package init(
        dataset: DatasetID, rows: Int, purpose: String, member: MemberID, trainer: Trainer,
        decision: Decision = .none, usage: Usage = Usage(), isRepeated: Bool = false,
        now: Timestamp
    ) {
        self.dataset = dataset
        self.rows = rows
        self.purpose = purpose
        self.member = member
        self.trainer = trainer
        self.decision = decision
        self.usage = usage
        self.isRepeated = isRepeated
        self.now = now
    }
}
