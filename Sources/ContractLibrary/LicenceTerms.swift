package import ContractFiles
import ContractLanguage
package import Contracts
package import Encodings
import Policy

/// The terms of the library's `dataset-licence`: who may train on which dataset, to what end, how
/// often, until when and for how much, and whether the place may be passed on.
package struct LicenceTerms: Hashable, Sendable {
    package let dataset: DatasetID
    package let licensee: MemberID
    /// The purposes a job may have; words that the parties understand, compared as they stand.
    package let purposes: [String]
    /// How many rounds may name the dataset, of whatever kind.
    package let roundsMax: Int64
    package let feePerRound: Money
    package let expires: Timestamp
    /// The privacy budget, in millionths of ε.
    package var epsilonBudgetMicro: Int64 = 0
    /// Whether the licensee may pass its place on.
    package var isTransferable = false
    /// Whether it may do so without asking the licensor.
    package var isFreelyTransferable = false
    /// Thousandths of each price paid for the place, for the beneficiaries.
    package var resalePermille: Int64 = 0
    /// Whom the owner names for its share of resales, with weights.
    package var beneficiaries: [MemberID: Int64] = [:]
    /// How much of a round the site tells the licensee while it trains.
    package var reports = SiteDisclosure.stages

    package init(
        dataset: DatasetID, licensee: MemberID, purposes: [String], roundsMax: Int64,
        feePerRound: Money, expires: Timestamp
    ) {
        self.dataset = dataset
        self.licensee = licensee
        self.purposes = purposes
        self.roundsMax = roundsMax
        self.feePerRound = feePerRound
        self.expires = expires
    }

    /// As the document asks for them.
    package var json: JSONValue {
        let beneficiaries = self.beneficiaries.reduce(into: JSONObject()) {
            $0[$1.key.text] = .integer($1.value)
        }
        return [
            "dataset": dataset.json, "purposes": .array(purposes.map { .string($0) }),
            "maxRounds": .integer(roundsMax), "epsilonBudgetMicro": .integer(epsilonBudgetMicro),
            "feePerRound": .integer(feePerRound.minorUnits),
            "expires": .string(expires.instant.rfc3339), "transferable": .bool(isTransferable),
            "freely": .bool(isFreelyTransferable), "resalePermille": .integer(resalePermille),
            "beneficiaries": .object(beneficiaries), "reports": .string(reports.rawValue),
        ]
    }

    /// The offer of a licence under the library's document.
    ///
    /// - Throws: `ContractFileError`; a test sees to it that this does not happen.
    package func offer(
        _ licence: LicenceID, licensor: MemberID
    ) throws(ContractFileError) -> OfferContract {
        OfferContract(
            contract: licence,
            document: PublishDocument.digest(of: try LibraryDocument.datasetLicence.published()),
            parties: ["licensor": licensor.json, "licensee": licensee.json], terms: json,
            currency: feePerRound.currency)
    }
}

extension TakeContractAction {
    package static func accept(_ licence: LicenceID) -> TakeContractAction {
        TakeContractAction(contract: licence, action: "accept")
    }

    package static func decline(_ licence: LicenceID) -> TakeContractAction {
        TakeContractAction(contract: licence, action: "decline")
    }

    package static func withdraw(_ licence: LicenceID, reason: String) -> TakeContractAction {
        TakeContractAction(
            contract: licence, action: "withdraw", parameters: ["reason": .string(reason)])
    }
}

extension Licence {
    /// The terms, where the licence is one of the library's document.
    package var terms: LicenceTerms? {
        let compiled = contract.compiled
        func int(_ name: String) -> Int64? {
            guard case .int(let value)? = contract.instance.term(name, in: compiled) else {
                return nil
            }
            return value
        }
        guard compiled.document.name == LibraryDocument.datasetLicence.name,
            case .list(let purposes)? = contract.instance.term("purposes", in: compiled),
            case .timestamp(let expires)? = contract.instance.term("expires", in: compiled),
            let roundsMax = int("maxRounds"), let fee = int("feePerRound"),
            let currency = contract.currency
        else { return nil }
        return LicenceTerms(
            dataset: dataset, licensee: licensee,
            purposes: purposes.compactMap { if case .string(let text) = $0 { text } else { nil } },
            roundsMax: roundsMax, feePerRound: Money(fee, currency), expires: Timestamp(expires))
    }

    /// How many rounds count as used, where the document counts them.
    package var rounds: Int64 {
        guard case .int(let rounds)? = contract.instance.variable("rounds", in: contract.compiled)
        else { return 0 }
        return rounds
    }
}
