import Contracts
import Federation
import Ledger

/// Watches that no data is touched without a final entry that allows exactly this use, and that the
/// sum is the sum.
final class TrainingInvariants {
    private unowned let lab: Simulation
    private(set) var touches = 0
    private(set) var sums = 0

    init(_ lab: Simulation) {
        self.lab = lab
    }

    /// An honest node is about to open its data.
    func touches(_ node: SimulatedNode, _ order: TrainingOrder) {
        touches += 1
        guard let machine = node.machine, let block = lab.histories[machine.replica.head] else {
            lab.violated("\(node.id) touches data and knows no ledger")
            return
        }
        let index = order.round.index
        let objection = block.books.objection(
            to: node.id, training: order.round.id, at: index)
        if let objection { lab.violated("\(node.id) touches data: \(objection)") }
        if !node.datasets.contains(order.participant.dataset) {
            lab.violated("\(node.id) touches data of somebody else")
        }
        if !block.isFinal(size: index + 1) {
            lab.violated("\(node.id) touches data before entry \(index) is final")
        }
    }

    /// A round has been closed: its result is the strategy applied to what was sealed, added up
    /// here without the strategy's code.
    func checkSum(of close: CloseRound, _ books: Books) {
        guard let result = close.result, let round = books.rounds[close.round] else { return }
        sums += 1
        let base =
            round.base.flatMap { lab.blobs[$0] }
            ?? [Float](repeating: 0, count: SimulatedTrainer.parameters)
        var sum = [Double](repeating: 0, count: base.count)
        var weight = 0.0
        for contribution in round.contributions {
            guard let update = lab.blobs[contribution.update], update.count == sum.count else {
                lab.violated("round \(close.round) was closed over an update that is none")
                return
            }
            for index in sum.indices {
                sum[index] += Double(update[index]) * Double(contribution.weight)
            }
            weight += Double(contribution.weight)
        }
        let expected = zip(base, sum).map { $0 + Float($1 / weight) }
        if lab.blobs[result] != expected {
            lab.violated("the result of round \(close.round) is not the sum of what was sealed")
        }
    }
}
