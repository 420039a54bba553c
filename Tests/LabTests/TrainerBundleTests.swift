import Bundles
import Contracts
import Encodings
import Foundation
import LabFixture
import Node
import Participation
import Sandbox
import Storage
import Testing
import Transport

extension LabSuite {
    /// Trainers that a member brings, on real data owners' nodes.
    @Suite(
        "Trainer bundles in a lab", .enabled(if: BundleLab.isPossible, BundleLab.whatIsMissing))
    struct TrainerBundleTests {
        @Test("Three nodes train the example to the end, and its sums hold")
        func example() async throws {
            try await BundleLab.with { lab in
                for site in TrainingLab.sites {
                    let show = ["trainer", "show", BundleLab.example]
                    let before = try await lab.command(site, show)
                    #expect(before.output.contains("(NOT approved)"), "\(before.all)")
                    try await lab.command(site, ["trainer", "approve", BundleLab.example])
                    let after = try await lab.command(site, show)
                    #expect(after.output.contains("(approved)"), "\(after.all)")
                }
                try await lab.propose(
                    "credit", bundle: BundleLab.example, config: ["epochs": 2], rounds: 3)
                try await lab.waitForEnd(of: "credit")
                #expect(try await lab.training.status(of: "credit") == .complete)

                let rounds = try await lab.rounds(of: "credit")
                #expect(
                    rounds.map { $0["task"]?.string } == ["train", "train", "train", "evaluate"])
                for round in rounds {
                    let contributions = round["contributions"]?.array ?? []
                    #expect(contributions.count == 3)
                    for contribution in contributions {
                        let metrics = contribution["metricsMicro"]
                        #expect(metrics?["holdoutLoss"]?.integer != nil)
                        let isTraining = round["task"]?.string == "train"
                        #expect((metrics?["trainingLoss"]?.integer != nil) == isTraining)
                    }
                }
                let verified = try await lab.command(
                    TrainingLab.university, ["job", "verify", "credit", "--json"])
                let sums = try verified.json["items"]?.array?.compactMap { $0["sum"]?.string }
                #expect(sums == ["holds", "holds", "holds", "nothing to add up"])
                for site in TrainingLab.sites {
                    let running = lab.home(site).trainers.appending(path: "running")
                    let left = try FileManager.default.contentsOfDirectory(atPath: running.path)
                    #expect(left.isEmpty, "the tables of the job's workers are gone: \(left)")
                }
                let result = try #require(
                    rounds.last?["base"]?.string.flatMap(BlobDigest.init))
                for site in TrainingLab.sites {
                    let blobs = BlobStore(readingFolder: lab.home(site).blobs)
                    try await eventually("\(site) has the job's result, and no older model") {
                        try blobs.digests() == [result]
                    }
                }
                try await validate("credit", in: lab)
            }
        }

        /// By a table of a member's that neither trained nor owns the model.
        private func validate(_ job: String, in lab: BundleLab) async throws {
            let office = TrainingLab.office
            let home = lab.training.processes.home(office)
            try BundleLab.settings.write(
                to: home.appending(path: "node.yaml"), atomically: true, encoding: .utf8)
            let table = lab.training.processes.folder.appending(path: "own.csv")
            try SyntheticData.csv(rows: 40, seed: 99).write(
                to: table, atomically: true, encoding: .utf8)
            try await lab.command(TrainingLab.university, ["model", "register", job])
            let validate = ["model", "validate", "\(job)/1", "--auc-min", "0.01"]
            for (words, answer) in [
                (validate + ["--folder", home.path], "name yours with --file"),
                (validate + ["--file", table.path], "is not approved here"),
            ] {
                let error = await #expect(throws: Daemons.Failure.self) {
                    try await lab.command(office, words)
                }
                #expect(
                    error?.description.contains(answer) == true, "\(String(describing: error))")
            }
            try await lab.command(office, ["trainer", "approve", BundleLab.example])
            let judged = try await lab.command(
                office, validate + ["--file", table.path, "--json"]
            ).json["metrics"]
            #expect(judged?["rows"]?.integer == 40)
            #expect(judged?["metricsMicro"]?["holdoutAUC"]?.integer != nil)
            let left = try FileManager.default.contentsOfDirectory(
                atPath: lab.home(office).trainers.appending(path: "validating").path)
            #expect(left.isEmpty, "the table that the bundle read is gone: \(left)")
        }

        @Test("What a trainer does wrong at one site is told its owner, and the round goes on")
        func misbehaviour() async throws {
            try await BundleLab.with { lab in
                let moody = BundleLab.moody
                for site in TrainingLab.sites {
                    try await lab.command(site, ["trainer", "approve", moody])
                }
                for (mood, code) in [
                    ("nan", "update.not_finite"), ("shape", "update.wrong_shape"),
                    ("type", "update.wrong_type"), ("rows", "update.wrong_weight"),
                    ("nothing", "update.nothing"), ("eat", "sandbox.memory"),
                    ("crash", "sandbox.exit"), ("hang", "sandbox.wall"),
                    ("tell", "trainer.exception"),
                ] {
                    try await lab.train(mood, moody, mood: mood)
                    let found = try await lab.failures(at: "clinic").last
                    #expect(found == code, "with the mood \(mood)")
                    let told = try await lab.told(of: "clinic", in: mood)
                    #expect(told == code, "with the mood \(mood)")
                }
                let table = try await lab.command("clinic", ["node", "failures"])
                #expect(table.output.contains("sandbox.wall"), "\(table.all)")

                // What the trainer said of the data is the owner's alone to read.
                let said = "61 years old"
                let status = try await lab.training.processes.status(of: "clinic")
                #expect(status.canonicalText.contains(said))
                let coordinator = lab.training.processes.daemons.log(ProcessLab.coordinator)
                let log = try String(contentsOf: coordinator, encoding: .utf8)
                #expect(!log.contains(said))
            }
        }

        @Test("A site tells of its rounds what its licence lets it tell, and no more")
        func reports() async throws {
            let reports = ["clinic": SiteDisclosure.messages, "hospital": .none]
            try await BundleLab.with(reports: reports) { lab in
                for site in TrainingLab.sites {
                    try await lab.command(site, ["trainer", "approve", BundleLab.moody])
                }
                try await lab.propose(
                    "talk", bundle: BundleLab.moody, config: ["mood": "talk", "victims": []],
                    rounds: 1)
                var told: [String: [JSONValue]] = [:]
                func look() async throws -> JSONValue? {
                    let job = try await lab.training.processes.member(TrainingLab.university)
                        .coordinator.get("/v1/jobs/talk")
                    for site in job["sites"]?.array ?? [] {
                        guard let name = site["member"]?.string, let report = site["report"] else {
                            continue
                        }
                        told[name, default: []].append(report)
                    }
                    return told["clinic"]?.last
                }
                try await eventually("the clinic tells what its trainer says") {
                    try await look()?["message"] == "halfway"
                }
                #expect(told["clinic"]?.last?["fractionMicro"] == 500_000)
                try await eventually("the clinic tells why its trainer failed") {
                    try await look()?["message"]?.string?.contains("61 years old") == true
                }
                #expect(told["clinic"]?.last?["stage"] == "failed")
                try await eventually("the others are told of") {
                    try await look() != nil && told["site"] != nil
                }
                #expect(told["hospital"] == nil)
                let other = told["site"] ?? []
                #expect(other.allSatisfy { $0["stage"]?.string != nil })
                #expect(other.allSatisfy { $0["message"] == nil && $0["fractionMicro"] == nil })
            }
        }
    }
}

/// A lab whose nodes run bundles.
struct BundleLab {
    static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    static let python = root.appending(path: ".python/bin/python3").path
    static let example = root.appending(path: "Examples/trainers/credit-numpy").path
    static let moody = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Bundles/moody").path

    static let isPossible =
        FileManager.default.isExecutableFile(atPath: python)
        && (try? SandboxSupport.find(
            on: ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin")) != nil
    static let whatIsMissing: Comment =
        "needs bubblewrap (scripts/setup) and .python (scripts/setup-python)"

    /// What a node's administrator writes so that it runs bundles.
    static let settings = """
        trainers:
          python: \(python)
          package: \(root.appending(path: "Python/src").path)
        """

    let training: TrainingLab

    static func with(
        reports: [String: SiteDisclosure] = [:], _ body: (BundleLab) async throws -> Void
    ) async throws {
        try await ProcessLab.with(TrainingLab.plan) { processes in
            for name in TrainingLab.sites + [TrainingLab.university] {
                try settings.write(
                    to: processes.home(name).appending(path: "node.yaml"), atomically: true,
                    encoding: .utf8)
            }
            try await processes.startAll()
            try await body(
                BundleLab(training: try await TrainingLab(processes, reports: reports)))
        }
    }

    func home(_ name: String) -> NodeHome { NodeHome(training.processes.home(name)) }

    @discardableResult
    func command(_ name: String, _ arguments: [String]) async throws -> Program.Outcome {
        try await training.processes.daemons.command(name, arguments)
    }

    func digest(of bundle: String) async throws -> String {
        let outcome = try await Program.run(["trainer", "pack", bundle])
        return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    func propose(
        _ job: String, bundle: String, config: JSONValue, rounds: Int, participantsMin: Int = 2
    ) async throws {
        try await command(
            TrainingLab.university,
            [
                "job", "propose", job, "--model", job, "--purpose", "research", "--bundle", bundle,
                "--bundle-config", config.canonicalText, "--rounds", "\(rounds)",
                "--participants-min", "\(participantsMin)",
            ] + TrainingLab.licences.flatMap { ["--licence", $0] })
        try await command(TrainingLab.university, ["job", "start", job])
    }

    /// A job of one round, in which the trainer has a mood at the clinic; two sites are enough for it.
    func train(_ job: String, _ bundle: String, mood: String, room: Int = 2) async throws {
        try await propose(
            job, bundle: bundle, config: try config(mood: mood, room: room), rounds: 1)
        try await waitForEnd(of: job)
        let trained = try await rounds(of: job).first
        #expect(trained?["status"]?.string == "closed")
        let members = trained?["contributions"]?.array?.compactMap { $0["member"]?.string }
        #expect(members == TrainingLab.sites.filter { $0 != "clinic" }, "with the mood \(mood)")
    }

    /// What makes the trainer have a mood at the clinic.
    func config(mood: String, room: Int = 2) throws -> JSONValue {
        let text = try String(
            contentsOf: training.processes.folder.appending(path: "clinic.csv"), encoding: .utf8)
        let victims = text.split(separator: "\n").dropFirst().map { line in
            JSONValue.array(
                line.split(separator: ",").prefix(2).compactMap { Int64($0) }
                    .map { .integer($0) })
        }
        return [
            "mood": .string(mood), "victims": .array(victims), "room": .integer(Int64(room)),
        ]
    }

    /// What the job's owner reads of a site: why it holds back, or how it failed.
    func told(of site: String, in job: String) async throws -> String? {
        let sites =
            try await training.processes.member(TrainingLab.university).coordinator
            .get("/v1/jobs/\(job)")["sites"]?.array ?? []
        let own = sites.first { $0["member"]?.string == site }
        return own?["hold"]?["code"]?.string ?? own?["failure"]?["code"]?.string
    }

    /// A copy of a bundle's folder with one of its files changed.
    func copy(
        of bundle: String, as name: String, _ file: String = "jointlab.toml",
        _ change: (String) -> String
    ) throws -> String {
        let copy = training.processes.folder.appending(path: name)
        try FileManager.default.copyItem(at: URL(filePath: bundle), to: copy)
        let changed = copy.appending(path: file)
        let text = try String(contentsOf: changed, encoding: .utf8)
        try change(text).write(to: changed, atomically: true, encoding: .utf8)
        return copy.path
    }

    func waitForEnd(of job: String) async throws {
        try await eventually("\(job) is over") { try await training.isOver(job) }
    }

    func rounds(of job: String) async throws -> [JSONValue] {
        try await training.processes.member(TrainingLab.university).coordinator
            .get("/v1/jobs/\(job)")["rounds"]?.array ?? []
    }

    /// The codes of what bundles have done wrong at a node, without repetitions.
    func failures(at site: String) async throws -> [String] {
        let all = try await training.processes.status(of: site)["trainerFailures"]?.array ?? []
        var codes: [String] = []
        for code in all.compactMap({ $0["code"]?.string }) where codes.last != code {
            codes.append(code)
        }
        return codes
    }
}
