import Contracts
import Encodings
import Foundation
import LabFixture
import Node
import Participation
import ProcessTree
import Testing
import Trainers
import Transport

extension LabSuite {
    /// What an owner's node does with trainers of others that are not what they should be, or may not
    /// run any more.
    @Suite(
        "Owners and trainer bundles", .enabled(if: BundleLab.isPossible, BundleLab.whatIsMissing))
    struct OwnerBundleTests {
        private func digestOfJob(_ lab: BundleLab, _ job: String) async throws -> JSONValue {
            try await lab.training.processes.member(TrainingLab.university).coordinator
                .get("/v1/jobs/\(job)")["job"] ?? .null
        }

        @Test(
            "A bundle waits for the owner's approval, byte by byte; a refused job goes on without")
        func approval() async throws {
            try await BundleLab.with { lab in
                let moody = BundleLab.moody
                let other = try lab.copy(of: moody, as: "other", "moody.py") {
                    $0.replacing("by small steps", with: "by small stepz")
                }
                for site in TrainingLab.sites {
                    try await lab.command(site, ["trainer", "approve", moody])
                }
                for site in TrainingLab.sites where site != "clinic" {
                    try await lab.command(site, ["trainer", "approve", other])
                }
                let config = try lab.config(mood: "none")
                try await lab.propose("wait", bundle: other, config: config, rounds: 1)
                try await eventually("the job waits for the clinic") {
                    try await lab.told(of: "clinic", in: "wait") == "owner.trainer_not_approved"
                }
                #expect(try await lab.training.status(of: "wait") == .running)
                let pending = try await lab.command("clinic", ["node", "pending"])
                let digest = try await lab.digest(of: other)
                #expect(pending.output.contains("\(digest) (NOT approved)"), "\(pending.all)")
                let changes = try await lab.command("clinic", ["trainer", "show", digest])
                #expect(changes.output.contains("small stepz"), "\(changes.all)")
                try await lab.command("clinic", ["trainer", "approve", digest])
                try await lab.waitForEnd(of: "wait")
                #expect(try await lab.training.status(of: "wait") == .complete)

                // The archive that was approved is changed by a byte on the disk.
                let file = lab.home("clinic").trainers.appending(path: "\(digest).tar")
                var bytes = try Data(contentsOf: file)
                bytes[600] ^= 1
                try bytes.write(to: file)
                try await lab.train("bent", other, mood: "none")
                #expect(try await lab.failures(at: "clinic").last == "trainer.archive")
                #expect(try await lab.told(of: "clinic", in: "bent") == "trainer.archive")

                try await lab.command("clinic", ["trainer", "withdraw", digest])
                try await lab.propose("without", bundle: other, config: config, rounds: 1)
                try await lab.command(
                    "clinic", ["node", "refuse", "without", "--reason", "we took it back"])
                try await lab.waitForEnd(of: "without")
                #expect(try await lab.training.status(of: "without") == .complete)
                let trained = try await lab.rounds(of: "without").flatMap {
                    ($0["contributions"]?.array ?? []).compactMap { $0["member"]?.string }
                }
                #expect(Set(trained) == ["hospital", "site"])
            }
        }

        @Test("An update that is the data itself is stopped by the owner's limit on bytes")
        func bytes() async throws {
            try await BundleLab.with { lab in
                for site in TrainingLab.sites {
                    try await lab.command(site, ["trainer", "approve", BundleLab.moody])
                }
                try "limits: {update-bytes: 1000, wall-seconds: 60}\n".write(
                    to: lab.home("clinic").rules, atomically: true, encoding: .utf8)
                try await lab.train("copy", BundleLab.moody, mood: "data", room: 1_000)
                #expect(try await lab.told(of: "clinic", in: "copy") == "owner.update_bytes")
                let status = try await lab.command("clinic", ["node", "status"])
                #expect(status.output.contains("owner.update_bytes"), "\(status.all)")
            }
        }

        @Test(
            "What a bundle requires and a node lacks is named to its owner, and the job says where")
        func requirements() async throws {
            try await BundleLab.with { lab in
                let zeros = String(repeating: "0", count: 64)
                let wanting = try lab.copy(of: BundleLab.moody, as: "wanting") {
                    $0.replacing(
                        "[inputs]",
                        with: """
                            [[requirements]]
                            name = "numpy"
                            version = "1.0.0"
                            sha256 = ["\(zeros)"]

                            [inputs]
                            """)
                }
                for site in TrainingLab.sites {
                    try await lab.command(site, ["trainer", "approve", BundleLab.moody])
                    try await lab.command(site, ["trainer", "approve", wanting])
                }
                let config = try lab.config(mood: "none")
                try await lab.propose("calm", bundle: BundleLab.moody, config: config, rounds: 1)
                try await lab.waitForEnd(of: "calm")
                // The proposer's own tools refuse to propose it.
                let university = try lab.training.processes.member(TrainingLab.university)
                let calm = try await digestOfJob(lab, "calm")
                let settings = try BundleSettings(calm["trainer"] ?? .null)
                let archive = try await lab.command("clinic", ["trainer", "list", "--json"]).json
                let digest = try await lab.digest(of: wanting)
                #expect(archive.canonicalText.contains(digest))
                let changed = BundleSettings(
                    digest: try #require(BlobDigest(digest)), name: settings.name,
                    version: settings.version, config: settings.config, seed: settings.seed,
                    layout: settings.layout, target: settings.target)
                _ = try await university.submit(
                    ProposeJob(
                        job: try JobID("lacking"), model: try ModelID("lacking"),
                        purpose: "research",
                        licences: try TrainingLab.licences.map { try LicenceID($0) },
                        trainer: changed.json,
                        plan: JobPlan([.init(task: .train, rounds: 1)]), participantsMin: 2,
                        roundTimeoutMilliseconds: 60_000,
                        weights: calm["weights"]?.string.flatMap { BlobDigest($0) }))
                _ = try await university.submit(StartJob(job: try JobID("lacking")))
                try await lab.waitForEnd(of: "lacking")
                #expect(try await lab.training.status(of: "lacking") == .abandoned)
                #expect(try await lab.told(of: "clinic", in: "lacking") == "sandbox.environment")
                let table = try await lab.command("clinic", ["node", "failures"])
                #expect(table.output.contains("needs numpy 1.0.0"), "\(table.all)")
            }
        }

        @Test(
            "A licence that is withdrawn between two rounds ends a bundle's work, and its workers")
        func licence() async throws {
            try await BundleLab.with { lab in
                for site in TrainingLab.sites {
                    try await lab.command(site, ["trainer", "approve", BundleLab.moody])
                }
                try await lab.propose(
                    "long", bundle: BundleLab.moody, config: try lab.config(mood: "none"),
                    rounds: 5_000)
                try await eventually("all three train") {
                    try await lab.rounds(of: "long").contains {
                        $0["contributions"]?.array?.count == 3
                    }
                }
                let running = lab.home("clinic").trainers.appending(path: "running")
                let workers = SandboxedProcesses.named(running.path)
                #expect(!workers.isEmpty)
                try await lab.command(
                    "clinic",
                    [
                        "licence", "withdraw", "clinic-licence", "--reason", "our board", "--wait",
                        "final",
                    ])
                let before = try await lab.rounds(of: "long").count
                try await eventually("two go on") {
                    try await lab.rounds(of: "long").dropFirst(before + 1).contains {
                        $0["contributions"]?.array?.count == 2
                    }
                }
                let later = try await lab.rounds(of: "long").dropFirst(before + 1)
                #expect(
                    later.allSatisfy { round in
                        !(round["participants"]?.array ?? []).contains {
                            $0["member"] == "clinic"
                        }
                    })
                #expect(await SandboxedProcesses.areGone(workers))
                let left = try FileManager.default.contentsOfDirectory(atPath: running.path)
                #expect(left.isEmpty, "\(left)")
            }
        }

        @Test("A node that is killed in the middle of a fit leaves no process of the trainer")
        func killed() async throws {
            try await BundleLab.with { lab in
                let slow = try lab.copy(of: BundleLab.moody, as: "slow") {
                    $0.replacing("wall-seconds = 3", with: "wall-seconds = 600")
                }
                for site in TrainingLab.sites {
                    try await lab.command(site, ["trainer", "approve", slow])
                }
                try await lab.propose(
                    "stuck", bundle: slow, config: try lab.config(mood: "hang"), rounds: 1)
                let running = lab.home("clinic").trainers.appending(path: "running")
                try await eventually("the clinic's trainer is at work, and the others have ended") {
                    let sites =
                        try await lab.training.processes
                        .member(TrainingLab.university).coordinator.get("/v1/jobs/stuck")["sites"]?
                        .array ?? []
                    let stages = sites.map { $0["report"]?["stage"]?.string }
                    // Bubblewrap twice, and the worker.
                    return stages == ["training", "contributed", "contributed"]
                        && SandboxedProcesses.named(running.path).count >= 3
                }
                let processes = SandboxedProcesses.named(running.path)
                lab.training.processes.daemons.kill("clinic")
                #expect(await SandboxedProcesses.areGone(processes))

                // It comes back without what the killed one left, and an owner can end what hangs.
                try await lab.training.processes.startNode("clinic")
                try await eventually("it is at work again") {
                    SandboxedProcesses.named(running.path).count >= 3
                }
                let again = SandboxedProcesses.named(running.path)
                let folders = try FileManager.default.contentsOfDirectory(atPath: running.path)
                #expect(folders.count <= 2, "the tables of the killed one are gone: \(folders)")
                try await lab.command(
                    "clinic", ["node", "refuse", "stuck", "--reason", "it hangs"])
                #expect(await SandboxedProcesses.areGone(again))
                try await lab.waitForEnd(of: "stuck")
                #expect(try await lab.training.status(of: "stuck") == .complete)
                let rounds = try await lab.rounds(of: "stuck")
                let trained = rounds.first?["contributions"]?.array?.count
                #expect(trained == 2, "\(rounds)")
                #expect(try await lab.told(of: "clinic", in: "stuck") == "owner.refused")
            }
        }

        @Test("trainer check and trainer test tell an author what is well, and what is not")
        func authors() async throws {
            let folder = FileManager.default.temporaryDirectory
                .appending(path: "jointlab-authors-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            func run(_ words: [String]) async throws -> Program.Outcome {
                let plus = words.firstIndex(of: "--") ?? words.endIndex
                return try await Program.run(
                    words[..<plus] + ["--home", folder.path] + words[plus...])
            }
            let unset = try await run(["trainer", "check", BundleLab.moody])
            #expect(unset.code != 0)
            #expect(unset.errors.contains("trainers.python"), "\(unset.all)")
            try """
            trainers:
              python: \(BundleLab.python)
              package: \(BundleLab.root.appending(path: "Python/src").path)
            """.write(
                to: folder.appending(path: "node.yaml"), atomically: true, encoding: .utf8)

            let fine = try await run(["trainer", "check", BundleLab.moody])
            #expect(fine.output.contains("moody 1.0.0 is fine: 2 files"), "\(fine.all)")
            let broken = folder.appending(path: "broken")
            try FileManager.default.copyItem(at: URL(filePath: BundleLab.moody), to: broken)
            let program = broken.appending(path: "moody.py")
            try "import torch_that_is_not_there\n".write(
                to: program, atomically: true, encoding: .utf8)
            let wrong = try await run(["trainer", "check", broken.path])
            #expect(wrong.code != 0)
            #expect(wrong.errors.contains("torch_that_is_not_there"), "\(wrong.all)")
            let none = try await run(["trainer", "check", folder.path])
            #expect(none.code != 0)
            #expect(none.errors.contains("jointlab.toml"), "\(none.all)")

            let data = folder.appending(path: "data.csv")
            let rows = (0..<60).map { "\($0 % 7),\($0 % 5),\($0 % 7 > 3 ? 1 : 0)" }
            try (["a,b,y"] + rows).joined(separator: "\n")
                .write(to: data, atomically: true, encoding: .utf8)
            let trained = try await run(
                [
                    "trainer", "test", BundleLab.example, "--", "--data", data.path, "--rounds",
                    "2",
                    "--config", #"{"features": 2}"#,
                ])
            #expect(trained.code == 0, "\(trained.all)")
            #expect(trained.output.contains("loss"), "\(trained.all)")
            let failed = try await run(
                ["trainer", "test", broken.path, "--", "--data", data.path])
            #expect(failed.code == 1, "\(failed.all)")
            #expect(failed.errors.contains("torch_that_is_not_there"), "\(failed.all)")
        }
    }
}
