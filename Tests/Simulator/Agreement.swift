import Contracts
import Federation
import Identity
import Ledger
import MerkleLog

/// Watches that final is forever, that everybody computes the same state, and that an honest node
/// cosigns one history, and nothing that it has not stored.
final class Agreement {
    private struct Claim: Equatable {
        var certified: UInt64 = 0
        var final: UInt64 = 0
    }

    private unowned let lab: Simulation
    /// The longest history that anybody honest has taken for certified, or final.
    private var certified: Block?
    private(set) var final: Block?
    private var claims: [String: Claim] = [:]
    private var cosigned: [MemberID: Block] = [:]

    init(_ lab: Simulation) {
        self.lab = lab
    }

    /// An honest node has heard something.
    func check(_ node: SimulatedNode) {
        guard let replica = node.machine?.replica else { return }
        check(replica, replica.finality, of: node.id.text)
    }

    /// The honest coordinator has done something.
    func check(_ coordinator: SimulatedCoordinator) {
        guard let sequencer = coordinator.machine?.sequencer else { return }
        check(sequencer.publishedReplica, sequencer.replica.finality, of: coordinator.name)
    }

    private func check(_ replica: Replica, _ finality: Finality, of process: String) {
        guard replica.isAtBatchEnd, replica.head.size > 0 else { return }
        guard let block = lab.histories[replica.head] else {
            lab.violated("\(process) holds \(replica.size) entries that nobody wrote")
            return
        }
        if let forgery = block.forgery {
            lab.violated("\(process) has taken a batch with \(forgery)")
        }
        if replica.stateRoot != block.replica.stateRoot {
            lab.violated("\(process) has another state root at size \(replica.size)")
        }
        check(
            Claim(certified: finality.certifiedSize, final: finality.finalSize), at: block,
            of: process)
    }

    private func check(_ claim: Claim, at block: Block, of process: String) {
        let earlier = claims[process, default: Claim()]
        guard claim != earlier else { return }
        claims[process] = claim
        if claim.certified > earlier.certified {
            guard let size = block.ancestor(size: claim.certified), size.hasQuorum else {
                lab.violated("\(process) takes size \(claim.certified) for certified: no quorum")
                return
            }
            extend(&certified, by: size, "certified", process)
        }
        if claim.final > earlier.final {
            guard block.isFinal(size: claim.final), let size = block.ancestor(size: claim.final)
            else {
                lab.violated("\(process) takes size \(claim.final) for final, and it is not")
                return
            }
            extend(&final, by: size, "final", process)
        }
    }

    private func extend(_ longest: inout Block?, by block: Block, _ stage: String, _ who: String) {
        if let known = longest, !known.agrees(with: block) {
            lab.violated(
                "\(who) takes \(block.size) entries for \(stage), and somebody \(known.size) "
                    + "others")
        }
        if block.size > longest?.size ?? 0 { longest = block }
    }

    /// An honest node signs the checkpoint of a size.
    func cosigns(_ node: SimulatedNode, _ cosignatures: [Cosignature], size: UInt64) {
        if node.disk.evidence != nil {
            lab.violated("\(node.id) cosigns for a coordinator that it has caught lying")
        }
        guard let head = node.disk.head(at: size), let block = lab.histories[head] else {
            lab.violated("\(node.id) cosigned size \(size) with \(node.disk.size) entries stored")
            return
        }
        if let earlier = cosigned[node.id], !earlier.agrees(with: block) {
            lab.violated("\(node.id) cosigned two histories")
        }
        if block.size > cosigned[node.id]?.size ?? 0 { cosigned[node.id] = block }
        for key in node.cosignerKeys where cosignatures.contains(where: { $0.isBy(key, node, lab) })
        {
            block.cosigned(with: key.publicKey)
        }
        checkTimes(of: block, cosignedBy: node)
    }

    /// What no quorum has decided yet must be dated as the node's own clock says, or the node
    /// withholds its cosignature.
    private func checkTimes(of block: Block, cosignedBy node: SimulatedNode) {
        guard let replica = node.machine?.replica else { return }
        let limit = replica.state.lab.rules.clockSkewMaxMilliseconds
        let decided = replica.finality.certifiedSize
        if block.size > decided, block.time - node.now > limit {
            lab.violated("\(node.id) cosigned entries of \(block.time) at \(node.now)")
        }
        if let index = node.backdated.first(where: { $0 >= decided && $0 < block.size }) {
            lab.violated("\(node.id) cosigned entry \(index), which was back-dated under its eyes")
        }
    }
}

extension Cosignature {
    func isBy(_ key: SigningKey, _ node: SimulatedNode, _ lab: Simulation) -> Bool {
        let name = lab.origin.cosignerKeyName(of: node.id)
        return keyID == NoteVerifierKey(name: name, cosignature: key.publicKey).id
    }
}
