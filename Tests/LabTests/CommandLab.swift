import Foundation
import LabFixture

/// The daemons of a lab that commands set up, with a coordinator behind TLS.
struct CommandLab {
    let daemons: Daemons
    let port: Int
    let certificate: TestCertificate

    var folder: URL { daemons.folder }
    var card: URL { folder.appending(path: "lab.json") }
    var url: String { "https://localhost:\(port)" }

    static func with(_ body: (CommandLab) async throws -> Void) async throws {
        let daemons = try Daemons()
        do {
            let lab = CommandLab(
                daemons: daemons, port: try Daemons.freePort(),
                certificate: try TestCertificate(in: daemons.folder))
            try await body(lab)
        } catch {
            let words = daemons.lastWords
            try? daemons.end()
            throw Daemons.Failure(description: "\(error)\n\(words)")
        }
        try daemons.end()
    }

    @discardableResult
    func command(_ name: String, _ arguments: String...) async throws -> Program.Outcome {
        try await command(name, arguments)
    }

    @discardableResult
    func command(_ name: String, _ arguments: [String]) async throws -> Program.Outcome {
        try await daemons.command(name, arguments)
    }

    func makeMember(_ name: String, _ category: String, _ role: String) async throws {
        try await command(
            name, "node", "init", "--member", name, "--title", "Institution \(name)",
            "--category", category, "--role", role)
    }

    func startNode(_ name: String) async throws {
        try "certificate-authority: \(certificate.certificate.path)\nrows-min: 5\n".write(
            to: daemons.home(name).appending(path: "node.yaml"), atomically: true, encoding: .utf8)
        try await daemons.start(name, ["node", "run"])
    }

    /// A member's own node may be a moment behind what others have done.
    func eventually(_ name: String, _ command: String, _ holds: (String) -> Bool) async throws {
        let words = command.split(separator: " ").map(String.init)
        try await LabFixture.eventually("\(name): \(command)") {
            let outcome = try await Program.run(
                words + ["--home", daemons.home(name).path])
            return outcome.code == 0 && holds(outcome.output)
        }
    }

    func data(_ name: String, seed: UInt64) throws -> String {
        let file = folder.appending(path: "\(name).csv")
        try SyntheticData.csv(rows: 80, seed: seed)
            .write(to: file, atomically: true, encoding: .utf8)
        return file.path
    }
}
