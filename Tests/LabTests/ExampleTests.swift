import Contracts
import Encodings
import Foundation
import LabFixture
import SharedFolder
import Testing

extension LabSuite {
    /// The examples for images, texts and speech on real nodes, from the commands that a user types.
    @Suite(
        "The examples for files in a lab",
        .enabled(if: BundleLab.isPossible, BundleLab.whatIsMissing))
    struct ExampleTests {
        /// An example with the public data that it is for.
        private struct Example {
            let bundle: String
            /// Of `Examples/data`.
            let maker: String
            let data: String
            let arguments: [String]
            /// The folders that it makes, one for each site.
            let folders: [String]
            /// What who guesses is right about.
            let chance: Double

            var name: String { String(bundle.prefix { $0 != "-" }) }
            var folder: String {
                BundleLab.root.appending(path: "Examples/trainers/\(bundle)").path
            }
        }

        private static let examples = [
            Example(
                bundle: "digit-images", maker: "digits.py", data: "data/mnist",
                arguments: ["--sites", "3", "--each", "60", "--judged", "60"],
                folders: ["site-0", "site-1", "site-2"], chance: 0.1),
            Example(
                bundle: "sentence-sentiment", maker: "sentences.py", data: "data/text",
                arguments: [], folders: ["amazon_cells", "imdb", "yelp"], chance: 0.5),
            Example(
                bundle: "spoken-digits", maker: "speech.py", data: "data/speech/recordings.tar.gz",
                arguments: ["--each", "2", "--judged", "1"],
                folders: ["site-0", "site-1", "site-2"], chance: 0.1),
        ]
        private static let sites = ["clinic", "hospital", "site"]
        private static let plan = ProcessLab.Plan([
            "university": [.issuer, .researcher], "regulator": [.auditor],
            "clinic": [.dataOwner], "hospital": [.dataOwner], "site": [.dataOwner],
        ])

        @Test(
            "Images, texts and recordings are trained on where they lie, and judged by who did not train",
            .enabled(
                if: examples.allSatisfy { SharedFolder.path(of: $0.data) != nil },
                "there is no shared/data beside the checkout"))
        func train() async throws {
            try await ProcessLab.with(Self.plan) { lab in
                for name in lab.founders {
                    try BundleLab.settings.write(
                        to: lab.home(name).appending(path: "node.yaml"), atomically: true,
                        encoding: .utf8)
                }
                try await lab.startAll()
                try await lab.daemons.command(
                    "university", "account", "register-currency", "CNY", "--title", "Yuan")
                for example in Self.examples {
                    let data = lab.folder.appending(path: example.name)
                    try await make(example, in: data)
                    for (site, folder) in zip(Self.sites, example.folders) {
                        try await license(
                            data.appending(path: folder).path, of: site, for: example, in: lab)
                    }
                    try await run(example, in: lab)
                    try await validate(
                        example, by: data.appending(path: "holdout").path, in: lab)
                }
            }
        }

        private func make(_ example: Example, in folder: URL) async throws {
            let script = BundleLab.root.appending(path: "Examples/data/\(example.maker)").path
            let data = try #require(SharedFolder.path(of: example.data))
            let words = folder.path + ".made"
            let process = try ChildProcess(
                BundleLab.python, ["-B", script, data, folder.path] + example.arguments,
                output: words, errors: words)
            let end = try await process.waitForEnd()
            #expect(
                end == .exited(0), "\((try? String(contentsOfFile: words, encoding: .utf8)) ?? "")")
        }

        private func license(
            _ folder: String, of site: String, for example: Example, in lab: ProcessLab
        ) async throws {
            let dataset = "\(site)-\(example.name)"
            try await lab.daemons.command(
                site,
                [
                    "dataset", "add", dataset, "--folder", folder, "--label", "y",
                ] + (example.chance == 0.5 ? ["--positive", "1"] : []))
            try await lab.daemons.command(
                site, "dataset", "register", dataset, "--title", "For \(example.bundle)")
            try await lab.daemons.command(
                "university", "licence", "offer", "\(dataset)-licence", "--dataset", dataset,
                "--purpose", "research", "--rounds", "20", "--fee", "0.00 CNY", "--expires", "9d",
                "--wait", "final")
            try await lab.daemons.command(
                site, "licence", "accept", "\(dataset)-licence", "--wait", "final")
            try await lab.daemons.command(site, "trainer", "approve", example.folder)
        }

        private func run(_ example: Example, in lab: ProcessLab) async throws {
            try await lab.daemons.command(
                "university",
                [
                    "job", "propose", example.name, "--model", example.name, "--purpose",
                    "research", "--bundle", example.folder, "--rounds", "2",
                ] + Self.sites.flatMap { ["--licence", "\($0)-\(example.name)-licence"] })
            try await lab.daemons.command("university", "job", "start", example.name)
            let watched = try await lab.daemons.command(
                "university", "job", "watch", example.name, "--plain")
            let job = try await lab.daemons.command(
                "university", "job", "show", example.name, "--json"
            ).json
            #expect(job["job"]?["status"] == "complete", "\(watched.all)")
            let rounds = job["rounds"]?.array ?? []
            #expect(rounds.map { $0["task"]?.string } == ["train", "train", "evaluate"])
            for round in rounds {
                #expect(round["contributions"]?.array?.count == Self.sites.count)
            }
            let right = (rounds.last?["contributions"]?.array ?? []).compactMap {
                $0["metricsMicro"]?["holdoutAccuracy"]?.integer
            }
            #expect(right.count == Self.sites.count)
            let mean = Double(right.reduce(0, +)) / Double(max(1, right.count)) / 1_000_000
            #expect(mean > example.chance + 0.03, "\(example.bundle): \(right)")
        }

        private func validate(
            _ example: Example, by folder: String, in lab: ProcessLab
        ) async throws {
            try await lab.daemons.command("university", "model", "register", example.name)
            let words = [
                "model", "validate", "\(example.name)/1", "--folder", folder, "--accuracy-min",
                "\(example.chance)",
            ]
            let unread = await #expect(throws: Daemons.Failure.self) {
                try await lab.daemons.command("regulator", words)
            }
            #expect(unread?.description.contains("jointlab trainer approve ") == true)
            try await lab.daemons.command("regulator", "trainer", "approve", example.folder)
            let unasked = await #expect(throws: Daemons.Failure.self) {
                try await lab.daemons.command("regulator", Array(words.dropLast(2)))
            }
            #expect(unasked?.description.contains("--accuracy-min") == true)
            let judged = try await lab.daemons.command("regulator", words + ["--json"]).json
            #expect((judged["metrics"]?["rows"]?.integer ?? 0) > 0)
            let shown = try await lab.daemons.command(
                "university", "model", "show", "\(example.name)/1", "--json"
            ).json
            #expect(shown.canonicalText.contains(#""accepts":true"#), "\(shown.canonicalText)")
        }
    }
}
