package import Encodings

package struct ModelVersionID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let model: ModelID
    /// Counted from 1.
    package let number: Int

    package init(model: ModelID, number: Int) {
        self.model = model
        self.number = number
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.model, left.number) < (right.model, right.number)
    }

    package var description: String { "\(model)/\(number)" }

    package var json: JSONValue {
        ["model": model.json, "version": .integer(Int64(number))]
    }
}

/// One set of weights and everything it came from.
package struct ModelVersion: StateRow, Hashable {
    package enum Status: String, Sendable {
        case registered
        case released
        case withdrawn
    }

    package let id: ModelVersionID
    package let weights: BlobDigest
    package let job: JobID
    /// The version that its job went on from.
    package let base: ModelVersionID?
    package let purpose: String
    /// Whose data, under which licences.
    package let lineage: [Participant]
    package let rounds: Int
    package let registered: Timestamp
    package var status: Status
    package var validations: [Validation]
    package var reason: String?

    package var json: JSONValue {
        [
            "model": id.model.json, "version": .integer(Int64(id.number)),
            "weights": weights.json, "job": job.json, "base": base?.json,
            "purpose": .string(purpose),
            "lineage": .array(lineage.map(\.json)), "rounds": .integer(Int64(rounds)),
            "registered": registered.json, "status": .string(status.rawValue),
            "validations": .array(validations.map(\.json)), "reason": reason.map { .string($0) },
        ]
    }
}

/// What a member that had no part in a version found on data of its own.
package struct Validation: Hashable, Sendable {
    package let member: MemberID
    package let rows: Int64
    /// In millionths, by name.
    package let metricsMicro: [String: Int64]
    package let accepts: Bool

    var json: JSONValue {
        [
            "member": member.json, "rows": .integer(rows), "metricsMicro": .metrics(metricsMicro),
            "accepts": .bool(accepts),
        ]
    }
}

extension JSONFields {
    /// The members `model` and `version`.
    mutating func version() throws(JSONShapeError) -> ModelVersionID {
        ModelVersionID(
            model: try identifier("model"), number: Int(try integer("version", in: 1...1_000_000)))
    }
}
