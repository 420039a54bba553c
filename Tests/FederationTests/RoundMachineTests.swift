import Contracts
import Federation
import Identity
import Randomness
import Testing

@Suite struct RoundMachineTests {
    private let lab: FederatedLab
    private let job: Job
    private let round: Round

    /// A round of three participants, two of whom are enough; made once, as every test looks at
    /// it and none changes it.
    private static let opened = Result {
        var lab = try FederatedLab()
        try lab.start()
        try lab.connect()
        return lab
    }

    init() throws {
        lab = try Self.opened.get()
        job = try lab.job()
        round = try lab.round(0)
    }

    private func members(_ names: [String]) throws -> [MemberID] {
        try names.map { try MemberID($0) }
    }

    private func signed(
        _ name: String, update: UInt8 = 9, to round: RoundID? = nil
    ) throws -> SignedContribution {
        let envelope = try lab.contribution(
            name, to: round ?? self.round.id, update: FederatedLab.digest(update))
        return try SignedContribution(envelope) { _ in Secrets(name).signing.publicKey }
    }

    private func seal(_ names: [String]) throws -> RoundMachine.Command {
        .seal(try names.map { try signed($0).envelope })
    }

    /// A machine that has sent its tasks.
    private func collecting() -> RoundMachine {
        var machine = RoundMachine(round, of: job)
        _ = machine.handle(.openIsFinal)
        return machine
    }

    // MARK: - In order

    @Test("Tasks go out when the opening is final, and once")
    func open() throws {
        var machine = RoundMachine(round, of: job)
        let begun = machine.handle(.openIsFinal)
        #expect(
            begun == [
                .sendTask(to: try members(["ada", "bo", "ed"])), .wake(afterMilliseconds: 1_000),
            ])
        let again = machine.handle(.openIsFinal)
        #expect(again.isEmpty)
    }

    @Test("Nothing moves a round whose opening is not final")
    func beforeFinal() throws {
        var machine = RoundMachine(round, of: job)
        for event in [
            .contributed(try signed("ada")), .declined(try MemberID("bo")),
            .connected(try MemberID("ed")), .timedOut, .sealIsFinal,
            .aggregated(RoundResult(model: FederatedLab.digest(1))), .aggregationFailed("why"),
        ] as [RoundMachine.Event] {
            let commands = machine.handle(event)
            #expect(commands.isEmpty, "\(event)")
        }
        let begun = machine.handle(.openIsFinal)
        #expect(begun.count == 2, "it is as it was")
    }

    @Test(
        "When everybody has contributed the round is sealed, in the order of the names",
        arguments: [
            ["ada", "bo", "ed"], ["ada", "ed", "bo"], ["bo", "ada", "ed"], ["bo", "ed", "ada"],
            ["ed", "ada", "bo"], ["ed", "bo", "ada"],
        ])
    func everyOrder(names: [String]) throws {
        var machine = collecting()
        for name in names.dropLast() {
            let commands = machine.handle(.contributed(try signed(name)))
            #expect(commands.isEmpty)
        }
        let sealed = machine.handle(.contributed(try signed(names[2])))
        #expect(sealed == [try seal(["ada", "bo", "ed"])])
    }

    @Test("From the seal on it is aggregated when that is final, and closed with the result")
    func close() throws {
        for result in [FederatedLab.digest(4), nil] {
            var machine = collecting()
            for name in FederatedLab.owners {
                _ = machine.handle(.contributed(try signed(name)))
            }
            let early = machine.handle(.aggregated(RoundResult(model: FederatedLab.digest(1))))
            #expect(early.isEmpty)
            let aggregating = machine.handle(.sealIsFinal)
            #expect(aggregating == [.aggregate])
            let again = machine.handle(.sealIsFinal)
            #expect(again.isEmpty)
            let closed = machine.handle(.aggregated(RoundResult(model: result)))
            #expect(closed == [.close(RoundResult(model: result))])
            let twice = machine.handle(.aggregated(RoundResult(model: result)))
            #expect(twice.isEmpty)
        }
    }

    @Test("What cannot be added up is abandoned with the reason")
    func aggregationFails() throws {
        var machine = collecting()
        for name in FederatedLab.owners {
            _ = machine.handle(.contributed(try signed(name)))
        }
        _ = machine.handle(.sealIsFinal)
        let commands = machine.handle(.aggregationFailed("an update has no weights"))
        #expect(commands == [.abandon(reason: "an update has no weights")])
        let late = machine.handle(.aggregated(RoundResult(model: FederatedLab.digest(1))))
        #expect(late.isEmpty)
    }

    // MARK: - Some of them

    @Test("At the end of its time a round is sealed with whoever is there, if that is enough")
    func timeout() throws {
        for (names, isEnough) in [
            (["bo", "ada"], true), (["ed", "ada"], true), (["bo"], false), ([], false),
        ] as [([String], Bool)] {
            var machine = collecting()
            for name in names {
                _ = machine.handle(.contributed(try signed(name)))
            }
            let commands = machine.handle(.timedOut)
            let expected: RoundMachine.Command =
                isEnough
                ? try seal(names.sorted())
                : .abandon(
                    reason:
                        "\(names.count) contributions at the end of the round's time, and 2 are "
                        + "needed")
            #expect(commands == [expected])
            let again = machine.handle(.timedOut)
            #expect(again.isEmpty)
        }
    }

    @Test("Whoever declines is not waited for")
    func declines() throws {
        var machine = collecting()
        let first = machine.handle(.contributed(try signed("ed")))
        let second = machine.handle(.declined(try MemberID("ada")))
        #expect(first.isEmpty && second.isEmpty)
        let sealed = machine.handle(.contributed(try signed("bo")))
        #expect(sealed == [try seal(["bo", "ed"])])

        machine = collecting()
        _ = machine.handle(.declined(try MemberID("ada")))
        _ = machine.handle(.contributed(try signed("ed")))
        let twice = machine.handle(.declined(try MemberID("ada")))
        #expect(twice.isEmpty, "once declined is enough")
        let abandoned = machine.handle(.declined(try MemberID("bo")))
        #expect(
            abandoned == [.abandon(reason: "1 contributions after 2 declined, and 2 are needed")])
    }

    @Test("A member may change its mind until the round is sealed, but not take back an update")
    func changesItsMind() throws {
        var machine = collecting()
        _ = machine.handle(.declined(try MemberID("ada")))
        _ = machine.handle(.contributed(try signed("ada")))
        let takenBack = machine.handle(.declined(try MemberID("ada")))
        #expect(takenBack.isEmpty)
        _ = machine.handle(.contributed(try signed("bo")))
        let sealed = machine.handle(.contributed(try signed("ed")))
        #expect(sealed == [try seal(["ada", "bo", "ed"])])
    }

    @Test("Of a member's contributions the first counts, so that a retry changes no sum")
    func duplicates() throws {
        var machine = collecting()
        _ = machine.handle(.contributed(try signed("ada")))
        let retry = machine.handle(.contributed(try signed("ada", update: 8)))
        #expect(retry.isEmpty)
        _ = machine.handle(.contributed(try signed("bo")))
        let sealed = machine.handle(.timedOut)
        #expect(sealed == [try seal(["ada", "bo"])])
        let late = machine.handle(.contributed(try signed("ed")))
        #expect(late.isEmpty)
    }

    @Test("What members say who have no part in the round changes nothing")
    func strangers() throws {
        var machine = collecting()
        for event in [
            .contributed(try signed("cy")), .declined(try MemberID("cy")),
            .connected(try MemberID("cy")),
        ] as [RoundMachine.Event] {
            let commands = machine.handle(event)
            #expect(commands.isEmpty)
        }
        _ = machine.handle(.contributed(try signed("ada")))
        let commands = machine.handle(.timedOut)
        #expect(
            commands == [
                .abandon(
                    reason: "1 contributions at the end of the round's time, and 2 are needed")
            ])
    }

    @Test("Who comes back gets its task again, unless it has contributed")
    func comesBack() throws {
        var machine = collecting()
        let missed = machine.handle(.connected(try MemberID("bo")))
        #expect(missed == [.sendTask(to: try members(["bo"]))])
        _ = machine.handle(.contributed(try signed("bo")))
        let done = machine.handle(.connected(try MemberID("bo")))
        #expect(done.isEmpty)
        _ = machine.handle(.contributed(try signed("ada")))
        _ = machine.handle(.timedOut)
        let late = machine.handle(.connected(try MemberID("ed")))
        #expect(late.isEmpty)
    }

    // MARK: - After a restart

    @Test("A machine made anew goes on where the ledger stands")
    func restarts() throws {
        var lab = lab
        func anew() throws -> RoundMachine { RoundMachine(try lab.round(0), of: try lab.job()) }

        var machine = try anew()
        _ = machine.handle(.openIsFinal)
        for name in ["ada", "bo"] {
            _ = machine.handle(.contributed(try signed(name)))
        }
        let sealed = machine.handle(.timedOut)
        #expect(sealed == [try seal(["ada", "bo"])])

        for name in ["ada", "bo"] {
            try lab.contribute(name, to: round.id)
        }
        try lab.fire(.roundTimeout(round.id))
        machine = try anew()
        let opening = machine.handle(.openIsFinal)
        #expect(opening.isEmpty, "it is sealed")
        let timeout = machine.handle(.timedOut)
        #expect(timeout.isEmpty)
        let aggregating = machine.handle(.sealIsFinal)
        #expect(aggregating == [.aggregate])

        try lab.aggregate(FederatedLab.digest(1))
        machine = try anew()
        for event in [
            .openIsFinal, .timedOut, .sealIsFinal, .aggregated(RoundResult(model: nil)),
            .aggregationFailed("why"),
            .contributed(try signed("ada")), .connected(try MemberID("ada")),
        ] as [RoundMachine.Event] {
            let commands = machine.handle(event)
            #expect(commands.isEmpty, "the round is over")
        }
    }

    // MARK: - In any order

    @Test(
        "Whatever happens in whatever order, a round ends once, and only with enough contributions",
        arguments: 0..<300 as Range<UInt64>)
    func anyOrder(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var machine = RoundMachine(round, of: job)
        let names = FederatedLab.members
        var given: Set<MemberID> = []
        var isOpen = false
        var ends = 0
        var isSealed = false
        for _ in 0..<40 {
            let name = names[Int(random.uniformInteger(below: 4))]
            let member = try MemberID(name)
            let event: RoundMachine.Event =
                switch random.uniformInteger(below: 8) {
                case 0: .openIsFinal
                case 1, 2, 3: .contributed(try signed(name))
                case 4: .declined(member)
                case 5: .connected(member)
                case 6: random.uniformInteger(below: 6) == 0 ? .timedOut : .sealIsFinal
                default:
                    random.uniformInteger(below: 3) == 0
                        ? .aggregationFailed("why")
                        : .aggregated(RoundResult(model: FederatedLab.digest(1)))
                }
            let commands = machine.handle(event)
            if case .openIsFinal = event { isOpen = true }
            if case .contributed = event, isOpen, !isSealed, name != "cy" { given.insert(member) }
            for command in commands {
                switch command {
                case .sendTask(let members):
                    #expect(members.allSatisfy { !given.contains($0) }, "seed \(seed)")
                case .wake: break
                case .sumAhead: #expect(!isSealed && ends == 0, "seed \(seed)")
                case .seal(let envelopes):
                    #expect(!isSealed && ends == 0, "seed \(seed)")
                    isSealed = true
                    #expect(envelopes.count >= 2, "seed \(seed)")
                    let expected = try given.sorted().map { try signed($0.text).envelope }
                    #expect(envelopes == expected, "seed \(seed)")
                case .aggregate: #expect(isSealed && ends == 0, "seed \(seed)")
                case .close:
                    #expect(isSealed, "seed \(seed)")
                    ends += 1
                case .abandon: ends += 1
                }
            }
            #expect(ends <= 1, "seed \(seed)")
        }
    }
}
