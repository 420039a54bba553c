import ContractLanguage
import Contracts
import Identity
import Ledger
import MerkleLog

/// All batches that the coordinator has ever signed, whether it told the truth or not.
final class Histories {
    private unowned let lab: Simulation
    private var blocks: [TreeHead: Block] = [:]
    private(set) var applied: [String: Int] = [:]
    private(set) var refused = 0

    init(_ lab: Simulation) {
        self.lab = lab
    }

    subscript(head: TreeHead) -> Block? { blocks[head] }

    /// Takes a batch that a coordinator has written as it should: it is executed as nodes execute
    /// it, and its books are made.
    func add(_ batch: LedgerBatch, after parent: Block?) {
        let claimed = batch.checkpoint.statement.head
        guard blocks[claimed] == nil else { return }
        do {
            let block = try execute(batch.entries, after: parent)
            guard block.head == claimed else {
                lab.violated("the checkpoint of size \(claimed.size) is not over its entries")
                return
            }
            checkCosigners(of: block)
            if let problem = block.books.difference(from: block.replica.state) {
                lab.violated("at size \(claimed.size): \(problem)")
            }
            blocks[claimed] = block
        } catch {
            lab.violated("the coordinator wrote a batch that cannot be executed: \(error)")
        }
    }

    /// Takes note of a batch that a coordinator made up.
    func add(forged block: Block) {
        if blocks[block.head] == nil { blocks[block.head] = block }
    }

    private func execute(_ entries: [[UInt8]], after parent: Block?) throws -> Block {
        var books = parent?.books ?? Books()
        var receipts: [UInt64: Receipt] = [:]
        var certificates: [(index: UInt64, size: UInt64)] = []
        var replica: Replica
        var rest = entries[...]
        if let parent {
            replica = parent.replica
        } else {
            replica = try Replica(genesis: rest.removeFirst())
        }
        for bytes in rest {
            let index = replica.size
            let constitution = replica.state.agreements[.constitution]
            let receipt = try replica.execute(bytes).receipt
            note(from: constitution, to: replica.state.agreements[.constitution])
            switch try Entry(parsing: bytes).content {
            case .certificate(let checkpoint):
                certificates.append((index, checkpoint.statement.head.size))
            case .transaction(let envelope):
                guard let receipt else { break }
                receipts[index] = receipt
                guard receipt.refusal == nil else {
                    refused += 1
                    break
                }
                let transaction = try Transaction(payload: envelope.payload)
                let taken =
                    (transaction.action as? TakeContractAction).map { " \($0.action)" } ?? ""
                applied[transaction.actionName + taken, default: 0] += 1
                if case .member(let sender) = transaction.sender,
                    !lab.workload.genuine.contains(receipt.transaction)
                {
                    lab.violated("entry \(index), \(transaction.actionName), is not \(sender)'s")
                }
                let state = replica.state
                if let problem = books.read(transaction, receipt, state: state) {
                    lab.violated("entry \(index), \(transaction.actionName): \(problem)")
                }
                switch transaction.action {
                case let seal as SealRound: lab.promises.sealed(seal, state: state)
                case let close as CloseRound: lab.training.checkSum(of: close, books)
                default: break
                }
            case .genesis, .state: break
            }
        }
        return Block(
            after: parent, entries, forgery: nil, replica: replica, receipts: receipts,
            books: books, certificates: certificates)
    }

    private func note(from before: Contract?, to after: Contract?) {
        guard let before, let after else { return }
        if before.document != after.document { lab.tally["constitutions", default: 0] += 1 }
        switch (before.instance.stage, after.instance.stage) {
        case ("in-force", "stopped"): lab.tally["stopped", default: 0] += 1
        case ("stopped", "in-force"): lab.tally["resumed", default: 0] += 1
        default: break
        }
    }

    /// Two quorums that follow each other must meet: from one batch to the next, some set that must
    /// agree is the same. Otherwise each of two histories could get a quorum of its own. And a set is
    /// what the members once were.
    private func checkCosigners(of block: Block) {
        let after = block.replica.state.cosigners.deciding(size: block.size)
        let before = block.parent.map { $0.replica.state.cosigners.deciding(size: $0.size) } ?? []
        if block.parent != nil, !after.contains(where: before.contains) {
            lab.violated("no set of cosigners decides both before and at size \(block.size)")
        }
        for set in after where !before.contains(set) {
            if !block.line.contains(where: { $0.isReason(for: set) }) {
                lab.violated("\(set.quorum) decide at size \(block.size), and should not")
            }
        }
    }
}
