import ContractLibrary
import Contracts
import Coordinator
import Encodings
import Foundation
import LabAPI
import Learning
import Ledger
import Node
import Participation
import Randomness
import SampleLab
import ServedLab
import Storage
import Testing
import Trainers
import Transport

/// A job from the registration of its data to the released model, as members carry it out, in one
/// process.
@Suite struct TrainingTests {
    private let folder: TemporaryFolder
    private let homes: LabHomes
    private static let owners = ["north", "south", "valley"]

    init() async throws {
        folder = try TemporaryFolder()
        homes = try await LabHomes(LabHomes.sampleLab(), in: folder.url)
    }

    /// Rows that a seed decides.
    private func writeRows(_ name: String, seed: UInt64) throws -> String {
        var random = SeededRandom(seed: seed)
        var csv = "age,dose,sex,outcome\n"
        for _ in 0..<80 {
            let age = random.uniformInteger(in: 20...80)
            let dose = random.uniformInteger(in: 0...1_000)
            let sex = ["f", "m"][random.uniformInteger(in: 0...1)]
            let score = (age - 50) * 20 + dose - 500 + random.uniformInteger(in: -150...150)
            csv += "\(age),\(Double(dose) / 1_000),\(sex),\(score > 0 ? "yes" : "no")\n"
        }
        let path = folder.file("\(name).csv").path
        try SyncedFile.replace(path, with: Array(csv.utf8))
        return path
    }

    private func register(_ served: ServedLab) async throws {
        let currency = try #require(CurrencyCode("CNY"))
        let bank = try served.session("bank")
        let university = try served.session("university")
        _ = try await bank.submit(RegisterCurrency(currency: currency, title: "Yuan", scale: 2))
        _ = try await bank.submit(
            IssueMoney(amount: Money(100_000, currency), to: MemberID("university")))
        _ = try await university.publish(.datasetLicence)
        for (number, owner) in Self.owners.enumerated() {
            let session = try served.session(owner)
            let (owned, _) = try OwnedDataset.inspecting(
                file: writeRows(owner, seed: UInt64(number)), as: DatasetID("\(owner)-data"),
                options: InspectionOptions(label: ColumnReference("outcome")), holdoutPerMille: 250)
            try session.home.keep(owned)
            _ = try await session.submit(try owned.registration(title: "Data of \(owner)"))
            let licence = try LicenceID("\(owner)-licence")
            _ = try await session.submit(
                LicenceTerms(
                    dataset: owned.id, licensee: try MemberID("university"),
                    purposes: ["research"], roundsMax: 20, feePerRound: Money(250, currency),
                    expires: MemberSession.now.advanced(byMilliseconds: 86_400_000)
                ).offer(licence, licensor: try MemberID(owner)))
            _ = try await university.submit(TakeContractAction.accept(licence))
        }
    }

    private func start(_ job: JobID, rounds: Int, _ served: ServedLab) async throws {
        let university = try served.session("university")
        let licences = try Self.owners.map { try LicenceID("\($0)-licence") }
        let settings = LogisticSettings(
            layout: try await university.layout(of: licences),
            label: try await university.label(of: licences),
            training: try TrainingConfiguration(learningRate: 0.3, localEpochs: 2, seed: 7))
        _ = try await university.submit(
            ProposeJob(
                job: job, model: ModelID("tumours"), purpose: "research", licences: licences,
                trainer: settings.json, plan: .training(rounds: rounds), participantsMin: 2,
                roundTimeoutMilliseconds: 60_000))
        _ = try await university.submit(StartJob(job: job))
    }

    @Test(
        "A job trains through a restart of everybody, its sums hold, and its model is validated by one who did not train",
        .timeLimit(.minutes(5)))
    func wholeJob() async throws {
        let job = try JobID("job-1")
        try await homes.run { served in
            try await register(served)
            try await start(job, rounds: 5, served)
            #expect(
                try await served.coordinator { state, _, _ in (state.jobs[job]?.closed ?? 0) >= 2 })
        }
        try await homes.run { served in
            #expect(
                try await served.coordinator { state, _, _ in state.jobs[job]?.status == .complete }
            )
            let university = try served.session("university")
            let rounds = try await university.verify(job).rounds
            #expect(rounds.compactMap { $0["task"]?.string }.count { $0 == "train" } == 5)
            let expected = ["holds", "nothing to add up"]
            #expect(rounds.allSatisfy { expected.contains($0["sum"]?.string ?? "") }, "\(rounds)")
            #expect(rounds.count { $0["sum"] == "holds" } == 6)
            // A site that takes longer than a few seconds to come back is not waited for.
            #expect(rounds.allSatisfy { (2...3).contains($0["contributions"]?.integer ?? 0) })

            _ = try await university.register(job, until: .final)
            let version = ModelVersionID(model: try ModelID("tumours"), number: 1)
            let file = try writeRows("bank", seed: 99)
            let (metrics, receipt) = try await served.session("bank").validate(
                version, file: file, until: .certified)
            #expect(metrics.count == 80)
            #expect(try #require(metrics.summaryMicro["holdoutAUC"]) > 850_000)
            #expect(receipt["outcome"]?["applied"] == true)
            let refused = await #expect(throws: Problem.self) {
                try await served.session("north").validate(
                    version, file: file, until: .sequenced)
            }
            #expect(refused?.code == "model.not_independent")
            #expect(try served.coordinator.database.check().difference == nil)
        }
    }

    @Test(
        "An owner that allows no training on so few rows is left out, and the others go on",
        .timeLimit(.minutes(5)))
    func rowsMin() async throws {
        let job = try JobID("job-1")
        try await homes.run(rowsMin: ["valley": 81]) { served in
            try await register(served)
            try await start(job, rounds: 1, served)
            #expect(
                try await served.coordinator { state, _, _ in state.jobs[job]?.status == .complete }
            )
            let state = await served.coordinator.snapshot.state
            let rounds = state.jobs.rounds(of: try #require(state.jobs[job]))
            for round in rounds where round.status == .closed {
                #expect(round.contributions.map(\.member.text).sorted() == ["north", "south"])
            }
        }
    }

    @Test("A member reads from its own node where that runs, and from the coordinator otherwise")
    func ownNodeFirst() async throws {
        try await homes.run(nodes: ["north"]) { served in
            let session = try served.session("north")
            let size = Int64(served.lab.entries.count)
            #expect(try await served.node("north") { $0.size >= UInt64(size) })
            // The coordinator knows who is connected, and a node does not.
            @Sendable func isFromCoordinator() async throws -> Bool {
                let members = try await session.get("/v1/members")["items"]?.array ?? []
                return try #require(members.first)["connected"] != nil
            }
            #expect(try await isFromCoordinator())
            let routes = NodeRoutes.make(for: try served.node("north"), version: "1.2.3") {
                MemberSession.now
            }
            try await LoopbackServer.with(routes.router) { url, _ in
                try SyncedFile.replace(
                    session.home.address.path, with: Array("\(url.dropFirst(7))\n".utf8))
                #expect(try await !isFromCoordinator())
            }
            // The node has gone and has left its address behind.
            #expect(try await isFromCoordinator())
        }
    }
}
