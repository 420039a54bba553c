import ContractLibrary
import Contracts
import Encodings
import Identity
import Randomness
import Testing

/// Members who do anything at all, sensible or not. `TestLab` checks after every transaction that
/// money is conserved, licences are not overrun and refusals leave nothing behind.
@Suite struct RandomLabTests {
    @Test("Whatever the members do, the lab's invariants hold", arguments: 0..<16 as Range<UInt64>)
    func invariantsHold(seed: UInt64) throws {
        let run = try Self.run(seed: seed, steps: 400)
        #expect(run.applied > 25, "seed \(seed) did next to nothing")
        #expect(run.refused > 50, "seed \(seed) was refused next to nothing")
    }

    @Test("The same transactions in the same order write the same, to the byte")
    func deterministic() throws {
        let first = try Self.run(seed: 77, steps: 300)
        let second = try Self.run(seed: 77, steps: 300)
        #expect(first.digest == second.digest)
        #expect(first.lab.rows == second.lab.rows)
    }

    /// Swift hashes with another seed in every process, so that an order which comes from a
    /// dictionary would change this number from run to run.
    @Test("What a lab writes has not changed since the format was fixed")
    func writesAreThoseOfTheFirstRelease() throws {
        let digest = try Self.run(seed: 78, steps: 300).digest
        #expect(digest == 14_024_565_819_198_939_605)
    }

    struct Run {
        var lab: TestLab
        var applied = 0
        var refused = 0
        var digest: UInt64 = 0
    }

    private static func run(seed: UInt64, steps: Int) throws -> Run {
        var random = SeededRandom(seed: seed)
        var run = Run(lab: try TestLab())
        try run.lab.license(fee: 5, roundsMax: 20)
        for _ in 0..<steps {
            let (action, sender) = try action(&random, run.lab)
            let receipt = try? run.lab.execute(action, by: sender)
            guard let receipt else { continue }
            if receipt.refusal == nil { run.applied += 1 } else { run.refused += 1 }
            run.digest = checksum(
                "\(run.digest) \(receipt.json.canonicalText)".utf8)
            if random.uniformInteger(below: 5) == 0 {
                run.lab.now = run.lab.now.advanced(
                    byMilliseconds: Int64(random.uniformInteger(below: 20_000)))
                run.lab.endBatch()
            }
        }
        run.lab.endBatch()
        for (key, row) in run.lab.rows.sorted(by: { $0.key < $1.key }) {
            run.digest = checksum("\(run.digest) \(key) \(row.canonicalText)".utf8)
        }
        return run
    }

    // MARK: - What members do

    private static func action(
        _ random: inout SeededRandom, _ lab: TestLab
    ) throws -> (any LabAction, by: String) {
        func pick<Element>(_ elements: [Element]) -> Element {
            elements[Int(random.uniformInteger(below: UInt64(elements.count)))]
        }
        let anybody = ["ada", "bo", "cy", "di", "ed", "flo", "gil", "hal", "coordinator"]
        let name = pick(["ada", "bo", "cy", "di", "ed", "flo", "gil", "hal"])
        let member = try MemberID(name)
        let jobs = lab.state.jobs
        let job = pick(["j-1", "j-2", "j-3"])
        let id = try JobID(job)
        let row = jobs[id]
        let number = max(0, (row?.opened ?? 0) - (random.uniformInteger(below: 3) == 0 ? 0 : 1))
        let licence = try LicenceID(pick(["l-ada", "l-bo", "l-1", "l-2", "l-3"]))
        let round = RoundID(job: id, number: number)
        let coordinator = random.uniformInteger(below: 8) == 0 ? pick(anybody) : "coordinator"
        let proposals = lab.state.members.proposals.sorted.map(\.key)
        let version = ModelVersionID(model: try ModelID(pick(["m-1", "m-2"])), number: 1)

        switch random.uniformInteger(below: 46) {
        case 0: return (ApplyForMembership(card: try TestLab.card(name)), name)
        case 1:
            return (
                InviteMember(
                    member: member, title: "x",
                    expires: lab.now.advanced(byMilliseconds: 30_000)), pick(anybody)
            )
        case 2:
            let target = try MemberID(pick(["flo", "gil", "hal", "di"]))
            let change: Proposal.Change =
                random.uniformInteger(below: 2) == 0
                ? .suspend(target) : .reinstate(target, keys: nil)
            return (OpenProposal(change: change), pick(anybody))
        case 3...7:
            guard !proposals.isEmpty else { fallthrough }
            return (
                CastVote(proposal: pick(proposals), approves: random.uniformInteger(below: 3) > 0),
                pick(anybody)
            )
        case 8: return (try lab.dataset(name), pick(anybody))
        case 9: return (RetireDataset(dataset: try DatasetID("d-\(pick(["gil", "hal"]))")), name)
        case 10, 11:
            return (
                try lab.offer(
                    licence.text, of: name, fee: Int64(random.uniformInteger(below: 20)),
                    roundsMax: 5),
                pick([name, "cy"])
            )
        case 12, 13: return (TakeContractAction.accept(licence), pick([name, "cy"]))
        case 14: return (TakeContractAction.decline(licence), pick(anybody))
        case 15:
            return random.uniformInteger(below: 5) == 0
                ? (TakeContractAction.withdraw(licence, reason: "x"), pick(anybody))
                : (RegisterCurrency(currency: TestLab.currency, title: "Yuan", scale: 2), "ed")
        case 16...18:
            return (
                try lab.proposal(job, model: pick(["m-1", "m-2"]), plan: [(.train, 2)]),
                pick(["cy", "cy", "cy", "di"])
            )
        case 19, 20: return (StartJob(job: id), "cy")
        case 21...32:
            // Mostly what comes next, and sometimes something else.
            let status = row.flatMap { jobs.current(of: $0)?.status }
            let step = random.uniformInteger(below: 6)
            switch (step, status) {
            case (0, _), (2..., .open):
                return (
                    SealRound(
                        round: round,
                        contributions: try ["ada", "bo"].map {
                            try lab.contribution($0, to: number, job: job)
                        }), coordinator
                )
            case (1, _), (2..., .sealed):
                return (
                    CloseRound(round: round, result: TestLab.digest(UInt8(number & 255))),
                    coordinator
                )
            case (2, _) where row?.closed == 2:
                return (CompleteJob(job: id), coordinator)
            default:
                return (
                    OpenRound(
                        round: RoundID(job: id, number: row?.opened ?? 0), task: .train,
                        base: row?.weights,
                        participants: try ["ada", "bo"].map { try MemberID($0) }), coordinator
                )
            }
        case 33: return (AbandonRound(round: round, reason: "x"), coordinator)
        case 34: return (CompleteJob(job: id), coordinator)
        case 35:
            return random.uniformInteger(below: 6) == 0
                ? (AbandonJob(job: id, reason: "x"), pick(["cy", "coordinator"]))
                : (RegisterModelVersion(job: id, weights: row?.weights ?? TestLab.digest(0)), "cy")
        case 36:
            return (
                IssueMoney(
                    amount: lab.money(
                        random.uniformInteger(below: 4) == 0
                            ? .max : Int64(random.uniformInteger(below: 500))), to: member),
                pick(["ed", "ed", "ada"])
            )
        case 37:
            return (
                TransferMoney(
                    amount: lab.money(Int64(random.uniformInteger(below: 700))), to: member),
                pick(anybody)
            )
        case 40...45: return (try moneyAction(&random, lab, member), pick(anybody))
        case 38:
            return (
                ValidateModelVersion(
                    version: version, rows: 1, metricsMicro: [:], accepts: true), pick(anybody)
            )
        default:
            return random.uniformInteger(below: 2) == 0
                ? (ReleaseModelVersion(version: version), "cy")
                : (RegisterModelVersion(job: id, weights: row?.weights ?? TestLab.digest(0)), "cy")
        }
    }

    private static func moneyAction(
        _ random: inout SeededRandom, _ lab: TestLab, _ member: MemberID
    ) throws -> any LabAction {
        let amount = lab.money(Int64(random.uniformInteger(below: 300)))
        let hold = try HoldID("h-\(random.uniformInteger(below: 6))")
        switch random.uniformInteger(below: 9) {
        case 0:
            return SetTransferFee(
                currency: TestLab.currency,
                fee: TransferFee(
                    flat: Int64(random.uniformInteger(below: 3)),
                    basisPoints: Int64(random.uniformInteger(below: 2_000)), to: member))
        case 1:
            return SetAccountLimit(
                holder: member, currency: TestLab.currency,
                limit: AccountLimit(
                    credit: random.uniformInteger(below: 8) == 0
                        ? .max : Int64(random.uniformInteger(below: 100)),
                    paymentMax: random.uniformInteger(below: 2) == 0 ? 200 : nil))
        case 2: return RedeemMoney(amount: amount)
        case 3:
            let transfers = lab.state.accounts.transfers.sorted.map(\.key)
            return ReverseTransfer(
                transfer: transfers.isEmpty
                    ? 0 : transfers[Int(random.uniformInteger(below: UInt64(transfers.count)))],
                reason: "x")
        case 4:
            return SplitPayment(
                amount: amount,
                shares: try ["ada", "cy", "flo", "bo"].prefix(
                    1 + Int(random.uniformInteger(below: 4))
                ).map {
                    .init(to: try MemberID($0), weight: 1 + Int64(random.uniformInteger(below: 9)))
                })
        case 5, 6:
            return PlaceHold(
                hold: hold, amount: amount, to: member,
                expires: lab.now.advanced(
                    byMilliseconds: Int64(random.uniformInteger(below: 30_000))))
        case 7:
            return CaptureHold(
                hold: hold, amount: random.uniformInteger(below: 2) == 0 ? nil : amount)
        default: return ReleaseHold(hold: hold)
        }
    }
}
