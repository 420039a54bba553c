import Contracts
import Federation
import Identity
import Ledger

/// Who belongs to the lab, and with which keys.
extension Workload {
    func apply(_ state: LabState) -> Request? {
        let outsiders = lab.nodes.filter { node in
            state.members[node.id] == nil
                && (state.members.applications[node.id]?.status != .open || schedule.chance(0.05))
        }
        guard let node = schedule.pick(outsiders) else { return nil }
        return request(ApplyForMembership(card: Self.card(node, lab)), by: node)
    }

    func invite(_ state: LabState) throws -> Request? {
        let outsiders = lab.nodes.filter { state.members[$0.id] == nil }
        guard let guest = schedule.pick(outsiders) else { return nil }
        return request(
            InviteMember(
                member: guest.id, title: "Guest",
                expires: lab.coordinator.now.advanced(byMilliseconds: 30_000)),
            by: schedule.pick(active(state)))
    }

    func vote(_ state: LabState) -> Request? {
        let open = state.members.proposals.sorted.map(\.row).filter { $0.status == .open }
        guard let proposal = schedule.pick(open) else { return nil }
        let voter = schedule.pick(active(state).filter { proposal.votes[$0.id] == nil })
        return request(
            CastVote(proposal: proposal.id, approves: schedule.chance(0.92)), by: voter)
    }

    func suspend(_ state: LabState) -> Request? {
        guard let by = schedule.pick(active(state)),
            let target = schedule.pick(active(state)), target !== by, mayLeave(target, state)
        else { return nil }
        return request(OpenProposal(change: .suspend(target.id)), by: by)
    }

    func reinstate(_ state: LabState) -> Request? {
        let away = state.members.all.first { $0.status == .suspended }
        let isProposed = state.members.proposals.sorted.contains { _, proposal in
            proposal.status == .open && proposal.change == away.map { .reinstate($0.id, keys: nil) }
        }
        guard let away, !isProposed else { return nil }
        return request(
            OpenProposal(change: .reinstate(away.id, keys: nil)), by: schedule.pick(active(state)))
    }

    func leave(_ state: LabState) -> Request? {
        guard let node = schedule.pick(active(state)), mayLeave(node, state) else { return nil }
        return request(LeaveLab(), by: node)
    }

    func amend(_ state: LabState) -> Request? {
        var rules = state.lab.rules
        rules.participantsMin = schedule.pick(1...2)
        rules.clockSkewMaxMilliseconds = Int64(schedule.pick(9_000...12_000))
        // Liars must stay as few as the quorum withstands.
        if lab.scenario.liars == 0 {
            rules.faults = schedule.pick([.third, .third, .exactly(0), .exactly(1)]) ?? .third
        }
        return request(OpenProposal(change: .amend(rules)), by: schedule.pick(active(state)))
    }

    func changeCoordinator(_ state: LabState) -> Request? {
        let isProposed = state.members.proposals.sorted.contains { _, proposal in
            if case .changeCoordinator = proposal.change { proposal.status == .open } else { false }
        }
        guard !isProposed, state.lab.epochs.count < 4 else { return nil }
        return request(
            OpenProposal(change: .changeCoordinator(lab.newCoordinator(of: state.id))),
            by: schedule.pick(active(state)))
    }

    // MARK: - Keys

    func rotate(_ state: LabState) -> Request? {
        guard let node = schedule.pick(active(state)), node.machine != nil else { return nil }
        rotate(node)
        return request(nil, by: node)
    }

    /// Does what `jointlab member rotate-keys` does: the node is stopped, and stays so until the
    /// ledger has its new keys, or says no.
    func rotate(_ node: SimulatedNode) {
        guard node.machine != nil, !node.keys.isRotating else { return }
        node.beginRotation(
            NodeKeys.Next(
                signing: schedule.chance(0.5) ? lab.newKey() : node.keys.signing,
                cosigner: schedule.chance(0.7) ? lab.newKey() : node.keys.cosigner))
        goOnRotating(node)
    }

    private func goOnRotating(_ node: SimulatedNode) {
        guard let next = node.keys.next else { return }
        schedule.after(schedule.pick(300...1_500), "rotation") { self.goOnRotating(node) }
        let coordinator = lab.coordinator(of: node)
        guard let published = coordinator.machine?.sequencer.publishedReplica.state,
            let member = published.members[node.id]
        else { return }
        if member.keys == next.keys {
            node.finishRotation(at: coordinator.now)
            // Somebody who is not sure that it worked does it again.
            if lab.goesWrong(0.3) { rotate(node) }
        } else if member.status != .active {
            node.cancelRotation()
        } else if node.isStopped || schedule.chance(0.3) {
            node.beginRotation(next)
            let action = RotateKeys(
                signing: next.signing, cosigner: next.cosigner, member: node.id, lab: published.id)
            submit(action, by: node, to: coordinator) { answer in
                if case .failure = answer, node.keys.isRotating { node.goOn() }
            }
        }
    }
}
