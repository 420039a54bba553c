import Contracts
import Encodings
import Federation
import Testing

/// Rounds that close with k of n, and the updates that come too late for them.
@Suite struct LateContributionTests {
    private static let update = NodeMachine.Outcome.update(
        FederatedLab.digest(9), weight: 50, metricsMicro: [:])

    /// A lab whose round closes with two of three contributions, and the node of `ed`, which has
    /// begun round 0.
    private static func lab(
        lateRoundsMax: Int = 2
    ) throws -> (lab: FederatedLab, node: TestNode, first: RoundID) {
        var lab = try FederatedLab()
        try lab.start(
            plan: [RoundTask](repeating: .train, count: 4), enough: 2,
            lateRoundsMax: lateRoundsMax)
        try lab.connect()
        var node = try TestNode("ed", genesis: lab.entries[0])
        try node.catchUp(with: lab)
        let task = try #require(lab.tasks.last { $0.member.text == "ed" }).task
        node.receive(task)
        #expect(node.orders.count == 1)
        return (lab, node, task.round)
    }

    private static func task(_ lab: FederatedLab, _ number: Int) throws -> TrainingTask {
        try #require(
            lab.tasks.last { $0.member.text == "ed" && $0.task.round.number == number }
        ).task
    }

    @Test("A round is sealed as soon as it has as many contributions as are enough")
    func enough() throws {
        var (lab, _, first) = try Self.lab()
        try lab.contribute("ada", to: first)
        #expect(try lab.round(0).status == .open)
        try lab.contribute("bo", to: first)
        #expect(try lab.round(0).status == .sealed)
    }

    @Test("An update that was finished after its round was sealed is handed in to the next one")
    func late() throws {
        var (lab, node, first) = try Self.lab()
        try lab.runRound(0, with: ["ada", "bo"])
        try node.catchUp(with: lab)
        node.receive(try Self.task(lab, 1))
        #expect(node.orders.count == 1, "it is busy and begins nothing new")
        node.trained(first, Self.update)
        let handedIn = try lab.machine.check(try #require(node.contributions.last)).contribution
        #expect(handedIn.round.number == 1)
        #expect(handedIn.startedIn == 0)
        #expect(handedIn.staleness == 1)

        node.receive(try Self.task(lab, 1))
        #expect(node.orders.count == 1 && node.contributions.count == 2, "handed in again")
        let envelope = try #require(node.contributions.last)
        let signed = try lab.machine.check(envelope)
        lab.perform(lab.machine.contributed(signed, at: lab.now))
        try lab.contribute("ada", to: RoundID(job: first.job, number: 1))
        #expect(
            try lab.round(1).contributions.map(\.startedIn) == [nil, 0], "of ada, and late of ed")
        try lab.aggregate(FederatedLab.digest(2))

        try node.catchUp(with: lab)
        node.receive(try Self.task(lab, 2))
        #expect(node.orders.count == 2, "now it starts from a newer model")
    }

    @Test("An update that was handed in, and came too late, is handed in to the next round instead")
    func refusedBySeal() throws {
        var (lab, node, first) = try Self.lab()
        node.trained(first, Self.update)
        #expect(node.contributions.count == 1)
        try lab.runRound(0, with: ["ada", "bo"])
        try node.catchUp(with: lab)
        node.receive(try Self.task(lab, 1))
        #expect(node.orders.count == 1)
        let handedIn = try lab.machine.check(try #require(node.contributions.last)).contribution
        #expect(handedIn.round.number == 1 && handedIn.startedIn == 0)
    }

    @Test("Where a job takes nothing late, a node forgets what came too late and trains anew")
    func notLate() throws {
        var (lab, node, first) = try Self.lab(lateRoundsMax: 0)
        try lab.runRound(0, with: ["ada", "bo"])
        try node.catchUp(with: lab)
        node.trained(first, Self.update)
        #expect(node.contributions.isEmpty)
        node.receive(try Self.task(lab, 1))
        #expect(node.orders.count == 2)
    }

    @Test("An update that is too late for every round that may take it is forgotten")
    func tooLate() throws {
        var (lab, node, first) = try Self.lab(lateRoundsMax: 1)
        try lab.runRound(0, with: ["ada", "bo"])
        try lab.runRound(1, with: ["ada", "bo"])
        try node.catchUp(with: lab)
        node.trained(first, Self.update)
        #expect(node.contributions.isEmpty)
        node.receive(try Self.task(lab, 2))
        #expect(node.orders.count == 2)
    }

    @Test("An update that is as late as the job allows, and no more, is handed in")
    func atTheLimit() throws {
        var (lab, node, first) = try Self.lab(lateRoundsMax: 1)
        try lab.runRound(0, with: ["ada", "bo"])
        try node.catchUp(with: lab)
        node.trained(first, Self.update)
        #expect(node.contributions.count == 1)
        let handedIn = try lab.machine.check(try #require(node.contributions.last)).contribution
        #expect(handedIn.round.number == 1 && handedIn.startedIn == 0)

        // It comes too late once more, and now it is too old: the node begins anew.
        try lab.runRound(1, with: ["ada", "bo"])
        try node.catchUp(with: lab)
        node.receive(try Self.task(lab, 2))
        #expect(node.orders.count == 2 && node.contributions.count == 1)
    }

    @Test("A late update does not stand in for an evaluation")
    func evaluation() throws {
        var lab = try FederatedLab()
        try lab.start(plan: [.train, .evaluate], enough: 2, lateRoundsMax: 3)
        try lab.connect()
        var node = try TestNode("ed", genesis: lab.entries[0])
        try node.catchUp(with: lab)
        let first = try Self.task(lab, 0)
        node.receive(first)
        try lab.runRound(0, with: ["ada", "bo"])
        try node.catchUp(with: lab)
        node.trained(first.round, Self.update)
        #expect(node.contributions.isEmpty)
        node.receive(try Self.task(lab, 1))
        #expect(node.orders.last?.round.task == .evaluate)
    }

    @Test("A paused job ends the round that is under way and opens the next when it is resumed")
    func pausing() throws {
        var (lab, _, first) = try Self.lab()
        try lab.submit(PauseJob(job: first.job, reason: "the audit"), by: "cy")
        try lab.runRound(0, with: ["ada", "bo"])
        #expect(try lab.statuses() == [.closed])
        try lab.restart()
        try lab.connect()
        #expect(try lab.statuses() == [.closed], "nor after a restart")
        try lab.submit(ResumeJob(job: first.job), by: "cy")
        #expect(try lab.statuses() == [.closed, .open])
    }
}
