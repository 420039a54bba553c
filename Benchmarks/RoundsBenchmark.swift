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
        let licences = try await lab.licenses(from: lab.members.dropFirst())
        try await propose(lab, licences)
        summarise(try await lab.roundsOfJob(), sites: sites)
        try await lab.tearDown()
    }

    private func propose(_ lab: BenchmarkLab, _ licences: [LicenceID]) async throws {
        let user = lab.members[0]
        let layout = try await user.layout(of: licences)
        let label = try await user.label(of: licences)
        let settings = LogisticSettings(
            layout: layout, label: label, training: try TrainingConfiguration(seed: 1))
        _ = try await user.submit(
            ProposeJob(
                job: try BenchmarkLab.job(), model: try ModelID("bench"), purpose: "bench",
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
