import Contracts
import DeviceSimulator
import Encodings
import Ledger
import MerkleLog
import MerkleMap
import Relay
import SampleLab
import Testing
import Trainers

@Suite struct DeviceGateTests {
    private var lab: SampleLab
    private var training: SampleLab.Training
    private let round: Round
    private let task: DeviceTask
    private let card: RelayCard

    init() throws {
        lab = try SampleLab()
        training = try lab.prepareTraining(rounds: 2)
        try lab.settle()
        try lab.runRound(of: &training)
        round = try lab.openRound(of: training)
        try lab.settle()
        task = try lab.task(of: round.id)
        card = try lab.card(of: DeviceID("thermometer-1"), at: "north")
    }

    private func refusal(_ task: DeviceTask, card: RelayCard? = nil) -> String? {
        var gate = DeviceGate(card ?? self.card)
        do {
            _ = try gate.order(for: task, at: lab.now)
            return nil
        } catch {
            #expect(gate.size == 0, "what is refused is not remembered")
            return error.code
        }
    }

    private func task(
        stateEntry: [UInt8]? = nil, receipt: InclusionReceipt? = nil,
        job: DeviceTask.ProvenRow? = nil, round: DeviceTask.ProvenRow? = nil
    ) -> DeviceTask {
        DeviceTask(
            stateEntry: stateEntry ?? task.stateEntry, receipt: receipt ?? task.receipt,
            job: job ?? task.job, round: round ?? task.round)
    }

    @Test("A device trains what a quorum has signed, with the base and the settings of the ledger")
    func order() throws {
        var gate = DeviceGate(card)
        let order = try gate.order(for: task, at: lab.now)
        #expect(order.round == round.id)
        #expect(order.task == .train)
        #expect(order.base == training.weights)
        #expect(order.openedAt == round.index)
        #expect(order.trainer.json == lab.state.jobs[round.id.job]?.trainer)
        #expect(gate.size == UInt64(lab.entries.count))
    }

    @Test("Tasks and cards are read as they are written")
    func json() throws {
        #expect(try DeviceTask(JSONValue(parsing: task.json.canonicalBytes)) == task)
        #expect(try RelayCard(JSONValue(parsing: card.json.canonicalBytes)) == card)
        guard case .object(var fields) = card.json else { return }
        let log = card.policy.logs
        let alone = try TrustPolicy(logs: log, witnesses: [], groups: [], quorum: .noWitness)
        fields["policy"] = .string(String(decoding: alone.text, as: UTF8.self))
        #expect(throws: JSONShapeError.self, "the coordinator alone is no quorum") {
            try RelayCard(.object(fields))
        }
    }

    @Test("A row that is not the one that was signed is refused, whichever byte differs")
    func forgedRows() throws {
        for (key, value) in [
            ("trainer", ["kind": "statistics"]), ("roundTimeoutMilliseconds", 1),
            ("owner", "mallory"),
        ] as [(String, JSONValue)] {
            guard case .object(var row) = task.job.row else { return }
            row[key] = value
            let forged = task(job: .init(row: .object(row), proof: task.job.proof))
            let code = refusal(forged)
            #expect(code == "task.not_in_state" || code == "task.malformed", "\(key)")
        }
        for (key, value) in [
            ("base", BlobDigest(of: [1]).json), ("task", "evaluate"), ("round", 7), ("fees", []),
        ] as [(String, JSONValue)] {
            guard case .object(var row) = task.round.row else { return }
            row[key] = value
            let forged = task(round: .init(row: .object(row), proof: task.round.proof))
            #expect(refusal(forged) == "task.not_in_state", "\(key)")
        }
        #expect(
            refusal(task(round: .init(row: task.round.row, proof: task.job.proof)))
                == "task.not_in_state")
        let empty = MapProof(siblings: [], end: .nothing)
        #expect(
            refusal(task(job: .init(row: task.job.row, proof: empty))) == "task.not_in_state")
    }

    @Test("Without a quorum of the members that the device knows there is no task")
    func noQuorum() throws {
        let signed = task.receipt.checkpoint
        let bare = try lab.sequencer.published.adding([lab.cosignature(of: lab.founders[0])])
        #expect(bare.statement == signed.statement)
        let alone = try InclusionReceipt(
            index: task.receipt.index, proof: task.receipt.proof, checkpoint: bare)
        #expect(refusal(task(receipt: alone)) == "task.not_certified")
        // Another lab, with members and a quorum of its own.
        let other = try SampleLab(seed: 2).card(of: card.device, at: "north")
        #expect(refusal(task, card: other) == "task.not_certified")
    }

    @Test("An entry that is not the one in the signed tree, or that holds no state, is refused")
    func forgedEntry() throws {
        guard case .object(var entry) = try JSONValue(parsing: task.stateEntry) else { return }
        entry["root"] = .string(MapHash.empty.base64)
        #expect(
            refusal(task(stateEntry: JSONValue.object(entry).canonicalBytes))
                == "task.not_certified")
        let moved = try InclusionReceipt(
            index: task.receipt.index - 1, proof: task.receipt.proof,
            checkpoint: task.receipt.checkpoint)
        #expect(refusal(task(receipt: moved)) == "task.not_certified")
    }

    @Test("A task is for the relay that the device belongs to, and for the dataset that lies on it")
    func otherRelay() throws {
        let dataset = try DatasetID("north-other")
        let elsewhere = RelayCard(
            lab: card.lab, policy: card.policy, member: card.member, dataset: dataset,
            schema: card.schema, device: card.device, relay: card.relay)
        #expect(refusal(task, card: elsewhere) == "task.not_for_relay")
        let stranger = RelayCard(
            lab: card.lab, policy: card.policy, member: try MemberID("bank"),
            dataset: card.dataset, schema: card.schema, device: card.device, relay: card.relay)
        #expect(refusal(task, card: stranger) == "task.not_for_relay")
    }

    @Test("A round that is over, late or older than what the device has seen is not trained in")
    func old() throws {
        var gate = DeviceGate(card)
        let end = round.opened.advanced(byMilliseconds: 60_000 + 300_000)
        _ = try gate.order(for: task, at: end)
        #expect(throws: DeviceTaskRefusal.late(round.id)) {
            try gate.order(for: task, at: end.advanced(byMilliseconds: 1))
        }
        var later = lab
        try later.submitAsCoordinator(AbandonRound(round: round.id, reason: "a test"))
        try later.settle()
        let over = try later.task(of: round.id)
        #expect(throws: DeviceTaskRefusal.roundOver(round.id, status: "abandoned")) {
            try gate.order(for: over, at: later.now)
        }
        var informed = DeviceGate(card, size: UInt64(later.entries.count))
        #expect(throws: DeviceTaskRefusal.self) { try informed.order(for: task, at: lab.now) }
    }
}
