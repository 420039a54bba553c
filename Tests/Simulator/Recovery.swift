import ContractLibrary
import Contracts
import Federation
import Ledger

/// What must come of a lab once nothing goes wrong any more: every job ends, everybody holds the
/// same ledger, what is submitted now becomes final, and a round that is opened now is closed.
final class Recovery {
    /// After this all processes are up and connected, also where a coordinator took over and a node got its
    /// new keys at the last moment.
    private static let settlingMilliseconds = 5_000
    /// How long members go on to train, and do nothing else.
    private static let trainingMilliseconds = 6_000
    /// Longer than clocks may be off: what a lying coordinator dates before such a silence, nodes
    /// that have listened to it must notice.
    private static let silenceMilliseconds = 13_000
    private unowned let lab: Simulation
    private var began = 0
    /// The entry that was put on the ledger after everything had healed.
    private var proof: UInt64?
    private var shaken: Timestamp?

    init(_ lab: Simulation) {
        self.lab = lab
    }

    func begin() {
        began = lab.schedule.now
        if let liar = lab.liar {
            lab.schedule.after(Self.silenceMilliseconds, "last lie") { liar.backdate() }
        } else {
            lab.schedule.after(Self.trainingMilliseconds, "proof") { self.submitProof() }
        }
    }

    /// Puts a last entry on the ledger; what must still come of it has to come by itself, whatever
    /// is lost right after it.
    private func submitProof() {
        guard proof == nil else { return }
        lab.workload.note { [self] answer in
            guard case .success(let receipt) = answer, proof == nil else { return }
            proof = receipt.index
            shaken = lab.coordinator.now
            switch lab.schedule.pick(0...3) {
            case 0: lab.kill(lab.coordinator)
            case 1: lab.network.loseRequests(forMilliseconds: 1_500)
            case 2:
                for node in lab.nodes {
                    lab.kill(node)
                }
            default: break
            }
        }
        lab.schedule.after(3_000, "proof") { self.submitProof() }
    }

    var isTraining: Bool { lab.liar == nil && lab.schedule.now < began + Self.trainingMilliseconds }

    /// Whether nothing is left that could happen.
    var isOver: Bool {
        guard began > 0 else { return false }
        guard lab.liar == nil else {
            return lab.schedule.now > began + Self.silenceMilliseconds + 2_000
        }
        return !isTraining && problem == nil
    }

    func check() {
        for node in lab.nodes where node.isHonest {
            lab.agreement.check(node)
            checkEvidence(of: node)
        }
        guard lab.liar == nil else { return }
        lab.promises.check(lab.coordinator)
        if let problem { lab.violated("at the end \(problem)") }
        checkRounds()
    }

    private var problem: String? {
        let coordinator = lab.coordinator
        guard let machine = coordinator.machine else { return "the coordinator is not up" }
        let state = machine.state
        for job in state.jobs.running.compactMap({ state.jobs[$0] }) {
            // It may wait for a liar that never comes.
            let standing = job.participants.filter {
                state.licence($0.licence)?.stage == "active"
                    && state.members[$0.member]?.status == .active
            }
            let request = TrainingRequest(
                purpose: job.purpose, round: RoundID(job: job.id, number: job.opened),
                participants: job.participants.count)
            let usable = standing.filter {
                state.trainingRefusal(under: $0.licence, request, at: coordinator.now) == nil
            }
            if standing.count < job.participantsMin || honest(usable) >= job.participantsMin {
                return "job \(job.id) is still running"
            }
        }
        guard let proof else { return "nothing can be put on the ledger" }
        if machine.sequencer.replica.needsCertificate(size: coordinator.disk.size) {
            return "the last entries are not certified"
        }
        for node in lab.nodes {
            guard node.isHonest else { continue }
            if node.keys.isRotating { return "\(node.id) has not got its new keys" }
            guard let replica = node.machine?.replica else { return "\(node.id) is not up" }
            if node.disk.entries.count != coordinator.disk.entries.count {
                return "\(node.id) holds \(node.disk.size) of \(coordinator.disk.size) entries"
            }
            if replica.finality.stage(of: proof) != .final {
                return "entry \(proof) is only \(replica.finality.stage(of: proof)) to \(node.id)"
            }
        }
        return nil
    }

    /// An honest majority is never stopped by one that lies: without faults, a round that was
    /// opened has enough contributions and is closed.
    private func checkRounds() {
        guard let state = lab.coordinator.machine?.state else { return }
        let settled = Timestamp(milliseconds: Int64(began + Self.settlingMilliseconds))
        for job in state.jobs.all {
            for round in state.jobs.rounds(of: job)
            where round.opened > settled && round.status == .abandoned
                && round.ended ?? settled < shaken ?? settled
            {
                // Data is not opened any more under a licence that has run out since.
                let standing = round.participants.filter { participant in
                    state.licence(participant.licence)?.terms.map {
                        $0.expires > (round.ended ?? round.opened)
                    } ?? true
                }
                if honest(standing) >= job.participantsMin {
                    lab.violated(
                        "round \(round.id) was abandoned in a healthy lab: \(round.reason ?? "")")
                }
            }
        }
    }

    private func honest(_ participants: [Participant]) -> Int {
        participants.count { lab.node($0.member)?.isHonest == true }
    }

    /// Whoever has seen the coordinator lie can show it to others.
    private func checkEvidence(of node: SimulatedNode) {
        guard let evidence = node.disk.evidence else { return }
        do {
            let objection = try EvidenceCheck.objection(
                to: evidence, ledger: node.disk, genesis: lab.genesis)
            if objection == EvidenceCheck.unstored {
                lab.tally["evidence lost to a kill", default: 0] += 1
            } else if let objection {
                lab.violated("the evidence of \(node.id) proves nothing: \(objection)")
            } else {
                lab.tally["evidence", default: 0] += 1
            }
        } catch {
            lab.violated("the evidence of \(node.id) proves nothing: \(error)")
        }
    }
}
