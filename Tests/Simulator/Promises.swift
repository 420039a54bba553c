import Contracts
import Encodings
import Ledger

/// Watches that nothing acknowledged is lost, whoever is killed and when.
final class Promises {
    private unowned let lab: Simulation
    /// The history up to the newest entry that somebody has a receipt of.
    private var kept: Block?
    private(set) var receipts = 0
    /// Contributions that the coordinator has told their senders it has.
    private var contributions: [RoundID: Set<MemberID>] = [:]

    init(_ lab: Simulation) {
        self.lab = lab
    }

    /// The coordinator answers a submission.
    func acknowledged(_ receipt: Receipt, by coordinator: SimulatedCoordinator) {
        receipts += 1
        guard let block = lab.histories[coordinator.disk.head]?.block(holding: receipt.index)
        else {
            lab.violated("entry \(receipt.index) is acknowledged and not on disk")
            return
        }
        guard block.receipts[receipt.index]?.json == receipt.json else {
            lab.violated("the receipt of entry \(receipt.index) is not what executing it gives")
            return
        }
        if block.size > kept?.size ?? 0 { kept = block }
    }

    func acknowledged(_ contribution: Contribution) {
        contributions[contribution.round, default: []].insert(contribution.member)
    }

    /// An honest coordinator has come back, or come to its end.
    func check(_ coordinator: SimulatedCoordinator) {
        guard lab.liar == nil, let kept else { return }
        if lab.histories[coordinator.disk.head]?.ancestor(size: kept.size) !== kept {
            lab.violated("acknowledged entries below \(kept.size) are lost")
        }
    }

    /// An honest coordinator has sealed a round: what it had taken counts, but for members that may
    /// not speak any more.
    func sealed(_ seal: SealRound, state: LabState) {
        guard lab.liar == nil, let round = state.jobs[seal.round] else { return }
        let counted = Set(round.contributions.map(\.member))
        for member in contributions.removeValue(forKey: seal.round) ?? []
        where !counted.contains(member) && state.members[member]?.status == .active
            && lab.node(member)?.hasRotated(since: round.opened) == false
        {
            lab.violated("the contribution of \(member) to round \(seal.round) is lost")
        }
    }
}
