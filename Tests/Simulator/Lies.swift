import Contracts
import Federation
import Identity
import Ledger
import MerkleLog

/// What a lying member's node does with what its machine wants to send.
struct Lies {
    enum Cosigning: CaseIterable {
        case honest
        /// Signs nothing.
        case silent
        /// Signs whatever any branch of a lying coordinator publishes.
        case everything
        /// Sends signatures that are none, of others, or under other sizes.
        case garbage
    }

    enum Contributing: CaseIterable {
        case honest
        case silent
        /// Hands in a second update after the first.
        case twice
        /// Claims more rows than the dataset has, and other members' names.
        case forged
        /// Declines and contributes.
        case undecided
        /// Replaces its key between contributing and the seal.
        case rotating
    }

    let cosigning: Cosigning
    let contributing: Contributing
    /// How far its clock is off beyond what the lab allows.
    let clockOffset: Int
    /// Whether its node is never there.
    let isAbsent: Bool

    init(_ schedule: Schedule, in scenario: Scenario) {
        cosigning =
            scenario.coordinatorLies && scenario.tactics.contains(.fork)
            ? .everything : schedule.pick(Cosigning.allCases) ?? .honest
        contributing = schedule.pick(Contributing.allCases) ?? .honest
        isAbsent = schedule.chance(0.15)
        clockOffset = schedule.chance(0.3) ? schedule.pick([-40_000, 40_000]) ?? 0 : 0
    }

    // MARK: - Cosigning

    /// - Returns: Whether it has done what it does, and the honest thing is not to be done.
    func cosign(
        _ cosignatures: [Cosignature], size: UInt64, of node: SimulatedNode, _ lab: Simulation
    ) -> Bool {
        switch cosigning {
        case .silent: return true
        case .honest:
            note(cosignatures, size: size, of: node, lab)
            return false
        case .everything:
            note(cosignatures, size: size, of: node, lab)
            return lab.liar != nil
        case .garbage:
            for wrong in garbage(size: size, of: node, lab) {
                lab.tally["garbage cosignatures", default: 0] += 1
                lab.network.send(.cosignatures(wrong, size: size), from: node)
            }
            return true
        }
    }

    private func note(
        _ cosignatures: [Cosignature], size: UInt64, of node: SimulatedNode, _ lab: Simulation
    ) {
        guard let block = node.disk.head(at: size).flatMap({ lab.histories[$0] }) else { return }
        for key in node.cosignerKeys where cosignatures.contains(where: { $0.isBy(key, node, lab) })
        {
            block.cosigned(with: key.publicKey)
        }
    }

    private func garbage(
        size: UInt64, of node: SimulatedNode, _ lab: Simulation
    ) -> [[Cosignature]] {
        guard let key = node.cosignerKeys.first,
            let checkpoint = node.disk.checkpoints.last?.statement,
            let earlier = node.disk.checkpoints.first?.statement, earlier.head.size < size
        else { return [] }
        let own = lab.origin.cosignerKeyName(of: node.id)
        let mine = Cosigner(name: own, key: key)
        let time = UInt64(node.now.milliseconds / 1_000)
        let others = lab.nodes.filter { $0.id != node.id }.map {
            lab.origin.cosignerKeyName(of: $0.id)
        }
        return [
            // Of another checkpoint, under a key that nobody knows, in another's name, and again.
            [mine.cosign(earlier, at: time)],
            [Cosigner(name: own, key: lab.newKey()).cosign(checkpoint, at: time)],
            others.map { Cosigner(name: $0, key: key).cosign(checkpoint, at: time) },
            [mine.cosign(earlier, at: time), mine.cosign(earlier, at: time)],
        ]
    }

    // MARK: - Contributing

    /// - Returns: Whether it has done what it does, and the honest thing is not to be done.
    func contribute(
        _ contribution: Contribution, of node: SimulatedNode, _ lab: Simulation
    ) -> Bool {
        func send(_ update: BlobDigest, weight: Int64, as member: MemberID) {
            let other = Contribution(
                lab: contribution.lab, round: contribution.round, member: member, update: update,
                weight: weight, metricsMicro: [:])
            lab.network.send(
                .contribution(other.signed(with: node.keys.signing)), from: node)
        }
        let other = lab.blobs.store((0..<SimulatedTrainer.parameters).map { Float($0) * 100 })
        switch contributing {
        case .honest: return false
        case .silent: return true
        case .twice:
            lab.tally["second contributions", default: 0] += 1
            send(contribution.update, weight: contribution.weight, as: node.id)
            send(other, weight: 100, as: node.id)
        case .forged:
            send(contribution.update, weight: 1_000_000, as: node.id)
            for member in lab.nodes where member.id != node.id {
                send(other, weight: 1, as: member.id)
            }
        case .undecided:
            lab.network.send(.declined(contribution.round), from: node)
            send(contribution.update, weight: contribution.weight, as: node.id)
            lab.network.send(.declined(contribution.round), from: node)
        case .rotating:
            send(contribution.update, weight: contribution.weight, as: node.id)
            lab.workload.rotate(node)
        }
        return true
    }
}
