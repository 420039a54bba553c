import Contracts
import Federation
import Identity
import Ledger
import MerkleLog

/// A coordinator process: the real machine on a simulated disk.
///
/// An honest lab has one. A coordinator that forks runs several, each of which is honest by itself.
final class SimulatedCoordinator {
    private static let batchEntriesMax = 40

    let name: String
    private(set) var disk: SimulatedDisk
    private(set) var machine: CoordinatorMachine?
    private(set) var life = 0
    /// How far its clock is ahead.
    var clockOffset = 0
    private unowned let lab: Simulation
    private var diskFree = 0
    /// Submissions whose batch is not durable yet, by the entry's index.
    private var waiting: [UInt64: (Result<Receipt, Refusal>) -> Void] = [:]

    init(_ name: String, on disk: SimulatedDisk = SimulatedDisk(), lab: Simulation) {
        self.name = name
        self.disk = disk
        self.lab = lab
    }

    var now: Timestamp { Timestamp(milliseconds: Int64(lab.schedule.now + clockOffset)) }

    // MARK: - Starting and stopping

    func found(_ genesis: [UInt8]) throws {
        var (sequencer, batch) = try Sequencer.founding(
            genesis, logKey: lab.secret(lab.founding.logKey), at: now)
        disk.append(batch)
        lab.histories.add(batch.batch, after: nil)
        sequencer.stored()
        machine = CoordinatorMachine(
            sequencer, serviceKey: lab.secret(lab.founding.serviceKey))
    }

    func start() {
        life += 1
        waiting = [:]
        diskFree = lab.schedule.now
        clockOffset = lab.schedule.pick(lab.faults.skew)
        do {
            let replica = try lab.replica(of: disk)
            let held = disk.contributions.sorted { $0.key < $1.key }
                .filter { replica.state.jobs[$0.key]?.status == .open }
                .flatMap { $0.value.sorted { $0.key < $1.key }.map(\.value) }
                .filter { replica.state.accepts($0) }
            guard let checkpoint = disk.checkpoint else { return }
            // Whom the ledger on the disk names: after a handover that is another than before.
            let keys = replica.state.lab.coordinator
            let sequencer = Sequencer(
                resuming: replica, checkpoint: checkpoint, logKey: lab.secret(keys.logKey),
                certificate: disk.certificate, at: now)
            machine = CoordinatorMachine(
                sequencer, serviceKey: lab.secret(keys.serviceKey), contributions: held)
            perform(machine?.started(at: now) ?? [])
        } catch {
            lab.violated("\(name) cannot read its own disk: \(error)")
        }
    }

    func kill() {
        machine = nil
        life += 1
        waiting = [:]
        lab.network.disconnectAll(from: self)
    }

    // MARK: - Events

    func submit(_ envelope: Envelope, answer: @escaping (Result<Receipt, Refusal>) -> Void) {
        guard let state = machine?.state else { return }
        do {
            let signed = try SignedTransaction(envelope) { state.key(for: $0) }
            let (result, commands) = try machine?.submit(signed, at: now) ?? (nil, [])
            switch result {
            case .success(let receipt): waiting[receipt.index] = answer
            case .failure(let refusal):
                lab.trace("refused: \(refusal)")
                lab.tally["refused", default: 0] += 1
                lab.tally[refusal.code.rawValue, default: 0] += 1
                answer(.failure(refusal))
            case nil: break
            }
            perform(commands)
        } catch {
            lab.trace("transaction not taken: \(error)")
        }
    }

    /// A node has come to follow the ledger from a place on.
    func attach(_ connection: Network.Connection, from start: UInt64) {
        guard let machine else { return }
        var next = start
        while next < machine.sequencer.publishedSize,
            let batch = disk.batch(from: next, entriesMax: Self.batchEntriesMax)
        {
            next = batch.checkpoint.statement.head.size
            lab.network.send(.batch(batch), over: connection)
        }
        if let certificate = machine.sequencer.certificate {
            lab.network.send(.certificate(certificate), over: connection)
        }
        beat(over: connection)
        perform(self.machine?.connected(connection.node.id, at: now) ?? [])
    }

    func detach(_ node: SimulatedNode) {
        machine?.disconnected(node.id)
    }

    func receive(_ message: Network.ToCoordinator, from sender: MemberID) {
        guard machine != nil else { return }
        switch message {
        case .cosignatures(let cosignatures, let size):
            lab.liar?.overheard(cosignatures, head: disk.head(at: size))
            do {
                perform(try machine?.receive(cosignatures, size: size, from: sender, at: now) ?? [])
            } catch {
                lab.trace("cosignature of \(sender) not taken: \(error)")
            }
        case .contribution(let envelope): contribute(envelope)
        case .declined(let round):
            perform(machine?.declined(sender, round, at: now) ?? [])
        }
        if lab.liar == nil { lab.agreement.check(self) }
    }

    private func contribute(_ envelope: Envelope) {
        do {
            guard let signed = try machine?.check(envelope),
                lab.blobs[signed.contribution.update] != nil
            else { return }
            afterDisk("keep contribution") { [self] in
                disk.keep(signed)
                if lab.isKilledBetween() { return lab.kill(self) }
                let round = signed.contribution.round
                if machine?.state.jobs[round]?.status == .open,
                    machine?.state.accepts(signed) == true
                {
                    lab.promises.acknowledged(signed.contribution)
                }
                perform(machine?.contributed(signed, at: now) ?? [])
            }
        } catch {
            lab.trace("contribution not taken: \(error)")
        }
    }

    func heartbeat() {
        for connection in connections {
            beat(over: connection)
        }
    }

    private func beat(over connection: Network.Connection) {
        guard let machine else { return }
        let time = machine.sequencer.unpublishedSince ?? now
        lab.network.send(
            .heartbeat(size: machine.sequencer.publishedSize, time: time), over: connection)
    }

    private var connections: [Network.Connection] {
        lab.nodes.compactMap(\.connection).filter { $0.coordinator === self }
    }

    private func broadcast(_ message: Network.ToNode) {
        for connection in connections {
            lab.network.send(message, over: connection)
        }
    }

    // MARK: - What the machine asks for

    private func perform(_ commands: [CoordinatorMachine.Command]) {
        let life = life
        for command in commands where self.life == life {
            switch command {
            case .store(let batch): store(batch)
            case .publish(let batch):
                if lab.isKilledBetween() { return lab.kill(self) }
                broadcast(.batch(batch))
                lab.liar?.published(batch, by: self)
            case .publishCertificate(let certificate):
                afterDisk("keep certificate") { self.disk.keep(certificate) }
                broadcast(.certificate(certificate))
            case .sendTask(let task, let member):
                guard let connection = lab.node(member)?.connection,
                    connection.coordinator === self
                else { continue }
                lab.network.send(.task(task), over: connection)
            case .cutOff(let member):
                guard let node = lab.node(member), node.connection?.coordinator === self
                else { continue }
                lab.tally["silent nodes cut off", default: 0] += 1
                lab.network.disconnect(node)
            case .wake(let timer, let delay):
                after(Int(delay), "timer \(timer)") { [self] in
                    perform(machine?.fired(timer, at: now) ?? [])
                }
            // Its participants announce nothing.
            case .sumAhead: break
            case .aggregate(let round, _): aggregate(round)
            case .refused(let action, let refusal):
                lab.tally["coordinator's \(action): \(refusal.code.rawValue)", default: 0] += 1
                lab.trace("\(action) refused: \(refusal)")
            }
        }
    }

    private func store(_ batch: ExecutedBatch) {
        afterDisk("store") { [self] in
            // A batch that is half written when the process is killed was never written.
            if lab.isKilledBetween() { return lab.kill(self) }
            let parent = lab.histories[disk.head]
            disk.append(batch)
            lab.histories.add(batch.batch, after: parent)
            // And here is one that is on disk, and nobody was told.
            if lab.isKilledBetween() { return lab.kill(self) }
            let commands = machine?.stored(batch, at: now) ?? []
            for receipt in batch.receipts {
                guard let answer = waiting.removeValue(forKey: receipt.index) else { continue }
                lab.promises.acknowledged(receipt, by: self)
                answer(.success(receipt))
            }
            perform(commands)
            if lab.liar == nil { lab.agreement.check(self) }
            if machine?.sequencer.pause == .replaced { lab.handOver(self) }
        }
    }

    private func aggregate(_ round: Round) {
        after(lab.schedule.pick(1...100), "aggregate") { [self] in
            let commands: [CoordinatorMachine.Command]?
            do {
                let base =
                    round.base.flatMap { lab.blobs[$0] }
                    ?? [Float](repeating: 0, count: SimulatedTrainer.parameters)
                let next = try SimulatedTrainer.aggregate(
                    round.contributions, on: base, blobs: lab.blobs)
                let result = round.task == .evaluate ? nil : lab.blobs.store(next)
                commands = machine?.aggregated(
                    round.id, result: RoundResult(model: result), at: now)
            } catch {
                commands = machine?.aggregationFailed(round.id, reason: "\(error)", at: now)
            }
            perform(commands ?? [])
        }
    }

    /// Does something later, if this life is not over by then.
    private func after(_ delay: Int, _ label: String, _ action: @escaping () -> Void) {
        let life = life
        lab.schedule.after(delay, "\(label) \(name)") { [self] in
            if self.life == life { action() }
        }
    }

    /// A disk writes one thing after the other.
    private func afterDisk(_ label: String, _ action: @escaping () -> Void) {
        diskFree = max(diskFree, lab.schedule.now) + lab.schedule.pick(lab.faults.diskDelay)
        after(diskFree - lab.schedule.now, label, action)
    }
}

extension LabState {
    /// Whether the key that signed a contribution is still its member's.
    func accepts(_ signed: SignedContribution) -> Bool {
        (try? SignedContribution(signed.envelope) { members[$0]?.keys.signing }) != nil
    }
}
