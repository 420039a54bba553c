import Contracts
import Federation
import Identity
import Ledger
import MerkleLog

/// A member's node: the real machine on a simulated disk, with a trainer that makes numbers up.
final class SimulatedNode {
    let id: MemberID
    let signingKey: SigningKey
    /// The present cosigner key last, and before it those that it replaced.
    var cosignerKeys: [SigningKey]
    /// How far its clock is ahead.
    let skew: Int
    let datasets: Set<DatasetID>
    var disk = SimulatedDisk()
    private(set) var machine: NodeMachine?
    /// Counts up with each start, so that what an earlier life had begun comes to nothing.
    private(set) var life = 0
    var isConnected = false
    private var diskFree = 0
    private unowned let lab: Simulation

    init(
        _ id: MemberID, signingKey: SigningKey, cosignerKey: SigningKey, skew: Int,
        datasets: Set<DatasetID>, lab: Simulation
    ) {
        self.id = id
        self.signingKey = signingKey
        cosignerKeys = [cosignerKey]
        self.skew = skew
        self.datasets = datasets
        self.lab = lab
    }

    var now: Timestamp { Timestamp(milliseconds: Int64(lab.schedule.now + skew)) }

    func start() {
        life += 1
        do {
            let replica = try disk.replay() ?? Replica(genesis: lab.genesis)
            let follower = Follower(
                member: id, resuming: replica, checkpoint: disk.checkpoint,
                certificate: disk.certificate, cosignerKeys: cosignerKeys,
                halted: disk.evidence.map { CaughtMisconduct($0.misconduct) })
            machine = NodeMachine(follower, signingKey: signingKey)
        } catch {
            lab.violated("node \(id) cannot read its own disk: \(error)")
        }
        connectSoon()
    }

    func kill() {
        machine = nil
        life += 1
        lab.disconnect(self)
    }

    func connectSoon() {
        let life = life
        lab.schedule.after(lab.schedule.pick(50...900), "connect \(id)") { [self] in
            guard self.life == life, machine != nil, !isConnected else { return }
            if lab.connect(self) {
                perform(machine?.connected(at: now) ?? [])
            } else {
                connectSoon()
            }
        }
    }

    func receive(_ message: Simulation.ToNode) {
        guard machine != nil else { return }
        switch message {
        case .batch(let batch):
            let disk = disk
            perform(machine?.receive(batch, at: now) { disk.head(at: $0) } ?? [])
        case .certificate(let certificate):
            perform(machine?.receive(certificate: certificate, at: now) ?? [])
            disk.certificate = machine?.follower.certificate ?? disk.certificate
        case .heartbeat(let size, let time):
            perform(machine?.receiveHeartbeat(size: size, time: time, at: now) ?? [])
        case .task(let task):
            perform(machine?.receive(task, datasets: datasets) ?? [])
        }
        lab.invariants.check(self)
    }

    private func perform(_ commands: [NodeMachine.Command]) {
        for command in commands {
            switch command {
            case .ledger(let command): perform(command)
            case .train(let order): train(order)
            case .contribute(let envelope, _):
                lab.send(.contribution(envelope), from: self)
            case .decline(let round, _, _):
                lab.send(.declined(round), from: self)
            }
        }
    }

    private func perform(_ command: Follower.Command) {
        switch command {
        case .store(let batch):
            let life = life
            // A disk writes one batch after the other.
            diskFree = max(diskFree, lab.schedule.now) + lab.schedule.pick(0...15)
            lab.schedule.after(diskFree - lab.schedule.now, "store \(id)") { [self] in
                guard self.life == life else { return }
                disk.append(batch)
                if lab.killsBetween() {
                    // A kill right here leaves a batch that was not cosigned.
                    lab.kill(self)
                    return
                }
                perform(machine?.stored(size: disk.size, at: now) ?? [])
            }
        case .cosign(let size, let cosignatures):
            lab.invariants.cosigned(by: self, size: size)
            lab.send(.cosignatures(cosignatures, size: size), from: self)
        case .follow(let start):
            lab.send(.follow(start), from: self)
        case .keep(let evidence):
            disk.evidence = evidence
        case .raise(let alarm):
            lab.raised(alarm, by: self)
        }
    }

    private func train(_ order: TrainingOrder) {
        lab.invariants.touchesData(self, order)
        let life = life
        lab.schedule.after(lab.schedule.pick(5...600), "train \(id)") { [self] in
            guard self.life == life else { return }
            if lab.schedule.chance(lab.isHealed ? 0 : 0.03) {
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
}
