import Contracts
import Federation
import Identity
import Ledger
import MerkleLog
import Testing

/// A member's node: the real machine, whose commands about the ledger are carried out at once, and
/// whose commands about data are kept for the test to look at.
struct TestNode {
    let name: String
    var datasets: DatasetsAtHand
    private(set) var machine: NodeMachine
    private(set) var orders: [TrainingOrder] = []
    private(set) var contributions: [Envelope] = []
    private(set) var declines: [Decline] = []
    private(set) var alarms: [Alarm] = []
    private var entries: [[UInt8]] = []

    struct Decline: Hashable {
        let round: RoundID
        let code: String
        let detail: String
    }

    init(_ name: String, genesis: [UInt8]) throws {
        self.name = name
        datasets = DatasetsAtHand(usable: [try DatasetID("d-\(name)")])
        machine = try Self.machine(name, entries: [genesis], checkpoint: nil)
    }

    private static func machine(
        _ name: String, entries: [[UInt8]], checkpoint: UnverifiedCheckpoint?
    ) throws -> NodeMachine {
        var replica = try Replica(genesis: entries[0])
        for entry in entries.dropFirst() {
            _ = try replica.execute(entry)
        }
        let follower = Follower(
            member: try MemberID(name), resuming: replica, checkpoint: checkpoint, certificate: nil,
            cosignerKeys: [Secrets(name).cosigner])
        return NodeMachine(follower, signingKey: Secrets(name).signing)
    }

    /// A kill and a start: what the node was at work on is forgotten.
    mutating func restart() throws {
        machine = try Self.machine(
            name, entries: entries, checkpoint: machine.follower.verified)
    }

    mutating func catchUp(with ledger: ForgedLedger) throws {
        receive(try ledger.batch(from: UInt64(entries.count)))
        perform(machine.receive(certificate: try ledger.certificate(), at: FederatedLab.start))
    }

    mutating func catchUp(with lab: FederatedLab) throws {
        let published = lab.machine.sequencer.published
        let start = entries.count
        receive(
            LedgerBatch(
                start: UInt64(start),
                entries: Array(lab.entries[start..<Int(published.statement.head.size)]),
                checkpoint: published))
        try catchUpCertificate(with: lab)
    }

    mutating func catchUpCertificate(with lab: FederatedLab) throws {
        let certificate = try #require(lab.certificate)
        perform(machine.receive(certificate: certificate, at: FederatedLab.start))
    }

    mutating func receive(_ batch: LedgerBatch) {
        perform(machine.receive(batch, at: FederatedLab.start) { _ in nil })
    }

    mutating func receive(_ task: TrainingTask) {
        perform(machine.receive(task, datasets: datasets))
    }

    mutating func trained(_ round: RoundID, _ outcome: NodeMachine.Outcome) {
        perform(machine.trained(round, outcome))
    }

    mutating func spentBlobs() -> Set<BlobDigest> { machine.spentBlobs() }

    private mutating func perform(_ commands: [NodeMachine.Command]) {
        for command in commands {
            switch command {
            case .ledger(.store(let batch)):
                entries += batch.batch.entries
                perform(machine.stored(size: batch.size, at: FederatedLab.start))
            case .ledger(.raise(let alarm)): alarms.append(alarm)
            case .ledger(.cosign), .ledger(.follow), .ledger(.keep): break
            case .train(let order): orders.append(order)
            case .contribute(let envelope, _): contributions.append(envelope)
            case .decline(let round, let code, let detail):
                declines.append(Decline(round: round, code: code, detail: detail))
            }
        }
    }
}
