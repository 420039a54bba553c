import Contracts
import Encodings
import Foundation
import LabAPI
import LabFixture
import Participation
import Testing
import Transport

extension LabSuite {
    /// What the daemons are told by file, environment and flags.
    @Suite("Settings")
    struct SettingsTests {
        @Test("Every mistake is told at once, each with where it stands")
        func allMistakes() async throws {
            try await ProcessLab.with { lab in
                let home = lab.home(ProcessLab.coordinator)
                try """
                listen: here
                open-entires: yes
                log-level: loud
                tls:
                  certificate: /nonexistent/chain.pem
                log-form: [json]
                """.write(
                    to: home.appending(path: "coordinator.yaml"), atomically: true, encoding: .utf8)
                let outcome = try await Program.run(
                    [
                        "coordinator", "run", "--home", home.path, "--tls-key",
                        "/nonexistent/key.pem",
                    ],
                    environment: ["JOINTLAB_OPEN_ENTRIES": "perhaps"])
                #expect(outcome.code == 78, "\(outcome.all)")
                for words in [
                    "wrong in 7 places", "listen should be HOST:PORT, and is “here”",
                    "coordinator.yaml, line 1", "open-entires is no setting",
                    "did you mean open-entries?", "log-level should be", "“loud”",
                    "log-form should be a single value",
                    "cannot read the file /nonexistent/chain.pem",
                    "cannot read the file /nonexistent/key.pem (--tls-key)",
                    "open-entries should be true or false, and is “perhaps” "
                        + "(environment variable JOINTLAB_OPEN_ENTRIES)",
                ] {
                    #expect(outcome.errors.contains(words), "“\(words)” in: \(outcome.all)")
                }
            }
        }

        @Test("What members may upload is bounded by sensible numbers, one of which fits the other")
        func uploads() async throws {
            try await ProcessLab.with { lab in
                let file = lab.home(ProcessLab.coordinator).appending(path: "coordinator.yaml")
                for (values, words) in [
                    ("blob-mebibytes-max: 0", "a whole number from 1 to 65536"),
                    ("member-mebibytes-max: x", "a whole number from 1 to"),
                    ("member-mebibytes-max: 100", "room for the largest blob, 4096 MiB"),
                ] {
                    try "uploads:\n  \(values)\n".write(
                        to: file, atomically: true, encoding: .utf8)
                    let outcome = try await Program.run([
                        "coordinator", "run", "--home", lab.home(ProcessLab.coordinator).path,
                    ])
                    #expect(outcome.code == 78, "\(outcome.all)")
                    #expect(outcome.errors.contains(words), "\(outcome.all)")
                }
                try "uploads:\n  blob-mebibytes-max: 1\n  member-mebibytes-max: 2\n".write(
                    to: file, atomically: true, encoding: .utf8)
                try await lab.startCoordinator()
                let client = try lab.member("office").coordinator
                let problem = await #expect(throws: Problem.self) {
                    try await client.upload([UInt8](repeating: 0, count: (1 << 20) + 1))
                }
                #expect(problem?.code == "blob.too_large")
                try await client.upload([UInt8](repeating: 0, count: 1 << 20))
            }
        }

        @Test("A file that is no YAML is named, with the line")
        func notYAML() async throws {
            try await ProcessLab.with { lab in
                let file = lab.home("office").appending(path: "node.yaml")
                try "listen: [1,\nlog-level: ]: {".write(
                    to: file, atomically: true, encoding: .utf8)
                let outcome = try await Program.run([
                    "node", "run", "--home", lab.home("office").path,
                ])
                #expect(outcome.code == 78, "\(outcome.all)")
                #expect(outcome.errors.contains(file.path), "\(outcome.all)")
                #expect(outcome.errors.contains("2:"), "\(outcome.all)")
            }
        }

        @Test("A flag goes before the environment, and that before the file")
        func precedence() async throws {
            try await ProcessLab.with { lab in
                let home = lab.home(ProcessLab.coordinator)
                try "listen: from-file".write(
                    to: home.appending(path: "coordinator.yaml"), atomically: true, encoding: .utf8)
                let run = ["coordinator", "run", "--home", home.path]
                let file = try await Program.run(run)
                #expect(file.errors.contains("“from-file”"), "\(file.all)")
                let environment = ["JOINTLAB_LISTEN": "from-environment"]
                let above = try await Program.run(run, environment: environment)
                #expect(above.errors.contains("“from-environment”"), "\(above.all)")
                let flag = try await Program.run(
                    run + ["--listen", "from-flag"], environment: environment)
                #expect(flag.errors.contains("“from-flag”"), "\(flag.all)")
            }
        }

        @Test(
            "Without TLS a coordinator that others can reach is refused, unless told in so many words"
        )
        func plaintext() async throws {
            try await ProcessLab.with { lab in
                let home = lab.home(ProcessLab.coordinator).path
                for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:7400", "lab.example.org:443"] {
                    let refused = try await Program.run([
                        "coordinator", "run", "--home", home, "--listen", address,
                    ])
                    #expect(refused.code == 78, "\(refused.all)")
                    for words in [
                        address, "there is no TLS", "tls.certificate and tls.key",
                        "allow-plaintext-beyond-this-machine",
                    ] {
                        #expect(refused.errors.contains(words), "\(refused.all)")
                    }
                }
                try await lab.daemons.start(
                    ProcessLab.coordinator,
                    ["coordinator", "run", "--listen", "0.0.0.0:\(lab.port)"]
                        + ["--allow-plaintext-beyond-this-machine"])
                let answer = try await lab.member("office").coordinator.get("/v1/lab")
                #expect(answer["lab"]?.string == lab.card.lab.text)
            }
        }

        @Test("A node answers its own machine alone, whatever it is told")
        func nodesStayAtHome() async throws {
            try await ProcessLab.with { lab in
                let outcome = try await Program.run([
                    "node", "run", "--home", lab.home("office").path, "--listen", "0.0.0.0:0",
                    "--rows-min", "0", "--coordinator", "ftp://lab.example.org",
                ])
                #expect(outcome.code == 78, "\(outcome.all)")
                for words in [
                    "wrong in 3 places", "0.0.0.0:0 can be reached from others",
                    "rows-min should be",
                    "an http:// or https:// URL",
                ] {
                    #expect(outcome.errors.contains(words), "\(outcome.all)")
                }
            }
        }

        @Test("A port that is taken is named")
        func takenPorts() async throws {
            try await ProcessLab.with { lab in
                try await lab.startCoordinator()
                let taken = "127.0.0.1:\(lab.port)"
                let node = try await Program.run([
                    "node", "run", "--home", lab.home("office").path, "--listen", taken,
                ])
                #expect(node.code == 78, "\(node.all)")
                #expect(
                    node.errors.contains("port \(lab.port) on 127.0.0.1 is taken"), "\(node.all)")
                let story = try await Program.run(["quickstart", "--port", "\(lab.port)"])
                #expect(story.code != 0)
                #expect(story.errors.contains("port \(lab.port)"), "\(story.all)")
                #expect(story.errors.contains("is taken"), "\(story.all)")
            }
        }
    }
}
