import Contracts
import Encodings
import Foundation
import LabFixture
import Testing

extension LabSuite {
    @Suite("Another coordinator takes over")
    struct EpochProcessTests {
        private static let successor = "coordinator-2"
        private static let members: KeyValuePairs<String, [Role]> = [
            "office": [.issuer], "north": [.dataOwner], "south": [.dataOwner],
            "university": [.researcher],
        ]

        @Test(
            "The members vote for another machine, which takes the ledger over from the old one or a node",
            arguments: [ProcessLab.coordinator, "north"])
        func handover(from keeper: String) async throws {
            try await ProcessLab.with(.init(Self.members)) { lab in
                try await lab.startAll()
                let policy = lab.folder.appending(path: "policy")
                try await lab.daemons.command("office", "audit", "policy").output
                    .write(to: policy, atomically: true, encoding: .utf8)
                let port = try Daemons.freePort()
                let url = "http://127.0.0.1:\(port)"
                try await decide(lab, url: url)
                try await refusesOldCoordinator(lab)

                if keeper == ProcessLab.coordinator { try await lab.daemons.stop(keeper) }
                let taken = try await lab.daemons.command(
                    Self.successor, "coordinator", "take-over", "--from", lab.home(keeper).path)
                #expect(taken.output.contains("took over"), "\(taken.all)")
                try await lab.daemons.start(
                    Self.successor, ["coordinator", "run", "--listen", "127.0.0.1:\(port)"])
                try await goesOn(lab, url: url)
                try await audits(lab, policy: policy)
                if keeper == ProcessLab.coordinator { try await oldOneStaysOut(lab) }
            }
        }

        private func decide(_ lab: ProcessLab, url: String) async throws {
            let early = try await Program.run([
                "coordinator", "take-over", "--from", lab.home("north").path, "--home",
                lab.home(Self.successor).path,
            ])
            #expect(early.code == 74, "\(early.all)")
            #expect(early.errors.contains("jointlab proposal epoch"), "\(early.all)")
            let labCard = lab.home("office").appending(path: "lab.json").path
            let card = lab.folder.appending(path: "coordinator-2.json")
            try await lab.daemons.command(
                Self.successor, "coordinator", "card", "--lab", labCard, "--url", url
            ).output.write(to: card, atomically: true, encoding: .utf8)
            let proposed = try await lab.daemons.command(
                "office", "proposal", "epoch", card.path)
            #expect(proposed.output.contains("proposed another coordinator"), "\(proposed.all)")
            for voter in ["office", "north", "south"] {
                try await lab.daemons.command(voter, "proposal", "vote", "p-1", "--yes")
            }
        }

        /// The nodes have gone, and the old coordinator takes nothing any more.
        private func refusesOldCoordinator(_ lab: ProcessLab) async throws {
            for name in lab.founders {
                try await eventually("\(name) follows the lab to its new coordinator") {
                    lab.daemons.hasLogged(name, "coordinator.moved")
                }
            }
            let old = try await Program.run(
                [
                    "account", "register-currency", "CNY", "--title", "Yuan", "--home",
                    lab.home("office").path,
                ], environment: ["JOINTLAB_COORDINATOR": "http://127.0.0.1:\(lab.port)"])
            #expect(old.code == 1 && old.errors.contains("coordinator.replaced"), "\(old.all)")
        }

        private func goesOn(_ lab: ProcessLab, url: String) async throws {
            try await eventually("the new coordinator has its members' certificate") {
                let registered = try await Program.run([
                    "account", "register-currency", "CNY", "--title", "Yuan", "--wait", "final",
                    "--home", lab.home("office").path,
                ])
                return registered.code == 0
                    || registered.errors.contains("already_exists")
            }
            for name in lab.founders {
                try await eventually("\(name) is in touch") {
                    let status = try await lab.status(of: name)
                    return status["connected"]?.bool == true
                        && status["coordinator"]?.string == url
                        && status["halted"]?.object == nil && status["alarms"]?.array == []
                }
            }
            let shown = try await lab.daemons.command("university", "lab", "show", "--json").json
            #expect(shown["origin"] == "processes.example/lab/epoch-2")
            #expect(shown["address"]?.string == url)
        }

        private func audits(_ lab: ProcessLab, policy: URL) async throws {
            let export = lab.folder.appending(path: "export").path
            try await lab.daemons.command(Self.successor, "audit", "export", export)
            let verdict = try await Program.run(
                ["audit", "verify", export, "--policy", policy.path, "--json"])
            #expect(verdict.code == 0, "\(verdict.all)")
            let checks = try verdict.json["checks"]?.array ?? []
            #expect(checks.contains { $0["name"] == "changes of the coordinator" })
            let fsck = try await lab.daemons.command(Self.successor, "ledger", "fsck")
            #expect(fsck.code == 0, "\(fsck.all)")
        }

        private func oldOneStaysOut(_ lab: ProcessLab) async throws {
            let again = try await Program.run([
                "coordinator", "run", "--listen", "127.0.0.1:\(lab.port)", "--home",
                lab.home(ProcessLab.coordinator).path,
            ])
            #expect(again.code == 74, "\(again.all)")
            #expect(again.errors.contains("is in epoch 2"), "\(again.all)")
        }
    }
}
