import Contracts
import Federation
import Ledger

/// What must come of a lab once nothing goes wrong any more: every job ends, everybody holds the
/// same ledger, what is submitted now becomes final, and a round that is opened now is closed.
final class Recovery {
    /// After this all processes are up and connected.
    private static let settlingMilliseconds = 3_500
    /// How long members go on to train, and do nothing else.
    private static let trainingMilliseconds = 6_000
    private unowned let lab: Simulation
    private var began = 0
    /// The entry that was put on the ledger after everything had healed.
    private var proof: UInt64?

    init(_ lab: Simulation) {
        self.lab = lab
    }

    func begin() {
        began = lab.schedule.now
        if lab.liar == nil { submitProof() }
    }

    private func submitProof() {
        guard proof == nil else { return }
        lab.workload.note { [self] answer in
            if case .success(let receipt) = answer { proof = receipt.index }
        }
        lab.schedule.after(3_000, "proof") { self.submitProof() }
    }

    var isTraining: Bool { lab.liar == nil && lab.schedule.now < began + Self.trainingMilliseconds }

    /// Whether nothing is left that could happen.
    var isOver: Bool {
        guard began > 0 else { return false }
        guard lab.liar == nil else { return lab.schedule.now > began + Self.settlingMilliseconds }
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
        if let job = state.jobs.running.first { return "job \(job) is still running" }
        guard let proof else { return "nothing can be put on the ledger" }
        if machine.sequencer.replica.needsCertificate(size: coordinator.disk.size) {
            return "the last entries are not certified"
        }
        for node in lab.nodes {
            if node.keys.isRotating { return "\(node.id) has not got its new keys" }
            guard let replica = node.machine?.replica else { return "\(node.id) is not up" }
            guard node.isHonest else { continue }
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
            where round.opened > settled && round.status == .abandoned {
                let honest = round.participants.count { lab.node($0.member)?.isHonest == true }
                if honest >= job.participantsMin {
                    lab.violated(
                        "round \(round.id) was abandoned in a healthy lab: \(round.reason ?? "")")
                }
            }
        }
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
