import Contracts

/// Which blobs a node has because of its rounds: models to start from, and its own updates.
///
/// The coordinator keeps all of them. A node that did, too, would fill its disk by two models a round; it
/// keeps what a round may still ask for, what a lab could go on from if its coordinator were lost, what
/// jobs have come to, and what members have registered.
struct RoundCopies: Sendable {
    private var held: Set<BlobDigest> = []

    /// - Parameter state: Of the jobs that go on, the node may have copies from before it was started.
    ///   Of one that has ended it may have some that somebody asked for.
    init(of member: MemberID, in state: LabState) {
        for job in state.jobs.running.compactMap({ state.jobs[$0] })
        where job.participants.contains(where: { $0.member == member }) {
            for round in state.jobs.rounds(of: job) {
                add(round)
                for contribution in round.contributions where contribution.member == member {
                    held.insert(contribution.update)
                }
            }
        }
    }

    /// The node fetches what the round starts from.
    mutating func add(_ round: Round) {
        held.formUnion([round.base, round.strategyState].compactMap(\.self))
    }

    mutating func add(_ update: BlobDigest) {
        held.insert(update)
    }

    /// - Parameter inWork: What the node has in hand.
    /// - Returns: What it can remove; it is not asked about again.
    mutating func takeSpent(in state: LabState, but inWork: Set<BlobDigest>) -> Set<BlobDigest> {
        var spent = held.subtracting(inWork)
        for job in state.jobs.running.compactMap({ state.jobs[$0] }) {
            let round = state.jobs.current(of: job)
            spent.subtract(
                [
                    job.weights, job.strategyState, job.best?.weights, round?.base,
                    round?.strategyState,
                ].compactMap(\.self))
        }
        guard !spent.isEmpty else { return [] }
        held.subtract(spent)
        spent.subtract(state.jobs.all.compactMap(\.result))
        let versions = state.models.all.flatMap { state.models.versions(of: $0) }
        return spent.subtracting(versions.map(\.weights))
    }
}
