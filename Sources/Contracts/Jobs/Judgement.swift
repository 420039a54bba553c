package import Encodings

/// How the models of a job are judged as it runs, when it may stop early, and which of them is its
/// result.
///
/// A round's contributions say how the model that the round *started* from does on each site's own
/// holdout; the judgement is their mean, each weighted by its rows, so that everybody who has the
/// ledger comes to the same.
package struct Judgement: Hashable, Sendable {
    package enum Better: String, CaseIterable, Sendable {
        case smaller
        case larger
    }

    /// The name of a metric in the contributions, such as `holdoutLoss`.
    package let metric: String
    package let better: Better
    /// The models are judged in every so manyth round of training; the last one always is where the
    /// plan ends with an evaluation.
    package let every: Int
    /// After so many judgements without a better one the rest of the training is left out.
    package let patience: Int?
    /// By how much, in millionths, a model must be better than the best so far to be counted so.
    package let deltaMicroMin: Int64
    /// Whether the job's result is the best model, and not the last.
    package let choosesBest: Bool

    package static let everyMax = 10_000
    /// Metrics are taken to lie within ± so many millionths.
    package static let valueMax: Int64 = 1 << 53
    /// The metric that says on how many rows the others stand.
    package static let rowsMetric = "holdoutRows"

    package init(
        metric: String = "holdoutLoss", better: Better = .smaller, every: Int = 1,
        patience: Int? = nil, deltaMicroMin: Int64 = 0, choosesBest: Bool = true
    ) {
        self.metric = metric
        self.better = better
        self.every = every
        self.patience = patience
        self.deltaMicroMin = deltaMicroMin
        self.choosesBest = choosesBest
    }

    /// The mean of the metric over some contributions, in millionths, rounded towards zero; `nil`
    /// where none has it.
    package func judgeMicro(_ contributions: [Contribution]) -> Int64? {
        var sum: Int128 = 0
        var rows: Int128 = 0
        for metrics in contributions.map(\.metricsMicro) {
            guard let value = metrics[metric], let count = metrics[Self.rowsMetric], count > 0
            else { continue }
            // Far beyond any honest figure, and far from what a sum of them can hold.
            let rowCount = Int128(min(count, 1 << 40))
            sum += Int128(max(-Self.valueMax, min(value, Self.valueMax))) * rowCount
            rows += rowCount
        }
        return rows > 0 ? Int64(clamping: sum / rows) : nil
    }

    func isBetter(_ value: Int64, than best: Int64) -> Bool {
        switch better {
        case .smaller: Int128(value) + Int128(deltaMicroMin) < Int128(best)
        case .larger: Int128(value) - Int128(deltaMicroMin) > Int128(best)
        }
    }

    package var json: JSONValue {
        [
            "metric": .string(metric), "better": .string(better.rawValue),
            "every": .integer(Int64(every)), "patience": patience.map { .integer(Int64($0)) },
            "deltaMicroMin": .integer(deltaMicroMin),
            "result": .string(choosesBest ? "best" : "last"),
        ]
    }

    /// - Throws: `JSONShapeError`.
    init(_ fields: inout JSONFields) throws(JSONShapeError) {
        metric = try fields.string("metric")
        guard (1...40).contains(metric.utf8.count), metric.utf8.allSatisfy({ 0x21...0x7E ~= $0 })
        else { throw fields.wrong("metric", "should be 1 to 40 printable ASCII characters") }
        better = try fields.choice("better")
        every = Int(try fields.integer("every", in: 1...Int64(Self.everyMax)))
        patience =
            fields.optional("patience") == nil
            ? nil : Int(try fields.integer("patience", in: 1...Int64(Self.everyMax)))
        deltaMicroMin = try fields.integer("deltaMicroMin", in: 0 ... .max)
        let result = try fields.string("result")
        guard result == "best" || result == "last" else {
            throw fields.wrong("result", "should be best or last")
        }
        choosesBest = result == "best"
        try fields.finish()
    }
}

/// The best model of a job so far.
package struct BestModel: Hashable, Sendable {
    package let weights: BlobDigest
    /// The round that judged it, which is the one that started from it.
    package let round: Int
    package let valueMicro: Int64
    /// Judgements since then that found no better one.
    package var judgementsSince: Int

    var json: JSONValue {
        [
            "weights": weights.json, "round": .integer(Int64(round)),
            "valueMicro": .integer(valueMicro),
            "judgementsSince": .integer(Int64(judgementsSince)),
        ]
    }
}
