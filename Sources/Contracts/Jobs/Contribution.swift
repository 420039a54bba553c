package import Encodings
package import Identity

/// One member's share in a round, as it states it under its signature.
package struct Contribution: Hashable, Sendable {
    /// The DSSE payload type of a contribution.
    package static let payloadType = "application/vnd.jointlab.contribution+json"
    /// So that a seal over as many contributions as a job may have still fits an entry.
    package static let bytesMax = 900
    package static let metricsMax = 16

    package let lab: LabID
    package let round: RoundID
    package let member: MemberID
    /// The update's bytes are in the blob store.
    package let update: BlobDigest
    /// How many examples the update stands for.
    package let weight: Int64
    /// In millionths, by name.
    package let metricsMicro: [String: Int64]
    /// The earlier round from whose model the update started, where its member has handed it in late.
    package let startedIn: Int?

    package init(
        lab: LabID, round: RoundID, member: MemberID, update: BlobDigest, weight: Int64,
        metricsMicro: [String: Int64], startedIn: Int? = nil
    ) {
        self.lab = lab
        self.round = round
        self.member = member
        self.update = update
        self.weight = weight
        self.metricsMicro = metricsMicro
        self.startedIn = startedIn
    }

    /// By how many rounds the update is late.
    package var staleness: Int { round.number - (startedIn ?? round.number) }

    /// The same update, handed in to a later round.
    package func late(to later: RoundID) -> Contribution {
        Contribution(
            lab: lab, round: later, member: member, update: update, weight: weight,
            metricsMicro: metricsMicro, startedIn: startedIn ?? round.number)
    }

    package var json: JSONValue {
        [
            "lab": lab.json, "job": round.job.json, "round": .integer(Int64(round.number)),
            "member": member.json, "update": update.json, "weight": .integer(weight),
            "metricsMicro": .metrics(metricsMicro),
            "startedIn": startedIn.map { .integer(Int64($0)) },
        ]
    }

    package func signed(with key: SigningKey) -> Envelope {
        Envelope(signing: json.canonicalBytes, as: Self.payloadType, with: key)
    }
}

/// A contribution whose form is right and whose signature is that of a given key.
package struct SignedContribution: Hashable, Sendable {
    package let contribution: Contribution
    package let envelope: Envelope

    /// - Parameter key: The key that should have signed, or `nil` where nobody may.
    /// - Throws: ``ContributionError``.
    package init(
        _ envelope: Envelope, signedBy key: (MemberID) -> PublicKey?
    ) throws(ContributionError) {
        guard envelope.payloadType == Contribution.payloadType, envelope.signatures.count == 1
        else { throw .wrongEnvelope }
        let contribution: Contribution
        do {
            contribution = try Contribution(payload: envelope.payload)
        } catch {
            throw .malformed(error)
        }
        guard let key = key(contribution.member), envelope.isSigned(by: key) else {
            throw .wrongSignature(contribution.member)
        }
        self.contribution = contribution
        self.envelope = envelope
    }
}

package enum ContributionError: Error, Hashable, Sendable, CustomStringConvertible {
    case wrongEnvelope
    case malformed(JSONShapeError)
    case wrongSignature(MemberID)

    package var description: String {
        switch self {
        case .wrongEnvelope: "a contribution is \(Contribution.payloadType) under one signature"
        case .malformed(let error): "the contribution is not well formed: \(error)"
        case .wrongSignature(let member): "the signature is not one of \(member)'s present key"
        }
    }
}

extension Contribution {
    fileprivate init(payload: [UInt8]) throws(JSONShapeError) {
        guard payload.count <= Self.bytesMax else {
            throw JSONShapeError(
                path: "",
                problem: "has \(payload.count) bytes, and \(Self.bytesMax) are allowed")
        }
        do {
            try self.init(JSONValue(parsing: payload))
        } catch let error as JSONShapeError {
            throw error
        } catch {
            throw JSONShapeError(path: "", problem: "is not JSON: \(error)")
        }
    }

    /// Reads what ``json`` writes.
    ///
    /// - Throws: `JSONShapeError`.
    package init(_ json: JSONValue) throws(JSONShapeError) {
        var fields = try JSONFields(json)
        lab = try fields.labID("lab")
        round = RoundID(
            job: try fields.identifier("job"),
            number: Int(try fields.integer("round", in: 0...Int64(JobPlan.roundsMax))))
        member = try fields.identifier("member")
        update = try fields.digest("update")
        weight = try fields.integer("weight", in: 1 ... .max)
        metricsMicro = try fields.metrics("metricsMicro")
        startedIn =
            fields.optional("startedIn") == nil
            ? nil
            : Int(try fields.integer("startedIn", in: 0...Int64(JobPlan.roundsMax)))
        try fields.finish()
    }
}

extension JSONValue {
    package static func metrics(_ metrics: [String: Int64]) -> JSONValue {
        var object = JSONObject()
        for (name, value) in metrics {
            object[name] = .integer(value)
        }
        return .object(object)
    }
}

extension JSONFields {
    /// A few whole numbers by name.
    package mutating func metrics(_ key: String) throws(JSONShapeError) -> [String: Int64] {
        guard let object = try required(key).object else {
            throw wrong(key, "should be an object of numbers in millionths")
        }
        var metrics: [String: Int64] = [:]
        for member in object.members {
            guard let value = member.value.integer, (1...40).contains(member.key.utf8.count),
                member.key.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
            else {
                throw wrong("\(key).\(member.key)", "should be a whole number under an ASCII name")
            }
            metrics[member.key] = value
        }
        guard metrics.count <= Contribution.metricsMax else {
            throw wrong(key, "should have at most \(Contribution.metricsMax) members")
        }
        return metrics
    }
}
