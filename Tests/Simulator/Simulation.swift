import Contracts
import Crypto
import Encodings
import Federation
import Identity
import Ledger
import MerkleLog
import Randomness

/// A whole lab in one process, from a seed: a coordinator, nodes, a network, clocks, kills, members
/// who go about their business, and some who lie. The machines are the real ones; disks, wires and
/// trainers are simulated, and time is virtual.
///
/// The same seed gives the same run, step by step; ``Summary/traceDigest`` tells. The invariants of
/// the design are checked after every step that could break them, by reckoning from what the
/// machines let out and not from what they say of themselves; the first violation ends the run.
package final class Simulation {
    /// 2026-01-01T00:00:00Z, so that no time is near the edge of the range.
    static let start = 1_767_225_600_000
    /// How long after the last fault a healed lab may take to finish everything.
    private static let recoveryMilliseconds = 120_000

    package let seed: UInt64
    package let scenario: Scenario
    let schedule: Schedule
    let blobs = SimulatedBlobs()
    /// What coordinators sign with, by what others know of it.
    private var coordinatorKeys: [PublicKey: SigningKey] = [:]
    let founding: CoordinatorKeys
    private(set) var genesis: [UInt8] = []
    private(set) var nodes: [SimulatedNode] = []
    private(set) var coordinators: [SimulatedCoordinator] = []
    private(set) lazy var network = Network(self)
    private(set) lazy var histories = Histories(self)
    private(set) lazy var agreement = Agreement(self)
    private(set) lazy var promises = Promises(self)
    private(set) lazy var training = TrainingInvariants(self)
    private(set) lazy var workload = Workload(self)
    private(set) lazy var liar = scenario.coordinatorLies ? LyingCoordinator(self) : nil
    private(set) lazy var recovery = Recovery(self)
    let origin: LabOrigin

    /// How often what happened.
    var tally: [String: Int] = [:]
    /// The first invariant that did not hold, with the time and step.
    package private(set) var violation: String?
    /// What happened, one line each, if the run was asked to keep it.
    package private(set) var log: [String] = []
    package var keepsLog = false
    private var digest = SHA256()

    package init(seed: UInt64, scenario: Scenario? = nil) {
        self.seed = seed
        self.scenario = scenario ?? Scenario(seed: seed)
        schedule = Schedule(seed: seed, start: Self.start)
        let keys = [SigningKey(from: &schedule.random), SigningKey(from: &schedule.random)]
        founding = CoordinatorKeys(logKey: keys[0].publicKey, serviceKey: keys[1].publicKey)
        coordinatorKeys = Dictionary(uniqueKeysWithValues: keys.map { ($0.publicKey, $0) })
        guard let origin = LabOrigin(base: "simulated.example/lab") else {
            preconditionFailure("the name is one")
        }
        self.origin = origin
    }

    /// Runs to the end.
    ///
    /// - Returns: What it came to.
    package func run() -> Summary {
        defer { schedule.clear() }
        do {
            try begin()
        } catch {
            violated("the lab could not be founded: \(error)")
        }
        let end = Self.start + scenario.busyMilliseconds + Self.recoveryMilliseconds
        while violation == nil, let label = schedule.step(until: end) {
            trace(label)
            if isHealed, recovery.isOver { break }
        }
        if violation == nil { recovery.check() }
        return summary
    }

    private func begin() throws {
        let names = ["ada", "bo", "cy", "dee", "eve", "fay", "gus", "hal"]
        for name in names.prefix(scenario.founders + scenario.outsiders) {
            nodes.append(
                SimulatedNode(
                    try MemberID(name), keys: NodeKeys(signing: newKey(), cosigner: newKey()),
                    datasets: [try DatasetID("data-\(name)")], lab: self))
        }
        let founders = nodes.prefix(scenario.founders)
        for node in founders.suffix(scenario.liars) {
            node.lies = Lies(schedule, in: scenario)
        }
        let coordinator = SimulatedCoordinator("coordinator", lab: self)
        coordinators = [coordinator]
        genesis = try Workload.genesis(of: self, founders: Array(founders))
        try coordinator.found(genesis)
        for node in nodes {
            node.start()
        }
        heartbeat()
        scheduleFaults()
        workload.begin()
        liar?.begin()
        schedule.after(scenario.busyMilliseconds, "healed") { self.recovery.begin() }
    }

    private func heartbeat() {
        schedule.after(1_000, "heartbeat") { [self] in
            for coordinator in coordinators {
                coordinator.heartbeat()
            }
            heartbeat()
        }
    }

    // MARK: - Who is who

    func newKey() -> SigningKey { SigningKey(from: &schedule.random) }

    /// The secret of a coordinator, the present one's or an earlier one's.
    func secret(_ key: PublicKey) -> SigningKey {
        guard let secret = coordinatorKeys[key] else {
            preconditionFailure("no coordinator has ever had the key \(key)")
        }
        return secret
    }

    /// A new coordinator, which the members may vote for.
    func newCoordinator(of id: LabID) -> CoordinatorCard {
        let (log, service) = (newKey(), newKey())
        coordinatorKeys[log.publicKey] = log
        coordinatorKeys[service.publicKey] = service
        return CoordinatorCard(log: log, service: service, address: nil, lab: id)
    }

    func node(_ id: MemberID) -> SimulatedNode? { nodes.first { $0.id == id } }

    /// The history that an honest coordinator writes, or the first of a lying one's.
    var coordinator: SimulatedCoordinator { coordinators[0] }

    /// The history that a node is shown.
    func coordinator(of node: SimulatedNode) -> SimulatedCoordinator {
        liar?.branch(of: node) ?? coordinator
    }

    func add(_ branch: SimulatedCoordinator) {
        coordinators.append(branch)
    }

    /// What executing the entries on a disk gives. Most of the time it is taken over from whoever
    /// executed them first, which is the same and much cheaper.
    func replica(of disk: SimulatedDisk) throws -> Replica {
        guard let block = histories[disk.head] else {
            throw Misconduct.badGenesis("nobody wrote these entries")
        }
        guard schedule.chance(0.05), let replayed = try disk.replay() else { return block.replica }
        if replayed.head != block.head || replayed.stateRoot != block.replica.stateRoot
            || replayed.finality != block.replica.finality
        {
            violated("executing \(block.size) entries a second time gives something else")
        }
        return replayed
    }

    // MARK: - Faults

    var faults: Faults { scenario.faults }
    var isHealed: Bool { schedule.now >= Self.start + scenario.busyMilliseconds }

    func goesWrong(_ probability: Double) -> Bool {
        !isHealed && probability > 0 && schedule.chance(probability)
    }

    /// Whether a kill falls between two things that belong together.
    func isKilledBetween() -> Bool {
        guard goesWrong(faults.killsBetween) else { return false }
        tally["kills between", default: 0] += 1
        return true
    }

    private func scheduleFaults() {
        if let interval = faults.killInterval {
            repeatedly(interval, "kill") { [self] in
                let victim = schedule.pick(0...nodes.count)
                if victim < nodes.count {
                    kill(nodes[victim])
                } else if let coordinator = schedule.pick(coordinators) {
                    kill(coordinator)
                }
            }
        }
        if let interval = faults.partitionInterval {
            repeatedly(interval, "partition") { [self] in
                tally["partitions", default: 0] += 1
                if let node = schedule.pick(nodes) { network.cutOff(node) }
            }
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

    func kill(_ coordinator: SimulatedCoordinator) {
        guard coordinator.machine != nil else { return }
        tally["kills", default: 0] += 1
        coordinator.kill()
        schedule.after(schedule.pick(100...1_500), "restart \(coordinator.name)") { [self] in
            coordinator.start()
            promises.check(coordinator)
            if liar == nil { agreement.check(coordinator) }
        }
    }

    /// The members have voted for another coordinator: its operator takes the old one's disk over.
    func handOver(_ coordinator: SimulatedCoordinator) {
        schedule.after(schedule.pick(0...2_000), "hand over \(coordinator.name)") { [self] in
            guard coordinator.machine?.sequencer.pause == .replaced else { return }
            tally["handovers", default: 0] += 1
            kill(coordinator)
        }
    }

    func kill(_ node: SimulatedNode) {
        guard node.machine != nil else { return }
        tally["kills", default: 0] += 1
        node.kill()
        schedule.after(schedule.pick(100...2_500), "restart \(node.id)") {
            if node.machine == nil { node.start() }
        }
    }

    // MARK: - What is seen

    func raised(_ alarm: Alarm, by node: SimulatedNode) {
        trace("\(node.id): \(alarm)")
        tally[alarm.code, default: 0] += 1
        guard node.isHonest else { return }
        switch alarm {
        case .misconduct(let misconduct):
            if liar == nil || !isTrue(misconduct, of: node) {
                violated("node \(node.id) accuses its coordinator without reason: \(alarm)")
            }
        case .notFromCoordinator, .timeOffClock:
            if liar == nil { violated("node \(node.id) doubts an honest coordinator: \(alarm)") }
        case .taskRefused:
            // On a stream in order a task cannot overtake the entry that it points to.
            if liar == nil, faults.reordering == 0 {
                violated("node \(node.id) was asked for what it must not do: \(alarm)")
            }
        }
    }

    private func isTrue(_ misconduct: Misconduct, of node: SimulatedNode) -> Bool {
        guard case .notAnExtension(let from, let claimed, _) = misconduct,
            let mine = histories[from], let shown = histories[claimed]
        else { return true }
        return shown.forgery != nil || !mine.agrees(with: shown)
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

    private var summary: Summary {
        for disk in coordinators.map(\.disk) + nodes.map(\.disk) {
            digest.update(data: disk.head.root.bytes)
        }
        return Summary(self, traceDigest: Hex.encode(digest.finalize()))
    }
}
