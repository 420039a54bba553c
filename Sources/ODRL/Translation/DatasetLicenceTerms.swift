package import Encodings
package import Policy

/// What the parties of the library's `dataset-licence` agree on.
package struct DatasetLicenceTerms: Hashable, Sendable {
    /// Whether the licensee may pass its place on.
    package enum Transfer: Hashable, Sendable {
        case none
        /// - Parameters:
        ///   - freely: Without asking the licensor.
        ///   - permille: Of each price, for the beneficiaries, by weight.
        case allowed(freely: Bool, permille: Int64, beneficiaries: [String: Int64])
    }

    package static let document = "dataset-licence"
    package static let epsilonMax: Int64 = 1_000_000_000
    /// What ``reports`` can be.
    package static let reports = ["none", usualReports, "progress", "messages"]
    /// What holds where a policy says nothing of it.
    package static let usualReports = "stages"

    package var licensor: String?
    package var licensee: String?
    package var dataset: String
    /// Sorted, each once.
    package var purposes: [String]
    package var maxRounds: Int64
    package var epsilonBudgetMicro: Int64
    /// For each round; `nil` where nothing is owed, in whatever currency.
    package var fee: Fee?
    package var expires: Instant
    package var transfer: Transfer
    /// How much of a round the site tells the licensee while it trains: one of ``reports``.
    package var reports: String

    package init(
        licensor: String?, licensee: String?, dataset: String, purposes: [String],
        maxRounds: Int64, epsilonBudgetMicro: Int64, fee: Fee?, expires: Instant,
        transfer: Transfer = .none, reports: String = usualReports
    ) {
        self.licensor = licensor
        self.licensee = licensee
        self.dataset = dataset
        self.purposes = purposes.normalised
        self.maxRounds = maxRounds
        self.epsilonBudgetMicro = epsilonBudgetMicro
        self.fee = fee
        self.expires = expires
        self.transfer = transfer
        self.reports = reports
    }

    /// As an offer of the document names it: parties, currency and terms.
    package var json: JSONValue {
        var terms: JSONValue = [
            "dataset": .string(dataset), "purposes": .array(purposes.map { .string($0) }),
            "maxRounds": .integer(maxRounds), "epsilonBudgetMicro": .integer(epsilonBudgetMicro),
            "feePerRound": .integer(fee?.minorUnits ?? 0), "expires": .string(expires.rfc3339),
        ]
        var (freely, share, weights) = (false, Int64(0), JSONObject())
        if case .allowed(let isFree, let permille, let beneficiaries) = transfer {
            (freely, share) = (isFree, permille)
            for (name, weight) in beneficiaries { weights[name] = .integer(weight) }
        }
        if case .object(var object) = terms {
            object["transferable"] = .bool(transfer != .none)
            object["freely"] = .bool(freely)
            object["resalePermille"] = .integer(share)
            object["beneficiaries"] = .object(weights)
            object["reports"] = .string(reports)
            terms = .object(object)
        }
        return [
            "document": .string(Self.document),
            "parties": [
                "licensor": licensor.map { .string($0) }, "licensee": licensee.map { .string($0) },
            ],
            "currency": fee.map { .string($0.currency) }, "terms": terms,
        ]
    }

    /// Reads terms as ``json`` writes them.
    package init(_ json: JSONValue) throws(JSONShapeError) {
        var offer = try JSONFields(json)
        let document = try offer.string("document")
        guard document == Self.document else {
            throw offer.wrong(
                "document", "is \(document), and only \(Self.document) has ODRL terms")
        }
        var parties = try offer.fields("parties")
        licensor = try parties.name("licensor")
        licensee = try parties.name("licensee")
        try parties.finish()
        let currency = try offer.optionalString("currency")
        var terms = try offer.fields("terms")
        try offer.finish()
        guard let dataset = try terms.name("dataset") else {
            throw terms.wrong("dataset", "is missing")
        }
        self.dataset = dataset
        purposes = try terms.strings("purposes").normalised
        guard (1...16).contains(purposes.count),
            purposes.allSatisfy({ (1...64).contains($0.utf8.count) })
        else { throw terms.wrong("purposes", "should be 1 to 16 texts of 1 to 64 bytes") }
        maxRounds = try terms.integer("maxRounds", in: 1...100_000)
        epsilonBudgetMicro = try terms.integer("epsilonBudgetMicro", in: 0...Self.epsilonMax)
        let amount = try terms.integer("feePerRound", in: 0 ... .max / 1_000_000)
        guard currency != nil || amount == 0 else {
            throw offer.wrong("currency", "is missing, and there is a fee")
        }
        fee = currency.map { Fee(minorUnits: amount, currency: $0) }
        guard let expires = Instant(rfc3339: try terms.string("expires")) else {
            throw terms.wrong("expires", "should be a moment such as 2027-01-01T00:00:00Z")
        }
        self.expires = expires
        let isTransferable = try terms.bool("transferable")
        let freely = try terms.bool("freely")
        let permille = try terms.integer("resalePermille", in: 0...1_000)
        var beneficiaries: [String: Int64] = [:]
        for member in try terms.required("beneficiaries").object?.members ?? [] {
            guard let weight = member.value.integer, (1...10_000).contains(weight) else {
                throw terms.wrong("beneficiaries", "should give each a weight of 1 to 10000")
            }
            beneficiaries[member.key] = weight
        }
        transfer =
            isTransferable
            ? .allowed(freely: freely, permille: permille, beneficiaries: beneficiaries) : .none
        reports = try terms.string("reports")
        guard Self.reports.contains(reports) else {
            throw terms.wrong("reports", "should be one of \(Self.reports.joined(separator: ", "))")
        }
        try terms.finish()
    }
}

extension JSONFields {
    fileprivate mutating func name(_ key: String) throws(JSONShapeError) -> String? {
        guard let text = try optionalString(key) else { return nil }
        guard LabNames.isName(text) else { throw wrong(key, "is no name in a lab") }
        return text
    }
}

extension [String] {
    /// In the order of their bytes, and each once.
    fileprivate var normalised: [String] { map(IRI.init).normalised.map(\.text) }
}
