package import Encodings

/// What two members agree on: who may train on which dataset, to what end, how often, until when
/// and for how much.
package struct LicenceTerms: Hashable, Sendable {
    package let dataset: DatasetID
    package let licensee: MemberID
    /// The purposes a job may have; words that the parties understand, compared as they stand.
    package let purposes: [String]
    /// How many rounds may name the dataset, of whatever kind.
    package let roundsMax: Int64
    package let feePerRound: Money
    package let expires: Timestamp

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

    /// Compared byte by byte: which texts are equivalent to Unicode changes with its version, and
    /// two nodes must not disagree.
    package func allows(_ purpose: String) -> Bool {
        purposes.contains { $0.utf8.elementsEqual(purpose.utf8) }
    }

    package var json: JSONValue {
        [
            "dataset": dataset.json, "licensee": licensee.json,
            "purposes": .array(purposes.map { .string($0) }), "roundsMax": .integer(roundsMax),
            "feePerRound": feePerRound.json, "expires": expires.json,
        ]
    }

    package init(_ fields: inout JSONFields) throws(JSONShapeError) {
        dataset = try fields.identifier("dataset")
        licensee = try fields.identifier("licensee")
        purposes = try fields.strings("purposes")
        guard (1...16).contains(purposes.count),
            Set(purposes.map { Array($0.utf8) }).count == purposes.count,
            purposes.allSatisfy({
                (1...64).contains($0.utf8.count) && $0.utf8.allSatisfy { $0 >= 0x20 }
            })
        else {
            throw fields.wrong(
                "purposes",
                "should be 1 to 16 different texts of 1 to 64 bytes without control characters")
        }
        roundsMax = try fields.integer("roundsMax", in: 1...100_000)
        feePerRound = try fields.money("feePerRound")
        expires = try fields.timestamp("expires")
    }
}

/// A licence on a dataset: its terms, and what has been made of it.
package struct Licence: StateRow, Hashable {
    package enum Stage: String, Sendable {
        case offered
        case active
        case declined
        case withdrawn
    }

    package let id: LicenceID
    package let terms: LicenceTerms
    package let licensor: MemberID
    /// Which of the two parties wrote the terms; the other one accepts them.
    package let offeredBy: MemberID
    package var stage: Stage
    package var rounds: Int64

    package var json: JSONValue {
        [
            "licence": id.json, "terms": terms.json, "licensor": licensor.json,
            "offeredBy": offeredBy.json, "stage": .string(stage.rawValue),
            "rounds": .integer(rounds),
        ]
    }
}

package struct Licences: Sendable {
    private var licences = Table<LicenceID, Licence>("licence")

    init() {}

    package subscript(id: LicenceID) -> Licence? { licences[id] }
    package var all: [Licence] { licences.sorted.map(\.row) }

    /// - Throws: ``Refusal/Code/unknown``.
    func existing(_ id: LicenceID) throws(Refusal) -> Licence {
        guard let licence = licences[id] else {
            throw Refusal(.unknown, rule: "the licence exists", saw: ["licence": id])
        }
        return licence
    }

    mutating func set(_ licence: Licence) {
        licences.set(licence.id, licence)
    }

    mutating func drainWrites(into writes: inout [StateWrite]) {
        licences.drainWrites(into: &writes)
    }

    func row(_ table: String, _ text: String) -> JSONValue? {
        table == licences.name ? licences.row(atKeyText: text) : nil
    }
}

extension LabState {
    /// Takes a licence's `train` action: a round may use the dataset once more, and its fee is put
    /// aside.
    ///
    /// - Returns: The fee, which now lies in the round's account.
    /// - Throws: ``Refusal``, which names the licence and the rule.
    mutating func train(
        under id: LicenceID, purpose: String, job: Job, round: Int, in context: inout ActionContext
    ) throws(Refusal) -> Money {
        var licence = try licences.existing(id)
        let terms = licence.terms
        let action = "licence \(id), action train"
        try context.require(
            licence.stage == .active, .licenceNotActive, rule: "\(action): stage == active",
            saw: ["stage": licence.stage.rawValue])
        try context.require(
            context.now < terms.expires, .licenceExpired, rule: "\(action): now < terms.expires",
            saw: ["now": context.now, "terms.expires": terms.expires])
        try context.require(
            terms.allows(purpose), .licencePurpose,
            rule: "\(action): purpose in terms.purposes",
            saw: ["purpose": purpose, "terms.purposes": terms.purposes.joined(separator: " | ")])
        try context.require(
            licence.rounds < terms.roundsMax, .licenceExhausted,
            rule: "\(action): rounds < roundsMax",
            saw: ["rounds": licence.rounds, "roundsMax": terms.roundsMax])
        _ = try datasets.registered(terms.dataset)
        _ = try members.active(licence.licensor)
        _ = try members.active(terms.licensee)
        try accounts.move(
            terms.feePerRound, from: .member(terms.licensee), to: .round(job.id, round))
        licence.rounds += 1
        licences.set(licence)
        return terms.feePerRound
    }
}
