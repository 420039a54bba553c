import Simulator
import Testing

@Suite struct SimulationTests {
    @Test(
        "A lab keeps its invariants under faults and lies", arguments: 1...40 as ClosedRange<UInt64>
    )
    func invariantsHold(seed: UInt64) {
        #expect(Simulation(seed: seed).run().violation == nil)
    }

    @Test("The same seed gives the same run", arguments: [3, 5, 14] as [UInt64])
    func runsRepeat(seed: UInt64) {
        let first = Simulation(seed: seed).run()
        let second = Simulation(seed: seed).run()
        #expect(first.steps == second.steps)
        #expect(first.traceDigest == second.traceDigest)
    }

    @Test("Most labs train, and the seeds between them do everything that a lab can do")
    func labsAreBusy() {
        let runs = (101...150 as ClosedRange<UInt64>).map { Simulation(seed: $0).run() }
        for run in runs {
            #expect(run.violation == nil)
        }
        // A quarter of the labs trade, pay grants or govern themselves instead, and some never agree on anything.
        #expect(runs.count { $0.roundsClosed > 0 } > runs.count * 3 / 5)
        #expect(runs.reduce(0) { $0 + $1.roundsAbandoned } > runs.count / 2)
        for action in [
            "contract.act withdraw", "member.rotate_keys", "proposal.vote", "model.register",
            "job.complete", "round.abandon", "account.transfer",
            "account.split", "account.reverse", "account.redeem", "account.hold",
            "account.capture", "account.release", "account.limit", "currency.fee",
        ] {
            #expect(runs.contains { $0.applied[action, default: 0] > 0 }, "nobody does \(action)")
        }
        for event in [
            "kills", "kills between", "partitions", "evidence", "garbage cosignatures", "handovers",
        ] {
            #expect(runs.contains { $0.tally[event, default: 0] > 0 }, "there are no \(event)")
        }
    }

    @Test(
        "Labs trade under faults, and the parts of a licence never train more often than the whole")
    func labsTrade() {
        let runs = (1...24 as ClosedRange<UInt64>).map { seed in
            var scenario = Scenario(seed: seed)
            for errand in Errand.trading { scenario.zeal[errand] = 2 }
            scenario.founders = max(scenario.founders, 3)
            for errand in Errand.governing { scenario.zeal[errand] = 1 }
            scenario.zeal[.stop] = 0
            scenario.zeal[.freeze] = 40
            scenario.zeal[.vote] = 3
            return Simulation(seed: seed, scenario: scenario).run()
        }
        for run in runs { #expect(run.violation == nil) }
        for action in [
            "token.divide", "token.merge", "token.transfer", "market.offer", "market.bid",
            "market.accept", "token.consent", "market.withdraw",
        ] {
            #expect(runs.contains { $0.applied[action, default: 0] > 0 }, "nobody does \(action)")
        }
        #expect(runs.contains { $0.tally["contract.frozen", default: 0] > 0 }, "nothing is frozen")
    }

    @Test("Grants are agreed on, funded and paid under faults, and no money is lost")
    func labsGrant() {
        let runs = (1...16 as ClosedRange<UInt64>).map { seed in
            var scenario = Scenario(seed: seed)
            for errand in Errand.granting { scenario.zeal[errand] = 4 }
            scenario.founders = max(scenario.founders, 3)
            scenario.zeal[.issue] = 4
            return Simulation(seed: seed, scenario: scenario).run()
        }
        for run in runs { #expect(run.violation == nil) }
        for action in ["agree", "fund", "deliver", "approve"] {
            #expect(
                runs.contains { $0.applied["contract.act \(action)", default: 0] > 0 },
                "nobody does \(action)")
        }
    }

    @Test(
        "Members who do little else than move money lose none of it under faults",
        arguments: 1...2 as ClosedRange<UInt64>)
    func labsPay(seed: UInt64) {
        let run = Simulation(seed: seed, scenario: .money(seed: seed)).run()
        #expect(run.violation == nil)
        for action in [
            "transfer", "split", "hold", "capture", "release", "reverse", "redeem", "issue",
            "limit",
        ] {
            #expect(run.applied["account.\(action)", default: 0] > 5, "\(action)")
        }
        #expect(run.tally["refused", default: 0] > 100)
    }

    @Test("Labs stop, resume and take another constitution under faults")
    func labsGovern() {
        let runs = (1...16 as ClosedRange<UInt64>).map { seed in
            var scenario = Scenario(seed: seed)
            for errand in [Errand.stop, .resume, .constitute, .changeCoordinator, .vote] {
                scenario.zeal[errand] = 4
            }
            scenario.zeal[.stop] = 60
            scenario.zeal[.constitute] = 20
            scenario.zeal[.changeCoordinator] = 20
            return Simulation(seed: seed, scenario: scenario).run()
        }
        for run in runs { #expect(run.violation == nil) }
        #expect(runs.contains { $0.tally["stopped", default: 0] > 0 }, "no lab was stopped")
        #expect(runs.contains { $0.tally["resumed", default: 0] > 0 }, "no lab resumed")
        #expect(
            runs.contains { $0.tally["handovers", default: 0] > 1 }, "no coordinator was changed")
        #expect(
            runs.contains { $0.tally["constitutions", default: 0] > 0 }, "no constitution passed")
    }

    @Test("A node sees through every lie that a coordinator can sign")
    func liesAreSeen() {
        var seen: Set<String> = []
        for seed in 1...24 as ClosedRange<UInt64> {
            var scenario = Scenario(seed: seed)
            scenario.coordinatorLies = true
            scenario.founders = 4
            scenario.liars = 1
            scenario.tactics = [.batch]
            let run = Simulation(seed: seed, scenario: scenario).run()
            #expect(run.violation == nil)
            seen.formUnion(run.tally.keys.filter { $0.hasPrefix("seen through: ") })
        }
        #expect(seen.count == Scenario.forgeries, "only \(seen.sorted())")
    }

    /// If this fails, nobody need believe that the other seeds prove anything.
    @Test("More liars than the quorum withstands are seen to fork the lab")
    func tooManyLiars() {
        let violations = (1...20 as ClosedRange<UInt64>).lazy.compactMap { seed in
            var scenario = Scenario(seed: seed)
            scenario.coordinatorLies = true
            scenario.founders = 4
            scenario.liars = 2
            return Simulation(seed: seed, scenario: scenario).run().violation
        }
        #expect(violations.contains { $0.contains("others") })
    }
}
