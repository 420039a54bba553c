package import Encodings

/// What a lab has agreed on at its founding, and may amend by vote: the terms of its constitution.
package struct Rules: Hashable, Sendable {
    /// Votes to admit a member.
    package var admission = Threshold.majority
    /// Votes to suspend a member or let it back.
    package var suspension = Threshold.twoThirds
    /// Votes to amend these rules.
    package var amendment = Threshold.twoThirds
    /// Sets the quorum of cosigners.
    package var faults = FaultTolerance.third
    /// A node withholds its cosignature from a time that is further off its own clock.
    package var clockSkewMaxMilliseconds: Int64 = 10_000
    /// How far ahead a transaction's `validUntil` may lie.
    package var transactionLifetimeMaxMilliseconds: Int64 = 3_600_000
    /// How long a proposal is open.
    package var proposalLifetimeMilliseconds: Int64 = 30 * 86_400_000
    /// How many independent validations a model version needs before it may be released.
    package var validationsMin: Int = 1
    /// The fewest participants that any job may ask for.
    package var participantsMin: Int = 2

    package init() {}

    /// As terms of a constitution, by name; a document has those that it needs.
    var terms: JSONValue {
        let faults: Int64 =
            switch self.faults {
            case .third: -1
            case .exactly(let liars): Int64(liars)
            }
        return [
            "admissionNumerator": .integer(admission.numerator),
            "admissionDenominator": .integer(admission.denominator),
            "suspensionNumerator": .integer(suspension.numerator),
            "suspensionDenominator": .integer(suspension.denominator),
            "amendmentNumerator": .integer(amendment.numerator),
            "amendmentDenominator": .integer(amendment.denominator),
            "cosignerFaults": .integer(faults),
            "clockSkewMaxMilliseconds": .integer(clockSkewMaxMilliseconds),
            "transactionLifetimeMaxMilliseconds": .integer(transactionLifetimeMaxMilliseconds),
            "proposalLifetimeMilliseconds": .integer(proposalLifetimeMilliseconds),
            "validationsMin": .integer(Int64(validationsMin)),
            "participantsMin": .integer(Int64(participantsMin)),
        ]
    }

    package var json: JSONValue {
        [
            "admission": admission.json, "suspension": suspension.json,
            "amendment": amendment.json, "faults": faults.json,
            "clockSkewMaxMilliseconds": .integer(clockSkewMaxMilliseconds),
            "transactionLifetimeMaxMilliseconds": .integer(transactionLifetimeMaxMilliseconds),
            "proposalLifetimeMilliseconds": .integer(proposalLifetimeMilliseconds),
            "validationsMin": .integer(Int64(validationsMin)),
            "participantsMin": .integer(Int64(participantsMin)),
        ]
    }

    /// Reads rules; a field that is absent keeps its default.
    ///
    /// - Throws: `JSONShapeError`.
    package init(_ json: JSONValue, at path: String = "") throws(JSONShapeError) {
        var fields = try JSONFields(json, at: path)
        if fields.optional("admission") != nil { admission = try Threshold(&fields, "admission") }
        if fields.optional("suspension") != nil {
            suspension = try Threshold(&fields, "suspension")
        }
        if fields.optional("amendment") != nil { amendment = try Threshold(&fields, "amendment") }
        if fields.optional("faults") != nil { faults = try FaultTolerance(&fields, "faults") }
        clockSkewMaxMilliseconds =
            try fields.optionalInteger("clockSkewMaxMilliseconds", in: 100...3_600_000)
            ?? clockSkewMaxMilliseconds
        transactionLifetimeMaxMilliseconds =
            try fields.optionalInteger(
                "transactionLifetimeMaxMilliseconds", in: 1_000...86_400_000)
            ?? transactionLifetimeMaxMilliseconds
        proposalLifetimeMilliseconds =
            try fields.optionalInteger(
                "proposalLifetimeMilliseconds", in: 1_000...366 * 86_400_000)
            ?? proposalLifetimeMilliseconds
        validationsMin =
            try fields.optionalInteger("validationsMin", in: 0...100).map { Int($0) }
            ?? validationsMin
        participantsMin =
            try fields.optionalInteger("participantsMin", in: 1...100).map { Int($0) }
            ?? participantsMin
        try fields.finish()
    }
}
