import ContractLanguage
import ContractLibrary
import Contracts
import Encodings
import Testing

/// What a job's licences cost: set aside when it starts, paid as its rounds close, and what is left
/// returned.
@Suite struct JobEscrowTests {
    private let j1: JobID
    private let hongKong: CurrencyCode

    init() throws {
        j1 = try JobID("j-1")
        hongKong = try #require(CurrencyCode("HKD"))
    }

    /// Licences of `ada` and `bo` for 10 and 7 a round, and a running job of 3 rounds.
    private func started(participantsMin: Int = 2, rules: Rules = Rules()) throws -> TestLab {
        var lab = try TestLab(rules: rules)
        try lab.license()
        try lab.apply(lab.offer("l-bo-2", of: "bo", fee: 7), by: "bo")
        try lab.apply(TakeContractAction.accept(try LicenceID("l-bo-2")), by: "cy")
        try lab.apply(
            lab.proposal(licences: ["l-ada", "l-bo-2"], participantsMin: participantsMin), by: "cy")
        try lab.apply(StartJob(job: j1), by: "cy")
        return lab
    }

    private func close(_ number: Int, _ result: UInt8? = 1) throws -> CloseRound {
        CloseRound(round: try TestLab.round(number), result: result.map(TestLab.digest))
    }

    @Test("A job's start sets aside what its rounds will cost under all its licences")
    func starting() throws {
        let lab = try started()
        #expect(try lab.escrow() == 51)
        #expect(try lab.balance(of: "cy") == 949)
        #expect(lab.rows["account/job:j-1/CNY"] == ["minorUnits": 51])
        #expect(try lab.rounds(of: "l-ada") == 0)
    }

    @Test("Each closed round pays each licensor its fee, and the end returns the rest")
    func settling() throws {
        var lab = try started()
        try lab.apply(lab.open(0), by: "coordinator")
        try lab.apply(lab.seal(0), by: "coordinator")
        #expect(try lab.escrow() == 51)
        let closed = try lab.apply(close(0), by: "coordinator")
        #expect(closed.moved.map(\.amount.minorUnits) == [10, 7])
        #expect(closed.moved.allSatisfy { $0.kind == .payout })
        #expect(try lab.balance(of: "ada") == 10)
        #expect(try lab.balance(of: "bo") == 7)
        #expect(try lab.escrow() == 34)
        try lab.apply(AbandonJob(job: j1, reason: "enough"), by: "cy")
        #expect(try lab.escrow() == 0)
        #expect(try lab.balance(of: "cy") == 983)
    }

    @Test("A job that is complete has paid for its rounds, and nothing is left in its escrow")
    func completing() throws {
        var lab = try started()
        // One round comes to nothing on the way.
        try lab.apply(lab.open(0), by: "coordinator")
        try lab.apply(
            AbandonRound(round: try TestLab.round(0), reason: "too few"), by: "coordinator")
        try lab.runRound(1, .statistics, result: TestLab.digest(1))
        try lab.runRound(2, .train, result: TestLab.digest(2))
        try lab.runRound(3, .evaluate, result: nil)
        try lab.apply(CompleteJob(job: j1), by: "coordinator")
        #expect(try lab.escrow() == 0)
        #expect(try lab.balance(of: "cy") == 1_000 - 51)
        #expect(try lab.balance(of: "ada") == 30)
        #expect(try lab.balance(of: "bo") == 21)
    }

    @Test("An abandoned round costs nobody anything, neither money nor a licensed round")
    func abandoning() throws {
        var lab = try started()
        let before = try ["ada", "bo", "cy"].map { try lab.balance(of: $0) }
        for sealed in [false, true] {
            let number = sealed ? 1 : 0
            try lab.apply(lab.open(number), by: "coordinator")
            #expect(try lab.rounds(of: "l-ada") == 1)
            if sealed { try lab.apply(lab.seal(number), by: "coordinator") }
            let receipt = try lab.apply(
                AbandonRound(round: try TestLab.round(number), reason: "too few"),
                by: "coordinator")
            #expect(receipt.moved.isEmpty)
            #expect(try ["ada", "bo", "cy"].map { try lab.balance(of: $0) } == before)
            #expect(try lab.escrow() == 51)
            #expect(try lab.rounds(of: "l-ada") == 0)
            #expect(try lab.rounds(of: "l-bo-2") == 0)
        }
    }

    @Test("So many rounds are given back as were licensed, and then an abandoned one counts")
    func abandoningIsBounded() throws {
        var lab = try started()
        for number in 0..<6 {
            try lab.apply(lab.open(number), by: "coordinator")
            try lab.apply(
                AbandonRound(round: try TestLab.round(number), reason: "x"), by: "coordinator")
            #expect(try lab.rounds(of: "l-ada") == Int64(max(0, number - 2)))
        }
        #expect(lab.rows["contract/l-ada"]?["stage"] == "exhausted")
        #expect(try lab.execute(lab.open(6), by: "coordinator").refusal?.clauses == ["4.1"])
    }

    @Test("The fee of a member that contributed nothing stays in escrow, and goes back at the end")
    func nonContributor() throws {
        var rules = Rules()
        rules.participantsMin = 1
        var lab = try started(participantsMin: 1, rules: rules)
        try lab.apply(lab.open(0), by: "coordinator")
        try lab.apply(lab.seal(0, ["bo"]), by: "coordinator")
        try lab.apply(close(0), by: "coordinator")
        #expect(try lab.balance(of: "ada") == 0)
        #expect(try lab.balance(of: "bo") == 7)
        #expect(try lab.escrow() == 44)
        try lab.apply(AbandonJob(job: j1, reason: "enough"), by: "coordinator")
        #expect(try lab.balance(of: "cy") == 993)
    }

    @Test("Without the money for its rounds a job does not start, and nothing is set aside")
    func poorOwner() throws {
        var lab = try TestLab()
        try lab.license()
        try lab.apply(lab.proposal(), by: "cy")
        try lab.apply(
            TransferMoney(amount: lab.money(941), to: try MemberID("di")), by: "cy")
        #expect(
            try lab.refusal(of: StartJob(job: j1), by: "cy")
                == "account.overdrawn: the rule is `payer.balance >= amount`; payer is cy, "
                + "payer.balance is 29, amount is 30 CNY minor units")
        #expect(try lab.escrow() == 0)
        #expect(try lab.balance(of: "cy") == 59)
        #expect(lab.state.jobs[j1]?.status == .proposed)
        try lab.issueMoney(1)
        try lab.apply(StartJob(job: j1), by: "cy")
        #expect(try lab.balance(of: "cy") == 0)
    }

    @Test("What is set aside cannot be spent elsewhere: the rounds of a poor owner go on")
    func escrowIsSafe() throws {
        var lab = try TestLab()
        try lab.startJob()
        try lab.apply(
            TransferMoney(amount: lab.money(940), to: try MemberID("di")), by: "cy")
        try lab.runRound(0, .statistics, result: TestLab.digest(1))
        try lab.runRound(1, .train, result: TestLab.digest(2))
        #expect(try lab.balance(of: "ada") == 20)
    }

    @Test("A licence that comes into force after the start is paid for as its rounds open")
    func lateLicence() throws {
        var lab = try TestLab()
        try lab.license()
        try lab.apply(lab.offer("l-late", of: "bo", fee: 10), by: "bo")
        try lab.apply(lab.proposal(licences: ["l-ada", "l-late"]), by: "cy")
        try lab.apply(StartJob(job: j1), by: "cy")
        #expect(try lab.escrow() == 30)
        try lab.apply(TakeContractAction.accept(try LicenceID("l-late")), by: "cy")
        try lab.runRound(0, .statistics, result: TestLab.digest(1))
        #expect(try lab.escrow() == 10)
        try lab.apply(
            TransferMoney(amount: lab.money(961), to: try MemberID("di")), by: "cy")
        let next = try lab.open(1, .train, base: TestLab.digest(1))
        #expect(
            try lab.refusal(of: next, by: "coordinator")
                == "account.overdrawn: the rule is `payer.balance >= amount`; payer is cy, "
                + "payer.balance is 9, amount is 10 CNY minor units")
        #expect(try lab.rounds(of: "l-ada") == 1)
        try lab.issueMoney(1)
        try lab.apply(next, by: "coordinator")
        #expect(try lab.balance(of: "cy") == 0)
        #expect(try lab.escrow() == 20)
    }

    @Test("Fees that no account could hold do not start a job")
    func overflow() throws {
        var lab = try TestLab()
        try lab.license(fee: .max / 2)
        try lab.apply(lab.proposal(), by: "cy")
        #expect(
            try lab.refusal(of: StartJob(job: j1), by: "cy")
                == "account.overflow: the rule is `fee * plan.rounds <= 2^63 - 1`; "
                + "fee is \(Int64.max / 2) CNY minor units, plan.rounds is 3")
    }

    // MARK: - Licences with rules of their own

    /// `ada` under the library's document in CNY, and `bo` under its own in HKD with a bonus that it
    /// pays to the licensee.
    private func mixed(participantsMin: Int = 2) throws -> TestLab {
        var rules = Rules()
        rules.participantsMin = 1
        var lab = try TestLab(rules: rules)
        try lab.license()
        try lab.apply(RegisterCurrency(currency: hongKong, title: "Dollar", scale: 2), by: "ed")
        for name in ["bo", "cy"] {
            try lab.apply(
                IssueMoney(amount: Money(100, hongKong), to: try MemberID(name)), by: "ed")
        }
        try lab.agreeOnWeekdays(fee: 8, bonus: 5, in: hongKong)
        try lab.apply(
            lab.proposal(licences: ["l-ada", "w-bo"], participantsMin: participantsMin), by: "cy")
        try lab.apply(StartJob(job: j1), by: "cy")
        return lab
    }

    private func dollars(_ lab: TestLab) throws -> [Int64] {
        let holders: [AccountHolder] = [
            .member(try MemberID("bo")), .member(try MemberID("cy")), .job(j1),
        ]
        return holders.map {
            lab.state.accounts.balance(of: AccountID(holder: $0, currency: hongKong))
        }
    }

    @Test("Fees in several currencies are set aside, paid and returned each in its own")
    func currencies() throws {
        var lab = try mixed()
        #expect(try lab.escrow() == 30)
        #expect(try dollars(lab) == [100, 76, 24])
        try lab.apply(lab.open(0), by: "coordinator")
        // What the licensor pays is its own, and set aside with the round.
        #expect(try dollars(lab) == [95, 76, 29])
        try lab.apply(lab.seal(0), by: "coordinator")
        try lab.apply(close(0), by: "coordinator")
        #expect(try dollars(lab) == [103, 81, 16])
        try lab.apply(AbandonJob(job: j1, reason: "enough"), by: "cy")
        #expect(try dollars(lab) == [103, 97, 0])
        #expect(try lab.balance(of: "cy") == 990)
    }

    @Test("What a licensor has set aside goes back to it when the round is abandoned")
    func licensorsMoneyAfterAbandoning() throws {
        for ends in [false, true] {
            var lab = try mixed()
            try lab.apply(lab.open(0), by: "coordinator")
            if ends {
                try lab.apply(AbandonJob(job: j1, reason: "enough"), by: "cy")
                #expect(try dollars(lab) == [100, 100, 0])
            } else {
                try lab.apply(
                    AbandonRound(round: try TestLab.round(0), reason: "x"), by: "coordinator")
                #expect(try dollars(lab) == [100, 76, 24])
            }
        }
    }

    @Test("What a licensor has set aside goes back to it when it did not contribute")
    func licensorsMoneyWithoutContribution() throws {
        var lab = try mixed(participantsMin: 1)
        try lab.apply(lab.open(0), by: "coordinator")
        try lab.apply(lab.seal(0, ["ada"]), by: "coordinator")
        try lab.apply(close(0), by: "coordinator")
        #expect(try dollars(lab) == [100, 76, 24])
        #expect(try lab.balance(of: "ada") == 10)
    }

    @Test("A licence that a member wrote itself decides by its own rules, in its own words")
    func memberWrittenLicence() throws {
        var lab = try TestLab()
        try lab.license(roundsMax: 10)
        try lab.agreeOnWeekdays()
        // Without `ada`, whose licence runs out within the hour.
        let week = TestLab.hour * 24 * 7
        try lab.apply(
            lab.offer(
                "l-long", of: "ada", roundsMax: 10,
                expires: TestLab.start.advanced(byMilliseconds: 2 * week)), by: "ada")
        try lab.apply(TakeContractAction.accept(try LicenceID("l-long")), by: "cy")
        try lab.apply(
            lab.proposal(licences: ["l-long", "w-bo"], plan: [(.train, 5)]), by: "cy")
        try lab.apply(StartJob(job: j1), by: "cy")
        func run(_ number: Int) throws {
            try lab.runRound(number, .train, result: TestLab.digest(UInt8(number)))
        }
        func open(_ number: Int) throws -> OpenRound {
            try lab.open(number, .train, base: lab.state.jobs[j1]?.weights)
        }
        // A Thursday.
        try run(0)
        try run(1)
        let third = try #require(try lab.execute(open(2), by: "coordinator").refusal)
        #expect(
            third.description
                == "contract.rule: two rounds a day are enough (clause 2); the rule is `licence "
                + "w-bo, action train: int(now) / 86400 != state.day || state.today < 2`; "
                + "state.day is 20454, state.today is 2, now is timestamp(\"2026-01-01T00:00:00Z\")"
        )
        #expect(third.says?.json == ["en": "two rounds a day are enough", "zh": "每天最多两轮"])
        #expect(try lab.rounds(of: "l-long") == 2)
        // On Friday again, and not on Saturday.
        lab.now = TestLab.start.advanced(byMilliseconds: TestLab.hour * 24)
        try run(2)
        lab.now = TestLab.start.advanced(byMilliseconds: TestLab.hour * 48)
        let weekend = try #require(try lab.execute(open(3), by: "coordinator").refusal)
        #expect(weekend.clauses == ["1"])
        #expect(weekend.says?.description == "nobody watches the machines at weekends")
        // On Monday.
        lab.now = TestLab.start.advanced(byMilliseconds: TestLab.hour * 96)
        try run(3)
        #expect(try lab.balance(of: "bo") == 40)
        #expect(lab.rows["contract/w-bo"]?["state"] == ["day": 20458, "today": 1])
    }

    @Test(
        "A sealed round that nobody closes binds its owner for 30 days, and then costs what it earned"
    )
    func abandonedSeal() throws {
        var lab = try started()
        try lab.apply(lab.open(0), by: "coordinator")
        try lab.apply(lab.seal(0), by: "coordinator")
        let abandon = AbandonJob(job: j1, reason: "the coordinator is gone")
        lab.now = lab.now.advanced(byMilliseconds: AbandonJob.patienceMilliseconds - 1)
        #expect(try lab.execute(abandon, by: "cy").refusal?.code == .wrongStage)
        lab.now = lab.now.advanced(byMilliseconds: 1)
        #expect(try lab.execute(abandon, by: "ada").refusal?.code == .wrongSender)
        let receipt = try lab.apply(abandon, by: "cy")
        #expect(receipt.moved.map(\.amount.minorUnits) == [10, 7, 34])
        #expect(try lab.escrow() == 0)
        #expect(try lab.balance(of: "cy") == 983)
        let round = try #require(lab.state.jobs[try TestLab.round(0)])
        #expect(round.status == .abandoned)
        #expect(lab.state.jobs[j1]?.status == .abandoned)
        #expect(try lab.rounds(of: "l-ada") == 1, "the contribution was made, and counts")
        let close = try lab.execute(close(0), by: "coordinator")
        #expect(close.refusal?.code == .wrongStage)
    }
}
