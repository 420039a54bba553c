import ContractLibrary
import Contracts
import Encodings
import Foundation
import LabFixture
import Node
import Participation
import Testing

extension LabSuite {
    /// Folders of files with a table of labels, which bundles train on.
    @Suite(
        "Datasets of files in a lab", .enabled(if: BundleLab.isPossible, BundleLab.whatIsMissing))
    struct FilesBundleTests {
        private static let strokes = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Bundles/strokes").path

        /// Ten files of each class, of 100 bytes and of 300, or so many more.
        private static func write(_ folder: URL, extra: Int) throws {
            var table = "file,answer,ward,patient\n"
            for number in 0..<20 {
                let name = number % 2 == 0 ? "even/\(number).txt" : "odd/\(number).txt"
                let file = folder.appending(path: name)
                try FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(repeating: 65, count: (number % 2 == 0 ? 100 : 300) + extra).write(
                    to: file)
                table +=
                    "\(name),\(number % 2 == 0 ? "cat" : "dog"),\(number % 3 == 0 ? "east" : "west"),"
                    + "Li Secret\(number)\n"
            }
            try table.write(
                to: folder.appending(path: "labels.csv"), atomically: true, encoding: .utf8)
        }

        @Test(
            "Three owners' files train a bundle to the mean of all, and each worker sees its part alone"
        )
        func files() async throws {
            try await BundleLab.with { lab in
                let processes = lab.training.processes
                let university = try processes.member(TrainingLab.university)
                guard let currency = CurrencyCode("CNY") else { return }
                let sites = TrainingLab.sites
                for (number, site) in sites.enumerated() {
                    let folder = processes.folder.appending(path: "\(site)-files")
                    try Self.write(folder, extra: number * 20)
                    let added = try await lab.command(
                        site,
                        [
                            "dataset", "add", "\(site)-files", "--folder", folder.path, "--label",
                            "answer", "--holdout-per-mille", "300",
                        ])
                    #expect(added.output.contains(#""extensions": ["#), "\(added.all)")
                    #expect(!added.output.contains("Secret"), "\(added.all)")
                    try await lab.command(
                        site, ["dataset", "register", "\(site)-files", "--title", "Strokes"])
                    let owner = try processes.member(site)
                    _ = try await owner.submit(
                        LicenceTerms(
                            dataset: try DatasetID("\(site)-files"), licensee: university.id,
                            purposes: ["research"], roundsMax: 100, feePerRound: Money(0, currency),
                            expires: MemberSession.now.advanced(byMilliseconds: 86_400_000)
                        ).offer(try LicenceID("\(site)-files-licence"), licensor: owner.id))
                    _ = try await university.submit(
                        TakeContractAction.accept(try LicenceID("\(site)-files-licence")))
                    try await lab.command(site, ["trainer", "approve", Self.strokes])
                }
                func propose(_ job: String, _ more: [String], on licences: [String]) async throws {
                    try await lab.command(
                        TrainingLab.university,
                        [
                            "job", "propose", job, "--model", job, "--purpose", "research",
                            "--rounds", "1",
                        ] + more + licences.flatMap { ["--licence", $0] })
                }
                let licences = sites.map { "\($0)-files-licence" }
                for (more, on, words) in [
                    ([], licences, "a folder of files"),
                    (["--bundle", BundleLab.example], licences, "the bundle reads a table"),
                    (["--bundle", Self.strokes], TrainingLab.licences, "is a table"),
                ] {
                    let error = await #expect(throws: Daemons.Failure.self) {
                        try await propose("refused", more, on: on)
                    }
                    #expect(
                        error?.description.contains(words) == true, "\(String(describing: error))")
                }

                try await propose("strokes", ["--bundle", Self.strokes], on: licences)
                try await lab.command(TrainingLab.university, ["job", "start", "strokes"])
                try await lab.waitForEnd(of: "strokes")
                let rounds = try await lab.rounds(of: "strokes")
                let contributions = rounds.first?["contributions"]?.array ?? []
                let failures = try await lab.failures(at: "clinic")
                #expect(contributions.count == 3, "\(failures)")
                // Seven of each class's ten files train, the rest judge; 120 and 320 are the means.
                #expect(contributions.map { $0["weight"]?.integer } == [14, 14, 14])
                let judged = rounds.last?["contributions"]?.array ?? []
                let losses = judged.compactMap {
                    $0["metricsMicro"]?["holdoutLoss"]?.integer.map { ($0 + 500_000) / 1_000_000 }
                }
                #expect(losses == [400, 0, 400])

                // A file that has changed is noticed before a worker is started on it.
                let changed = processes.folder.appending(path: "clinic-files/odd/7.txt")
                try Data("other".utf8).write(to: changed)
                try await propose(
                    "changed", ["--bundle", Self.strokes, "--participants-min", "2"], on: licences)
                try await lab.command(TrainingLab.university, ["job", "start", "changed"])
                try await lab.waitForEnd(of: "changed")
                let after = try await lab.rounds(of: "changed").first?["contributions"]?.array ?? []
                #expect(after.map { $0["member"]?.string } == ["hospital", "site"])
                let status = try await processes.status(of: "clinic")
                let problem = status["datasetProblems"]?.array?.first
                #expect(problem?["dataset"]?.string == "clinic-files")
                #expect(problem?["code"]?.string == "dataset.commitment_differs")
                #expect(problem?["drifted"] == [])
                let shown = try await lab.command("clinic", ["node", "status"])
                #expect(shown.output.contains("UNUSABLE     clinic-files: "), "\(shown.all)")
                let drift = try await lab.command(
                    "clinic", ["dataset", "drift", "clinic-files", "--json"])
                #expect(try drift.json["unchanged"]?.bool == false)
                #expect(try drift.json["rowsFound"]?.integer == 20)

                // What is registered stays as it is; the present files get a name of their own.
                let refused = await #expect(throws: Daemons.Failure.self) {
                    try await lab.command("clinic", ["dataset", "refresh", "clinic-files"])
                }
                #expect(refused?.description.contains("--as clinic-files-2") == true)
                try await lab.command(
                    "clinic", ["dataset", "refresh", "clinic-files", "--as", "clinic-files-2"])
                try await lab.command(
                    "clinic", ["dataset", "register", "clinic-files-2", "--title", "Strokes"])
                let again = try await lab.command(
                    "clinic", ["dataset", "drift", "clinic-files-2", "--json"])
                #expect(try again.json["unchanged"]?.bool == true)
            }
        }
    }
}
