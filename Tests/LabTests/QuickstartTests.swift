import Encodings
import Foundation
import Glibc
import LabFixture
import Testing

extension LabSuite {
    /// `jointlab quickstart`, with a folder for temporary files of its own.
    @Suite("The quickstart")
    struct QuickstartTests {
        /// Where temporary files go that are to be gone at the end.
        private let temporary: URL

        init() throws {
            temporary = URL(fileURLWithPath: NSTemporaryDirectory())
                .appending(path: "jointlab-test-\(UUID().uuidString.prefix(8).lowercased())")
            try FileManager.default.createDirectory(
                at: temporary, withIntermediateDirectories: true)
        }

        private func quickstart(
            _ arguments: String..., project: URL? = nil,
            while body: (ChildProcess, _ output: String) async throws -> Void = { _, _ in }
        ) async throws -> Program.Outcome {
            return try await Program.run(
                ["quickstart"] + arguments, environment: ["TMPDIR": temporary.path],
                folder: (project ?? Self.project).path, leadsGroup: true, within: .seconds(300),
                while: body)
        }

        private static let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()

        /// A copy of the example's data: a quickstart watches whether anybody opens a site's file, and
        /// another one beside it does.
        private func projectCopy(in folder: URL) throws -> URL {
            let example = "Examples/breast-cancer"
            try FileManager.default.createDirectory(
                at: folder.appending(path: "Examples"), withIntermediateDirectories: true)
            try FileManager.default.copyItem(
                at: Self.project.appending(path: example), to: folder.appending(path: example))
            return folder
        }

        private func wait(for words: String, in output: String) async throws {
            try await eventually("the quickstart says “\(words)”") {
                try String(contentsOfFile: output, encoding: .utf8).contains(words)
            }
        }

        private func expectNothingLeft() throws {
            let processes = Program.processes(mentioning: temporary.path)
            #expect(processes.isEmpty, "processes were left behind: \(processes)")
            let files = try FileManager.default.contentsOfDirectory(atPath: temporary.path)
            #expect(files.isEmpty, "folders were left behind: \(files)")
            try FileManager.default.removeItem(at: temporary)
        }

        @Test(
            "Two quickstarts side by side tell their stories to the end, and leave nothing behind")
        func sideBySide() async throws {
            let copies = FileManager.default.temporaryDirectory
                .appending(path: "jointlab-test-\(UUID().uuidString.prefix(8).lowercased())")
            defer { try? FileManager.default.removeItem(at: copies) }
            let first = try projectCopy(in: copies.appending(path: "one"))
            let second = try projectCopy(in: copies.appending(path: "other"))
            async let one = quickstart("--rounds", "3", project: first)
            async let other = quickstart("--rounds", "3", project: second)
            for outcome in try await [one, other] {
                #expect(outcome.code == 0, "\(outcome.all)")
                #expect(outcome.errors.isEmpty, "\(outcome.all)")
                for words in [
                    "1  A lab is founded",
                    "2  4 institutions with data, a university and an auditor",
                    "3  ", "4  ", "5  Its job trains a logistic regression by FedAvg, 3 rounds",
                    "6  The version is registered", "7  river-clinic withdraws its licence",
                    "8  The ledger is exported", "stage is withdrawn", "task.unknown_round",
                    "its data file was opened 0 times", "all of it holds", "FAILED entry",
                ] {
                    #expect(outcome.output.contains(words), "“\(words)” in: \(outcome.all)")
                }
                // The table at the end: five models, judged on four holdouts and on all of them.
                let lines = outcome.output.split(separator: "\n").map { $0.split(separator: " ") }
                for model in ["federated", "pooled", "alone"] {
                    let rows = lines.filter { $0.dropLast(5).last.map { $0 == model } ?? false }
                    #expect(rows.count == (model == "alone" ? 3 : 1), "\(outcome.all)")
                    for area in rows.flatMap({ $0.suffix(5) }) {
                        let value = try #require(Double(area), "\(outcome.all)")
                        #expect((0.9...1).contains(value), "\(model)")
                    }
                }
            }
            try expectNothingLeft()
        }

        @Test(
            "A quickstart that is interrupted cleans up, wherever it is",
            arguments: [
                ("1  A lab is founded", SIGINT, true), ("2  4 institutions", SIGTERM, false),
                ("statistics", SIGINT, true), ("7  river-clinic", SIGINT, false),
            ])
        func interrupted(moment: String, signal: Int32, reachesAll: Bool) async throws {
            let outcome = try await quickstart("--rounds", "3") { process, output in
                try await wait(for: moment, in: output)
                // A terminal's Ctrl-C reaches the daemons too.
                reachesAll ? process.sendToGroup(signal) : process.send(signal)
            }
            #expect(outcome.code == 130, "\(outcome.all)")
            #expect(outcome.output.contains("everything is cleaned up"), "\(outcome.all)")
            #expect(outcome.errors.isEmpty, "\(outcome.all)")
            try expectNothingLeft()
        }

        @Test("The daemons of a quickstart that is killed end by themselves")
        func killed() async throws {
            let outcome = try await quickstart { process, output in
                try await wait(for: "2  4 institutions", in: output)
                #expect(!Program.processes(mentioning: temporary.path).isEmpty)
                process.kill()
                try await eventually("the daemons are gone") {
                    Program.processes(mentioning: temporary.path).isEmpty
                }
            }
            #expect(outcome.code == 128 + SIGKILL)
            try FileManager.default.removeItem(at: temporary)
        }

        @Test("A lab that is kept can be looked at as the quickstart says, until Ctrl-C")
        func kept() async throws {
            let outcome = try await quickstart("--rounds", "2", "--keep") { process, output in
                try await wait(for: "Ctrl-C stops it", in: output)
                let lines = try String(contentsOfFile: output, encoding: .utf8)
                    .split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
                let export = "export JOINTLAB_HOME="
                let home = try #require(lines.first { $0.hasPrefix(export) })
                    .dropFirst(export.count)
                let commands = lines.filter { $0.hasPrefix("jointlab ") }
                #expect(commands.count > 5)
                for command in commands {
                    let words = command.split(separator: " ").dropFirst().map(String.init)
                    let shown = try await Program.run(
                        words, environment: ["JOINTLAB_HOME": String(home)])
                    #expect(shown.code == 0 && !shown.output.isEmpty, "\(shown.all)")
                }
                process.sendToGroup(SIGINT)
            }
            #expect(outcome.code == 130, "\(outcome.all)")
            try expectNothingLeft()
        }

        @Test("A quickstart runs on a folder of one's own, and in one; not in one that is in use")
        func ownData() async throws {
            let data = temporary.appending(path: "data")
            try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
            for (seed, name) in ["bank-a", "bank-b", "bank-c", "bank-d"].enumerated() {
                try SyntheticData.csv(rows: 60, seed: UInt64(seed)).write(
                    to: data.appending(path: "\(name).csv"), atomically: true, encoding: .utf8)
            }
            let directory = temporary.appending(path: "lab").path
            let arguments = [
                "quickstart", "--data", data.path, "--label", "ill", "--positive", "yes",
                "--rounds", "2", "--directory", directory,
            ]
            let outcome = try await Program.run(arguments, within: .seconds(300))
            #expect(outcome.code == 0, "\(outcome.all)")
            #expect(outcome.output.contains("d, which had no part in it"), "\(outcome.all)")
            #expect(FileManager.default.fileExists(atPath: directory + "/export"))
            let again = try await Program.run(arguments)
            #expect(again.code == 64 && again.errors.contains("is not empty"), "\(again.all)")
            #expect(Program.processes(mentioning: temporary.path).isEmpty)
            try FileManager.default.removeItem(at: temporary)
        }
    }
}
