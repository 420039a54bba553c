import ContractLibrary
import Contracts
import Encodings
import Federation
import Identity
import Ledger
import MerkleLog
import Testing

@Suite struct NodeMachineTests {
    private static let update = NodeMachine.Outcome.update(
        FederatedLab.digest(9), weight: 50, metricsMicro: ["loss": 500_000])

    /// A lab with an open round, and the node of `ada`, which has its task.
    private static func lab() throws -> (lab: FederatedLab, node: TestNode, task: TrainingTask) {
        var lab = try FederatedLab()
        try lab.start()
        try lab.connect()
        var node = try TestNode("ada", genesis: lab.entries[0])
        try node.catchUp(with: lab)
        let task = try #require(lab.tasks.first { $0.member.text == "ada" }).task
        return (lab, node, task)
    }

    @Test("A task is trained once, however often it is sent")
    func trainsOnce() throws {
        var (_, node, task) = try Self.lab()
        for _ in 0..<3 {
            node.receive(task)
        }
        #expect(node.orders.count == 1)
        #expect(node.contributions.isEmpty && node.declines.isEmpty)

        node.trained(task.round, Self.update)
        #expect(node.contributions.count == 1)
        node.receive(task)
        #expect(node.orders.count == 1, "it is not trained again")
        #expect(node.contributions.count == 2, "but handed in again")
        #expect(node.contributions[0] == node.contributions[1])
    }

    @Test("What a node hands in, the coordinator takes")
    func contribution() throws {
        var (lab, node, task) = try Self.lab()
        node.receive(task)
        node.trained(task.round, Self.update)
        let signed = try lab.machine.check(try #require(node.contributions.first))
        #expect(
            signed.contribution
                == Contribution(
                    lab: lab.state.id, round: task.round, member: try MemberID("ada"),
                    update: FederatedLab.digest(9), weight: 50, metricsMicro: ["loss": 500_000]))
        lab.perform(lab.machine.contributed(signed, at: lab.now))
        try lab.contribute("bo", to: task.round)
        try lab.contribute("ed", to: task.round)
        #expect(try lab.round(0).contributions.first == signed.contribution)
    }

    @Test("A failure is told, and the next task for the round is a new attempt")
    func failure() throws {
        var (_, node, task) = try Self.lab()
        node.receive(task)
        node.trained(task.round, .failure(code: "trainer.failed", detail: "no label\ncolumn"))
        // The coordinator takes one line.
        #expect(
            node.declines == [
                .init(round: task.round, code: "trainer.failed", detail: "no label column")
            ])
        #expect(node.alarms.isEmpty)
        node.receive(task)
        #expect(node.orders.count == 2)
        node.trained(task.round, Self.update)
        #expect(node.contributions.count == 1)
    }

    @Test("An order that had to wait is asked about again before the data is opened")
    func lateRefusal() throws {
        var (lab, node, task) = try Self.lab()
        node.receive(task)
        let order = try #require(node.orders.first)
        #expect(node.machine.refusal(of: order, at: lab.now) == nil)

        let licence = order.participant.licence
        let expires = try #require(lab.state.licence(licence)?.terms?.expires)
        let expired = try #require(node.machine.refusal(of: order, at: expires))
        #expect(
            expired.description
                == "task refused: licence l-ada does not allow it any more: contract.rule: the "
                + "licence has expired (clause 3.1); the rule is `licence l-ada, action train: "
                + "now < terms.expires`; terms.expires is timestamp(\"2026-01-01T01:00:00Z\"), "
                + "now is timestamp(\"2026-01-01T01:00:00Z\")")
        #expect(expired.code == "task.licence_not_active")

        try lab.submit(TakeContractAction.withdraw(licence, reason: "why"), by: "ada")
        try node.catchUp(with: lab)
        #expect(
            node.machine.refusal(of: order, at: lab.now)?.description
                == "task refused: licence l-ada does not allow it any more: wrong_stage: the rule "
                + "is `licence l-ada has not ended`; stage is withdrawn")
    }

    @Test("A result that nobody waits for comes to nothing")
    func unasked() throws {
        var (lab, node, task) = try Self.lab()
        node.trained(task.round, Self.update)
        #expect(node.contributions.isEmpty, "it has not been asked")
        node.receive(task)
        node.trained(RoundID(job: task.round.job, number: 1), Self.update)
        #expect(node.contributions.isEmpty, "for another round")
        node.trained(task.round, Self.update)
        node.trained(task.round, .failure(code: "late", detail: "second thoughts"))
        #expect(node.contributions.count == 1 && node.declines.isEmpty, "once only")

        // The round is sealed without a node that was slow.
        (lab, node, task) = try Self.lab()
        node.receive(task)
        try lab.contribute("bo", to: task.round)
        try lab.contribute("ed", to: task.round)
        try lab.fire(.roundTimeout(task.round))
        try node.catchUp(with: lab)
        node.trained(task.round, Self.update)
        #expect(node.contributions.isEmpty && node.declines.isEmpty)
    }

    @Test(
        "A node that was restarted trains again, and the first contribution is the one that counts")
    func restart() throws {
        var (lab, node, task) = try Self.lab()
        node.receive(task)
        node.trained(task.round, Self.update)
        let first = try lab.machine.check(node.contributions[0])
        lab.perform(lab.machine.contributed(first, at: lab.now))

        try node.restart()
        node.receive(task)
        #expect(node.orders.count == 1, "it does not know yet that the opening is final")
        try node.catchUpCertificate(with: lab)
        node.receive(task)
        #expect(node.orders.count == 2)
        node.trained(
            task.round, .update(FederatedLab.digest(8), weight: 50, metricsMicro: [:]))
        let second = try lab.machine.check(try #require(node.contributions.last))
        lab.perform(lab.machine.contributed(second, at: lab.now))
        try lab.contribute("bo", to: task.round)
        try lab.contribute("ed", to: task.round)
        #expect(try lab.round(0).contributions.first == first.contribution)
    }

    @Test("A node that has stopped following declines every task")
    func halted() throws {
        var (lab, node, task) = try Self.lab()
        let head = TreeHead(
            size: lab.machine.sequencer.publishedSize, root: .leaf(Array("fork".utf8)))
        let origin = lab.state.lab.origin
        let fork = try UnverifiedCheckpoint(
            Checkpoint(origin: origin.log, head: head),
            signedBy: NoteSigner(name: origin.keyName, key: Secrets("coordinator").cosigner))
        node.receive(LedgerBatch(start: 0, entries: [], checkpoint: fork))
        #expect(node.alarms.map(\.code) == ["misconduct.fork"])
        node.receive(task)
        #expect(node.orders.isEmpty)
        #expect(
            node.declines == [
                .init(
                    round: task.round, code: "task.node_halted",
                    detail: "this node follows the coordinator no more: misconduct.fork")
            ])
    }

    @Test("A task comes back from what is sent, and other forms are refused")
    func taskForm() throws {
        let task = TrainingTask(round: RoundID(job: try JobID("j-1"), number: 2), index: 17)
        #expect(
            String(decoding: task.json.canonicalBytes, as: UTF8.self)
                == #"{"index":17,"job":"j-1","round":2}"#)
        #expect(try TrainingTask(task.json) == task)
        let cases: [(key: String, value: JSONValue?, problem: String)] = [
            ("index", -1, "index should be from 0 to 9223372036854775807, and is -1"),
            ("index", "17", "index should be an integer, and is a string"),
            ("round", -1, "round should be from 0 to 100000, and is -1"),
            ("round", nil, "round is missing"),
            ("job", "J 1", "job is wrong: "),
            ("base", "x", "base is not a known field"),
        ]
        for (key, value, problem) in cases {
            var fields = try #require(task.json.object)
            fields[key] = value
            let error = #expect(throws: JSONShapeError.self) { try TrainingTask(.object(fields)) }
            #expect(error?.description.hasPrefix(problem) == true, "\(error?.description ?? "")")
        }
    }

    // MARK: - Together

    @Test("Coordinator and nodes run a job together, and all come to the same state")
    func together() throws {
        var lab = try FederatedLab()
        var nodes = try FederatedLab.owners.map {
            try TestNode($0, genesis: lab.entries[0])
        }
        try lab.start()
        try lab.connect()
        for number in 0..<3 {
            let id = RoundID(job: try JobID("j-1"), number: number)
            for place in nodes.indices {
                try nodes[place].catchUp(with: lab)
                let task = try #require(
                    lab.tasks.last { $0.member.text == nodes[place].name && $0.task.round == id })
                nodes[place].receive(task.task)
                nodes[place].trained(id, Self.update)
                let envelope = try #require(nodes[place].contributions.last)
                let signed = try lab.machine.check(envelope)
                lab.perform(lab.machine.contributed(signed, at: lab.now))
            }
            try lab.aggregate(number == 2 ? nil : FederatedLab.digest(UInt8(number + 1)))
        }
        #expect(try lab.job().status == .complete)
        for var node in nodes {
            try node.catchUp(with: lab)
            #expect(node.orders.count == 3)
            #expect(node.alarms.isEmpty && node.declines.isEmpty)
            #expect(
                node.machine.replica.stateRoot
                    == lab.machine.sequencer.publishedReplica.stateRoot)
        }
    }
}
