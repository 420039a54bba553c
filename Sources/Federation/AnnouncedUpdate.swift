package import Contracts
package import Encodings

/// An update that a member is about to upload, and what it will count for if it is sealed: enough to
/// add it up while it is on its way. It binds nobody; the signed contribution comes when the update is there.
package struct AnnouncedUpdate: Hashable, Sendable {
    /// What is smaller is there sooner than announced.
    package static let bytesMin = 1 << 20

    package let round: RoundID
    package let member: MemberID
    package let update: BlobDigest
    package let weight: Int64
    package let startedIn: Int?

    package init(_ contribution: Contribution) {
        round = contribution.round
        member = contribution.member
        update = contribution.update
        weight = contribution.weight
        startedIn = contribution.startedIn
    }

    /// Reads what ``json`` writes.
    ///
    /// - Throws: `JSONShapeError`.
    package init(_ json: JSONValue, from member: MemberID) throws(JSONShapeError) {
        var fields = try JSONFields(json)
        round = try fields.round()
        self.member = member
        update = try fields.digest("update")
        weight = try fields.integer("weight", in: 1 ... .max)
        startedIn =
            fields.optional("startedIn") == nil
            ? nil : Int(try fields.integer("startedIn", in: 0...Int64(round.number)))
        try fields.finish()
    }

    package var json: JSONValue {
        [
            "job": round.job.json, "round": .integer(Int64(round.number)), "update": update.json,
            "weight": .integer(weight), "startedIn": startedIn.map { .integer(Int64($0)) },
        ]
    }

    /// The contribution as far as a sum needs it.
    package func contribution(in lab: LabID) -> Contribution {
        Contribution(
            lab: lab, round: round, member: member, update: update, weight: weight,
            metricsMicro: [:], startedIn: startedIn)
    }
}
