package import Contracts
package import Encodings

/// How far a member's node is with a round, as it tells the coordinator on the side. Nothing of it
/// stands on the ledger, and nothing depends on it: it is there to be watched.
package struct SiteReport: Hashable, Sendable {
    package enum Stage: String, CaseIterable, Sendable {
        /// The base model is on its way to the node.
        case fetching
        case training
        case uploading
        /// The contribution has been handed in.
        case contributed
        case failed
    }

    package static let messageBytesMax = 400
    package static let codeBytesMax = 80

    package let round: RoundID
    package let stage: Stage
    /// Of the task's work, in millionths.
    package let fractionMicro: Int64?
    package let rowsPerSecond: Int64?
    /// What kind of failure it was, by the name that never changes.
    package let code: String?
    /// The trainer's last line, or what went wrong.
    package let message: String?

    package init(
        round: RoundID, stage: Stage, fractionMicro: Int64? = nil, rowsPerSecond: Int64? = nil,
        code: String? = nil, message: String? = nil
    ) {
        self.round = round
        self.stage = stage
        self.fractionMicro = fractionMicro
        self.rowsPerSecond = rowsPerSecond
        self.code = code
        self.message = message.map { ReasonText.of(String($0.prefix(Self.messageBytesMax / 4))) }
    }

    package var json: JSONValue {
        [
            "job": round.job.json, "round": .integer(Int64(round.number)),
            "stage": .string(stage.rawValue),
            "fractionMicro": fractionMicro.map { .integer($0) },
            "rowsPerSecond": rowsPerSecond.map { .integer($0) },
            "code": code.map { .string($0) }, "message": message.map { .string($0) },
        ]
    }

    /// - Throws: `JSONShapeError`.
    package init(_ json: JSONValue) throws(JSONShapeError) {
        var fields = try JSONFields(json)
        round = try fields.round()
        stage = try fields.choice("stage")
        fractionMicro =
            fields.optional("fractionMicro") == nil
            ? nil : try fields.integer("fractionMicro", in: 0...1_000_000)
        rowsPerSecond =
            fields.optional("rowsPerSecond") == nil
            ? nil : try fields.integer("rowsPerSecond", in: 0 ... .max)
        code =
            fields.optional("code") == nil
            ? nil : try fields.title("code", bytesMax: Self.codeBytesMax)
        message =
            fields.optional("message") == nil
            ? nil : try fields.title("message", bytesMax: Self.messageBytesMax)
        try fields.finish()
    }
}

extension SiteDisclosure {
    /// What may be told of a report.
    package func disclosed(_ report: SiteReport) -> SiteReport? {
        guard self > .none else { return nil }
        return SiteReport(
            round: report.round, stage: report.stage,
            fractionMicro: self >= .progress ? report.fractionMicro : nil,
            rowsPerSecond: self >= .progress ? report.rowsPerSecond : nil, code: report.code,
            message: self >= .messages ? report.message : nil)
    }
}
