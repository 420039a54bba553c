import Encodings
import Foundation
import LabFixture
import Testing

extension LabSuite {
    @Suite("The command line")
    struct CommandLineTests {
        /// Every command as the program itself describes it, with its options' names.
        private static func commands() async throws -> [(path: [String], options: Set<String>)] {
            let dump = try await Program.run(["--experimental-dump-help"])
            var found: [(path: [String], options: Set<String>)] = []
            func visit(_ command: JSONValue, _ above: [String]) {
                let path = above + [command["commandName"]?.string ?? ""]
                let options = (command["arguments"]?.array ?? []).flatMap {
                    ($0["names"]?.array ?? []).compactMap { $0["name"]?.string }
                }
                found.append((path, Set(options)))
                for subcommand in command["subcommands"]?.array ?? []
                where subcommand["commandName"]?.string != "help" {
                    visit(subcommand, path)
                }
            }
            visit(try dump.json["command"] ?? .null, [])
            return found.map { (Array($0.path.dropFirst()), $0.options) }
        }

        @Test(
            "A document is a file or a name of the library, and a name that is neither is told so")
        func libraryNames() async throws {
            let explained = try await Program.run(
                ["contract", "explain", "dataset-licence", "--language", "zh"])
            #expect(explained.code == 0 && explained.output.contains("所列条款与文本（英文和中文）一致"))
            let same = try await Program.run(
                ["contract", "diff", "dataset-licence", "dataset-licence"])
            #expect(same.output.contains("No difference"), "\(same.all)")
            let wrong = try await Program.run(["contract", "check", "datset-licence"])
            #expect(wrong.code == 74)
            #expect(
                wrong.errors.contains("no such file") && wrong.errors.contains(" dataset-licence,"))
            let purpose = try await Program.run(
                [
                    "licence", "offer", "l", "--dataset", "d", "--purpose", "", "--rounds", "1",
                    "--fee",
                    "1 CNY", "--expires", "1d",
                ])
            #expect(purpose.code == 64 && purpose.errors.contains("not empty"), "\(purpose.all)")
        }

        @Test("What goes wrong is one JSON object on standard error where JSON was asked for")
        func jsonErrors() async throws {
            let missing = "/nonexistent/\(UUID().uuidString)"
            for (arguments, code, exit) in [
                (["member", "list", "--home", missing], "storage", 74),
                (["contract", "check", "\(missing)/x.yaml"], "storage", 74),
                (["lab", "quorum", "--members", "0"], "usage", 64),
                (["lab", "quorum", "--members", "many"], "usage", 64),
                (["no-such-command"], "usage", 64),
            ] as [([String], String, Int32)] {
                let asked = try await Program.run(arguments + ["--json"])
                #expect(asked.code == exit, "\(asked.all)")
                #expect(asked.output.isEmpty, "\(asked.all)")
                let error = try JSONValue(parsing: Array(asked.errors.utf8))["error"]
                #expect(error?["code"]?.string == code, "\(asked.all)")
                #expect(error?["detail"]?.string?.isEmpty == false, "\(asked.all)")
                let plain = try await Program.run(arguments)
                #expect(plain.code == exit && !plain.errors.hasPrefix("{"), "\(plain.all)")
            }
        }

        @Test("Every command has help, by either way of asking")
        func help() async throws {
            let commands = try await Self.commands()
            #expect(commands.count > 50)
            for (path, _) in commands {
                let asked = try await Program.run(["help"] + path)
                let usage = (["USAGE: jointlab"] + path).joined(separator: " ")
                #expect(asked.code == 0 && asked.errors.isEmpty, "\(asked.all)")
                #expect(asked.output.hasPrefix("OVERVIEW: "), "\(asked.all)")
                #expect(asked.output.contains(usage), "\(asked.all)")
                #expect(!asked.output.contains("Argument("), "a type of ours: \(asked.all)")
            }
            for path in [[], ["node"], ["node", "status"]] {
                let flagged = try await Program.run(path + ["--help"])
                let asked = try await Program.run(["help"] + path)
                #expect(flagged.code == 0)
                #expect(flagged.output == asked.output)
            }
            // What a person sees who types the name alone.
            let bare = try await Program.run([])
            #expect(bare.output.contains("jointlab quickstart"), "\(bare.all)")
            #expect(bare.output.contains("Exit codes:"), "\(bare.all)")
        }

        @Test("Every command that lists or shows prints JSON when asked")
        func machineReadable() async throws {
            let verbs: Set<String> = [
                "list", "show", "status", "entries", "applications", "inspect", "quorum", "verify",
                "state",
            ]
            let shown = try await Self.commands().filter { verbs.contains($0.path.last ?? "") }
            #expect(shown.count > 15)
            for (path, options) in shown {
                #expect(options.contains("json"), "\(path)")
            }
        }

        @Test("The version is one line, and completion scripts are what their shells read")
        func versionAndCompletion() async throws {
            let version = try await Program.run(["--version"])
            #expect(version.code == 0)
            #expect(version.output.split(separator: ".").count == 3, "\(version.all)")
            #expect(version.output.hasSuffix("\n"))
            for (shell, beginning) in [
                ("bash", "#!/bin/bash"), ("zsh", "#compdef jointlab"), ("fish", "function"),
            ] {
                let script = try await Program.run(["--generate-completion-script", shell])
                #expect(script.code == 0 && script.output.hasPrefix(beginning), "\(shell)")
                #expect(script.output.contains("quickstart"), "\(shell)")
                #expect(script.output.contains("clear-alarm"), "\(shell)")
            }
            let unknown = try await Program.run(["--generate-completion-script", "cmd"])
            #expect(unknown.code == 64, "\(unknown.all)")
        }

        @Test(
            "What cannot be understood is said to be so, with the usage, and has its exit code",
            arguments: [
                ["nonsense"], ["node", "nonsense"], ["node", "status", "--nonsense"],
                ["node", "status", "extra"], ["node", "init"], ["job", "show"],
                ["job", "show", "Not A Name"], ["ledger", "entries", "--count", "many"],
                ["account", "transfer", "12.505.1 CNY", "--to", "bank"],
                ["proposal", "vote", "p-1"],
                ["proposal", "vote", "p-1", "--yes", "--no"], ["model", "show", "tumour"],
                ["licence", "offer", "l-1", "--expires", "someday"],
                ["quickstart", "--port", "many"],
            ])
        func wrongUsage(arguments: [String]) async throws {
            let outcome = try await Program.run(arguments)
            #expect(outcome.code == 64, "\(outcome.all)")
            #expect(outcome.output.isEmpty, "\(outcome.all)")
            #expect(outcome.errors.hasPrefix("Error: "), "\(outcome.all)")
            #expect(outcome.errors.contains("Usage: jointlab"), "\(outcome.all)")
        }

        @Test(
            "What the program itself finds wrong is one sentence, and has its exit code",
            arguments: [
                (["lab", "quorum", "--members", "0"], 64, "from 1 to 1000"),
                (["lab", "quorum", "--members", "4", "--needed", "2"], 64, "take at least 3"),
                (["quickstart", "--rounds", "0"], 64, "from 1 to 10000"),
                (["quickstart", "--data", "/nonexistent"], 64, "--label"),
                (["quickstart", "--data", "/nonexistent", "--label", "y"], 64, "/nonexistent"),
                (["audit", "verify", "/nonexistent"], 74, "no such folder"),
                (["audit", "verify", "/", "--policy", "/nonexistent"], 74, "/nonexistent"),
                (["audit", "verify", "/", "--lab", "short"], 64, "64 hexadecimal digits"),
                (["dataset", "inspect", "--file", "/nonexistent"], 74, "no such file"),
                (["coordinator", "found", "/nonexistent"], 74, "/nonexistent"),
            ] as [([String], Int32, String)])
        func mistakes(arguments: [String], code: Int32, words: String) async throws {
            let outcome = try await Program.run(arguments)
            #expect(outcome.code == code, "\(outcome.all)")
            #expect(outcome.errors.contains(words), "\(outcome.all)")
            #expect(outcome.output.isEmpty, "\(outcome.all)")
        }

        @Test(
            "A command on a folder where nobody lives says so, and what makes one",
            arguments: [
                (["node", "run"], "node init"), (["node", "status"], "node init"),
                (["lab", "show"], "node init"), (["member", "apply"], "node init"),
                (["job", "list", "--json"], "node init"), (["lab", "card"], "node init"),
                (["coordinator", "run"], "coordinator init"), (["ledger", "fsck"], "no ledger"),
                (["audit", "policy"], "no ledger"),
                (["audit", "export", "somewhere"], "no ledger"),
            ])
        func missingHomes(arguments: [String], words: String) async throws {
            let home = "/nonexistent/home"
            for (extra, environment) in [
                (["--home", home], [:]), ([], ["JOINTLAB_HOME": home]),
            ] as [([String], [String: String])] {
                let outcome = try await Program.run(arguments + extra, environment: environment)
                #expect(outcome.code == 74, "\(outcome.all)")
                #expect(outcome.errors.contains(home), "\(outcome.all)")
                #expect(outcome.errors.contains(words), "\(outcome.all)")
                #expect(outcome.output.isEmpty, "\(outcome.all)")
            }
        }
    }
}
