import ContractLibrary
import Contracts
import Federation
import Identity
import Ledger
import MerkleLog
import Testing

/// A coordinator that asks for training which the ledger does not allow, and the node that says why
/// it will not.
@Suite struct TrainingGateTests {
    /// A lab with a running job, taken over before its first round by a coordinator that lies.
    private static func forged(
        roundsMax: Int64 = 10, purpose: String = "research", expires: Timestamp? = nil
    ) throws -> ForgedLedger {
        var lab = try FederatedLab(roundsMax: roundsMax, expires: expires)
        try lab.propose(participantsMin: 2, purpose: purpose)
        var ledger = try ForgedLedger(lab)
        // An honest coordinator would give a job up that no licence allows.
        try ledger.put(StartJob(job: JobID("j-1")), by: "cy")
        try ledger.makeFinal()
        return ledger
    }

    private static func task(_ number: Int, index: UInt64, of job: String = "j-1") throws
        -> TrainingTask
    {
        TrainingTask(round: RoundID(job: try JobID(job), number: number), index: index)
    }

    /// Hands a task to a node, and expects that it declines, opens nothing, and tells its people if
    /// the coordinator must have known better.
    private static func expectRefusal(
        of task: TrainingTask, by node: TestNode, _ code: String, isSuspicious: Bool = true,
        _ detail: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        var node = node
        node.receive(task)
        #expect(node.orders.isEmpty, sourceLocation: sourceLocation)
        #expect(
            node.declines == [.init(round: task.round, code: code, detail: detail)],
            sourceLocation: sourceLocation)
        #expect(
            node.alarms == (isSuspicious ? [.taskRefused(code: code, detail: detail)] : []),
            sourceLocation: sourceLocation)
    }

    // MARK: - Allowed

    @Test("A final opening that names the node allows exactly what it says")
    func allowed() throws {
        var ledger = try Self.forged()
        let index = try ledger.open(0).index
        try ledger.makeFinal()
        var node = try ledger.node()
        node.receive(try Self.task(0, index: index))
        let order = try #require(node.orders.first)
        #expect(order.round == ledger.replica.state.jobs[order.round.id])
        #expect(order.job == ledger.replica.state.jobs[order.job.id])
        #expect(order.participant.dataset.text == "d-ada")
        #expect(order.participant.licence.text == "l-ada")
        #expect(order.round.index == index)
        #expect(node.declines.isEmpty && node.alarms.isEmpty)
    }

    // MARK: - The opening

    @Test("A task for a round that no entry opens is refused")
    func noOpening() throws {
        let ledger = try Self.forged()
        let size = ledger.replica.size
        Self.expectRefusal(
            of: try Self.task(0, index: 7), by: try ledger.node(), "task.unknown_round",
            "task for round j-1/0 refused: no entry of the ledger opens that round (this node has "
                + "verified \(size) entries)")
        Self.expectRefusal(
            of: try Self.task(0, index: 7, of: "j-9"), by: try ledger.node(), "task.unknown_round",
            "task for round j-9/0 refused: no entry of the ledger opens that round (this node has "
                + "verified \(size) entries)")
    }

    @Test("An opening that is only sequenced, or only certified, allows nothing yet")
    func notFinal() throws {
        var ledger = try Self.forged()
        let index = try ledger.open(0).index
        let task = try Self.task(0, index: index)
        ledger.endBatch()

        var node = try TestNode("ada", genesis: ledger.entries[0])
        node.receive(try ledger.batch(from: 0))
        Self.expectRefusal(
            of: task, by: node, "task.not_final",
            "task for round j-1/0 refused: its round.open, entry \(index), is only sequenced")
        try node.catchUp(with: ledger)
        Self.expectRefusal(
            of: task, by: node, "task.not_final",
            "task for round j-1/0 refused: its round.open, entry \(index), is only certified")

        try ledger.makeFinal()
        try node.catchUp(with: ledger)
        node.receive(task)
        #expect(node.orders.count == 1)
    }

    @Test("A task that points to another entry than the opening is refused")
    func wrongEntry() throws {
        var ledger = try Self.forged()
        let index = try ledger.open(0).index
        try ledger.makeFinal()
        for claimed in [index - 1, index + 1, 0, UInt64(Int64.max)] {
            Self.expectRefusal(
                of: try Self.task(0, index: claimed), by: try ledger.node(), "task.wrong_entry",
                "task for round j-1/0 refused: it names entry \(claimed), and the round was opened "
                    + "by entry \(index)")
        }
    }

    @Test("A member that the opening does not name has no part in the round")
    func notNamed() throws {
        var ledger = try Self.forged()
        let index = try ledger.open(0, for: ["ada", "bo"]).index
        try ledger.makeFinal()
        for name in ["ed", "cy"] {
            Self.expectRefusal(
                of: try Self.task(0, index: index), by: try ledger.node(name),
                "task.not_participant",
                "task for round j-1/0 refused: the ledger does not name \(name) in that round")
        }
    }

    @Test("A round that is over asks for nothing, and nobody is to blame")
    func over() throws {
        var ledger = try Self.forged()
        let id = RoundID(job: try JobID("j-1"), number: 0)
        let index = try ledger.open(0).index
        func expectOver(_ status: String) throws {
            Self.expectRefusal(
                of: TrainingTask(round: id, index: index), by: try ledger.node(),
                "task.round_over", isSuspicious: false,
                "task for round j-1/0 refused: the round is \(status)")
        }
        var abandoned = ledger
        try abandoned.put(AbandonRound(round: id, reason: "why"))
        try abandoned.makeFinal()
        Self.expectRefusal(
            of: TrainingTask(round: id, index: index), by: try abandoned.node(), "task.round_over",
            isSuspicious: false, "task for round j-1/0 refused: the round is abandoned")

        let contributions = try ["ada", "bo"].map { name in
            Contribution(
                lab: ledger.replica.lab, round: id, member: try MemberID(name),
                update: FederatedLab.digest(9), weight: 5, metricsMicro: [:]
            ).signed(with: Secrets(name).signing)
        }
        try ledger.put(SealRound(round: id, contributions: contributions))
        try ledger.makeFinal()
        try expectOver("sealed")
        try ledger.put(CloseRound(round: id, result: FederatedLab.digest(1)))
        try ledger.makeFinal()
        try expectOver("closed")
    }

    // MARK: - The licence

    /// Lets the lying coordinator open a round against the rules, and expects that the node says
    /// which one.
    private static func expectRefusal(
        ofOpening number: Int = 0, on ledger: inout ForgedLedger, task: RoundTask = .statistics,
        base: BlobDigest? = nil, at time: Timestamp? = nil, by name: String = "ada",
        _ reason: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let receipt = try ledger.open(number, task: task, base: base, at: time)
        #expect(receipt.refusal != nil, sourceLocation: sourceLocation)
        // Even a quorum of others cannot make it an opening.
        try ledger.makeFinal()
        expectRefusal(
            of: try Self.task(number, index: receipt.index), by: try ledger.node(name),
            "task.opening_refused",
            "task for round j-1/\(number) refused: it names entry \(receipt.index), a round.open "
                + "that the ledger refused: \(reason)", sourceLocation: sourceLocation)
    }

    @Test("A round over a licence whose rounds are used up is refused")
    func exhausted() throws {
        var ledger = try Self.forged(roundsMax: 1)
        // As many rounds are given back as are licensed.
        for number in 0..<2 {
            try ledger.open(number)
            try ledger.put(
                AbandonRound(round: RoundID(job: JobID("j-1"), number: number), reason: "why"))
        }
        try Self.expectRefusal(
            ofOpening: 2, on: &ledger,
            "contract.rule: all licensed rounds are used (clause 4.1); the rule is `licence l-ada, "
                + "action train: state.rounds < terms.maxRounds`; terms.maxRounds is 1, "
                + "state.rounds is 1")
    }

    @Test("A round over a withdrawn licence is refused")
    func withdrawn() throws {
        var ledger = try Self.forged()
        try ledger.put(TakeContractAction.withdraw(LicenceID("l-ada"), reason: "why"), by: "ada")
        try Self.expectRefusal(
            on: &ledger,
            "wrong_stage: the rule is `licence l-ada, action train: stage is active or "
                + "exhausted`; stage is withdrawn")
    }

    @Test("A round for another purpose than the licence's is refused")
    func otherPurpose() throws {
        var ledger = try Self.forged(purpose: "advertising")
        try Self.expectRefusal(
            on: &ledger,
            "contract.rule: this purpose is not licensed (clause 2); the rule is `licence l-ada, "
                + "action train: input.purpose in terms.purposes`; terms.purposes is "
                + "[\"research\"], input.purpose is \"advertising\"")
    }

    @Test("A round over a licence that has expired is refused")
    func expired() throws {
        let expires = FederatedLab.start.advanced(byMilliseconds: 5_000)
        var ledger = try Self.forged(expires: expires)
        try Self.expectRefusal(
            on: &ledger, at: expires,
            "contract.rule: the licence has expired (clause 3.1); the rule is `licence l-ada, "
                + "action train: now < terms.expires`; terms.expires is "
                + "timestamp(\"2026-01-01T00:00:05Z\"), now is timestamp(\"2026-01-01T00:00:05Z\")")
    }

    @Test("A round that nobody can pay for is refused")
    func unpaid() throws {
        // One of the two licences comes into force when its share has not been set aside.
        var lab = try FederatedLab()
        try lab.offer(LicenceID("l-late"), of: "bo")
        try lab.propose(licences: ["l-ada", "l-late"], plan: [.statistics])
        var ledger = try ForgedLedger(lab)
        try ledger.put(StartJob(job: JobID("j-1")), by: "cy")
        try ledger.put(TakeContractAction.accept(LicenceID("l-late")), by: "cy")
        let balance = Money(995, FederatedLab.currency)
        try ledger.put(TransferMoney(amount: balance, to: MemberID("ed")), by: "cy")
        let receipt = try ledger.open(0, for: ["ada", "bo"])
        #expect(receipt.refusal?.code == .overdrawn)
        try ledger.makeFinal()
        var node = try ledger.node()
        node.receive(try Self.task(0, index: receipt.index))
        #expect(node.declines.map(\.code) == ["task.opening_refused"])
        #expect(node.orders.isEmpty)
    }

    @Test("A round that is opened out of turn, or by a member, is refused")
    func outOfTurn() throws {
        var ledger = try Self.forged()
        try Self.expectRefusal(
            ofOpening: 3, on: &ledger,
            "round.wrong_number: the rule is `the round is the job's next, and no other is open`; "
                + "round is 3, job.opened is 0, open round is none")
        try Self.expectRefusal(
            on: &ledger, task: .train,
            "wrong_stage: the rule is `the plan asks for this task`; task is train, planned is "
                + "statistics")
        try Self.expectRefusal(
            on: &ledger, base: FederatedLab.digest(3),
            "wrong_value: the rule is `base is the job's model`; base is "
                + "\(FederatedLab.digest(3)), job.weights is none")

        let open = OpenRound(
            round: RoundID(job: try JobID("j-1"), number: 0), task: .statistics, base: nil,
            participants: try FederatedLab.owners.map { try MemberID($0) })
        let receipt = try ledger.put(open, by: "cy")
        try ledger.makeFinal()
        Self.expectRefusal(
            of: try Self.task(0, index: receipt.index), by: try ledger.node(),
            "task.opening_refused",
            "task for round j-1/0 refused: it names entry \(receipt.index), a round.open that the "
                + "ledger refused: wrong_sender: the rule is `the coordinator runs the rounds`; "
                + "sender is cy")
    }

    @Test("A licence that is withdrawn while its round is open is not used any more")
    func withdrawnWhileOpen() throws {
        var ledger = try Self.forged()
        let index = try ledger.open(0).index
        try ledger.put(TakeContractAction.withdraw(LicenceID("l-ada"), reason: "why"), by: "ada")
        try ledger.makeFinal()
        Self.expectRefusal(
            of: try Self.task(0, index: index), by: try ledger.node(), "task.licence_not_active",
            isSuspicious: false,
            "task refused: licence l-ada does not allow it any more: wrong_stage: the rule is "
                + "`licence l-ada has not ended`; stage is withdrawn")
        // The others' licences stand.
        var other = try ledger.node("bo")
        other.receive(try Self.task(0, index: index))
        #expect(other.orders.count == 1)
    }

    // MARK: - The data

    @Test("A node trains on the dataset that the licence is for, and on no other that it has")
    func foreignDataset() throws {
        var ledger = try Self.forged()
        let index = try ledger.open(0).index
        try ledger.makeFinal()
        var node = try ledger.node()
        for datasets in [[], ["d-bo", "other"]] as [[String]] {
            node.datasets.usable = Set(try datasets.map { try DatasetID($0) })
            Self.expectRefusal(
                of: try Self.task(0, index: index), by: node, "task.dataset_absent",
                isSuspicious: false,
                "task refused: this node has no dataset d-ada; see `jointlab dataset add`")
        }
    }

    @Test("A dataset that the node cannot read, or cannot find out about, is not said to be absent")
    func unreadableDataset() throws {
        var ledger = try Self.forged()
        let index = try ledger.open(0).index
        try ledger.makeFinal()
        var node = try ledger.node()
        let own = try DatasetID("d-ada")
        node.datasets = DatasetsAtHand(usable: [], unreadable: [own])
        Self.expectRefusal(
            of: try Self.task(0, index: index), by: node, "task.dataset_unreadable",
            isSuspicious: false,
            "task refused: this node cannot read its record of dataset d-ada, which the data's owner "
                + "has to mend; `jointlab node status` there says how")
        node.datasets = DatasetsAtHand(usable: [], isComplete: false)
        Self.expectRefusal(
            of: try Self.task(0, index: index), by: node, "owner.unreadable", isSuspicious: false,
            "task refused: the files of the data's owner cannot be read at the moment, so that this "
                + "node does not know whether it may open dataset d-ada")
        // What is known holds.
        node.datasets.usable = [own]
        node.receive(try Self.task(0, index: index))
        #expect(node.orders.count == 1)
    }

    @Test("However many openings are refused, a node remembers the newest and trains on none")
    func manyRefusedOpenings() throws {
        var ledger = try Self.forged(purpose: "advertising")
        let indices = try (0..<65).map { _ in try ledger.open(0).index }
        try ledger.makeFinal()
        var node = try ledger.node()
        for index in indices {
            node.receive(try Self.task(0, index: index))
        }
        #expect(
            node.declines.map(\.code)
                == ["task.unknown_round"] + [String](repeating: "task.opening_refused", count: 64))
        #expect(node.orders.isEmpty)
    }

    @Test("After a restart a refused opening is still no opening")
    func restarted() throws {
        var ledger = try Self.forged(purpose: "advertising")
        let receipt = try ledger.open(0)
        try ledger.makeFinal()
        var node = try ledger.node()
        try node.restart()
        node.receive(try Self.task(0, index: receipt.index))
        #expect(node.declines.map(\.code) == ["task.unknown_round"])
        #expect(node.alarms.map(\.code) == ["task.unknown_round"])
        #expect(node.orders.isEmpty)
    }
}
