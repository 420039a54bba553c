import Contracts
import Crypto
import Encodings
import Federation
import Identity
import Ledger
import MerkleLog
import Randomness

/// A whole lab in one process, from a seed: a coordinator, nodes, a network, clocks, kills, and
/// members who go about their business. The machines are the real ones; disks, wires and trainers
/// are simulated, and time is virtual.
///
/// The same seed gives the same run, step by step; ``traceDigest`` tells. After every step the
/// invariants of the design are checked, and the first violation ends the run.
package final class Simulation {
    enum ToNode {
        case batch(LedgerBatch)
        case certificate(UnverifiedCheckpoint)
        case heartbeat(size: UInt64, time: Timestamp)
        case task(TrainingTask)
    }

    enum ToCoordinator {
        case follow(UInt64)
        case cosignatures([Cosignature], size: UInt64)
        case contribution(Envelope)
        case declined(RoundID)
    }

    /// 2026-01-01T00:00:00Z, so that no time is near the edge of the range.
    private static let start = 1_767_225_600_000
    /// How long after the last fault a healed lab may take to finish everything.
    private static let recoveryMilliseconds = 180_000

    package let seed: UInt64
    package let faults: Faults
    let schedule: Schedule
    let blobs = SimulatedBlobs()
    private(set) var genesis: [UInt8] = []
    private(set) var nodes: [SimulatedNode] = []
    private(set) lazy var invariants = Invariants(self)
    private(set) lazy var coordinator = makeCoordinator()
    private lazy var workload = Workload(self)
    private var cutOff: Set<MemberID> = []

    /// The first invariant that did not hold, with the time and step.
    package private(set) var violation: String?
    /// What happened, one line each, if the run was asked to keep it.
    package private(set) var log: [String] = []
    package var keepsLog = false
    private var digest = SHA256()

    package init(seed: UInt64, faults: Faults = Faults()) {
        self.seed = seed
        self.faults = faults
        schedule = Schedule(seed: seed, start: Self.start)
    }

    /// Runs to the end.
    ///
    /// - Returns: What it came to.
    package func run() -> Summary {
        do {
            try set()
        } catch {
            violated("the lab could not be founded: \(error)")
        }
        let end = Self.start + faults.until + Self.recoveryMilliseconds
        while violation == nil, let label = schedule.step(until: end) {
            trace(label)
            if isHealed, isFinished { break }
        }
        if violation == nil { invariants.checkEnd() }
        return summary
    }

    package struct Summary: Sendable {
        package let seed: UInt64
        package let steps: Int
        package let entries: Int
        package let members: Int
        package let roundsClosed: Int
        package let roundsAbandoned: Int
        package let kills: Int
        package let traceDigest: String
        package let violation: String?
    }

    private var summary: Summary {
        let jobs = coordinator.machine?.state.jobs
        let rounds = jobs.map { jobs in jobs.all.flatMap { jobs.rounds(of: $0) } } ?? []
        return Summary(
            seed: seed, steps: schedule.steps, entries: coordinator.disk.entries.count,
            members: coordinator.machine?.state.members.all.count { $0.status == .active } ?? 0,
            roundsClosed: rounds.count { $0.status == .closed },
            roundsAbandoned: rounds.count { $0.status == .abandoned }, kills: kills,
            traceDigest: Hex.encode(digest.finalize()), violation: violation)
    }

    var isHealed: Bool { schedule.now >= Self.start + faults.until }

    private var isFinished: Bool {
        guard let machine = coordinator.machine, machine.state.jobs.running.isEmpty,
            !machine.sequencer.replica.needsCertificate(size: coordinator.disk.size)
        else { return false }
        return nodes.allSatisfy { $0.disk.size == coordinator.disk.size }
            && machine.sequencer.replica.size == coordinator.disk.size
    }

    // MARK: - Founding

    private func makeCoordinator() -> SimulatedCoordinator {
        SimulatedCoordinator(logKey: newKey(), serviceKey: newKey(), lab: self)
    }

    func newKey() -> SigningKey { SigningKey(from: &schedule.random) }

    private func set() throws {
        let names = ["ada", "bo", "cy", "dee", "eve", "fay"]
        let founders = schedule.pick(1...3)
        for name in names {
            nodes.append(
                SimulatedNode(
                    try MemberID(name), signingKey: newKey(), cosignerKey: newKey(),
                    skew: schedule.pick(faults.skew), datasets: [try DatasetID("data-\(name)")],
                    lab: self))
        }
        genesis = try Workload.genesis(of: self, founders: Array(nodes.prefix(founders)))
        try coordinator.found(genesis)
        invariants.batchStored(coordinator)
        for node in nodes {
            node.start()
        }
        heartbeat()
        scheduleFaults()
        workload.begin()
    }

    private func heartbeat() {
        schedule.after(1_000, "heartbeat") { [self] in
            coordinator.heartbeat()
            heartbeat()
        }
    }

    // MARK: - Faults

    private var kills = 0

    private func scheduleFaults() {
        if let interval = faults.killInterval {
            repeatedly(interval, "kill") { self.killSomebody() }
        }
        if let interval = faults.partitionInterval {
            repeatedly(interval, "partition") { self.cutSomebodyOff() }
        }
    }

    private func repeatedly(
        _ interval: ClosedRange<Int>, _ label: String, _ action: @escaping () -> Void
    ) {
        schedule.after(schedule.pick(interval), label) { [self] in
            guard !isHealed else { return }
            action()
            repeatedly(interval, label, action)
        }
    }

    private func killSomebody() {
        let victim = schedule.pick(0...nodes.count)
        if victim == nodes.count { killCoordinator() } else { kill(nodes[victim]) }
    }

    /// Whether a kill falls between a write and what follows it.
    func killsBetween() -> Bool {
        !isHealed && faults.killInterval != nil && schedule.chance(0.004)
    }

    func killCoordinator() {
        guard coordinator.machine != nil else { return }
        kills += 1
        coordinator.kill()
        schedule.after(schedule.pick(100...2_500), "restart coordinator") { [self] in
            coordinator.start()
            invariants.restarted(coordinator)
        }
    }

    func kill(_ node: SimulatedNode) {
        guard node.machine != nil else { return }
        kills += 1
        node.kill()
        schedule.after(schedule.pick(100...4_000), "restart \(node.id)") { node.start() }
    }

    private func cutSomebodyOff() {
        guard let node = schedule.pick(nodes) else { return }
        cutOff.insert(node.id)
        disconnect(node)
        schedule.after(schedule.pick(faults.partitionLength), "rejoin \(node.id)") { [self] in
            cutOff.remove(node.id)
            node.connectSoon()
        }
    }

    // MARK: - Network

    func node(_ id: MemberID) -> SimulatedNode? { nodes.first { $0.id == id } }

    /// - Returns: Whether the coordinator could be reached.
    func connect(_ node: SimulatedNode) -> Bool {
        guard coordinator.machine != nil, !cutOff.contains(node.id) else { return false }
        node.isConnected = true
        coordinator.connected(node)
        return true
    }

    func disconnect(_ node: SimulatedNode) {
        guard node.isConnected else { return }
        node.isConnected = false
        coordinator.disconnected(node)
        node.connectSoon()
    }

    func disconnectAll() {
        for node in nodes {
            disconnect(node)
        }
    }

    func send(_ message: ToNode, to node: SimulatedNode) {
        carry(through: node, "to \(node.id)") { node.receive(message) }
    }

    func send(_ message: ToCoordinator, from node: SimulatedNode) {
        carry(through: node, "from \(node.id)") { self.coordinator.receive(message, from: node) }
    }

    /// Delivers late, twice, in another order, or breaks the connection.
    private func carry(
        through node: SimulatedNode, _ label: String, _ deliver: @escaping () -> Void
    ) {
        guard node.isConnected else { return }
        if !isHealed, schedule.chance(faults.loss) {
            disconnect(node)
            return
        }
        let copies = !isHealed && schedule.chance(faults.duplication) ? 2 : 1
        for _ in 0..<copies {
            schedule.after(schedule.pick(faults.delay), label) { [self] in
                if !cutOff.contains(node.id) { deliver() }
            }
        }
    }

    // MARK: - What is seen

    func raised(_ alarm: Alarm, by node: SimulatedNode) {
        trace("\(node.id): \(alarm)")
        switch alarm {
        case .misconduct, .notFromCoordinator, .timeOffClock:
            violated("node \(node.id) accuses an honest coordinator: \(alarm)")
        case .taskRefused:
            // A task may overtake the entry that it points to.
            break
        }
    }

    func violated(_ problem: String) {
        guard violation == nil else { return }
        violation =
            "seed \(seed), step \(schedule.steps), \(schedule.now - Self.start) ms: \(problem)"
    }

    func trace(_ line: String) {
        let text = "\(schedule.now - Self.start) \(line)"
        digest.update(data: Array(text.utf8))
        if keepsLog { log.append(text) }
    }
}
