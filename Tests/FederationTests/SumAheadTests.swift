import Contracts
import Encodings
import Federation
import Testing

/// When a coordinator begins to add updates up that are still on their way.
@Suite struct SumAheadTests {
    private static func lab() throws -> (lab: FederatedLab, round: RoundID) {
        var lab = try FederatedLab()
        try lab.start()
        try lab.connect()
        return (lab, try lab.round(0).id)
    }

    private static func update(
        _ name: String, to round: RoundID, weight: Int64 = 50
    ) throws -> AnnouncedUpdate {
        try AnnouncedUpdate(
            [
                "job": round.job.json, "round": .integer(Int64(round.number)),
                "update": FederatedLab.digest(9).json, "weight": .integer(weight),
            ], from: MemberID(name))
    }

    private static func announce(
        _ name: String, to round: RoundID, weight: Int64 = 50, in lab: inout FederatedLab
    ) throws {
        lab.perform(
            try lab.machine.announced(update(name, to: round, weight: weight), at: lab.now))
    }

    @Test("Once it is known of everybody, in the order of the seal, and once")
    func everybody() throws {
        var (lab, round) = try Self.lab()
        try Self.announce("ed", to: round, in: &lab)
        try Self.announce("ada", to: round, in: &lab)
        #expect(lab.sumsAhead.isEmpty)
        try lab.contribute("bo", to: round)
        let all = try ["ada", "bo", "ed"].map { try Self.update($0, to: round) }
        #expect(lab.sumsAhead == [all])
        try Self.announce("ed", to: round, in: &lab)
        try lab.contribute("ada", to: round)
        try lab.contribute("ed", to: round)
        #expect(lab.sumsAhead == [all], "nothing has changed")
        #expect(try lab.round(0).status == .sealed)
        #expect(try lab.round(0).contributions.map(AnnouncedUpdate.init) == all)
    }

    @Test("Not where nobody announces anything: small updates are there at once")
    func small() throws {
        var (lab, round) = try Self.lab()
        for name in ["ada", "bo", "ed"] { try lab.contribute(name, to: round) }
        #expect(try lab.round(0).status == .sealed)
        #expect(lab.sumsAhead.isEmpty)
    }

    @Test("Without those who decline; and anew where something else comes than was announced")
    func others() throws {
        var (lab, round) = try Self.lab()
        try Self.announce("ada", to: round, weight: 40, in: &lab)
        try Self.announce("bo", to: round, in: &lab)
        try lab.decline("ed", round)
        #expect(lab.sumsAhead.map { $0.map(\.member.text) } == [["ada", "bo"]])
        try lab.contribute("ada", to: round)
        #expect(lab.sumsAhead.count == 2)
        #expect(lab.sumsAhead.last?.map(\.weight) == [50, 50])
    }

    @Test("Who changes its mind again and again is not followed for ever")
    func fickle() throws {
        var (lab, round) = try Self.lab()
        for name in ["bo", "ed"] { try lab.contribute(name, to: round) }
        for weight in 1...50 {
            try Self.announce("ada", to: round, weight: Int64(weight), in: &lab)
        }
        #expect(lab.sumsAhead.map { $0.first?.weight } == [1, 2])
        try lab.contribute("ada", to: round)
        #expect(try lab.round(0).status == .sealed)
    }

    @Test("A member that takes no part in the round announces nothing, nor does anybody late")
    func refused() throws {
        var (lab, round) = try Self.lab()
        for (name, number) in [("cy", 0), ("ada", 1)] {
            let update = try Self.update(
                name, to: RoundID(job: round.job, number: number))
            #expect(throws: Refusal.self) { try lab.machine.announced(update, at: lab.now) }
        }
        try lab.runRound(0)
        let late = try Self.update("ada", to: round)
        #expect(throws: Refusal.self) { try lab.machine.announced(late, at: lab.now) }
        #expect(lab.sumsAhead.isEmpty)
    }

    @Test("What is announced is read back; what makes no sense is refused with its place")
    func form() throws {
        let round = RoundID(job: try JobID("j-1"), number: 3)
        let ada = try MemberID("ada")
        let late = AnnouncedUpdate(
            Contribution(
                lab: try Self.lab().lab.state.id, round: RoundID(job: round.job, number: 1),
                member: ada, update: FederatedLab.digest(9), weight: 50, metricsMicro: [:]
            ).late(to: round))
        #expect(late.startedIn == 1)
        #expect(try AnnouncedUpdate(late.json, from: ada) == late)
        for (key, value) in [
            ("weight", 0), ("startedIn", 4), ("update", "x"), ("round", -1), ("more", 1),
        ] as [(String, JSONValue)] {
            var wrong = try #require(late.json.object)
            wrong[key] = value
            let error = #expect(throws: JSONShapeError.self) {
                try AnnouncedUpdate(.object(wrong), from: ada)
            }
            #expect(error.map { "\($0)".contains(key) } == true, "\(String(describing: error))")
        }
    }
}
