import Contracts
import Encodings
import Foundation
import LabFixture
import Node
import Participation
import Testing
import Transport

extension LabSuite {
    /// What a data owner says by commands and in its rules, to jobs that run on real nodes.
    @Suite("Data owners stay in command")
    struct OwnerRulesCommandTests {
        private struct Owners {
            let lab: TrainingLab
            var processes: ProcessLab { lab.processes }

            static func with(_ body: (Owners) async throws -> Void) async throws {
                try await ProcessLab.with(TrainingLab.plan) { processes in
                    try await processes.startAll()
                    let lab = try await TrainingLab(processes)
                    try await lab.settle()
                    try await body(Owners(lab: lab))
                }
            }

            /// Writes rules, in place of those that were there.
            func write(_ rules: String?, at site: String) throws {
                let file = NodeHome(processes.home(site)).rules
                if let rules {
                    try rules.write(to: file, atomically: true, encoding: .utf8)
                } else {
                    try FileManager.default.removeItem(at: file)
                }
            }

            @discardableResult
            func command(_ site: String, _ words: String...) async throws -> Program.Outcome {
                try await processes.daemons.command(site, words)
            }

            func refused(_ site: String, _ words: String...) async throws -> Program.Outcome {
                let outcome = try await Program.run(words + ["--home", processes.home(site).path])
                #expect(outcome.code != 0, "\(outcome.all)")
                return outcome
            }

            func job(_ name: String) async throws -> JSONValue {
                try await processes.member(TrainingLab.university).coordinator
                    .get("/v1/jobs/\(name)")
            }

            /// What the job's owner is told that a site holds back, and why.
            func hold(of site: String, in job: String) async throws -> String? {
                let sites = try await self.job(job)["sites"]?.array ?? []
                return sites.first { $0["member"]?.string == site }?["hold"]?["code"]?.string
            }

            func waitForHold(_ code: String?, of site: String, in job: String) async throws {
                try await eventually("\(site) holds \(code ?? "nothing") back") {
                    try await hold(of: site, in: job) == code
                }
            }

            /// Waits for a round that closes with these, and no others.
            func waitForRound(of job: String, with sites: [String]) async throws {
                let before = try await self.job(job)["job"]?["opened"]?.integer ?? 0
                try await eventually("a round closes with \(sites)") {
                    (try await self.job(job)["rounds"]?.array ?? []).contains { round in
                        let members = (round["contributions"]?.array ?? [])
                            .compactMap { $0["member"]?.string }
                        return round["round"]?.integer ?? 0 > before
                            && round["status"] == "closed" && members == sites
                    }
                }
            }
        }

        @Test("Whoever approves a job after lunch finds it waiting, and it runs to its end")
        func approval() async throws {
            try await Owners.with { owners in
                for site in TrainingLab.sites {
                    try owners.write("approve: every-job\n", at: site)
                }
                try await owners.lab.startJob("lunch", rounds: 2)
                for site in TrainingLab.sites {
                    try await owners.waitForHold("owner.approval_awaited", of: site, in: "lunch")
                }
                #expect(try await owners.lab.status(of: "lunch") == .running)

                let asked = try await owners.command("clinic", "node", "pending")
                for part in [
                    "lunch", "by university", "research", "logistic-regression", "clinic-data",
                    "clinic-licence, active", "1 × statistics, 2 × train", "fedavg",
                    "a change of the model's parameters", "owner.approval_awaited",
                ] {
                    #expect(asked.output.contains(part), "\(part) in \(asked.all)")
                }
                let item = try await owners.command("clinic", "node", "pending", "--json").json[
                    "items"]?.array?.first
                let definition = try #require(item?["definition"]?.string)
                let status = try await owners.command("clinic", "node", "status")
                #expect(status.output.contains("PENDING      lunch"), "\(status.all)")

                let other = String(repeating: "0", count: 64)
                let wrong = try await owners.refused(
                    "clinic", "node", "approve", "lunch", "--definition", other)
                #expect(wrong.errors.contains("another definition"), "\(wrong.all)")
                let nothing = try await owners.refused("clinic", "node", "approve", "dinner")
                #expect(nothing.errors.contains("no job dinner asks"), "\(nothing.all)")

                // A coordinator that was started anew knows it before it opens a round.
                try await owners.processes.daemons.stop(ProcessLab.coordinator)
                try await owners.processes.startCoordinator()
                for site in TrainingLab.sites {
                    try await owners.waitForHold("owner.approval_awaited", of: site, in: "lunch")
                }
                for site in TrainingLab.sites {
                    try await owners.command(
                        site, "node", "approve", "lunch", "--definition", definition)
                }
                try await eventually("the job is over") { try await owners.lab.isOver("lunch") }
                #expect(try await owners.lab.status(of: "lunch") == .complete)
                let rounds = try await owners.job("lunch")["rounds"]?.array ?? []
                #expect(rounds.count { $0["status"] == "abandoned" } <= 1)
                let nobody = try await owners.command("clinic", "node", "pending")
                #expect(nobody.output.contains("nothing waits"), "\(nobody.all)")
            }
        }

        @Test(
            "An owner refuses a job that runs, and takes it back; an approval is of one definition")
        func refusal() async throws {
            try await Owners.with { owners in
                try await owners.lab.startJob("long", rounds: 5_000, participantsMin: 2)
                try await owners.waitForRound(of: "long", with: TrainingLab.sites)
                try await owners.command(
                    "clinic", "node", "refuse", "long", "--reason", "our board is against it")
                try await owners.waitForRound(of: "long", with: ["hospital", "site"])
                #expect(try await owners.hold(of: "clinic", in: "long") == "owner.refused")
                let told = try await owners.job("long").canonicalText
                #expect(!told.contains("our board"), "the reason is the owner's own")
                let all = try await owners.command("clinic", "node", "pending", "--all")
                #expect(all.output.contains("our board is against it"), "\(all.all)")

                try await owners.command("clinic", "node", "approve", "long")
                try await owners.waitForRound(of: "long", with: TrainingLab.sites)

                // As if the job had been another one when it was approved.
                let decisions = JobDecisions(of: NodeHome(owners.processes.home("clinic")))
                try decisions.keep(
                    JobDecision(
                        job: JobID("long"), definition: BlobDigest(of: [1]), isApproved: true,
                        decided: MemberSession.now))
                try owners.write("approve: every-job\n", at: "clinic")
                try await owners.waitForHold("owner.approval_awaited", of: "clinic", in: "long")
                try await owners.command("clinic", "node", "approve", "long")
                try await owners.waitForHold(nil, of: "clinic", in: "long")
                try await owners.waitForRound(of: "long", with: TrainingLab.sites)
            }
        }

        @Test("Rules are read while the node runs, and each is told to its owner and to the job's")
        func rules() async throws {
            try await Owners.with { owners in
                try await owners.lab.startJob("long", rounds: 5_000, participantsMin: 2)
                try await owners.waitForRound(of: "long", with: TrainingLab.sites)
                for (rules, code) in [
                    ("purposes: [screening]\n", "owner.purpose"),
                    ("members: [office]\n", "owner.member"),
                    ("trainers: [k-means, bundle]\n", "owner.trainer"),
                    ("rows-min: 61\n", "owner.rows_min"),
                    ("hours: []\n", "owner.hours"),
                    ("rounds-max: {per-day: 0}\n", "owner.day_rounds"),
                    ("datasets:\n  clinic-data: {purposes: []}\n", "owner.purpose"),
                    ("purposes: [research\nrows-min: 5\n", "owner.rules_unreadable"),
                ] {
                    try owners.write(rules, at: "clinic")
                    try await owners.waitForHold(code, of: "clinic", in: "long")
                    let status = try await owners.processes.status(of: "clinic")
                    let held = status["requests"]?.array?.first?["code"]?.string
                    #expect(held == code)
                }
                let status = try await owners.command("clinic", "node", "status")
                #expect(status.output.contains("rules.yaml:2:"), "\(status.all)")
                let check = try await owners.refused("clinic", "node", "rules", "check")
                #expect(check.code == 78)
                #expect(check.errors.contains("rules.yaml:2:"), "\(check.all)")

                // What would leave is measured when it is there.
                try owners.write("limits: {update-bytes: 50}\n", at: "clinic")
                try await owners.waitForRound(of: "long", with: ["hospital", "site"])
                try await eventually("the owner sees what was declined") {
                    let declined =
                        try await owners.processes.status(of: "clinic")["declined"]?.array
                        ?? []
                    return declined.contains {
                        $0["code"] == "owner.update_bytes" && $0["count"]?.integer ?? 0 > 0
                    }
                }
                try await eventually("the job's owner is told, too") {
                    let sites = try await owners.job("long")["sites"]?.array ?? []
                    return sites.first { $0["member"] == "clinic" }?["report"]?["code"]
                        == "owner.update_bytes"
                }
                try owners.write("rounds-max: {per-job: 2}\n", at: "clinic")
                try await owners.waitForHold("owner.job_rounds", of: "clinic", in: "long")

                try owners.write(nil, at: "clinic")
                try await owners.waitForRound(of: "long", with: TrainingLab.sites)
                let shown = try await owners.command("clinic", "node", "rules", "show")
                #expect(shown.output.contains("There is no rules.yaml"), "\(shown.all)")
            }
        }
    }
}
