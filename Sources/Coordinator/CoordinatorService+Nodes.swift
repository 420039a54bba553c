package import Contracts
import Encodings
package import Federation
package import Identity
import LabAPI
import Ledger
import Logging
package import MerkleLog
import Storage
import Transport

/// What nodes say, and what they are sent.
extension CoordinatorService {
    private static let holdsLogged = 8
    private static let heartbeat = Duration.seconds(2)
    /// A node that catches up gets the ledger in pieces of this size.
    private static let catchUpEntriesMax = 512
    private static let catchUpBytesMax = 4 << 20

    package func receive(
        _ cosignatures: [Cosignature], size: UInt64, from member: MemberID
    ) throws {
        perform(try machine.receive(cosignatures, size: size, from: member, at: now()))
    }

    /// Takes a contribution whose update has been uploaded.
    ///
    /// - Throws: `Refusal`, or `Problem` where the update is not here.
    package func contribute(_ envelope: Envelope) async throws {
        let signed = try machine.check(envelope)
        let contribution = signed.contribution
        guard blobs.has(contribution.update) else {
            throw Problem(
                status: 409, code: "contribution.update_missing",
                detail: "upload the update \(contribution.update) first")
        }
        if let round = machine.state.jobs[contribution.round],
            let job = machine.state.jobs[contribution.round.job]
        {
            try await sums.check(contribution, to: round, of: job)
        }
        try await database.keep(signed)
        counters.contributions += 1
        perform(machine.contributed(signed, at: now()))
    }

    /// Takes note of an update that a member is about to upload.
    ///
    /// - Throws: `Refusal`.
    func announced(_ update: AnnouncedUpdate) throws {
        perform(try machine.announced(update, at: now()))
    }

    package func declined(
        _ member: MemberID, _ round: RoundID, code: String, detail: String
    ) {
        counters.declines += 1
        let licence = machine.state.jobs[round]?.participants.first { $0.member == member }
            .flatMap { machine.state.licence($0.licence) }
        let report = SiteReport(round: round, stage: .failed, code: code)
        // The node's own report may say more.
        let known = siteReports.newest[round.job]?[member]?.report
        let isKnown = known?.round == round && known?.stage == .failed
        if !isKnown, let disclosed = licence.map(SiteDisclosure.init)?.disclosed(report) {
            receive(disclosed, from: member)
        }
        logger.notice(
            "task.declined",
            metadata: [
                "member.id": "\(member)", "round.id": "\(round)", "code": "\(code)",
                "detail": "\(detail)",
            ])
        perform(machine.declined(member, round, at: now()))
    }

    /// Takes all that a member's node holds back.
    package func held(_ holds: [SiteHold], by member: MemberID) {
        let commands = machine.held(holds, by: member, at: now())
        let accepted = machine.holds.held(by: member)
        logger.info(
            "site.holds",
            metadata: [
                "member.id": "\(member)", "held.count": "\(accepted.count)",
                "held.first": .array(
                    accepted.prefix(Self.holdsLogged).map { "\($0.job): \($0.code)" }),
            ])
        perform(commands)
        progress.notify()
    }

    func receive(_ report: SiteReport, from member: MemberID) {
        machine.heard(member)
        if siteReports.receive(report, from: member, state: machine.state, at: now()) {
            progress.notify()
        }
    }

    // MARK: - Connections

    /// Takes a node in: it gets everything from now on, and is to catch up to the size first.
    func attach(_ member: MemberID) -> (connection: FollowerHub.Connection, size: UInt64) {
        let connection = hub.attach(member)
        logger.info("node.connected", metadata: ["member.id": "\(member)"])
        if let certificate = machine.sequencer.certificate {
            send(.certificate(certificate), to: member)
        }
        beat(to: member)
        perform(machine.connected(member, at: now()))
        return (connection, machine.sequencer.publishedSize)
    }

    func detach(_ member: MemberID, id: UInt64) {
        guard hub.detach(member, id: id) else { return }
        machine.disconnected(member)
        logger.info("node.disconnected", metadata: ["member.id": "\(member)"])
    }

    /// The ledger from a place on, up to the end of a batch; `nil` where there is nothing more.
    nonisolated func batch(from start: UInt64) throws -> LedgerBatch? {
        try database.batch(
            from: start, entriesMax: Self.catchUpEntriesMax, bytesMax: Self.catchUpBytesMax)
    }

    func beat() async throws {
        while true {
            try await Task.sleep(for: Self.heartbeat)
            broadcast(signOfLife)
            let jobs = machine.state.jobs
            sums.keep { jobs[$0].map { $0.status == .open || $0.status == .sealed } == true }
        }
    }

    private func beat(to member: MemberID) {
        send(signOfLife, to: member)
    }

    func cutOff(_ member: MemberID) {
        hub.cutOff(member)
        logger.warning("node.silent", metadata: ["member.id": "\(member)"])
    }

    /// A node that does not keep up is cut off, and has to dial again.
    func send(_ event: ServerSentEvent, to member: MemberID) {
        guard !hub.send(event, to: member) else { return }
        machine.disconnected(member)
        logger.warning("node.cut_off", metadata: ["member.id": "\(member)"])
    }

    private var signOfLife: ServerSentEvent {
        .heartbeat(
            size: machine.sequencer.publishedSize,
            time: machine.sequencer.unpublishedSince ?? now())
    }

    func broadcast(_ event: ServerSentEvent) {
        for member in hub.broadcast(event) {
            machine.disconnected(member)
            logger.warning("node.cut_off", metadata: ["member.id": "\(member)"])
        }
    }
}
