import Contracts
import Encodings
import Foundation
import LabFixture
import Participation
import Testing
import Transport

extension LabSuite {
    @Suite("The market, by commands")
    struct MarketProcessTests {
        private static let members: KeyValuePairs<String, [Role]> = [
            "office": [.issuer], "north": [.dataOwner], "university": [.researcher],
            "institute": [.researcher],
        ]

        @Test(
            "Licences are divided, offered, bid for, given away, expire and are frozen by commands")
        func story() async throws {
            try await ProcessLab.with(.init(Self.members)) { lab in
                try await lab.startAll()
                try await license(lab)
                try await divideAndSell(lab)
                try await bidWithConsent(lab)
                try await takeBack(lab)
                try await expire(lab)
                try await freeze(lab)
                try await audit(lab)
            }
        }

        /// A command that works.
        @discardableResult
        private func run(
            _ lab: ProcessLab, _ name: String, _ words: String...
        ) async throws -> JSONValue {
            try await lab.daemons.command(name, words + ["--wait", "final", "--json"]).json
        }

        /// A command that is refused, with a code.
        private func refused(
            _ lab: ProcessLab, _ name: String, _ code: String, _ words: String...
        ) async throws {
            let outcome = try await Program.run(words + ["--home", lab.home(name).path])
            #expect(outcome.code == 1 && outcome.errors.contains(code), "\(outcome.all)")
        }

        /// What the coordinator, which everybody writes to, says of a contract.
        private func state(_ lab: ProcessLab, _ id: String) async throws -> JSONValue {
            let contracts = try await lab.member("office").coordinator.get("/v1/contracts")
            let row = contracts["items"]?.array?.first { $0["contract"]?.string == id }
            return try #require(row, "there is no contract \(id)")
        }

        private func balance(_ lab: ProcessLab, _ name: String) async throws -> Int64 {
            let items =
                try await lab.member("office").coordinator.get("/v1/accounts")["items"]?.array ?? []
            return items.first { $0["holder"]?.string == name }?["minorUnits"]?.integer ?? 0
        }

        private func license(_ lab: ProcessLab) async throws {
            try await run(lab, "office", "account", "register-currency", "CNY", "--title", "Yuan")
            for buyer in ["university", "institute"] {
                try await run(lab, "office", "account", "issue", "100.00 CNY", "--to", buyer)
            }
            let file = lab.folder.appending(path: "north.csv")
            try SyntheticData.csv(rows: 40, seed: 1)
                .write(to: file, atomically: true, encoding: .utf8)
            try await lab.daemons.command(
                "north", "dataset", "add", "records", "--file", file.path, "--label", "ill",
                "--positive", "yes")
            try await run(lab, "north", "dataset", "register", "records", "--title", "Records")
            for (licence, flag) in [("free", "--freely-transferable"), ("asked", "--transferable")]
            {
                try await run(
                    lab, "university", "licence", "offer", licence, "--dataset", "records",
                    "--purpose", "research", "--rounds", "10", "--fee", "1.00 CNY", "--expires",
                    "90d", flag, "--resale-permille", "100", "--beneficiary", "north=1")
                try await run(lab, "north", "licence", "accept", licence)
            }
        }

        private func divideAndSell(_ lab: ProcessLab) async throws {
            try await refused(
                lab, "university", "contract.token", "market", "divide", "free", "too-much",
                "--limit", "maxRounds=11",
                "--limit", "epsilonBudgetMicro=0")
            try await run(
                lab, "university", "market", "divide", "free", "part", "--limit", "maxRounds=4",
                "--limit", "epsilonBudgetMicro=0")
            let whole = try await state(lab, "free")
            let part = try await state(lab, "part")
            #expect(part["terms"]?["maxRounds"] == 4, "\(part)")
            #expect(whole["state"]?["rounds"] == 4, "what was divided off counts as used: \(whole)")
            try await run(lab, "university", "market", "offer", "sale", "part", "20.00 CNY")
            try await lab.daemons.command("institute", "account", "list")
            try await refused(lab, "university", "contract.token", "market", "accept", "sale")
            try await run(lab, "institute", "market", "accept", "sale")
            #expect(try await state(lab, "part")["parties"]?["licensee"] == "institute")
            // A tenth of the price is for the owner of the data.
            #expect(try await balance(lab, "university") == 11_800)
            #expect(try await balance(lab, "institute") == 8_000)
            #expect(try await balance(lab, "north") == 200)
            try await refused(lab, "institute", "wrong_stage", "market", "accept", "sale")
        }

        private func bidWithConsent(_ lab: ProcessLab) async throws {
            try await run(lab, "institute", "market", "bid", "bid", "asked", "10.00 CNY")
            #expect(try await balance(lab, "institute") == 7_000, "the price is set aside")
            try await run(lab, "university", "market", "accept", "bid")
            #expect(try await state(lab, "asked")["parties"]?["licensee"] == "university")
            try await refused(lab, "institute", "wrong_sender", "market", "consent", "bid")
            try await run(lab, "north", "market", "consent", "bid")
            #expect(try await state(lab, "asked")["parties"]?["licensee"] == "institute")
            #expect(try await balance(lab, "university") == 12_700)
            // And one to which the owner says no.
            try await run(
                lab, "institute", "market", "transfer", "gift", "asked", "--to", "university")
            try await run(lab, "university", "market", "accept", "gift")
            try await run(lab, "north", "market", "consent", "gift", "--refuse")
            #expect(try await state(lab, "asked")["parties"]?["licensee"] == "institute")
        }

        private func takeBack(_ lab: ProcessLab) async throws {
            try await run(lab, "university", "market", "bid", "second", "asked", "5.00 CNY")
            try await run(lab, "university", "market", "withdraw", "second")
            #expect(try await balance(lab, "university") == 12_700)
            try await run(
                lab, "institute", "market", "transfer", "back", "part", "--to", "university")
            try await run(lab, "university", "market", "accept", "back")
            try await run(lab, "university", "market", "merge", "part")
            #expect(try await state(lab, "free")["state"]?["rounds"] == 0)
            let list = try await lab.daemons.command("office", "market", "list", "--all")
            for trade in ["sale", "bid", "gift", "second", "back"] {
                #expect(list.output.contains(trade), "\(list.all)")
            }
        }

        private func expire(_ lab: ProcessLab) async throws {
            try await run(
                lab, "university", "market", "bid", "brief", "asked", "3.00 CNY", "--expires", "1s")
            #expect(try await balance(lab, "university") == 12_400)
            // The holder may decline a bid at any time, and anybody clears one away that has expired.
            try await eventually("the bid has expired by the ledger's time") {
                let cleared = try await Program.run([
                    "market", "withdraw", "brief", "--home", lab.home("office").path,
                ])
                return cleared.code == 0
            }
            #expect(try await balance(lab, "university") == 12_700)
            try await refused(lab, "institute", "wrong_stage", "market", "accept", "brief")
        }

        private func freeze(_ lab: ProcessLab) async throws {
            try await run(
                lab, "university", "market", "divide", "free", "share", "--limit", "maxRounds=2",
                "--limit", "epsilonBudgetMicro=0")
            try await run(lab, "university", "market", "offer", "late", "share", "1.00 CNY")
            try await run(
                lab, "north", "proposal", "freeze", "free", "--reason", "order 17 of the court")
            for voter in ["north", "office", "institute"] {
                try await run(lab, voter, "proposal", "vote", "p-1", "--yes")
            }
            try await refused(lab, "institute", "contract.frozen", "market", "accept", "late")
            try await refused(
                lab, "university", "contract.frozen", "market", "divide", "free", "more", "--limit",
                "maxRounds=1", "--limit", "epsilonBudgetMicro=0")
            try await run(
                lab, "north", "proposal", "unfreeze", "free", "--reason", "the order is lifted")
            for voter in ["north", "office", "institute"] {
                try await run(lab, voter, "proposal", "vote", "p-2", "--yes")
            }
            try await run(lab, "institute", "market", "accept", "late")
            #expect(try await state(lab, "share")["parties"]?["licensee"] == "institute")
        }

        private func audit(_ lab: ProcessLab) async throws {
            let sum =
                try await balance(lab, "university") + balance(lab, "institute")
                + balance(lab, "north")
            #expect(sum == 20_000)
            let export = lab.folder.appending(path: "export").path
            try await lab.daemons.command(ProcessLab.coordinator, "audit", "export", export)
            let verdict = try await Program.run(["audit", "verify", export])
            #expect(verdict.code == 0, "\(verdict.all)")
        }
    }
}
