import Contracts
import Federation
import Identity
import Ledger
import MerkleLog

/// A member's node: the real machine on a simulated disk, with a trainer that makes numbers up.
final class SimulatedNode {
    let id: MemberID
    let datasets: Set<DatasetID>
    private(set) var keys: NodeKeys
    private(set) var disk = SimulatedDisk()
    private(set) var machine: NodeMachine?
    /// Counts up with each start, so that what an earlier life had begun comes to nothing.
    private(set) var life = 0
    var connection: Network.Connection?
    /// What it does instead of what its machine asks for, if it lies.
    var lies: Lies?
    /// Entries that came in dated before the coordinator's own last sign of life.
    private(set) var backdated: Set<UInt64> = []
    private var lastLive: Timestamp?
    private var clockOffset = 0
    private var diskFree = 0
    /// An operator has stopped it.
    private(set) var isStopped = false
    private unowned let lab: Simulation

    init(_ id: MemberID, keys: NodeKeys, datasets: Set<DatasetID>, lab: Simulation) {
        self.id = id
        self.keys = keys
        self.datasets = datasets
        self.lab = lab
    }

    var now: Timestamp { Timestamp(milliseconds: Int64(lab.schedule.now + clockOffset)) }
    var cosignerKeys: [SigningKey] { keys.cosigners }
    var isHonest: Bool { lies == nil }

    // MARK: - Starting and stopping

    func start() {
        guard !isStopped, lies?.isAbsent != true else { return }
        life += 1
        diskFree = lab.schedule.now
        clockOffset = lab.schedule.pick(lab.faults.skew) + (lies?.clockOffset ?? 0)
        do {
            let replica =
                disk.size == 0 ? try Replica(genesis: lab.genesis) : try lab.replica(of: disk)
            let follower = Follower(
                member: id, resuming: replica, checkpoint: disk.checkpoint,
                certificate: disk.certificate, cosignerKeys: keys.cosigners,
                halted: disk.evidence.flatMap { CaughtMisconduct($0.json) })
            machine = NodeMachine(follower, signingKey: keys.signing)
        } catch {
            lab.violated("node \(id) cannot read its own disk: \(error)")
        }
        connectSoon()
    }

    func kill() {
        machine = nil
        life += 1
        lab.network.disconnect(self)
        backdated = []
        lastLive = nil
    }

    func connectSoon() {
        after(lab.schedule.pick(20...500), "connect") { [self] in
            guard machine != nil, connection == nil else { return }
            if lab.network.connect(self) {
                perform(machine?.connected(at: now).filter { !$0.isFollow } ?? [])
            } else {
                connectSoon()
            }
        }
    }

    /// Replaces the member's keys, as an operator does: the node is stopped until the ledger has
    /// the new ones.
    func beginRotation(_ next: NodeKeys.Next) {
        if keys.next == nil { keys.next = next }
        isStopped = true
        kill()
    }

    func finishRotation(at time: Timestamp) {
        kill()
        isStopped = true
        keys.finishRotation(at: time)
        goOn()
    }

    func cancelRotation() {
        keys.next = nil
        goOn()
    }

    /// The ledger does not take the new keys just now: the node goes on with those it has.
    func goOn() {
        guard isStopped else { return }
        isStopped = false
        start()
    }

    func hasRotated(since time: Timestamp) -> Bool {
        keys.isRotating || keys.rotated.map { $0 >= time } == true
    }

    // MARK: - Events

    func receive(_ message: Network.ToNode) {
        guard let machine else { return }
        switch message {
        case .batch(let batch):
            watchDates(of: batch, machine.follower)
            let disk = disk
            perform(self.machine?.receive(batch, at: now) { disk.head(at: $0) } ?? [])
            lab.liar?.checkCaught(self, by: batch, at: machine.follower)
        case .certificate(let certificate):
            perform(self.machine?.receive(certificate: certificate, at: now) ?? [])
            lab.liar?.checkRefused(certificate, by: self, at: machine.follower)
            if let certificate = self.machine?.follower.certificate {
                afterDisk("keep certificate") { self.disk.keep(certificate) }
            }
        case .heartbeat(let size, let time):
            perform(self.machine?.receiveHeartbeat(size: size, time: time, at: now) ?? [])
            let limit = machine.replica.state.lab.rules.clockSkewMaxMilliseconds
            if size == machine.follower.size, abs(time - now) <= limit {
                lastLive = max(lastLive ?? time, time)
            }
        case .task(let task):
            perform(self.machine?.receive(task, datasets: DatasetsAtHand(usable: datasets)) ?? [])
        }
        if isHonest { lab.agreement.check(self) }
    }

    private func watchDates(of batch: LedgerBatch, _ follower: Follower) {
        guard let lastLive, batch.start <= follower.size, isHonest else { return }
        let limit = follower.replica.state.lab.rules.clockSkewMaxMilliseconds
        for (index, bytes) in zip(batch.start..., batch.entries) where index >= follower.size {
            if let entry = try? Entry(parsing: bytes), lastLive - entry.time > limit {
                backdated.insert(index)
            }
        }
    }

    // MARK: - What the machine asks for

    private func perform(_ commands: [NodeMachine.Command]) {
        let life = life
        for command in commands where self.life == life {
            switch command {
            case .ledger(let command): perform(command)
            case .train(let order): train(order)
            case .contribute(let envelope, let contribution):
                if lies?.contribute(contribution, of: self, lab) == true { continue }
                lab.network.send(.contribution(envelope), from: self)
            case .decline(let round, let code, let detail):
                lab.trace("\(id) declines \(round): \(detail)")
                lab.tally[code, default: 0] += 1
                lab.network.send(.declined(round), from: self)
            }
        }
    }

    private func perform(_ command: Follower.Command) {
        switch command {
        case .store(let batch): store(batch)
        case .cosign(let size, let cosignatures):
            if lies?.cosign(cosignatures, size: size, of: self, lab) == true { return }
            lab.agreement.cosigns(self, cosignatures, size: size)
            // A cosignature that is made and never sent.
            if lab.isKilledBetween() { return lab.kill(self) }
            lab.network.send(.cosignatures(cosignatures, size: size), from: self)
        case .follow: lab.network.disconnect(self)
        case .keep(let evidence):
            disk.evidence = evidence
            if lab.isKilledBetween() { return lab.kill(self) }
        case .raise(let alarm): lab.raised(alarm, by: self)
        }
    }

    private func store(_ batch: ExecutedBatch) {
        afterDisk("store") { [self] in
            if lab.isKilledBetween() { return lab.kill(self) }
            disk.append(batch)
            // A batch that is on disk and not cosigned.
            if lab.isKilledBetween() { return lab.kill(self) }
            perform(machine?.stored(size: disk.size, at: now) ?? [])
        }
    }

    private func train(_ order: TrainingOrder) {
        if isHonest { lab.training.touches(self, order) }
        after(lab.schedule.pick(5...400), "train") { [self] in
            if lab.goesWrong(lab.faults.trainerFailure) {
                perform(
                    machine?.trained(
                        order.round.id, .failure(code: "trainer.failed", detail: "simulated"))
                        ?? [])
                return
            }
            let (update, weight) = SimulatedTrainer.update(of: id, in: order.round)
            let digest = lab.blobs.store(update)
            perform(
                machine?.trained(
                    order.round.id,
                    .update(digest, weight: weight, metricsMicro: ["loss": 500_000])) ?? [])
        }
    }

    private func after(_ delay: Int, _ label: String, _ action: @escaping () -> Void) {
        let life = life
        lab.schedule.after(delay, "\(label) \(id)") { [self] in
            if self.life == life { action() }
        }
    }

    /// A disk writes one thing after the other.
    private func afterDisk(_ label: String, _ action: @escaping () -> Void) {
        diskFree = max(diskFree, lab.schedule.now) + lab.schedule.pick(lab.faults.diskDelay)
        after(diskFree - lab.schedule.now, label, action)
    }
}

extension NodeMachine.Command {
    /// A stream begins where the node ends, so the request is part of the connection.
    fileprivate var isFollow: Bool {
        if case .ledger(.follow) = self { true } else { false }
    }
}
