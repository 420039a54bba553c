import ContractLibrary
import Contracts
import Encodings
import Foundation
import LabFixture
import Learning
import Ledger
import Node
import Participation
import Trainers
import Transport

/// Three sites with data, a university that trains on it, and an office that issues money, all of
/// them real processes.
struct TrainingLab {
    static let office = "office"
    static let university = "university"
    static let sites = ["clinic", "hospital", "site"]

    static let plan = ProcessLab.Plan([
        office: [.issuer], university: [.researcher], "clinic": [.dataOwner],
        "hospital": [.dataOwner], "site": [.dataOwner],
    ])

    static let licences = sites.map { "\($0)-licence" }

    let processes: ProcessLab
    let settings: LogisticSettings

    /// Registers the sites' data, licenses it to the university, and gives that money for the fees.
    ///
    /// - Parameter reports: What the sites let be watched, where it is not the stages.
    init(_ processes: ProcessLab, reports: [String: SiteDisclosure] = [:]) async throws {
        self.processes = processes
        let office = try processes.member(Self.office)
        let university = try processes.member(Self.university)
        guard let currency = CurrencyCode("CNY") else { preconditionFailure("CNY is a code") }
        _ = try await office.submit(
            RegisterCurrency(currency: currency, title: "Yuan", scale: 2))
        _ = try await office.submit(
            IssueMoney(amount: Money(1_000_000, currency), to: university.id))
        _ = try await office.submit(
            PublishDocument(document: try LibraryDocument.datasetLicence.published()))

        var schemas: [DatasetSchema] = []
        for (number, name) in Self.sites.enumerated() {
            let owner = try processes.member(name)
            let owned = try Self.dataset(of: name, seed: UInt64(number), in: processes.folder)
            try owner.home.keep(owned)
            schemas.append(owned.schema)
            _ = try await owner.submit(owned.registration(title: "Records of \(name)"))
            var terms = LicenceTerms(
                dataset: owned.id, licensee: university.id, purposes: ["research"],
                roundsMax: 100_000, feePerRound: Money(3, currency),
                expires: MemberSession.now.advanced(byMilliseconds: 86_400_000))
            terms.reports = reports[name] ?? terms.reports
            _ = try await owner.submit(
                terms.offer(try LicenceID("\(name)-licence"), licensor: owner.id))
            _ = try await university.submit(
                TakeContractAction.accept(try LicenceID("\(name)-licence")))
        }
        settings = LogisticSettings(
            layout: try FeatureLayout(commonTo: schemas),
            label: try LabelRule(commonTo: schemas.compactMap(\.label)),
            training: try TrainingConfiguration(
                learningRate: 0.1, localEpochs: 1, batchSize: 16, l2: 0, seed: 1))
    }

    private static func dataset(
        of name: String, seed: UInt64, in folder: URL
    ) throws -> OwnedDataset {
        let file = folder.appending(path: "\(name).csv")
        try SyntheticData.csv(rows: 60, seed: seed)
            .write(to: file, atomically: true, encoding: .utf8)
        return try OwnedDataset.inspecting(
            file: file.path, as: try DatasetID("\(name)-data"), options: SyntheticData.options,
            holdoutPerMille: 250
        ).owned
    }

    /// Proposes and starts a job on all the sites' data.
    func startJob(
        _ job: String, rounds: Int, participantsMin: Int = sites.count,
        roundTimeoutMilliseconds: Int64 = 60_000
    ) async throws {
        let university = try processes.member(Self.university)
        _ = try await university.submit(
            ProposeJob(
                job: try JobID(job), model: try ModelID("model"), purpose: "research",
                licences: try Self.licences.map { try LicenceID($0) }, trainer: settings.json,
                plan: .training(rounds: rounds), participantsMin: participantsMin,
                roundTimeoutMilliseconds: roundTimeoutMilliseconds))
        _ = try await university.submit(StartJob(job: try JobID(job)))
    }

    /// What has become of a job, says the coordinator.
    func status(of job: String) async throws -> Job.Status? {
        let answer = try await processes.member(Self.university).coordinator.get("/v1/jobs/\(job)")
        return answer["job"]?["status"]?.string.flatMap(Job.Status.init)
    }

    func isOver(_ job: String) async throws -> Bool {
        let status = try await status(of: job)
        return status == .complete || status == .abandoned
    }

    /// Waits until everything is certified and every node has it.
    func settle() async throws {
        let office = try processes.member(Self.office)
        try await eventually("the ledger is certified and everywhere") {
            let ledger = try await office.coordinator.get("/v1/lab")["ledger"] ?? .null
            guard let size = ledger["sequenced"]?.integer, ledger["certified"]?.integer == size
            else { return false }
            for name in processes.founders {
                let status = try await processes.status(of: name)["ledger"]
                guard status?["sequenced"]?.integer == size,
                    status?["certified"]?.integer == size
                else { return false }
            }
            return true
        }
    }
}
