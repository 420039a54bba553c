import ContractLibrary
import Contracts
import Foundation
import LabAPI
import Learning
import Node
import Participation
import Storage

/// Steps 3 and 4: data is registered, and licensed.
extension QuickstartStory {
    func registerData(_ lab: inout QuickstartLab) async throws -> [OwnedDataset] {
        heading(3, "The sites register their datasets; the rows stay where they are", lab)
        command("dataset add --file … --label …; dataset register")
        var datasets: [OwnedDataset] = []
        var grid = TextGrid([
            .init("   dataset"), .init("rows", .right), .init("columns", .right), .init("label"),
            .init("salted commitment"),
        ])
        for site in data.trainers {
            let session = try lab.session(site.name)
            let (owned, _) = try OwnedDataset.inspecting(
                file: site.file, as: try DatasetID("\(site.name)-data"), options: data.options,
                holdoutPerMille: 250)
            try session.home.keep(owned)
            _ = try await session.submit(
                try owned.registration(title: "Records of \(site.name)"))
            datasets.append(owned)
            grid.add([
                "   \(owned.id)", "\(owned.rows)", "\(owned.schema.columns.count)",
                owned.schema.label?.positiveText ?? "",
                String(owned.commitment.hex.prefix(16)) + "…",
            ])
        }
        grid.lines.forEach { say($0) }
        return datasets
    }

    func license(_ lab: inout QuickstartLab) async throws {
        heading(4, "The university obtains licences on them", lab)
        command(
            "account issue; contract publish; licence offer --purpose research --rounds …; licence accept"
        )
        guard let currency = CurrencyCode("CNY") else { return }
        let office = try lab.session(Self.office)
        _ = try await office.submit(
            RegisterCurrency(currency: currency, title: "Renminbi", scale: 2))
        _ = try await office.submit(
            IssueMoney(amount: Money(1_000_000, currency), to: try MemberID(Self.university)))
        let fee = Money(250, currency)
        let document = try await lab.session(Self.university).publish(.datasetLicence)
        say(
            "   the document they are made of: dataset-licence@1, \(String(document.text.prefix(16)))…"
        )
        for site in data.trainers {
            let terms = LicenceTerms(
                dataset: try DatasetID("\(site.name)-data"),
                licensee: try MemberID(Self.university), purposes: ["research"],
                roundsMax: Int64(rounds + 10), feePerRound: fee,
                expires: MomentArgument(inDays: 90).timestamp)
            let licence = try LicenceID("\(site.name)-licence")
            _ = try await lab.session(Self.university).submit(
                try terms.offer(licence, licensor: try MemberID(site.name)))
            _ = try await lab.session(site.name).submit(TakeContractAction.accept(licence))
            say(
                "   \(licence): research, \(terms.roundsMax) rounds, \(fee.shown(scale: 2)) a round, "
                    + "until \("\(terms.expires)".prefix(10)); active")
        }
    }
}
