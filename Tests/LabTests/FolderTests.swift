import Contracts
import Encodings
import Foundation
import LabFixture
import Node
import Participation
import Testing

extension LabSuite {
    /// What a member's and a coordinator's folder hold, and who may look into it.
    @Suite("Folders and keys")
    struct FolderTests {
        private func mode(_ url: URL) throws -> Int {
            let attributes = try FileManager.default.attributesOfItem(atPath: url.path)
            return try #require(attributes[.posixPermissions] as? Int) & 0o777
        }

        @Test(
            "Keys are made once, for their owner's eyes only, and a key that others may read is not used"
        )
        func keysAreKept() async throws {
            let daemons = try Daemons()
            defer { try? daemons.end() }
            let coordinator = daemons.home("coordinator")
            let first = try await daemons.command("coordinator", "coordinator", "init")
            let again = try await daemons.command("coordinator", "coordinator", "init")
            #expect(try first.json == again.json)
            #expect(try first.json["logKey"]?.string != first.json["serviceKey"]?.string)
            #expect(try mode(coordinator) == 0o700)
            for key in ["log.key", "service.key"] {
                #expect(try mode(coordinator.appending(path: key)) == 0o600)
            }

            let identity = [
                "node", "init", "--title", "Office", "--category", "oversight", "--role", "issuer",
                "--home", daemons.home("office").path, "--member",
            ]
            let card = try await Program.run(identity + ["office"])
            #expect(try card.json["member"]?.string == "office", "\(card.all)")
            for key in ["member.key", "cosigner.key"] {
                #expect(try mode(daemons.home("office").appending(path: key)) == 0o600)
            }
            let other = try await Program.run(identity + ["other"])
            #expect(other.code == 74 && other.errors.contains("lives here already"), "\(other.all)")

            let key = coordinator.appending(path: "log.key")
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o640], ofItemAtPath: key.path)
            let open = try await Program.run([
                "coordinator", "init", "--home", coordinator.path,
            ])
            #expect(open.code == 74, "\(open.all)")
            for words in [key.path, "mode 640", "chmod 600"] {
                #expect(open.errors.contains(words), "\(open.all)")
            }
        }

        @Test(
            "A daemon does not start on keys that others may read, nor on a folder that is in use")
        func daemonsAreCareful() async throws {
            try await ProcessLab.with { lab in
                try await lab.startAll()
                for arguments in [["coordinator", "run"], ["node", "run"]] {
                    let name = arguments[0] == "node" ? "office" : ProcessLab.coordinator
                    let second = try await Program.run(
                        arguments + ["--listen", "127.0.0.1:0", "--home", lab.home(name).path])
                    #expect(second.code == 74, "\(second.all)")
                    #expect(second.errors.contains("another process is using"), "\(second.all)")
                    #expect(lab.daemons.isRunning(name))
                }
                try await lab.daemons.stopAll(last: ProcessLab.coordinator)
                for (arguments, key) in [
                    (["coordinator", "run"], "coordinator/service.key"),
                    (["node", "run"], "office/cosigner.key"),
                    (["member", "list"], "office/member.key"),
                ] {
                    let file = lab.folder.appending(path: key)
                    try FileManager.default.setAttributes(
                        [.posixPermissions: 0o644], ofItemAtPath: file.path)
                    let home = file.deletingLastPathComponent().path
                    let outcome = try await Program.run(arguments + ["--home", home])
                    #expect(outcome.code == 74, "\(outcome.all)")
                    #expect(
                        outcome.errors.contains("\(file.path) holds a private key"),
                        "\(outcome.all)")
                    try FileManager.default.setAttributes(
                        [.posixPermissions: 0o600], ofItemAtPath: file.path)
                }
            }
        }

        @Test(
            "Keys are rotated, also where an earlier attempt was cut off after the ledger had them")
        func rotation() async throws {
            try await ProcessLab.with { lab in
                try await lab.startCoordinator()
                try await lab.startNode("office")
                let home = NodeHome(lab.home("office"))
                let busy = try await Program.run([
                    "member", "rotate-keys", "--home", home.folder.path,
                ])
                #expect(busy.code == 74 && busy.errors.contains("stop it first"), "\(busy.all)")
                try await lab.daemons.stop("office")

                let old = try home.card()
                let cosignerKey = try Data(contentsOf: home.cosignerKey)
                let signingKey = try Data(contentsOf: home.signingKey)
                let profile = try Data(contentsOf: home.profile)
                let rotated = try await lab.daemons.command(
                    "office", "member", "rotate-keys", "--json")
                #expect(try rotated.json["action"]?.string == "member.rotate_keys")
                let new = try home.card()
                #expect(new.keys.signing != old.keys.signing)
                #expect(new.keys.cosigner != old.keys.cosigner)
                #expect(try Data(contentsOf: home.previousCosignerKey) == cosignerKey)
                try await lab.daemons.command("office", "member", "list")

                // As it lies there when the power goes between the ledger and the folder.
                let next = home.folder.appending(path: "next-keys")
                try FileManager.default.createDirectory(
                    at: next, withIntermediateDirectories: true)
                for (key, earlier) in [
                    (home.signingKey, signingKey), (home.cosignerKey, cosignerKey),
                ] {
                    try FileManager.default.moveItem(
                        at: key, to: next.appending(path: key.lastPathComponent))
                    #expect(
                        FileManager.default.createFile(
                            atPath: key.path, contents: earlier,
                            attributes: [.posixPermissions: 0o600]))
                }
                try profile.write(to: home.profile)
                try FileManager.default.removeItem(at: home.previousCosignerKey)
                let stranger = try await Program.run(["member", "list", "--home", home.folder.path])
                #expect(stranger.code == 1, "\(stranger.all)")
                try await lab.daemons.command("office", "member", "rotate-keys")
                #expect(try home.card() == new)
                #expect(try Data(contentsOf: home.previousCosignerKey) == cosignerKey)
                #expect(!FileManager.default.fileExists(atPath: next.path))

                // With the old cosigner key the change is certified, and then the new one goes on.
                try await lab.startNode("office")
                try await lab.daemons.command(
                    "office", "member", "invite", "guest", "--title", "Guest", "--wait", "final")
            }
        }
    }
}
