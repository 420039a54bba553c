import ContractLibrary
import Contracts
import Encodings
import Foundation
import Learning
import Ledger
import Node
import Participation
import Trainers
import Transport

/// How many rounds a second a job runs with a tiny model, at four sites and at eight, beside the
/// researcher's own node: licences, fees, three final entries and a training task at every site, each
/// round.
struct RoundsBenchmark {
    let binary: URL
    private static let sites = [4, 8]
    private static let rounds = 60

    func run() async throws {
        for sites in Self.sites { try await run(sites: sites) }
    }

    private func run(sites: Int) async throws {
        let lab = try await BenchmarkLab(nodes: sites + 1, binary: binary)
        let owners = Array(lab.members.dropFirst())
        let currency = try CurrencyCode("FREE").orThrow()
        _ = try await lab.members[0].submit(
            RegisterCurrency(currency: currency, title: "None", scale: 0))
        try await lab.members[0].publish(.datasetLicence)
        var licences: [LicenceID] = []
        for owner in owners {
            licences.append(try await license(owner, to: lab.members[0], currency))
        }
        try await propose(lab, licences)
        let job = try JobID("bench")
        _ = try await lab.members[0].submit(StartJob(job: job))
        while true {
            let answer = try await lab.members[0].coordinator.get("/v1/jobs/\(job)")
            if answer["job"]?["status"]?.string == "complete" {
                summarise(answer["rounds"]?.array ?? [], sites: sites)
                break
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        try await lab.tearDown()
    }

    private func license(
        _ owner: MemberSession, to user: MemberSession, _ currency: CurrencyCode
    ) async throws -> LicenceID {
        let file = owner.home.folder.appending(path: "data.csv")
        var text = "x,y,label\n"
        for row in 0..<40 {
            text += "\(row % 7).5,\(row % 5).25,\(row % 2)\n"
        }
        try text.write(to: file, atomically: true, encoding: .utf8)
        let id = try DatasetID("data-of-\(owner.card.member)")
        let (owned, _) = try OwnedDataset.inspecting(
            file: file.path, as: id, options: InspectionOptions(label: ColumnReference("label")),
            holdoutPerMille: 250)
        try owner.home.keep(owned)
        _ = try await owner.submit(try owned.registration(title: "Bench data"))
        let licence = try LicenceID("licence-of-\(owner.card.member)")
        let terms = LicenceTerms(
            dataset: id, licensee: user.card.member, purposes: ["bench"], roundsMax: 10_000,
            feePerRound: Money(0, currency),
            expires: MemberSession.now.advanced(byMilliseconds: 3_600_000))
        _ = try await user.submit(
            try terms.offer(licence, licensor: owner.card.member))
        _ = try await owner.submit(TakeContractAction.accept(licence), until: .final)
        return licence
    }

    private func propose(_ lab: BenchmarkLab, _ licences: [LicenceID]) async throws {
        let user = lab.members[0]
        while try await user.get("/v1/licences")["items"]?.array?.count(where: {
            $0["stage"]?.string == "active"
        }) != licences.count {
            try await Task.sleep(for: .milliseconds(20))
        }
        let layout = try await user.layout(of: licences)
        let label = try await user.label(of: licences)
        let settings = LogisticSettings(
            layout: layout, label: label, training: try TrainingConfiguration(seed: 1))
        _ = try await user.submit(
            ProposeJob(
                job: try JobID("bench"), model: try ModelID("bench"), purpose: "bench",
                licences: licences, trainer: settings.json, plan: .training(rounds: Self.rounds),
                participantsMin: licences.count, roundTimeoutMilliseconds: 60_000),
            until: .final)
    }

    private func summarise(_ rounds: [JSONValue], sites: Int) {
        let times = rounds.dropFirst().compactMap { round -> Double? in
            guard let opened = round["opened"]?.integer, let ended = round["ended"]?.integer else {
                return nil
            }
            return Double(ended - opened)
        }
        guard let first = rounds.dropFirst().first?["opened"]?.integer,
            let last = rounds.last?["ended"]?.integer
        else { return }
        let span = Double(last - first) / 1_000
        report(
            "rounds with \(sites) sites", "\(shown(Double(times.count) / span)) /s")
        report(
            "open to close, p50 / p99",
            "\(shown(percentile(times, 0.5))) / \(shown(percentile(times, 0.99))) ms")
    }
}

extension Optional {
    fileprivate func orThrow() throws -> Wrapped {
        guard let self else { throw Mistake("a value is missing") }
        return self
    }
}
