import Contracts
import HouseRules

/// What an owner's records say of the jobs that ask, decided again only where the job, the records or
/// the hour have changed. Without a file and without a clock.
struct OwnerAnswers: Sendable {
    struct Question: Hashable, Sendable {
        let job: Job
        let participant: Participant
        /// Of the dataset; `nil` where this node does not have it.
        let rows: Int?
    }

    struct Answer: Hashable, Sendable {
        let question: Question
        /// `nil` where its tasks run.
        let refusal: RuleRefusal?
        fileprivate let decided: Timestamp
        /// When it may be another one though nothing but time has gone by.
        fileprivate let end: Timestamp?

        fileprivate func holds(at now: Timestamp) -> Bool {
            // A clock that was wrong may have been put back.
            decided <= now && end.map { now < $0 } ?? true
        }
    }

    private var answers: [JobID: Answer] = [:]

    subscript(job: JobID) -> Answer? { answers[job] }

    /// In the order of the jobs' names.
    var all: [Answer] { answers.values.sorted { $0.question.job.id < $1.question.job.id } }

    /// Whether time has made one of them old.
    func areDue(at now: Timestamp) -> Bool { answers.values.contains { !$0.holds(at: now) } }

    /// The records are others: nothing that was decided holds.
    mutating func forget() {
        answers = [:]
    }

    /// - Returns: The jobs that had to be decided on.
    @discardableResult
    mutating func update(
        to questions: [Question], by records: OwnerRecords, at now: Timestamp
    ) -> Set<JobID> {
        let known = answers
        var decided: Set<JobID> = []
        answers = [:]
        for question in questions {
            let job = question.job
            if let answer = known[job.id], answer.question == question, answer.holds(at: now) {
                answers[job.id] = answer
                continue
            }
            let refusal = records.refusal(
                of: job, on: question.participant.dataset, rows: question.rows ?? .max, at: now)
            answers[job.id] = Answer(
                question: question, refusal: refusal, decided: now,
                end: (try? records.rules.get())?.end(
                    of: refusal, on: question.participant.dataset, decidedAt: now))
            decided.insert(job.id)
        }
        return decided
    }
}
