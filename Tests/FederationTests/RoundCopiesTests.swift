import Contracts
import Federation
import Testing

/// Which of its rounds' blobs a node may remove, and when.
@Suite struct RoundCopiesTests {
    private static let training = [RoundTask](repeating: .train, count: 3)
    private static let first = FederatedLab.digest(100)

    private static func model(_ number: Int) -> BlobDigest {
        FederatedLab.digest(UInt8(number))
    }

    private static func update(_ round: Int) -> BlobDigest {
        FederatedLab.digest(UInt8(200 + round))
    }

    /// A lab with a job that starts from a model, and the node of `ada`.
    private static func lab(
        plan: [RoundTask] = training, enough: Int? = nil, lateRoundsMax: Int = 0
    ) throws -> (lab: FederatedLab, node: TestNode) {
        var lab = try FederatedLab()
        try lab.start(plan: plan, enough: enough, lateRoundsMax: lateRoundsMax, weights: first)
        try lab.connect()
        var node = try TestNode("ada", genesis: lab.entries[0])
        try node.catchUp(with: lab)
        return (lab, node)
    }

    private static func task(_ lab: FederatedLab, _ number: Int) throws -> TrainingTask {
        try #require(
            lab.tasks.last { $0.member.text == "ada" && $0.task.round.number == number }
        ).task
    }

    /// The node trains in a round, and what it hands in is sealed with the others'.
    private static func run(
        _ number: Int, in lab: inout FederatedLab, _ node: inout TestNode
    ) throws {
        let task = try task(lab, number)
        node.receive(task)
        node.trained(
            task.round, .update(update(number), weight: 50, metricsMicro: [:]))
        let signed = try lab.machine.check(try #require(node.contributions.last))
        lab.perform(lab.machine.contributed(signed, at: lab.now))
        for name in ["bo", "ed"] { try lab.contribute(name, to: task.round) }
    }

    @Test("A closed round's update and base go; what the next round starts from stays")
    func closed() throws {
        var (lab, node) = try Self.lab()
        try Self.run(0, in: &lab, &node)
        #expect(node.spentBlobs() == [], "the coordinator may still ask for them")
        try lab.aggregate(Self.model(1))
        try node.catchUp(with: lab)
        #expect(node.spentBlobs() == [Self.update(0), Self.first])
        #expect(node.spentBlobs() == [], "each is named once")

        try Self.run(1, in: &lab, &node)
        #expect(node.spentBlobs() == [])
        try lab.aggregate(Self.model(2))
        try node.catchUp(with: lab)
        #expect(node.spentBlobs() == [Self.update(1), Self.model(1)])
    }

    @Test("Of a job that has ended the node keeps its result, where it has it")
    func ended() throws {
        var (lab, node) = try Self.lab(plan: [.train, .evaluate])
        try Self.run(0, in: &lab, &node)
        try lab.aggregate(Self.model(1))
        try node.catchUp(with: lab)
        _ = node.spentBlobs()
        try Self.run(1, in: &lab, &node)
        try lab.aggregate(nil)
        try node.catchUp(with: lab)
        #expect(try lab.job().status == .complete && lab.job().result == Self.model(1))
        #expect(node.spentBlobs() == [Self.update(1)], "the report on the holdout, and no model")
    }

    @Test("An abandoned round's base stays, because the next one starts from it")
    func abandoned() throws {
        var (lab, node) = try Self.lab()
        let task = try Self.task(lab, 0)
        node.receive(task)
        node.trained(task.round, .update(Self.update(0), weight: 50, metricsMicro: [:]))
        try lab.fire(.roundTimeout(task.round))
        try node.catchUp(with: lab)
        #expect(try lab.round(0).status == .abandoned)
        #expect(node.spentBlobs() == [Self.update(0)])
    }

    @Test("Whoever is late keeps its base while it trains, and its update while that may count")
    func late() throws {
        var (lab, node) = try Self.lab(enough: 2, lateRoundsMax: 1)
        let task = try Self.task(lab, 0)
        node.receive(task)
        try lab.runRound(0, with: ["bo", "ed"], result: Self.model(1))
        try node.catchUp(with: lab)
        #expect(node.spentBlobs() == [], "it trains on the base")
        node.trained(task.round, .update(Self.update(0), weight: 50, metricsMicro: [:]))
        #expect(node.contributions.count == 1, "handed in to the round that is open")
        #expect(node.spentBlobs() == [Self.first])
        try lab.runRound(1, with: ["bo", "ed"], result: Self.model(2))
        try node.catchUp(with: lab)
        #expect(node.spentBlobs() == [Self.update(0)], "two rounds later it counts no more")
    }

    @Test("A node that was away when its round closed removes the copies at its next start")
    func restarted() throws {
        var (lab, node) = try Self.lab()
        try Self.run(0, in: &lab, &node)
        try lab.aggregate(Self.model(1))
        try node.catchUp(with: lab)
        try node.restart()
        #expect(node.spentBlobs() == [Self.update(0), Self.first])
    }
}
