import Contracts
import Federation
import Identity
import Ledger
import MerkleLog

/// The coordinator: the real machine on a simulated disk.
final class SimulatedCoordinator {
    private static let batchEntriesMax = 40

    let logKey: SigningKey
    let serviceKey: SigningKey
    var disk = SimulatedDisk()
    private(set) var machine: CoordinatorMachine?
    private(set) var life = 0
    private unowned let lab: Simulation
    /// Submissions whose batch is not durable yet, by the entry's index.
    private var waiting: [UInt64: (Receipt) -> Void] = [:]

    init(logKey: SigningKey, serviceKey: SigningKey, lab: Simulation) {
        self.logKey = logKey
        self.serviceKey = serviceKey
        self.lab = lab
    }

    var now: Timestamp { Timestamp(milliseconds: Int64(lab.schedule.now)) }

    func found(_ genesis: [UInt8]) throws {
        let (sequencer, batch) = try Sequencer.founding(genesis, logKey: logKey, at: now)
        var founded = sequencer
        disk.append(batch)
        founded.stored()
        machine = CoordinatorMachine(founded, serviceKey: serviceKey)
    }

    func start() {
        life += 1
        waiting = [:]
        do {
            guard let replica = try disk.replay() else { return }
            let held = disk.contributions.sorted { $0.key < $1.key }.flatMap {
                $0.value.sorted { $0.key < $1.key }.map(\.value)
            }
            let sequencer = Sequencer(
                resuming: replica, logKey: logKey, certificate: disk.certificate, at: now)
            machine = CoordinatorMachine(
                sequencer, serviceKey: serviceKey, contributions: held)
            perform(machine?.started(at: now) ?? [])
        } catch {
            lab.violated("the coordinator cannot read its own disk: \(error)")
        }
    }

    func kill() {
        machine = nil
        life += 1
        waiting = [:]
        lab.disconnectAll()
    }

    func submit(_ transaction: SignedTransaction, acknowledge: @escaping (Receipt) -> Void) {
        guard machine != nil else { return }
        do {
            let (result, commands) = try machine?.submit(transaction, at: now) ?? (nil, [])
            if case .success(let receipt)? = result { waiting[receipt.index] = acknowledge }
            perform(commands)
        } catch {
            lab.trace("transaction not taken: \(error)")
        }
    }

    func connected(_ node: SimulatedNode) {
        perform(machine?.connected(node.id, at: now) ?? [])
    }

    func disconnected(_ node: SimulatedNode) {
        machine?.disconnected(node.id)
    }

    func receive(_ message: Simulation.ToCoordinator, from node: SimulatedNode) {
        guard let machine else { return }
        switch message {
        case .follow(let start):
            if let batch = disk.batch(from: start, entriesMax: Self.batchEntriesMax) {
                lab.send(.batch(batch), to: node)
            }
            if let certificate = machine.sequencer.certificate {
                lab.send(.certificate(certificate), to: node)
            }
        case .cosignatures(let cosignatures, let size):
            do {
                perform(try self.machine?.receive(cosignatures, size: size, at: now) ?? [])
            } catch {
                lab.trace("cosignature of \(node.id) not taken: \(error)")
            }
        case .contribution(let envelope):
            do {
                let signed = try machine.check(envelope)
                let contribution = signed.contribution
                let earlier = disk.contributions[contribution.round]?[contribution.member]
                disk.contributions[contribution.round, default: [:]][contribution.member] =
                    earlier ?? signed
                perform(self.machine?.contributed(signed, at: now) ?? [])
            } catch {
                lab.trace("contribution of \(node.id) not taken: \(error)")
            }
        case .declined(let round):
            perform(self.machine?.declined(node.id, round, at: now) ?? [])
        }
    }

    func heartbeat() {
        guard let machine else { return }
        let time = machine.sequencer.unpublishedSince ?? now
        for node in lab.nodes where node.isConnected {
            lab.send(.heartbeat(size: disk.size, time: time), to: node)
        }
    }

    private func perform(_ commands: [CoordinatorMachine.Command]) {
        for command in commands {
            switch command {
            case .store(let batch): store(batch)
            case .publish(let batch):
                for node in lab.nodes where node.isConnected {
                    lab.send(.batch(batch), to: node)
                }
            case .publishCertificate(let certificate):
                disk.certificate = certificate
                for node in lab.nodes where node.isConnected {
                    lab.send(.certificate(certificate), to: node)
                }
            case .sendTask(let task, let member):
                guard let node = lab.node(member), node.isConnected else { continue }
                lab.send(.task(task), to: node)
            case .wake(let timer, let delay):
                let life = life
                lab.schedule.after(Int(delay), "timer \(timer)") { [self] in
                    guard self.life == life else { return }
                    perform(machine?.fired(timer, at: now) ?? [])
                }
            case .aggregate(let round, _): aggregate(round)
            case .refused(let action, let refusal):
                lab.trace("\(action) refused: \(refusal)")
            }
        }
    }

    private func store(_ batch: ExecutedBatch) {
        let life = life
        lab.schedule.after(lab.schedule.pick(0...20), "store coordinator") { [self] in
            guard self.life == life else { return }
            disk.append(batch)
            if lab.killsBetween() {
                // A kill right here leaves a batch that nobody was told of.
                lab.killCoordinator()
                return
            }
            let receipts = batch.receipts
            perform(machine?.stored(batch, at: now) ?? [])
            lab.invariants.batchStored(self)
            for receipt in receipts {
                waiting.removeValue(forKey: receipt.index)?(receipt)
            }
        }
    }

    private func aggregate(_ round: Round) {
        let life = life
        lab.schedule.after(lab.schedule.pick(1...100), "aggregate \(round.id)") { [self] in
            guard self.life == life else { return }
            let commands: [CoordinatorMachine.Command]?
            do {
                let base =
                    round.base.flatMap { lab.blobs[$0] }
                    ?? [Float](repeating: 0, count: SimulatedTrainer.parameters)
                let next = try SimulatedTrainer.aggregate(
                    round.contributions, on: base, blobs: lab.blobs)
                let result = round.task == .evaluate ? nil : lab.blobs.store(next)
                commands = machine?.aggregated(round.id, result: result, at: now)
            } catch {
                commands = machine?.aggregationFailed(round.id, reason: "\(error)", at: now)
            }
            perform(commands ?? [])
        }
    }
}
