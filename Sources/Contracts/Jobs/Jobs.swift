import Encodings

package struct Jobs: Sendable {
    private var jobs = Table<JobID, Job>("job")
    private var rounds = Table<RoundID, Round>("round") { $0.description }
    /// The jobs whose rounds are being run, in the order of their names; one that is paused may still
    /// have a round under way.
    package private(set) var running: [JobID] = []

    init() {}

    package subscript(id: JobID) -> Job? { jobs[id] }
    package subscript(id: RoundID) -> Round? { rounds[id] }
    package var all: [Job] { jobs.sorted.map(\.row) }

    /// The rounds of a job, the first one first.
    package func rounds(of job: Job) -> [Round] {
        (0..<job.opened).compactMap { rounds[RoundID(job: job.id, number: $0)] }
    }

    /// The round of a job that is neither closed nor abandoned.
    package func current(of job: Job) -> Round? {
        guard job.opened > 0, let round = rounds[RoundID(job: job.id, number: job.opened - 1)],
            round.status == .open || round.status == .sealed
        else { return nil }
        return round
    }

    /// - Throws: ``Refusal/Code/unknown``.
    func existing(_ id: JobID) throws(Refusal) -> Job {
        guard let job = jobs[id] else {
            throw Refusal(.unknown, rule: "the job exists", saw: ["job": id])
        }
        return job
    }

    /// - Throws: ``Refusal``: `unknown` or `wrong_stage`.
    func existing(_ id: RoundID, in status: Round.Status) throws(Refusal) -> Round {
        guard let round = rounds[id] else {
            throw Refusal(.unknown, rule: "the round exists", saw: ["round": id])
        }
        guard round.status == status else {
            throw Refusal(
                .wrongStage, rule: "round.status == \(status.rawValue)",
                saw: ["round": id, "round.status": round.status.rawValue])
        }
        return round
    }

    mutating func set(_ job: Job) {
        jobs.set(job.id, job)
        running.removeAll { $0 == job.id }
        if job.status == .running || job.status == .paused {
            running = (running + [job.id]).sorted()
        }
    }

    mutating func set(_ round: Round) {
        rounds.set(round.id, round)
    }

    mutating func drainWrites(into writes: inout [StateWrite]) {
        jobs.drainWrites(into: &writes)
        rounds.drainWrites(into: &writes)
    }

    func row(_ table: String, _ text: String) -> JSONValue? {
        switch table {
        case jobs.name: jobs.row(atKeyText: text)
        case rounds.name: rounds.row(atKeyText: text)
        default: nil
        }
    }
}

extension ActionContext {
    /// - Throws: ``Refusal/Code/wrongSender`` unless the coordinator sent the transaction.
    func requireCoordinator() throws(Refusal) {
        guard sender == .coordinator else {
            throw Refusal(
                .wrongSender, rule: "the coordinator runs the rounds", saw: ["sender": sender])
        }
    }
}
