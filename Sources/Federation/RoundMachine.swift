package import Contracts
package import Identity

/// One round of a job: events in, commands out.
///
/// It holds no socket, task or clock. The coordinator tells it what really happens and runs its
/// commands; the simulator tells it the same things late, twice or never. After a restart it is made
/// anew from the round as the ledger has it, and told again what is in the store.
package struct RoundMachine: Sendable {
    package enum Event: Sendable {
        /// A quorum has made `round.open` final.
        case openIsFinal
        /// A member is about to upload its update.
        case announced(AnnouncedUpdate)
        /// A member's contribution has been checked and is in the store.
        case contributed(SignedContribution)
        /// A member's node will not take part.
        case declined(MemberID)
        /// A participant has come back, and may have missed its task.
        case connected(MemberID)
        case timedOut
        /// A quorum has made `round.seal` final.
        case sealIsFinal
        /// The sealed contributions have been added up.
        case aggregated(RoundResult)
        /// They could not be.
        case aggregationFailed(String)
    }

    package enum Command: Hashable, Sendable {
        case sendTask(to: [MemberID])
        case wake(afterMilliseconds: Int64)
        /// These will be sealed if nothing comes between: they can be added up while they arrive. What
        /// was asked for before is of no use any more.
        case sumAhead([AnnouncedUpdate])
        case seal([Envelope])
        case aggregate
        case close(RoundResult)
        case abandon(reason: String)
    }

    private enum Phase: Sendable {
        case opening
        case collecting(received: [MemberID: SignedContribution], declined: Set<MemberID>)
        case sealing
        case aggregating
        case over
    }

    package let id: RoundID
    private let participants: [MemberID]
    private let participantsMin: Int
    private let enough: Int
    private let timeoutMilliseconds: Int64
    private var phase: Phase
    private var expected: ExpectedSeal
    /// What has been announced or contributed.
    private var coming: [MemberID: AnnouncedUpdate] = [:]
    /// By member: who changes its mind again and again would have the sum begun as often.
    private var announcements: [MemberID: Int] = [:]
    private static let announcementsMax = 2
    private var summedAhead: [AnnouncedUpdate] = []

    /// The machine for a round that stands on the ledger.
    package init(_ round: Round, of job: Job) {
        id = round.id
        participants = round.participants.map(\.member)
        participantsMin = job.participantsMin
        enough = min(job.contributionsEnough ?? .max, round.participants.count)
        timeoutMilliseconds = job.roundTimeoutMilliseconds
        expected = ExpectedSeal(
            participants: participants, participantsMin: job.participantsMin,
            contributionsEnough: job.contributionsEnough)
        switch round.status {
        case .open: phase = .opening
        case .sealed: phase = .sealing
        case .closed, .abandoned: phase = .over
        }
    }

    package mutating func handle(_ event: Event) -> [Command] {
        switch (event, phase) {
        case (.openIsFinal, .opening):
            phase = .collecting(received: [:], declined: [])
            return [.sendTask(to: participants), .wake(afterMilliseconds: timeoutMilliseconds)]

        case (.contributed(let signed), .collecting(var received, let declined))
        where participants.contains(signed.contribution.member):
            // A member that hears no answer sends again; its first contribution is the one that
            // counts, so that a late retry cannot change a sum.
            let member = signed.contribution.member
            if received[member] == nil {
                received[member] = signed
                coming[member] = AnnouncedUpdate(signed.contribution)
                expected.contributed(member)
            }
            return collect(received, declined.subtracting([member]))

        case (.announced(let update), .collecting(let received, _))
        where participants.contains(update.member) && received[update.member] == nil
            && announcements[update.member, default: 0] < Self.announcementsMax:
            announcements[update.member, default: 0] += 1
            coming[update.member] = update
            expected.announced(update.member)
            return sumAhead()

        case (.declined(let member), .collecting(let received, let declined))
        where participants.contains(member) && received[member] == nil:
            expected.declined(member)
            return collect(received, declined.union([member]))

        case (.connected(let member), .collecting(let received, _))
        where participants.contains(member) && received[member] == nil:
            return [.sendTask(to: [member])]

        case (.timedOut, .collecting(let received, _)):
            return finish(received, why: "at the end of the round's time")

        case (.sealIsFinal, .sealing):
            phase = .aggregating
            return [.aggregate]

        case (.aggregated(let result), .aggregating):
            phase = .over
            return [.close(result)]

        case (.aggregationFailed(let reason), .aggregating):
            phase = .over
            return [.abandon(reason: reason)]

        case (.openIsFinal, _), (.announced, _), (.contributed, _), (.declined, _), (.connected, _),
            (.timedOut, _),
            (.sealIsFinal, _), (.aggregated, _), (.aggregationFailed, _):
            return []
        }
    }

    private mutating func collect(
        _ received: [MemberID: SignedContribution], _ declined: Set<MemberID>
    ) -> [Command] {
        phase = .collecting(received: received, declined: declined)
        guard
            received.count >= enough || received.count + declined.count == participants.count
        else { return sumAhead() }
        return finish(received, why: "after \(declined.count) declined")
    }

    /// Once it is known what the round is likely to be sealed with.
    private mutating func sumAhead() -> [Command] {
        guard !announcements.isEmpty, let members = expected.members else { return [] }
        let updates = members.compactMap { coming[$0] }
        guard updates != summedAhead else { return [] }
        summedAhead = updates
        return [.sumAhead(updates)]
    }

    private mutating func finish(
        _ received: [MemberID: SignedContribution], why: String
    ) -> [Command] {
        guard received.count >= participantsMin else {
            phase = .over
            return [
                .abandon(
                    reason: "\(received.count) contributions \(why), and "
                        + "\(participantsMin) are needed")
            ]
        }
        phase = .sealing
        return [.seal(received.sorted { $0.key < $1.key }.map(\.value.envelope))]
    }
}
