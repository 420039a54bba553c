import Contracts

/// The metrics of a round's devices, as those of all their rows together.
///
/// Only such as are means over rows: of these the weighted mean is what all rows would give. An AUC
/// or an R² of few rows says little, and no mean of them is that of all; they are left out.
struct MetricMeans: Sendable {
    /// Over the rows trained on.
    private static let trained: Set = ["trainingLoss"]
    /// Over the rows held out.
    private static let judged: Set = [
        "holdoutLoss", "holdoutAccuracy", "holdoutMAE", "personalLoss", "personalAccuracy",
        "personalMAE",
    ]

    private struct Sum {
        /// Σ rows × value, in millionths.
        var values: Int128 = 0
        var rows: Int64 = 0
    }

    private var sums: [String: Sum] = [:]
    private(set) var judgedRows: Int64 = 0

    /// - Throws: ``DeviceFault`` for what can be no such metric.
    static func check(_ metricsMicro: [String: Int64], rowsMax: Int64) throws(DeviceFault) {
        for (name, value) in metricsMicro.sorted(by: { $0.key < $1.key }) {
            if name == Judgement.rowsMetric {
                guard value >= 0 else { throw .wrongMetric(name, value) }
                guard value <= rowsMax else { throw .weightExceeded(value, left: rowsMax) }
            } else if trained.contains(name) || judged.contains(name) {
                guard 0...Judgement.valueMax ~= value else { throw .wrongMetric(name, value) }
            }
        }
    }

    /// Takes metrics that have been checked.
    mutating func add(_ metricsMicro: [String: Int64], weight: Int64) {
        let held = metricsMicro[Judgement.rowsMetric] ?? 0
        judgedRows += held
        for (name, value) in metricsMicro {
            let rows = Self.trained.contains(name) ? weight : Self.judged.contains(name) ? held : 0
            guard rows > 0 else { continue }
            sums[name, default: Sum()].values += Int128(rows) * Int128(value)
            sums[name, default: Sum()].rows += rows
        }
    }

    /// The means, rounded down, and the number of rows held out.
    var metricsMicro: [String: Int64] {
        var means = sums.mapValues { Int64($0.values / Int128($0.rows)) }
        if judgedRows > 0 { means[Judgement.rowsMetric] = judgedRows }
        return means
    }
}
