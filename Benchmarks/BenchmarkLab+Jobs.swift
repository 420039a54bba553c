import ContractLibrary
import Contracts
import Encodings
import Foundation
import Learning
import Ledger
import Node
import Participation
import Transport

/// The licences and the one job of a benchmark's lab; the researcher is its first member.
extension BenchmarkLab {
    static func job() throws -> JobID { try JobID("bench") }

    /// Gives members a small dataset each, and the researcher licences to train on all of them.
    func licenses(from owners: some Sequence<MemberSession>) async throws -> [LicenceID] {
        let researcher = members[0]
        guard let currency = CurrencyCode("FREE") else { return [] }
        _ = try await researcher.submit(
            RegisterCurrency(currency: currency, title: "None", scale: 0))
        try await researcher.publish(.datasetLicence)
        var licences: [LicenceID] = []
        for owner in owners {
            licences.append(try await license(owner, currency))
        }
        while try await researcher.get("/v1/licences")["items"]?.array?.count(where: {
            $0["stage"]?.string == "active"
        }) != licences.count {
            try await Task.sleep(for: .milliseconds(20))
        }
        return licences
    }

    private func license(
        _ owner: MemberSession, _ currency: CurrencyCode
    ) async throws -> LicenceID {
        let file = owner.home.folder.appending(path: "data.csv")
        var text = "x,y,label\n"
        for row in 0..<40 {
            text += "\(row % 7).5,\(row % 5).25,\(row % 2)\n"
        }
        try text.write(to: file, atomically: true, encoding: .utf8)
        let id = try DatasetID("data-of-\(owner.card.member)")
        let (owned, _) = try OwnedDataset.inspecting(
            file: file.path, as: id, options: InspectionOptions(label: ColumnReference("label")),
            holdoutPerMille: 250)
        try owner.home.keep(owned)
        _ = try await owner.submit(try owned.registration(title: "Bench data"))
        let licence = try LicenceID("licence-of-\(owner.card.member)")
        let terms = LicenceTerms(
            dataset: id, licensee: members[0].card.member, purposes: ["bench"], roundsMax: 10_000,
            feePerRound: Money(0, currency),
            expires: MemberSession.now.advanced(byMilliseconds: 3_600_000))
        _ = try await members[0].submit(
            try terms.offer(licence, licensor: owner.card.member))
        _ = try await owner.submit(TakeContractAction.accept(licence), until: .final)
        return licence
    }

    /// Starts the job, and waits until it is complete.
    ///
    /// - Returns: Its rounds.
    func roundsOfJob() async throws -> [JSONValue] {
        let job = try Self.job()
        _ = try await members[0].submit(StartJob(job: job))
        while true {
            let answer = try await members[0].coordinator.get("/v1/jobs/\(job)")
            switch answer["job"]?["status"]?.string {
            case "complete": return answer["rounds"]?.array ?? []
            case "abandoned": throw Mistake("the job was abandoned: \(answer["job"] ?? .null)")
            default: try await Task.sleep(for: .milliseconds(50))
            }
        }
    }
}
