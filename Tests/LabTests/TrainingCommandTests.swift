import Contracts
import Encodings
import Foundation
import LabFixture
import Learning
import Participation
import Testing
import Transport

extension LabSuite {
    /// Jobs as a researcher designs them, by commands, on real nodes.
    @Suite("Training, by commands")
    struct TrainingCommandTests {
        private struct Researcher {
            let processes: ProcessLab

            @discardableResult
            func run(_ words: [String]) async throws -> Program.Outcome {
                try await processes.daemons.command(TrainingLab.university, words)
            }

            func refused(_ words: [String]) async throws -> String {
                let outcome = try await Program.run(
                    words + ["--home", processes.home(TrainingLab.university).path])
                #expect(outcome.code != 0, "\(outcome.all)")
                return outcome.all
            }

            func propose(_ job: String, _ options: String...) async throws {
                try await run(Self.proposal(job) + options)
                try await run(["job", "start", job, "--wait", "final"])
            }

            static func proposal(_ job: String) -> [String] {
                ["job", "propose", job, "--model", "illness", "--purpose", "research"]
                    + TrainingLab.licences.flatMap { ["--licence", $0] }
            }

            func job(_ name: String) async throws -> JSONValue {
                try await processes.member(TrainingLab.university).coordinator
                    .get("/v1/jobs/\(name)")
            }

            /// Whether the sums of all rounds hold.
            func holds(_ job: String) async throws -> Bool {
                let items = try await run(["job", "verify", job, "--json"]).json["items"]?.array
                let sums = (items ?? []).compactMap { $0["sum"]?.string }
                return !sums.isEmpty && sums.allSatisfy { $0 != "DIFFERS" }
            }
        }

        private func withLab(
            _ body: (Researcher, TrainingLab) async throws -> Void
        ) async throws {
            try await ProcessLab.with(TrainingLab.plan) { processes in
                try await processes.startAll()
                let lab = try await TrainingLab(processes)
                try await lab.settle()
                try await body(Researcher(processes: processes), lab)
            }
        }

        @Test(
            "A perceptron trains by FedAdam with compressed updates, stops early, and is gone on from"
        )
        func perceptron() async throws {
            try await withLab { researcher, lab in
                try await researcher.propose(
                    "adam", "--trainer", "multilayer-perceptron", "--hidden", "6", "--strategy",
                    #"{"kind": "fedadam", "serverRate": 0.05}"#, "--compression", "int8",
                    "--rounds", "12", "--patience", "2", "--delta-min", "10", "--result", "best")
                let watched = try await researcher.run(["job", "watch", "adam", "--plain"])
                #expect(watched.output.contains("stopped"), "\(watched.all)")
                let adam = try await researcher.job("adam")
                #expect(adam["job"]?["status"] == "complete")
                #expect(adam["job"]?["skipped"]?.integer ?? 0 > 0)
                #expect(adam["job"]?["strategyState"]?.string != nil)
                let stages = (adam["sites"]?.array ?? []).map { $0["report"]?["stage"]?.string }
                #expect(stages == ["contributed", "contributed", "contributed"])
                #expect(try await researcher.holds("adam"))
                try await researcher.run(["model", "register", "adam", "--wait", "final"])
                let best = adam["job"]?["best"]?["weights"]?.string
                let models = try await researcher.processes.member(TrainingLab.university)
                    .coordinator.get("/v1/models")
                #expect(
                    models["items"]?.array?.first?["versions"]?.array?.first?["weights"]?.string
                        == best)

                try await researcher.propose(
                    "more", "--trainer", "multilayer-perceptron", "--hidden", "6", "--strategy",
                    "scaffold", "--rounds", "2", "--from", "illness/1")
                try await researcher.run(["job", "watch", "more", "--json"])
                let more = try await researcher.job("more")
                #expect(more["job"]?["status"] == "complete")
                #expect(more["rounds"]?.array?.first?["base"]?.string == best)
                #expect(try await researcher.holds("more"))
                for site in TrainingLab.sites {
                    let kept = researcher.processes.home(site).appending(path: "jobs/more")
                    #expect(FileManager.default.fileExists(atPath: kept.path), "\(site)")
                }
            }
        }

        @Test("Large updates are added up while they arrive, and the sums hold")
        func summedAhead() async throws {
            try await withLab { researcher, lab in
                // About 360,000 parameters: more than is sent without being announced.
                try await researcher.propose(
                    "wide", "--trainer", "multilayer-perceptron", "--hidden", "600,600",
                    "--strategy", "fedavgm", "--rounds", "3")
                try await researcher.run(["job", "watch", "wide"])
                #expect(try await researcher.job("wide")["job"]?["status"] == "complete")
                #expect(try await researcher.holds("wide"))
                let metrics = try await researcher.processes.member(TrainingLab.university)
                    .coordinator.bytes("/metrics")
                let ahead = String(decoding: metrics, as: UTF8.self).split(separator: "\n").first {
                    $0.hasPrefix("jointlab_rounds_summed_ahead_total ")
                }
                #expect(ahead?.hasSuffix(" 3") == true, "\(ahead ?? "none")")
            }
        }

        @Test(
            "A site whose machine hangs is waited for; it costs the job a round or two, and not itself"
        )
        func frozen() async throws {
            try await withLab { researcher, lab in
                let daemons = researcher.processes.daemons
                daemons.freeze("site")
                try await researcher.propose(
                    "patient", "--rounds", "2", "--round-timeout", "1s")
                try await eventually("the site is known to be away") {
                    let sites = try await researcher.job("patient")["sites"]?.array ?? []
                    return sites.contains { $0["connected"] == false }
                }
                let waiting = try await researcher.job("patient")
                #expect(waiting["job"]?["status"] == "running")
                daemons.thaw("site")
                try await researcher.run(["job", "watch", "patient"])
                let patient = try await researcher.job("patient")
                #expect(patient["job"]?["status"] == "complete")
                let ends = (patient["rounds"]?.array ?? []).map { $0["status"]?.string }
                #expect(ends.first == "abandoned" && ends.count { $0 == "closed" } == 4, "\(ends)")
            }
        }

        @Test("FedBuff makes a step of two updates of three, and takes the third late")
        func buffered() async throws {
            try await withLab { researcher, lab in
                try await researcher.propose(
                    "buffered", "--strategy", "fedbuff", "--enough", "2", "--rounds", "8")
                try await researcher.run(["job", "watch", "buffered"])
                let job = try await researcher.job("buffered")
                #expect(job["job"]?["status"] == "complete")
                #expect(job["job"]?["strategy"]?["bufferSize"] == 2)
                #expect(job["job"]?["contributionsEnough"] == 2)
                #expect(job["job"]?["lateRoundsMax"] == 10)
                let trained = (job["rounds"]?.array ?? []).filter { $0["task"] == "train" }
                #expect(trained.allSatisfy { ($0["contributions"]?.array?.count ?? 0) >= 2 })
                let late = trained.flatMap { $0["contributions"]?.array ?? [] }
                    .filter { $0["startedIn"]?.integer != nil }
                #expect(!late.isEmpty)
                #expect(try await researcher.holds("buffered"))
            }
        }

        @Test(
            "Ditto leaves each site a model of its own, which its owner can take out and nobody else has"
        )
        func personal() async throws {
            try await withLab { researcher, lab in
                try await researcher.propose(
                    "own", "--trainer", "multilayer-perceptron", "--hidden", "4", "--strategy",
                    #"{"kind": "ditto", "lambda": 0.01}"#, "--rounds", "3")
                try await researcher.run(["job", "watch", "own"])
                let job = try await researcher.job("own")
                let result = try #require(job["job"]?["weights"]?.string)
                var models: Set<String> = [result]
                for site in TrainingLab.sites {
                    let out = researcher.processes.folder.appending(path: "\(site).safetensors")
                    let said = try await researcher.processes.daemons.command(
                        site, "job", "personal", "own", "--out", out.path, "--json"
                    ).json
                    #expect(said["round"] == 3)
                    let file = Array(try Data(contentsOf: out))
                    #expect(try NetworkModel(parsing: file).parameters.shape.hidden == [4])
                    models.insert("\(BlobDigest(of: file))")
                    let mode = try FileManager.default.attributesOfItem(atPath: out.path)
                    #expect(mode[.posixPermissions] as? Int == 0o600)
                }
                #expect(models.count == 4)
                let refused = try await researcher.refused([
                    "job", "personal", "own", "--out", "/dev/null",
                ])
                #expect(refused.contains("own has left no model of its own here"))
            }
        }

        @Test("Trees, clusters and statistics are jobs like others; a job is paused and goes on")
        func sums() async throws {
            try await withLab { researcher, lab in
                try await researcher.propose(
                    "trees", "--trainer", "gradient-boosted-trees", "--trees", "2", "--depth", "2",
                    "--learning-rate", "0.3")
                try await researcher.run(["job", "pause", "trees", "--reason", "lunch"])
                try await eventually("the round under way ends") {
                    let rounds = try await researcher.job("trees")["rounds"]?.array ?? []
                    return rounds.allSatisfy { $0["status"] == "closed" }
                }
                #expect(try await researcher.job("trees")["job"]?["status"] == "paused")
                try await researcher.run(["job", "resume", "trees"])
                try await researcher.run(["job", "watch", "trees"])
                #expect(try await researcher.job("trees")["job"]?["closed"] == 6)
                #expect(try await researcher.holds("trees"))

                try await researcher.propose(
                    "clusters", "--trainer", "k-means", "--clusters", "3", "--rounds", "3")
                try await researcher.propose("numbers", "--trainer", "statistics")
                for job in ["clusters", "numbers"] {
                    try await researcher.run(["job", "watch", job])
                    #expect(try await researcher.job(job)["job"]?["status"] == "complete")
                    #expect(try await researcher.holds(job))
                }
            }
        }

        @Test("What cannot work is refused when it is proposed, with the reason")
        func refusals() async throws {
            try await withLab { researcher, lab in
                let cases: [([String], String)] = [
                    (["--trainer", "forest"], "there is no trainer forest"),
                    (["--strategy", "fedmagic"], "should be one of fedavg"),
                    (["--strategy", "fedprox"], "strategy.mu is missing"),
                    (["--strategy", #"{"kind": "fedprox", "mu": 1}"#], "cannot be trained with"),
                    (["--combination", #"{"kind": "krum", "f": 1}"#], "needs at least 5 updates"),
                    (["--late-rounds", "2"], "only fedbuff takes late updates"),
                    (
                        [
                            "--strategy", #"{"kind": "fedbuff", "bufferSize": 2}"#,
                            "--participants-min", "3",
                        ], "ask for a larger bufferSize"
                    ),
                    (
                        ["--strategy", #"{"kind": "fedbuff", "bufferSize": 2}"#, "--enough", "3"],
                        "bufferSize updates, which are 2"
                    ),
                    (["--trainer", "linear-regression"], "should be a number"),
                    (["--from", "illness/1"], "there is no model version illness/1"),
                ]
                for (options, reason) in cases {
                    let said = try await researcher.refused(
                        Researcher.proposal("no") + options)
                    #expect(said.contains(reason), "\(options): \(said)")
                }
            }
        }
    }
}
