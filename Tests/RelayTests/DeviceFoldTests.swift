import Contracts
import Learning
import Relay
import SampleLab
import Tensors
import Testing

/// Rounds of statistics and of evaluation, and the metrics of all rounds.
@Suite struct DeviceFoldTests {
    private let (a, b, c): (DeviceID, DeviceID, DeviceID)

    init() throws {
        (a, b, c) = (try DeviceID("a"), try DeviceID("b"), try DeviceID("c"))
    }

    private func round(_ kind: DeviceAnswer.Kind, weightMax: Int64 = 100) throws -> DeviceRound {
        var round = DeviceRound(
            kind,
            limits: try DeviceRound.Limits(
                devicesMin: 1, devicesEnough: 3, devicesMax: 3,
                deviceWeightMax: min(10, weightMax),
                weightMax: weightMax, timeoutMilliseconds: 1_000))
        for device in [a, b, c] { _ = round.handle(.joined(device)) }
        return round
    }

    private func moments(_ columns: [[Double]]) throws -> ColumnMoments {
        let means = columns.map { $0.isEmpty ? 0 : $0.reduce(0, +) / Double($0.count) }
        let deviations = zip(columns, means).map { values, mean in
            values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        }
        return try moments(
            counts: columns.map { Double($0.count) }, means: means, deviations: deviations)
    }

    private func moments(
        counts: [Double], means: [Double], deviations: [Double]
    ) throws -> ColumnMoments {
        try ColumnMoments(tensors: [
            Tensor(name: "count", vector: counts), Tensor(name: "mean", vector: means),
            Tensor(name: "squared_deviations", vector: deviations),
        ])
    }

    private func mean(_ round: inout DeviceRound) -> DeviceMean? {
        for case .close(let mean) in round.handle(.timedOut) { return mean }
        return nil
    }

    @Test("A device whose numbers would make others' sums overflow is the one that is refused")
    func enormousMoments() throws {
        var round = try round(.summary)
        let enormous = try moments(counts: [2], means: [1e300], deviations: [1])
        let refused = round.handle(
            .contributed(
                a, .init(answer: .summary(.moments(enormous)), weight: 2, metricsMicro: [:])))
        #expect(refused == [.refuse(a, .tooLarge(parameter: 0))])
        let honest = round.handle(
            .contributed(
                b,
                .init(
                    answer: .summary(.moments(try moments([[1, 2]]))), weight: 2, metricsMicro: [:])
            ))
        #expect(honest == [.accepted(b)])
    }

    @Test("Statistics of devices are those of all their rows, missing values and all")
    func statistics() throws {
        var round = try round(.summary)
        let parts: [(DeviceID, [[Double]])] = [
            (a, [[1, 2, 3], [4, 4]]), (b, [[], [7]]), (c, [[9, -5, 2, 2], [1, 0, 1, 0]]),
        ]
        for (device, columns) in parts.dropLast() {
            let commands = round.handle(
                .contributed(
                    device,
                    .init(
                        answer: .summary(.moments(try moments(columns))), weight: 3,
                        metricsMicro: [:])
                ))
            #expect(commands == [.accepted(device)])
        }
        let last = round.handle(
            .contributed(
                c,
                .init(
                    answer: .summary(.moments(try moments(parts[2].1))), weight: 4,
                    metricsMicro: [:])))
        guard case .close(let mean)? = last.last, case .summary(.moments(let found)) = mean.answer
        else {
            Issue.record("three are enough")
            return
        }
        #expect(mean.weight == 10)
        let whole = try moments([[1, 2, 3, 9, -5, 2, 2], [4, 4, 7, 1, 0, 1, 0]])
        #expect(found.counts == whole.counts)
        for (one, other) in zip(
            found.means + found.squaredDeviations, whole.means + whole.squaredDeviations)
        {
            #expect(abs(one - other) < 1e-12 * max(1, abs(other)))
        }
    }

    @Test("Statistics that can be of no device here are refused, and change nothing")
    func hostileStatistics() throws {
        let good = try moments([[1, 2], [3, 4]])
        let attacks: [(DeviceAnswer, Int64, String)] = [
            (.summary(.moments(try moments([[1]]))), 2, "update.malformed"),
            (
                .summary(
                    .moments(try moments(counts: [3, 1], means: [0, 0], deviations: [0, 0]))), 2,
                "update.weight_exceeded"
            ),
            (
                .summary(
                    .moments(
                        try moments(counts: [2, 2], means: [1e200, 0], deviations: [0, 0]))), 2,
                "update.too_large"
            ),
            (.summary(.moments(good)), 11, "update.weight_exceeded"),
            (.summary(.moments(good)), 0, "update.wrong_weight"),
            (.update([1, 2]), 2, "update.malformed"), (.judgement, 2, "update.malformed"),
        ]
        for (answer, weight, code) in attacks {
            var round = try round(.summary)
            _ = round.handle(
                .contributed(
                    a, .init(answer: .summary(.moments(good)), weight: 2, metricsMicro: [:])))
            let commands = round.handle(
                .contributed(b, .init(answer: answer, weight: weight, metricsMicro: [:])))
            guard case .refuse(b, let fault)? = commands.first else {
                Issue.record("\(code) is let in")
                continue
            }
            #expect(fault.code == code)
            #expect(mean(&round)?.answer == .summary(.moments(good)))
        }
    }

    @Test("Counts of more rows than a device has, or of other columns, are refused")
    func hostileCounts() throws {
        func counts(_ rows: Double, bins: Int = 2) throws -> RowSummary {
            return .counts(
                try FeatureCounts(
                    tensors: [
                        Tensor(name: "rows", vector: [rows]),
                        Tensor(name: "histograms", vector: [Double](repeating: 1, count: 2 * bins)),
                        Tensor(name: "categories", vector: [1, 1] as [Double]),
                    ], settings: try StatisticsSettings(layout: SampleData.layout, bins: bins)))
        }
        for (answer, weight, code) in [
            (try counts(4), 3, "update.weight_exceeded"),
            (try counts(4, bins: 3), 4, "update.malformed"),
            (.moments(try moments([[1], [2]])), 4, "update.malformed"),
        ] {
            var round = try round(.summary)
            let good = DeviceAnswer.summary(try counts(2))
            _ = round.handle(.contributed(a, .init(answer: good, weight: 2, metricsMicro: [:])))
            let commands = round.handle(
                .contributed(
                    b, .init(answer: .summary(answer), weight: Int64(weight), metricsMicro: [:])))
            guard case .refuse(b, let fault)? = commands.first else {
                Issue.record("\(code) is let in")
                continue
            }
            #expect(fault.code == code)
            #expect(mean(&round)?.answer == good)
        }
    }

    @Test("Metrics are weighted by the rows that they stand on, and only means over rows are kept")
    func metrics() throws {
        var round = try round(.update(parameterCount: 1))
        let sent: [(DeviceID, Int64, [String: Int64])] = [
            (
                a, 6,
                [
                    "trainingLoss": 300_000, "holdoutRows": 2, "holdoutLoss": 500_000,
                    "holdoutAccuracy": 1_000_000, "holdoutAUC": 900_000, "nonsense": -7,
                ]
            ),
            (
                b, 2,
                [
                    "trainingLoss": 700_000, "holdoutRows": 6, "holdoutLoss": 100_000,
                    "holdoutAccuracy": 500_000,
                ]
            ),
            // It holds nothing out.
            (c, 2, ["trainingLoss": 500_000, "holdoutLoss": 999_999]),
        ]
        var last: [DeviceRound.Command] = []
        for (device, weight, metrics) in sent {
            last = round.handle(
                .contributed(
                    device, .init(answer: .update([1]), weight: weight, metricsMicro: metrics)))
        }
        guard case .close(let mean)? = last.last else {
            Issue.record("three are enough")
            return
        }
        #expect(
            mean.metricsMicro == [
                "trainingLoss": 420_000, "holdoutRows": 8, "holdoutLoss": 200_000,
                "holdoutAccuracy": 625_000,
            ])
    }

    @Test("An evaluation has nothing but metrics; its rows are bounded as others are")
    func evaluation() throws {
        var round = try round(.judgement, weightMax: 7)
        func judge(_ device: DeviceID, _ rows: Int64) -> [DeviceRound.Command] {
            round.handle(
                .contributed(
                    device,
                    .init(
                        answer: .judgement, weight: rows,
                        metricsMicro: ["holdoutRows": rows, "holdoutLoss": 250_000])))
        }
        #expect(judge(a, 4) == [.accepted(a)])
        #expect(judge(b, 4) == [.refuse(b, .weightExceeded(4, left: 3))])
        guard case .close(let mean)? = judge(c, 3).last else {
            Issue.record("all rows are there")
            return
        }
        #expect(mean.answer == .judgement && mean.weight == 7)
        #expect(mean.metricsMicro == ["holdoutRows": 7, "holdoutLoss": 250_000])
    }
}
