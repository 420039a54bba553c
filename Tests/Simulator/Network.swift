import Contracts
import Federation
import Identity
import Ledger
import MerkleLog

/// The wires between a coordinator and the nodes, as they are really laid: a stream down to each
/// node, in order while it stands, and requests up to the coordinator, each on its own.
final class Network {
    enum ToNode {
        case batch(LedgerBatch)
        case certificate(UnverifiedCheckpoint)
        case heartbeat(size: UInt64, time: Timestamp)
        case task(TrainingTask)
    }

    enum ToCoordinator {
        case cosignatures([Cosignature], size: UInt64)
        case contribution(Envelope)
        case declined(RoundID)
    }

    /// A stream that was made once; another one is another object.
    final class Connection {
        unowned let node: SimulatedNode
        let coordinator: SimulatedCoordinator
        fileprivate(set) var isOpen = true
        fileprivate var lastArrival = 0

        fileprivate init(_ node: SimulatedNode, to coordinator: SimulatedCoordinator) {
            self.node = node
            self.coordinator = coordinator
        }
    }

    private unowned let lab: Simulation
    private var cutOff: Set<MemberID> = []
    /// Nodes whose requests come to nothing while their streams stand.
    private var unheard: Set<MemberID> = []
    /// Nodes that a lying coordinator tells nothing.
    var ignored: Set<MemberID> = []

    init(_ lab: Simulation) {
        self.lab = lab
    }

    private var schedule: Schedule { lab.schedule }
    private var faults: Faults { lab.faults }

    // MARK: - Streams

    func connect(_ node: SimulatedNode) -> Bool {
        let coordinator = lab.coordinator(of: node)
        guard coordinator.machine != nil, !cutOff.contains(node.id) else { return false }
        node.connection?.isOpen = false
        let connection = Connection(node, to: coordinator)
        node.connection = connection
        coordinator.attach(connection, from: node.machine?.follower.size ?? 0)
        return true
    }

    func disconnect(_ node: SimulatedNode) {
        guard let connection = node.connection else { return }
        connection.isOpen = false
        node.connection = nil
        connection.coordinator.detach(node)
        node.connectSoon()
    }

    func disconnectAll(from coordinator: SimulatedCoordinator) {
        for node in lab.nodes where node.connection?.coordinator === coordinator {
            disconnect(node)
        }
    }

    func send(_ message: ToNode, over connection: Connection) {
        let node = connection.node
        guard connection.isOpen, !ignored.contains(node.id) else { return }
        if lab.goesWrong(faults.streamLoss) {
            disconnect(node)
            return
        }
        let copies = lab.goesWrong(faults.duplication) ? 2 : 1
        for _ in 0..<copies {
            let strays = lab.goesWrong(faults.reordering)
            var arrival = schedule.now + schedule.pick(faults.delay)
            if !strays {
                arrival = max(arrival, connection.lastArrival)
                connection.lastArrival = arrival
            }
            let life = node.life
            schedule.after(arrival - schedule.now, "to \(node.id)") { [self] in
                guard connection.isOpen || strays, node.life == life, !cutOff.contains(node.id)
                else { return }
                node.receive(message)
            }
        }
    }

    // MARK: - Requests

    func send(_ message: ToCoordinator, from node: SimulatedNode) {
        let coordinator = lab.coordinator(of: node)
        guard !cutOff.contains(node.id), !unheard.contains(node.id),
            !lab.goesWrong(faults.requestLoss)
        else { return }
        let copies = lab.goesWrong(faults.duplication) ? 2 : 1
        for _ in 0..<copies {
            schedule.after(schedule.pick(faults.delay), "from \(node.id)") {
                coordinator.receive(message, from: node.id)
            }
        }
    }

    // MARK: - Partitions

    func loseRequests(forMilliseconds length: Int) {
        let all = lab.nodes.map(\.id)
        unheard.formUnion(all)
        schedule.after(length, "requests come through") { [self] in
            unheard.subtract(all)
        }
    }

    func cutOff(_ node: SimulatedNode) {
        let length = schedule.pick(faults.partitionLength)
        if schedule.chance(0.3) {
            unheard.insert(node.id)
        } else {
            cutOff.insert(node.id)
            disconnect(node)
        }
        schedule.after(length, "rejoin \(node.id)") { [self] in
            cutOff.remove(node.id)
            unheard.remove(node.id)
        }
    }
}
