import Contracts
import Encodings
import Foundation
import LabAPI
import LabFixture
import Ledger
import MerkleLog
import Participation
import Randomness
import Testing

extension LabSuite {
    /// `kill -9`, as a loss of power would.
    @Suite("Processes that are killed")
    struct KillTests {
        private static let kills = 17

        @Test(
            "Whatever is killed, whenever: nothing acknowledged is lost, and all ledgers agree",
            arguments: [1, 2, 3] as [UInt64])
        func killedAtRandomMoments(seed: UInt64) async throws {
            try await ProcessLab.with(TrainingLab.plan) { processes in
                try await processes.startAll()
                let lab = try await TrainingLab(processes)
                let payer = Payer()
                async let paid = payer.run(in: processes)
                let jobs = try await killAtRandom(seed: seed, in: lab)
                payer.finish()
                let record = try await paid

                for job in jobs {
                    try await eventually("\(job) ends") { try await lab.isOver(job) }
                }
                try await lab.settle()
                for name in processes.founders {
                    let status = try await processes.status(of: name)
                    #expect(status["halted"]?.object == nil, "\(name), seed \(seed): \(status)")
                    // A machine that is too busy may raise doubts about a time; nothing else.
                    let codes = (status["alarms"]?.array ?? []).compactMap { $0["code"]?.string }
                    #expect(
                        codes.allSatisfy { $0 == "clock.off" }, "\(name), seed \(seed): \(codes)")
                }
                for job in jobs { try await verifySums(of: job, in: processes) }
                try await processes.daemons.stopAll(last: ProcessLab.coordinator)
                try await compareLedgers(processes, jobs, record)
                try await audit(processes)
            }
        }

        /// Kills and restarts while jobs run, one job after the other.
        ///
        /// - Returns: The jobs.
        private func killAtRandom(seed: UInt64, in lab: TrainingLab) async throws -> [String] {
            var random = SplitMix64(seed: seed)
            var jobs: [String] = []
            var left = Self.kills
            while left > 0 {
                if let job = jobs.last, try await !lab.isOver(job) {
                } else {
                    jobs.append("job-\(jobs.count + 1)")
                    try await lab.startJob(
                        jobs[jobs.count - 1], rounds: 6, participantsMin: 2,
                        roundTimeoutMilliseconds: 1_500)
                }
                let (victims, down) = Self.victims(&random)
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...400, using: &random)))
                for victim in victims { lab.processes.daemons.kill(victim) }
                left -= victims.count
                try await Task.sleep(for: .milliseconds(down))
                for victim in victims { try await lab.processes.restart(victim) }
            }
            return jobs
        }

        /// Who is killed next, and for how long.
        private static func victims(
            _ random: inout SplitMix64
        ) -> (names: [String], downMilliseconds: Int) {
            let sites = TrainingLab.sites.shuffled(using: &random)
            let nodes = (TrainingLab.sites + [TrainingLab.office, TrainingLab.university])
                .shuffled(using: &random)
            let briefly = Int.random(in: 0...200, using: &random)
            return switch random.next() % 8 {
            // Longer than a round waits, and fewer are left than a round needs.
            case 0: (Array(sites.prefix(2)), 2_500)
            case 1: ([ProcessLab.coordinator, nodes[0]], briefly)
            case 2...4: ([ProcessLab.coordinator], briefly)
            default: ([nodes[0]], briefly)
            }
        }

        private func verifySums(of job: String, in processes: ProcessLab) async throws {
            let outcome = try await processes.daemons.command(
                TrainingLab.university, "job", "verify", job, "--json")
            let sums = try outcome.json["items"]?.array?.compactMap { $0["sum"]?.string } ?? []
            #expect(!sums.contains("DIFFERS"), "\(outcome.all)")
        }

        /// The stored bytes, everywhere.
        private func compareLedgers(
            _ processes: ProcessLab, _ jobs: [String], _ record: Payer.Record
        ) async throws {
            let ledger = try StoredLedger(processes.home(ProcessLab.coordinator))
            for name in processes.founders {
                let copy = try StoredLedger(processes.home(name))
                #expect(copy.size == ledger.size, "\(name)")
                #expect(copy.firstDifference(from: ledger) == nil, "\(name)")
                #expect(copy.checkpoint == ledger.checkpoint, "\(name)")
            }
            for name in processes.founders + [ProcessLab.coordinator] {
                try await processes.daemons.command(name, "ledger", "fsck")
            }

            let places = ledger.places
            #expect(!record.acknowledged.isEmpty)
            for (payment, index) in record.acknowledged {
                #expect(places[payment] == index, "an acknowledged payment is lost or moved")
            }
            #expect(record.repeated.allSatisfy { places[$0] != nil })

            let state = try ledger.state
            let balances = state.accounts.all
            let office = balances.first { $0.account.holder.description == TrainingLab.office }
            #expect(
                office?.minorUnits == Int64(record.acknowledged.count + record.repeated.count),
                "every payment was made once")
            #expect(
                !balances.contains { $0.account.holder.description.hasPrefix("round:") },
                "no fee is held back for a round that is over")
            for job in jobs {
                let job = try #require(state.jobs[try JobID(job)])
                #expect(job.status == .complete || job.status == .abandoned)
                for round in state.jobs.rounds(of: job) {
                    #expect(round.status == .closed || round.status == .abandoned)
                    #expect((round.status == .abandoned) == (round.reason != nil))
                }
            }
        }

        private func audit(_ processes: ProcessLab) async throws {
            let policy = try await processes.daemons.command(TrainingLab.office, "audit", "policy")
            let file = processes.folder.appending(path: "policy")
            try policy.output.write(to: file, atomically: true, encoding: .utf8)
            for (exporter, blobs) in [(ProcessLab.coordinator, "all"), ("site", "none")] {
                let export = processes.folder.appending(path: "export-\(exporter)").path
                try await processes.daemons.command(
                    exporter, "audit", "export", export, "--blobs", blobs)
                let verdict = try await Program.run([
                    "audit", "verify", export, "--policy", file.path,
                    "--lab", processes.card.lab.text, "--json",
                ])
                #expect(verdict.code == 0, "\(verdict.all)")
                #expect(try verdict.json["holds"]?.bool == true, "\(verdict.all)")
            }
        }
    }
}
