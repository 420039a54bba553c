import Encodings
import Foundation
import LabFixture
import Testing

extension LabSuite {
    @Suite("A lab by commands alone")
    struct CommandStoryTests {
        @Test(
            "A lab is founded, trains over TLS, releases a model and is audited by commands alone")
        func story() async throws {
            try await CommandLab.with { lab in
                try await found(lab)
                try await admit(lab)
                try await license(lab)
                try await train(lab)
                try await release(lab)
                try await show(lab)
                try await settle(lab)
                try await audit(lab)
                try await encryptsEverything(lab)
            }
        }

        private func found(_ lab: CommandLab) async throws {
            let keys = try await lab.command("coordinator", "coordinator", "init")
            let keyFile = lab.folder.appending(path: "coordinator-keys.json")
            try keys.output.write(to: keyFile, atomically: true, encoding: .utf8)
            try await lab.makeMember("office", "oversight", "issuer")
            try await lab.command(
                "office", "lab", "found", "--title", "Test lab", "--origin", "commands.example/lab",
                "--coordinator-keys", keyFile.path, "--coordinator-url", lab.url,
                "--out", lab.card.path)
            try await lab.command("coordinator", "coordinator", "found", lab.card.path)
            let again = try await Program.run([
                "coordinator", "found", lab.card.path, "--home",
                lab.daemons.home("coordinator").path,
            ])
            #expect(
                again.code == 74 && again.errors.contains("founded here already"), "\(again.all)")

            // The coordinator has its settings from a file, and serves nothing but TLS.
            try """
            listen: 127.0.0.1:\(lab.port)
            tls:
              certificate: \(lab.certificate.certificate.path)
              key: \(lab.certificate.key.path)
            """.write(
                to: lab.daemons.home("coordinator").appending(path: "coordinator.yaml"),
                atomically: true, encoding: .utf8)
            try await lab.daemons.start("coordinator", ["coordinator", "run"])
            try await lab.startNode("office")
            let status = try await lab.command("office", "node", "status", "--json")
            #expect(try status.json["coordinator"]?.string == lab.url)
        }

        private func admit(_ lab: CommandLab) async throws {
            let newcomers = [
                ("north", "data", "data-owner"), ("south", "data", "data-owner"),
                ("university", "research", "researcher"), ("valley", "data", "data-owner"),
            ]
            var voters = ["office"]
            for (name, category, role) in newcomers {
                try await lab.makeMember(name, category, role)
                try await lab.command(name, "node", "join", lab.card.path)
                try await lab.startNode(name)
                try await lab.command(name, "member", "apply")
                for voter in voters {
                    try await lab.eventually(voter, "proposal list") {
                        $0.contains("admit \(name)")
                    }
                    let list = try await lab.command(voter, "proposal", "list", "--json")
                    let proposal = try list.json["items"]?.array?.first {
                        $0["change"]?["member"]?.string == name
                    }
                    guard proposal?["status"]?.string == "open" else { break }
                    let id = try #require(proposal?["proposal"]?.string)
                    // Others' votes may have decided it meanwhile.
                    _ = try await Program.run(
                        ["proposal", "vote", id, "--yes", "--home", lab.daemons.home(voter).path])
                }
                voters.append(name)
                try await lab.eventually(name, "member list") {
                    $0.split(separator: "\n").contains {
                        $0.hasPrefix(name) && $0.contains("active") && $0.hasSuffix("up")
                    }
                }
            }
        }

        private func license(_ lab: CommandLab) async throws {
            try await lab.command(
                "office", "account", "register-currency", "CNY", "--title", "Yuan")
            try await lab.command("office", "account", "issue", "1000.00 CNY", "--to", "university")
            for (seed, name) in ["north", "south"].enumerated() {
                let file = try lab.data(name, seed: UInt64(seed))
                let options = ["--file", file, "--label", "ill", "--positive", "yes"]
                let inspected = try await Program.run(
                    ["dataset", "inspect"] + options + ["--json"])
                #expect(try inspected.json["rows"]?.integer == 80, "\(inspected.all)")
                #expect(try inspected.json["schema"]?["columns"]?.array?.count == 4)
                try await lab.command(name, ["dataset", "add", "\(name)-data"] + options)
                try await lab.command(
                    name, "dataset", "register", "\(name)-data", "--title", "Records")
                let offered = try await lab.command(
                    "university", "licence", "offer", "\(name)-licence", "--dataset",
                    "\(name)-data", "--purpose", "research", "--rounds", "50", "--fee", "2.50 CNY",
                    "--expires", "90d", "--json")
                #expect(try offered.json["action"]?.string == "contract.offer")
                #expect(try offered.json["stage"]?.string == "sequenced")
                let final = try await lab.command(
                    name, "licence", "accept", "\(name)-licence", "--wait", "final", "--json")
                #expect(try final.json["stage"]?.string == "final")
            }
            let refused = try await Program.run([
                "licence", "accept", "north-licence", "--home", lab.daemons.home("north").path,
            ])
            #expect(refused.code == 1, "\(refused.all)")
            #expect(refused.errors.contains("wrong_stage"), "\(refused.all)")
        }

        private func train(_ lab: CommandLab) async throws {
            try await lab.eventually("university", "licence list") {
                $0.split(separator: "\n").count { $0.contains("active") } == 2
            }
            try await lab.command(
                "university", "job", "propose", "job-1", "--model", "tumour", "--purpose",
                "research", "--licence", "north-licence", "--licence", "south-licence",
                "--rounds", "4")
            try await lab.command("university", "job", "start", "job-1", "--wait", "final")
            try await lab.eventually("university", "job show job-1") { $0.contains("statistics") }
            let watched = try await lab.command("university", "job", "watch", "job-1")
            let lines = watched.output.split(separator: "\n")
            #expect(lines.count == 7, "a header and 6 rounds: \(watched.all)")
            #expect(lines[0].contains("AUC north"), "\(watched.all)")
            let verified = try await lab.command("university", "job", "verify", "job-1", "--json")
            let sums = try verified.json["items"]?.array?.compactMap { $0["sum"]?.string }
            #expect(sums?.filter { $0 == "holds" }.count == 5, "\(verified.all)")
            #expect(try verified.json["roundsFrom"] == "node", "\(verified.all)")
            try await lab.daemons.stop("university")
            let believed = try await lab.command("university", "job", "verify", "job-1")
            #expect(believed.output.contains("the coordinator's word"), "\(believed.all)")
            try await lab.startNode("university")
        }

        private func release(_ lab: CommandLab) async throws {
            try await lab.command("university", "model", "register", "job-1", "--wait", "final")
            let early = try await Program.run([
                "model", "release", "tumour/1", "--home", lab.daemons.home("university").path,
            ])
            #expect(early.code == 1, "\(early.all)")
            #expect(early.errors.contains("model.validations_too_few"), "\(early.all)")
            try await lab.eventually("valley", "model list") { $0.contains("tumour/1") }
            let file = try lab.data("valley", seed: 9)
            let judged = try await lab.command(
                "valley", "model", "validate", "tumour/1", "--file", file, "--auc-min", "0.5",
                "--json")
            #expect(try judged.json["metrics"]?["count"]?.integer == 80, "\(judged.all)")
            try await lab.command("university", "model", "release", "tumour/1", "--wait", "final")
            try await lab.eventually("university", "model list") { $0.contains("released") }
            let weights = lab.folder.appending(path: "tumour.safetensors")
            try await lab.command("university", "model", "fetch", "tumour/1", "--out", weights.path)
            #expect(FileManager.default.fileExists(atPath: weights.path))
        }

        /// What lists or shows, as text and as JSON with the fields that programs look for.
        private func show(_ lab: CommandLab) async throws {
            for (command, fields) in [
                ("lab show", ["lab", "title", "origin", "rules", "quorums", "ledger", "members"]),
                (
                    "node status",
                    [
                        "member", "lab", "connected", "ledger", "lag", "cosigned", "quorums",
                        "alarms", "datasets",
                    ]
                ),
                ("dataset show north-data", ["dataset", "owner", "schema", "rows", "commitment"]),
                ("licence show north-licence", ["licence", "stage", "state", "terms"]),
                ("job show job-1", ["job", "rounds", "ledger"]),
                ("model show tumour/1", ["model", "version", "lineage", "validations", "status"]),
                ("ledger state contract/north-licence", ["row", "proof", "stateRoot", "size"]),
            ] {
                let words = command.split(separator: " ").map(String.init)
                let text = try await lab.command("university", words)
                #expect(!text.output.hasPrefix("{"), "\(text.all)")
                let json = try await lab.command("university", words + ["--json"]).json
                for field in fields { #expect(json[field] != nil, "\(command): \(field)") }
            }
            for (command, fields) in [
                ("member list", ["member", "title", "roles", "status", "keys"]),
                ("member applications", ["card", "proposal", "status"]),
                ("proposal list", ["proposal", "change", "votes", "status"]),
                ("dataset list", ["dataset", "owner", "rows", "commitment"]),
                ("licence list", ["licence", "stage", "terms"]),
                ("job list", ["job", "owner", "model", "plan", "status"]),
                ("model list", ["model", "owner", "versions"]),
                ("account list", ["holder", "currency", "minorUnits"]),
                ("ledger entries", ["index", "entry", "receipt", "stage"]),
            ] {
                let words = command.split(separator: " ").map(String.init)
                let text = try await lab.command("university", words)
                #expect(text.output.split(separator: "\n").count > 1, "\(text.all)")
                let items = try await lab.command("university", words + ["--json"]).json["items"]
                let item = try #require(items?.array?.last, "\(command)")
                // A state or certificate entry has no receipt.
                for field in fields where field != "receipt" {
                    #expect(item[field] != nil, "\(command): \(field)")
                }
            }
            // 6 rounds on each dataset, 2.50 CNY each.
            let accounts = try await lab.command("north", "account", "list")
            #expect(accounts.output.contains("15.00 CNY"), "\(accounts.all)")
            #expect(accounts.output.contains("970.00 CNY"), "\(accounts.all)")
            let quorum = try await Program.run(["lab", "quorum", "--members", "7", "--json"])
            #expect(try quorum.json["items"]?.array?.first?["safeWithLiars"] != nil)
            let unknown = try await Program.run([
                "licence", "show", "nothing", "--home", lab.daemons.home("university").path,
            ])
            #expect(unknown.code != 0 && unknown.errors.contains("nothing"), "\(unknown.all)")
        }

        private func settle(_ lab: CommandLab) async throws {
            func pay(_ name: String, _ words: String...) async throws -> Int64 {
                let receipt = try await lab.command(name, ["account"] + words + ["--json"]).json
                return try #require(receipt["index"]?.integer)
            }
            _ = try await pay("office", "fee", "CNY", "--flat", "0.10", "--to", "office")
            _ = try await pay("office", "limit", "south", "CNY", "--credit", "50.00")
            let transfer = try await pay("university", "transfer", "20.00 CNY", "--to", "valley")
            _ = try await pay(
                "university", "split", "10.00 CNY", "--to", "north=2", "--to", "south")
            _ = try await pay("university", "hold", "deposit", "30.00 CNY", "--to", "valley")
            _ = try await pay("valley", "capture", "deposit", "--amount", "12.00 CNY")
            _ = try await pay("university", "hold", "second", "1.00 CNY", "--to", "valley")
            _ = try await pay("valley", "release", "second")
            _ = try await pay("valley", "reverse", "\(transfer)", "--reason", "not ours")
            let last = try await pay("valley", "redeem", "2.00 CNY")
            let holds = try await lab.command("valley", "account", "holds")
            #expect(holds.output.contains("captured"), "\(holds.all)")

            try await lab.eventually("university", "account statement valley") {
                $0.contains("\(last)  redemption")
            }
            let table = try await lab.command("university", "account", "statement", "university")
            // 970.00, less 10.00 and 12.00, and a fee of 0.10 on each of three payments.
            #expect(table.output.contains("947.70 CNY"), "\(table.all)")
            let json = try await lab.command(
                "university", "account", "statement", "university", "--json"
            ).json
            #expect(json["closing"]?.integer == 94_770)
            let csv = try await lab.command(
                "university", "account", "statement", "university", "--format", "csv",
                "--currency", "CNY")
            #expect(csv.output.contains("\r\n"), "\(csv.all)")
            #expect(csv.output.contains("closing,,,,,947.70,CNY"), "\(csv.all)")
            let message = try await lab.command(
                "university", "account", "statement", "university", "--format", "camt053")
            #expect(message.output.contains("camt.053.001.08"), "\(message.all)")
            #expect(message.output.contains("<Nm>Institution valley</Nm>"), "\(message.all)")
        }

        private func audit(_ lab: CommandLab) async throws {
            let policy = lab.folder.appending(path: "policy")
            try await lab.command("valley", "audit", "policy").output
                .write(to: policy, atomically: true, encoding: .utf8)
            let export = lab.folder.appending(path: "export").path
            try await lab.command("coordinator", "audit", "export", export, "--blobs", "all")
            let verify = ["audit", "verify", export, "--policy", policy.path]
            let verdict = try await Program.run(verify + ["--json"])
            #expect(verdict.code == 0, "\(verdict.all)")
            #expect(try verdict.json["holds"]?.bool == true)
            let text = try await Program.run(verify)
            #expect(text.output.contains("all of it holds"), "\(text.all)")

            let bundle = export + "/tile/entries/000.p"
            let names = try FileManager.default.contentsOfDirectory(atPath: bundle)
            let file = URL(fileURLWithPath: "\(bundle)/\(try #require(names.first))")
            var bytes = try Data(contentsOf: file)
            bytes[bytes.count / 2] ^= 1
            try bytes.write(to: file)
            let broken = try await Program.run(verify)
            #expect(broken.code == 1, "\(broken.all)")
            #expect(broken.output.contains("NOT verified"), "\(broken.all)")
        }

        private func encryptsEverything(_ lab: CommandLab) async throws {
            // Neither somebody who speaks plain HTTP nor somebody who trusts another root gets through.
            let home = lab.daemons.home("valley")
            let plain = lab.url.replacing("https:", with: "http:")
            try await lab.daemons.stop("valley")
            for settings in [
                "coordinator: \(plain)",
                "certificate-authority: \(try TestCertificate("other", in: lab.folder).certificate.path)",
                "",
            ] {
                try settings.write(
                    to: home.appending(path: "node.yaml"), atomically: true, encoding: .utf8)
                let outcome = try await Program.run(["lab", "show", "--home", home.path])
                #expect(outcome.code == 69, "\(settings): \(outcome.all)")
                #expect(outcome.errors.contains("no connection to"), "\(outcome.all)")
            }
            let stopped = try await Program.run(["node", "status", "--home", home.path])
            #expect(stopped.code == 69 && stopped.errors.contains("not running"), "\(stopped.all)")
            try await lab.startNode("valley")
            try await lab.eventually("valley", "node status") { $0.contains("(in touch)") }
            lab.daemons.kill("coordinator")
            try await eventually("the node notices") {
                try await Program.run(["node", "status", "--home", home.path]).code == 4
            }
        }
    }
}
