import ContractLibrary
import Contracts
import Encodings
import Foundation
import Identity
import LabAPI
import LabFixture
import Ledger
import MerkleMap
import Node
import Participation
import Testing
import Transport

extension LabSuite {
    /// A coordinator that has the real keys and breaks the rules, against a real node. Whether the
    /// node opens its data, the kernel says.
    @Suite("A coordinator that cheats")
    struct RogueCoordinatorTests {
        @Test("A node opens its data for a round that is final, and for none that is less")
        func onlyFinalRoundsAreTrained() async throws {
            try await RogueLab.with { lab in
                let index = try lab.openRound(0)
                try lab.sendBatch()
                try await lab.waitForNode()
                try lab.sendTask(0, index: index)
                try await lab.waitForAlarm("task.not_final", saying: "only sequenced")
                #expect(lab.watch.takeCount() == 0)

                lab.coordinator.send(.certificate(try lab.certificate()))
                try lab.sendTask(0, index: index)
                try await lab.waitForAlarm("task.not_final", saying: "only certified")
                #expect(lab.watch.takeCount() == 0)
                #expect(lab.coordinator.heard.contributions == 0)

                // The control: the same task, the same watch, and now it is allowed.
                try lab.finalize()
                try lab.sendTask(0, index: index)
                try await eventually("the contribution comes") {
                    lab.coordinator.heard.contributions == 1
                }
                #expect(lab.watch.takeCount() > 0, "the watch sees that the file is opened")

                try lab.sendTask(0, index: index)
                try await eventually("the same contribution comes again") {
                    lab.coordinator.heard.contributions == 2
                }
                #expect(lab.watch.takeCount() == 0, "and nothing is trained twice")
            }
        }

        @Test("A task that the ledger knows nothing of opens no data")
        func unknownTasksAreRefused() async throws {
            try await RogueLab.with { lab in
                let index = try lab.openRound(0, participants: ["clinic"])
                try lab.sendBatch()
                try lab.finalize()
                try await lab.waitForNode()

                try lab.sendTask(7, index: index)
                try await lab.waitForAlarm("task.unknown_round", saying: "job-1/7")
                try lab.sendTask(0, index: 3, job: "no-such-job")
                try await lab.waitForAlarm("task.unknown_round", saying: "no-such-job/0")
                try lab.sendTask(0, index: index + 1)
                try await lab.waitForAlarm("task.wrong_entry", saying: "opened by entry \(index)")
                try lab.sendTask(0, index: index)
                try await lab.waitForAlarm("task.not_participant", saying: "does not name site")

                // Not a crime, but no reason to open anything either.
                try lab.ledger.add(
                    AbandonRound(
                        round: RoundID(job: try JobID(RogueLab.job), number: 0), reason: "late"))
                let second = try lab.openRound(1)
                try lab.ledger.add(
                    lab.site.signed(
                        TakeContractAction.withdraw(
                            try LicenceID("site-licence"), reason: "our board")))
                try lab.sendBatch()
                try lab.finalize()
                try await lab.waitForNode()
                try lab.sendTask(1, index: second)
                try await lab.waitForDecline("task.licence_not_active")

                #expect(lab.watch.takeCount() == 0)
                #expect(lab.coordinator.heard.contributions == 0)
                #expect(lab.processes.daemons.hasLogged("site", "alarm.raised"))
                #expect(try await lab.status()["halted"]?.object == nil)
            }
        }

        @Test(
            "A round over an exhausted licence is refused by the ledger, and its task by the node")
        func exhaustedLicencesAreNotTrained() async throws {
            try await RogueLab.with(licensedRounds: 1) { lab in
                let job = try JobID(RogueLab.job)
                // As many rounds are given back as are licensed.
                for number in 0..<2 {
                    _ = try lab.openRound(number)
                    try lab.ledger.add(
                        AbandonRound(
                            round: RoundID(job: job, number: number), reason: "nobody came"))
                }
                #expect(throws: Refusal.self) { _ = try lab.openRound(2) }
                let index = try lab.ledger.addRefused(
                    OpenRound(
                        round: RoundID(job: job, number: 2), task: .statistics, base: nil,
                        participants: try ["clinic", "site"].map { try MemberID($0) }))
                try lab.sendBatch()
                try lab.finalize()
                try await lab.waitForNode()
                try await eventually("the node shows why the round was not opened") {
                    let answer = try await lab.site.node()?.get(
                        "/v1/entries", ["from": "\(index)", "count": "1"])
                    let receipt = answer?["items"]?.array?.first?["receipt"]
                    let refusal = receipt?["outcome"]?["refusal"]
                    return refusal?["clauses"]?.array == ["4.1"]
                }

                try lab.sendTask(2, index: index)
                try await lab.waitForAlarm(
                    "task.opening_refused", saying: "all licensed rounds are used")
                try lab.sendTask(0, index: index)
                try await lab.waitForAlarm("task.wrong_entry")
                #expect(lab.watch.takeCount() == 0)
                #expect(lab.coordinator.heard.contributions == 0)
            }
        }

        @Test(
            "A node that catches its coordinator keeps the evidence and does nothing more for it",
            arguments: Crime.allCases)
        func crimesHaltTheNode(crime: Crime) async throws {
            try await RogueLab.with { lab in
                let index = try lab.openRound(0)
                try lab.sendBatch()
                try lab.finalize()
                try await lab.waitForNode()
                let honestSize = lab.ledger.size
                try await eventually("the node cosigns what is honest") {
                    lab.coordinator.heard.cosignedSizes.contains(honestSize)
                }
                let before = lab.coordinator.heard

                let batch = try crime.batch(lab)
                lab.coordinator.send(.batch(batch))
                try await lab.waitForAlarm(crime.code)
                let status = try await lab.status()
                #expect(status["halted"]?["code"]?.string == crime.code)
                #expect(status["ledger"]?["sequenced"]?.integer == Int64(honestSize))

                // The round is final, and still: nothing is done for this coordinator any more.
                try lab.sendTask(0, index: index)
                try await lab.waitForDecline("task.node_halted")
                lab.coordinator.send(lab.heartbeat, .certificate(try lab.certificate()))
                try await showItsOperator(crime, batch, lab)

                lab.processes.daemons.kill("site")
                try await lab.processes.startNode("site")
                try await eventually("the node is back") {
                    lab.coordinator.heard.streams > before.streams
                }
                try lab.sendTask(0, index: index)
                try await eventually("the task is declined again") {
                    lab.coordinator.heard.declines.count >= 2
                }
                try await showItsOperator(crime, batch, lab)
                #expect(lab.processes.daemons.hasLogged("site", "node.halted"))
                #expect(lab.coordinator.heard.cosignedSizes == before.cosignedSizes)
                #expect(lab.watch.takeCount() == 0)

                try await settle(lab, index: index)
            }
        }

        /// The alarm where people look: the exit code, the text, the health check, the folder.
        private func showItsOperator(
            _ crime: Crime, _ batch: LedgerBatch, _ lab: RogueLab
        ) async throws {
            let home = lab.processes.home("site").path
            let shown = try await Program.run(["node", "status", "--home", home])
            #expect(shown.code == 3, "\(shown.all)")
            #expect(shown.output.contains("HALTED"), "\(shown.all)")
            #expect(shown.output.contains(crime.code), "\(shown.all)")
            let problem = await #expect(throws: Problem.self) {
                _ = try await lab.site.node()?.get("/health")
            }
            #expect(problem?.status == 503)
            let folder = lab.site.home.evidence.path
            let files = try FileManager.default.contentsOfDirectory(atPath: folder)
            let evidence = try #require(files.first, "evidence is in \(folder)")
            let json = try JSONValue(
                parsing: Array(
                    FileManager.default.contents(atPath: "\(folder)/\(evidence)") ?? .init()))
            #expect(json["code"]?.string == crime.code)
            #expect(try LedgerBatch(json["batch"] ?? .null) == batch)
        }

        /// The operator has looked at the evidence; the coordinator is honest again.
        private func settle(_ lab: RogueLab, index: UInt64) async throws {
            let home = lab.processes.home("site").path
            let running = try await Program.run(
                ["node", "clear-alarm", "--evidence-seen", "--home", home])
            #expect(
                running.code == 74 && running.errors.contains("stop it first"), "\(running.all)")
            try await lab.processes.daemons.stop("site")
            let careless = try await Program.run(["node", "clear-alarm", "--home", home])
            #expect(careless.code == 64 && careless.errors.contains("evidence"), "\(careless.all)")
            try await lab.processes.daemons.command(
                "site", "node", "clear-alarm", "--evidence-seen")
            try await lab.processes.startNode("site")
            try await eventually("the node is in touch") {
                try await lab.status()["connected"]?.bool == true
            }
            try lab.sendTask(0, index: index)
            try await eventually("the node trains again") {
                lab.coordinator.heard.contributions == 1
            }
            #expect(lab.watch.takeCount() > 0)
            let shown = try await Program.run(["node", "status", "--home", home])
            #expect(shown.code == 0, "\(shown.all)")
        }

        @Test("A node does not vouch for a time that its own clock contradicts")
        func wrongTimesAreNotCosigned() async throws {
            try await RogueLab.with { lab in
                // Back-dated: in order, but older than the last sign of life.
                lab.coordinator.send(lab.heartbeat)
                lab.ledger.time = MemberSession.now.advanced(byMilliseconds: -45_000)
                _ = try lab.openRound(0)
                try lab.sendBatch()
                try await lab.waitForAlarm("clock.off")
                try await lab.waitForNode()
                let doubtful = lab.ledger.size
                lab.coordinator.send(lab.heartbeat)
                try await lab.fence()
                #expect(!lab.coordinator.heard.cosignedSizes.contains(doubtful))

                // A quorum of others decides, and the node goes along from there.
                lab.coordinator.send(.certificate(try lab.certificate()))
                lab.ledger.time = MemberSession.now
                try lab.finalize()
                let settled = lab.ledger.size
                try await eventually("the node cosigns again") {
                    lab.coordinator.heard.cosignedSizes.contains(settled)
                }

                // Far ahead: nothing can be called expired before it is.
                lab.ledger.time = MemberSession.now.advanced(byMilliseconds: 3_600_000)
                try lab.ledger.add(
                    AbandonRound(
                        round: RoundID(job: try JobID(RogueLab.job), number: 0), reason: "late"))
                try lab.sendBatch()
                try await eventually("the node raises a second alarm") {
                    try await lab.status()["alarms"]?.array?.filter {
                        $0["code"]?.string == "clock.off"
                    }.count ?? 0 >= 2
                }
                try await lab.waitForNode()
                lab.coordinator.send(lab.heartbeat)
                try await lab.fence()
                let shown = try await Program.run(
                    ["node", "status", "--home", lab.processes.home("site").path])
                #expect(shown.code == 0, "in touch and not halted: \(shown.all)")
                #expect(shown.output.contains("cosignature withheld"), "\(shown.all)")
                #expect(!lab.coordinator.heard.cosignedSizes.contains(lab.ledger.size))
                #expect(lab.watch.takeCount() == 0)
            }
        }

        @Test("What the coordinator has not signed is no evidence against it, and is not taken")
        func unsignedWordsAreNotTaken() async throws {
            try await RogueLab.with { lab in
                let size = lab.ledger.size
                var ahead = lab.ledger
                try ahead.add(
                    AbandonJob(job: try JobID(RogueLab.job), reason: "because"))
                var random = SystemRandomNumberGenerator()
                let stranger = SigningKey(from: &random)
                let batch = try ahead.unsigned(ahead.endBatch(), by: stranger)
                lab.coordinator.send(.batch(batch))
                try await lab.waitForAlarm("coordinator.not_signed", saying: "batch")
                let index = try lab.openRound(0)
                try lab.sendBatch()
                try await lab.waitForNode()
                lab.coordinator.send(.certificate(try lab.hollowCertificate()))
                try await lab.waitForAlarm(
                    "coordinator.not_signed", saying: "2 members have cosigned")
                try lab.sendTask(0, index: index)
                try await lab.waitForAlarm("task.not_final", saying: "only sequenced")
                for garbage in [
                    "event: batch\ndata: {\"start\":\n\n", "event: task\ndata: 17\n\n",
                    "event: nonsense\ndata: {}\n\n", "\u{0}\u{1}\u{2}\n\n", "data\n\n: \n\n",
                    "event: batch\ndata: \(String(repeating: "[", count: 100_000))\n\n",
                ] {
                    lab.coordinator.send(raw: garbage)
                }
                try await eventually("the node dials again after what it cannot read") {
                    lab.coordinator.heard.streams >= 2
                }

                // And it goes on with what is signed.
                try lab.ledger.add(
                    AbandonRound(
                        round: RoundID(job: try JobID(RogueLab.job), number: 0), reason: "late"))
                try lab.sendBatch()
                try await eventually("the node cosigns the next batch") {
                    lab.coordinator.heard.cosignedSizes.contains(lab.ledger.size)
                }
                let status = try await lab.status()
                #expect(status["halted"]?.object == nil)
                #expect(lab.coordinator.heard.cosignedSizes.allSatisfy { $0 <= lab.ledger.size })
                #expect(lab.ledger.size > size)
                #expect(lab.watch.takeCount() == 0)
            }
        }
    }
}
