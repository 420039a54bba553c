import Encodings
import Foundation
import LabFixture
import Testing

extension LabSuite {
    /// The Python client, as a researcher uses it, on real nodes.
    @Suite("A notebook", .enabled(if: BundleLab.isPossible, BundleLab.whatIsMissing))
    struct NotebookTests {
        private static let script = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Notebook/notebook.py").path

        @Test("A researcher lists, proposes, watches and fetches from Python")
        func story() async throws {
            try await BundleLab.with { lab in
                for site in TrainingLab.sites {
                    try await lab.command(site, ["trainer", "approve", BundleLab.example])
                }
                let seen = try await run(
                    [
                        Program.path,
                        lab.training.processes.home(TrainingLab.university).path,
                        BundleLab.example,
                    ] + TrainingLab.licences)

                #expect(seen["refused"]?["code"] == "already_exists", "\(seen)")
                #expect(seen["refused"]?["rule"] == "the name is free", "\(seen)")
                #expect(seen["missing"]?["exit"]?.integer == 64, "\(seen)")
                #expect(seen["receipt"] == "sequenced")
                let members = seen["members"]?.array?.compactMap(\.string) ?? []
                #expect(Set(members).isSuperset(of: TrainingLab.sites + [TrainingLab.university]))
                #expect(seen["datasets"]?.array?.count == TrainingLab.sites.count)
                #expect(seen["licences"]?.integer == Int64(TrainingLab.licences.count))
                #expect(seen["jobs"] == ["complete"])
                #expect(seen["versions"] == [1])
                #expect(seen["statuses"]?.array?.last == "complete")
                #expect(seen["reported"] == true)
                // Three rounds of training and one of evaluation.
                #expect(seen["losses"]?.integer == 4)
                #expect(seen["curve"] == true)
                #expect(seen["sums"] == ["holds", "holds", "holds", "nothing to add up"])
                #expect(seen["shapes"]?["output.weight"] == [16], "\(seen)")
            }
        }

        private func run(_ arguments: [String]) async throws -> JSONValue {
            let files = FileManager.default.temporaryDirectory
                .appending(path: "jointlab-notebook-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: files) }
            let output = files.appending(path: "output")
            let errors = files.appending(path: "errors")
            let process = try ChildProcess(
                BundleLab.python, ["-B", Self.script] + arguments,
                environment: Program.environment([
                    "PYTHONPATH": BundleLab.root.appending(path: "Python/src").path
                ]),
                output: output.path, errors: errors.path)
            let end = try await process.waitForEnd(within: .seconds(120))
            let said = try String(contentsOf: errors, encoding: .utf8)
            try #require(end == .exited(0), "\(said)")
            return try JSONValue(parsing: String(contentsOf: output, encoding: .utf8))
        }
    }
}
