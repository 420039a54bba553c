import ContractLanguage
import ContractLibrary
import Encodings
import Policy

/// What the library's dataset licence costs: to check and compile as when it is published, to
/// conclude, and to take its `train` action as for a round, all rules, effects and payments included.
enum ContractBenchmark {
    static func measure() throws {
        let document = try LibraryDocument.datasetLicence.published()
        let contract = try CompiledContract(document)
        let checked = rate { (try? CompiledContract(document)) != nil }
        report("dataset-licence checked, compiled, its examples run", "\(shown(1e3 / checked)) ms")

        guard let now = Instant(rfc3339: "2026-11-22T00:00:00Z") else { return }
        let offer = ContractOffer(
            name: "bench", offeredBy: "owner", parties: ["licensor": "owner", "licensee": "user"],
            terms: [
                "dataset": "data", "purposes": ["care", "research"], "maxRounds": 100_000,
                "epsilonBudgetMicro": 1_000_000_000, "feePerRound": 250,
                "expires": "2027-11-22T00:00:00Z", "transferable": false, "freely": false,
                "resalePermille": 0, "beneficiaries": [:], "reports": "stages",
            ], currency: "CNY")
        let concluded = rate { (try? contract.conclude(offer, now: now)) != nil }
        report("  concluded", "\(shown(concluded / 1e3)) thousand/s")

        let offered = try contract.conclude(offer, now: now)
        let active = try contract.take(
            ContractCall(
                action: "accept", sender: .member("user"), input: [:], now: now, escrow: 0),
            on: offered
        ).instance
        let round = ContractCall(
            action: "train", sender: .lab,
            input: [
                "purpose": "research", "job": "j-1", "round": 1, "participants": 3,
                "epsilonMicro": 10,
            ], now: now, escrow: 0)
        let taken = rate { (try? contract.take(round, on: active)) != nil }
        report("  train taken", "\(shown(taken / 1e3)) thousand/s")
    }

    private static func rate(_ body: () -> Bool) -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        var count = 0
        while clock.now - start < .seconds(1) {
            for _ in 0..<10 where body() { count += 1 }
        }
        return Double(count) / seconds(clock.now - start)
    }
}
