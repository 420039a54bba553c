import Contracts
import Devices
import Encodings
import Foundation
import LabFixture
import Learning
import Memory
import Participation
import Relay
import Storage
import Testing
import Trainers
import Transport

extension LabSuite {
    /// A member whose rows lie on machines that come and go.
    @Suite("A relay and its devices")
    struct RelayProcessTests {
        private static let devices = ["pump-1", "pump-2", "pump-3", "pump-4", "pump-5"]
        private static let late = "pump-6"

        @Test(
            "Devices train through a relay beside two nodes, while one is killed, one stops and one comes late"
        )
        func story() async throws {
            try await RelayLab.with { lab in
                for (number, device) in (Self.devices + [Self.late]).enumerated() {
                    try await lab.enrol(device, rows: 20 + 4 * number, seed: UInt64(number) + 10)
                }
                try await lab.license()
                for device in Self.devices { try lab.start(device) }
                try await lab.propose("fleet", "--rounds", "10")
                // Devices serve several jobs at a time.
                try await lab.propose(
                    "other", "--trainer", "multilayer-perceptron", "--hidden", "4", "--strategy",
                    #"{"kind": "fedadam", "serverRate": 0.05}"#, "--compression", "int8",
                    "--rounds", "4")

                try await eventually("two rounds are closed") {
                    try await lab.closedRounds("fleet") >= 2
                }
                lab.kill(Self.devices[0])
                #expect(try await lab.stop(Self.devices[1]) == .exited(0))
                // Three are left, and four are enough: the late one decides a round.
                try lab.start(Self.late)
                for job in ["fleet", "other"] {
                    try await lab.processes.daemons.command(
                        TrainingLab.university, "job", "watch", job)
                }
                try await checkSums(lab)
                try await checkUnrelayed(lab)
                let other = try await lab.job("other")
                #expect(other["job"]?["status"] == "complete")
                #expect(
                    (other["rounds"]?.array ?? []).allSatisfy {
                        $0["contributions"]?.array?.count == 3
                    })

                let job = try await lab.job("fleet")
                #expect(job["job"]?["status"] == "complete")
                let rounds = job["rounds"]?.array ?? []
                #expect(rounds.count == 12)
                #expect(rounds.allSatisfy { $0["contributions"]?.array?.count == 3 })
                let verified = try await lab.processes.daemons.command(
                    TrainingLab.university, "job", "verify", "fleet", "--json"
                ).json
                let sums = (verified["items"]?.array ?? []).map { $0["sum"]?.string }
                #expect(sums.filter { $0 == "holds" }.count == 11, "\(sums)")
                #expect(!sums.contains("DIFFERS"))

                let last = lab.counted(in: 10, of: "fleet")
                #expect(last.contains(Self.late), "\(last)")
                for number in [1, 10] { try await checkSum(of: number, job, lab) }
                try checkStatistics(rounds, lab)
                try await checkStatus(lab)
            }
        }

        @Test("A relay's node that is killed in the middle of a round asks its devices again")
        func killedRelay() async throws {
            try await RelayLab.with { lab in
                for (number, device) in Self.devices.enumerated() {
                    try await lab.enrol(device, rows: 20, seed: UInt64(number) + 10)
                }
                try await lab.license()
                // Three of four that are enough: the round waits for the fourth, at the relay.
                for device in Self.devices.prefix(3) { try lab.start(device) }
                try await lab.propose("fleet", "--rounds", "3", "--round-timeout", "60s")
                try await eventually("three devices have answered") {
                    lab.counted(in: 0, of: "fleet").count == 3
                }
                lab.processes.daemons.kill(RelayLab.relay)
                try await lab.processes.startNode(RelayLab.relay, "--log-level", "debug")
                for device in Self.devices.dropFirst(3) { try lab.start(device) }
                try await lab.processes.daemons.command(
                    TrainingLab.university, "job", "watch", "fleet")
                let job = try await lab.job("fleet")
                #expect(job["job"]?["status"] == "complete")
                let rounds = job["rounds"]?.array ?? []
                #expect(rounds.count == 5)
                #expect(rounds.allSatisfy { $0["contributions"]?.array?.count == 3 })
                // What the first three had sent is in no file.
                let asked = lab.counted(in: 0, of: "fleet")
                #expect(asked.count == 3 + RelayLab.devicesEnough, "\(asked)")
            }
        }

        @Test("What an operator or a device gets wrong is said, with what to do")
        func mistakes() async throws {
            try await ProcessLab.with { lab in
                let home = lab.home("office")
                let file = home.appending(path: "node.yaml")
                try """
                relay:
                  listen: 0.0.0.0:7500
                  devices-min: 20
                  devices-enough: 5
                  round-timeout: 3
                  url: relay.example
                """.write(to: file, atomically: true, encoding: .utf8)
                let settings = try await Program.run(["node", "run", "--home", home.path])
                #expect(settings.code == 78, "\(settings.all)")
                for words in [
                    "relay.listen: 0.0.0.0:7500 can be reached from other machines",
                    "relay.devices-enough should be at least relay.devices-min",
                    "relay.round-timeout is no setting",
                    "relay.url should be an http:// or https://",
                ] {
                    #expect(settings.errors.contains(words), "\(settings.all)")
                }

                try "relay:\n  listen: 127.0.0.1:0\n".write(
                    to: file, atomically: true, encoding: .utf8)
                let csv = lab.folder.appending(path: "rows.csv")
                try SyntheticData.csv(rows: 9, seed: 1)
                    .write(to: csv, atomically: true, encoding: .utf8)
                let device = lab.home("device").path
                let cases: [([String], String)] = [
                    (["node", "run", "--home", home.path], "this node is no relay"),
                    (["relay", "devices", "--home", home.path], "this node is no relay"),
                    (["relay", "enrol", csv.path, "--home", home.path], "this node is no relay"),
                    (["device", "run", "--home", device], "no device lives here"),
                    (
                        [
                            "device", "init", "--device", "A B", "--file", csv.path, "--home",
                            device,
                        ],
                        "device"
                    ),
                    (
                        [
                            "device", "init", "--device", "a", "--file", "/nonexistent.csv",
                            "--home", device,
                        ], "/nonexistent.csv"
                    ),
                ]
                for (words, reason) in cases {
                    let outcome = try await Program.run(words)
                    #expect(outcome.code != 0 && outcome.errors.contains(reason), "\(outcome.all)")
                }
                #expect(!FileManager.default.fileExists(atPath: device))

                try await lab.daemons.command(
                    "office", "relay", "init", "rows", "--file", csv.path, "--label", "ill",
                    "--positive", "yes")
                let card = try await lab.daemons.command(
                    "device", "device", "init", "--device", "a", "--file", csv.path)
                let cardFile = lab.folder.appending(path: "a.card.json")
                try card.output.write(to: cardFile, atomically: true, encoding: .utf8)
                let more: [([String], String)] = [
                    (["device", "run", "--home", device], "knows no relay yet"),
                    (["device", "join", cardFile.path, "--home", device], "lab is missing"),
                    (
                        ["relay", "enrol", cardFile.path, "--home", home.path],
                        "no copy of the ledger yet"
                    ),
                    (["relay", "remove", "a", "--home", home.path], "no device a is enrolled"),
                    (
                        ["relay", "register", "--title", "Rows", "--home", home.path],
                        "are none; enrol them first"
                    ),
                    (
                        ["device", "init", "--device", "a", "--file", csv.path, "--home", device],
                        "a device lives here already"
                    ),
                ]
                for (words, reason) in more {
                    let outcome = try await Program.run(words)
                    #expect(outcome.code != 0 && outcome.errors.contains(reason), "\(outcome.all)")
                }
            }
        }

        /// What the relay has contributed is bit for bit what its devices' updates make together: each
        /// is trained again here, from the device's own file.
        private func checkSum(of number: Int, _ job: JSONValue, _ lab: RelayLab) async throws {
            let rounds = job["rounds"]?.array ?? []
            let row = rounds[number]
            let contribution = try #require(
                try (row["contributions"]?.array ?? []).map(Contribution.init)
                    .first { $0.member.text == RelayLab.relay })
            let digest = try #require(row["base"]?.string.flatMap { BlobDigest($0) })
            let trainer = try JobTrainer(try #require(job["job"]?["trainer"]))
            let university = try lab.processes.member(TrainingLab.university)
            let base = try await university.coordinator.bytes("/v1/blobs/\(digest)")
            let judges = row["judges"]?.bool == true
            func work(_ name: String) throws -> RoundWork {
                RoundWork(
                    task: .train, round: contribution.round, member: try MemberID(name),
                    judges: judges, trainer: trainer, base: FileBytes(base))
            }
            let relayed = try RelayedWork(work(RelayLab.relay))
            let names = lab.counted(in: number, of: "fleet")
            #expect(names.count == RelayLab.devicesEnough)
            var sum = DeviceRound(
                relayed.kind,
                limits: try .init(
                    devicesMin: 1, devicesEnough: names.count, devicesMax: names.count,
                    deviceWeightMax: 100, weightMax: 1_000, timeoutMilliseconds: 1))
            var end: DeviceRound.Command?
            // In another order than the one in which they came.
            for name in names.sorted().reversed() {
                let home = lab.home(name)
                let rows = try home.data().load(
                    home.relay().schema, layout: #require(trainer.layout),
                    target: trainer.ownTarget)
                let product = try work(name).perform(on: rows)
                let device = try DeviceID(name)
                _ = sum.handle(.joined(device))
                end =
                    sum.handle(
                        .contributed(
                            device,
                            .init(
                                answer: try relayed.answer(try product.update.array),
                                weight: product.weight,
                                metricsMicro: product.metricsMicro))
                    ).last
            }
            guard case .close(let mean)? = end else {
                Issue.record("the round does not close: \(String(describing: end))")
                return
            }
            let product = try relayed.product(of: mean)
            #expect(BlobDigest(of: try product.update.array) == contribution.update)
            #expect(product.weight == contribution.weight)
            #expect(product.metricsMicro == contribution.metricsMicro)
        }

        /// The statistics and the evaluation stand for the rows of the devices that were in them.
        private func checkStatistics(_ rounds: [JSONValue], _ lab: RelayLab) throws {
            for (number, isHoldout) in [(0, false), (11, true)] {
                let contribution = try #require(
                    try (rounds[number]["contributions"]?.array ?? []).map(Contribution.init)
                        .first { $0.member.text == RelayLab.relay })
                var rows = 0
                for name in lab.counted(in: number, of: "fleet") {
                    let home = lab.home(name)
                    let schema = try home.relay().schema
                    let data = try home.data().load(
                        schema, layout: FeatureLayout(commonTo: [schema]))
                    rows += isHoldout ? data.holdout.count : data.training.count
                }
                #expect(contribution.weight == Int64(rows), "round \(number)")
                #expect((contribution.metricsMicro["holdoutLoss"] != nil) == isHoldout)
            }
        }

        /// Sums of devices' rows are added as updates are.
        private func checkSums(_ lab: RelayLab) async throws {
            let jobs = [
                (
                    [
                        "trees", "--trainer", "gradient-boosted-trees", "--trees", "1", "--depth",
                        "2",
                    ], 4
                ),
                (["clusters", "--trainer", "k-means", "--clusters", "3", "--rounds", "2"], 4),
                (["numbers", "--trainer", "statistics"], 2),
            ]
            for (words, _) in jobs { try await lab.propose(words[0], Array(words.dropFirst())) }
            for (words, roundCount) in jobs {
                let name = words[0]
                try await lab.processes.daemons.command(
                    TrainingLab.university, "job", "watch", name)
                let job = try await lab.job(name)
                #expect(job["job"]?["status"] == "complete", "\(name)")
                let rounds = job["rounds"]?.array ?? []
                #expect(rounds.count == roundCount, "\(name)")
                #expect(rounds.allSatisfy { $0["contributions"]?.array?.count == 3 }, "\(name)")
                let verified = try await lab.processes.daemons.command(
                    TrainingLab.university, "job", "verify", name, "--json"
                ).json
                let judged = rounds.count { $0["task"] == "evaluate" }
                let sums = (verified["items"]?.array ?? []).map { $0["sum"]?.string }
                #expect(sums.count { $0 == "holds" } == roundCount - judged, "\(name): \(sums)")
            }
        }

        /// What a relay cannot stand for it declines, by name, and the job goes on with the others.
        private func checkUnrelayed(_ lab: RelayLab) async throws {
            try await lab.propose(
                "controlled", "--trainer", "multilayer-perceptron", "--strategy", "scaffold",
                "--rounds", "2", "--participants-min", "2")
            try await lab.processes.daemons.command(
                TrainingLab.university, "job", "watch", "controlled")
            let controlled = try await lab.job("controlled")
            #expect(controlled["job"]?["status"] == "complete")
            for round in controlled["rounds"]?.array ?? [] {
                let members = (round["contributions"]?.array ?? []).map { $0["member"]?.string }
                #expect(members == ["clinic", "hospital"])
            }
            let declined = lab.processes.daemons.events(RelayLab.relay).filter {
                $0["event"]?.string == "task.declined"
            }.map { $0["code"]?.string }
            #expect(Set(declined) == ["relay.strategy_not_relayed"])
        }

        private func checkStatus(_ lab: RelayLab) async throws {
            let status = try await lab.processes.status(of: RelayLab.relay)["relay"] ?? .null
            #expect(status["enrolled"]?.integer == 6)
            #expect(status["last"]?["devices"]?.integer == 4)
            #expect(status["rounds"]?.array?.isEmpty == true)
            let listed = try await lab.processes.daemons.command(
                RelayLab.relay, "relay", "devices", "--json"
            ).json["items"]?.array
            let late = listed?.first { $0["device"]?.string == Self.late }
            #expect(late?["contributed"]?.integer ?? 0 > 0)
            let device = try await lab.processes.daemons.command(
                Self.late, "device", "status", "--json"
            ).json
            #expect(device["progress"]?["contributed"]?.integer ?? 0 > 0)
        }
    }
}
