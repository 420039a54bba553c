import Foundation
import Strategies

/// How fast 20 updates of 10 million parameters become the next model, beside what the machine needs
/// only to read them, and Flower's FedAvg where a Python that has it is named in JOINTLAB_FLOWER.
///
/// Every figure is gigabytes of updates in a second of wall time, the median of several turns in
/// which all take part one after the other, so that the load of the machine is much the same for
/// all of them.
enum AggregationBenchmark {
    private static let updateCount = 20
    private static let parameters = 10_000_000
    private static let bytes = Double(4 * updateCount * parameters)

    static func measure() throws {
        let inputs = (0..<updateCount).map { Floats(count: parameters, seed: UInt32($0 + 1)) }
        let base = Floats(count: parameters, seed: 99)
        let result = Floats(count: parameters, seed: 0)
        var rates: [String: [Double]] = [:]
        var checksum: Float = 0
        func time(_ name: String, _ body: () throws -> Void) rethrows {
            let clock = ContinuousClock()
            let start = clock.now
            try body()
            rates[name, default: []].append(bytes / seconds(clock.now - start) / 1e9)
        }
        for turn in 0..<9 {
            time("read-only scan") { for input in inputs { checksum += input.sum() } }
            time("memcpy") {
                for input in inputs {
                    memcpy(result.start, input.start, parameters * MemoryLayout<Float>.stride)
                }
            }
            for rule in rules where turn < 5 || rule.isFast {
                try time(rule.name) {
                    try Aggregation(
                        rule.strategy(), base: base.source,
                        updates: inputs.map { Update(weight: 100, delta: $0.source) }
                    ).run { block in
                        guard let from = block.model.baseAddress else { return }
                        memcpy(
                            result.start + block.parameters.lowerBound, from,
                            block.model.count * MemoryLayout<Float>.stride)
                    }
                }
            }
        }
        print(
            "  \(updateCount) updates of \(parameters) float32: GB/s (least to most), and the share"
        )
        print("  of the scan of the same turn")
        let scans = rates["read-only scan"] ?? []
        for name in ["read-only scan", "memcpy"] + rules.map(\.name) {
            let own = rates[name] ?? []
            guard let least = own.min(), let most = own.max() else { continue }
            let share = median(zip(own, scans).map { $0 / $1 })
            report(
                name,
                "\(shown(median(own))) (\(shown(least)) to \(shown(most)))  \(shown(100 * share)) %"
            )
        }
        peer(scan: median(scans))
        // The sums must not be optimised away.
        if checksum.isNaN { print("the inputs are not finite") }
    }

    private struct Rule: Sendable {
        let name: String
        /// Whether a turn takes a tenth of a second rather than seconds.
        let isFast: Bool
        let strategy: @Sendable () throws -> Strategy
    }

    private static let rules = [
        Rule(name: "FedAvg", isFast: true) { .fedavg },
        Rule(name: "FedAdam", isFast: true) { try .adaptive(.adam, serverRate: 0.1) },
        Rule(name: "norm clipping", isFast: true) {
            try Strategy(combination: .meanClipped(norm: 1))
        },
        Rule(name: "median", isFast: false) { try Strategy(combination: .median) },
        Rule(name: "trimmed mean, f = 4", isFast: false) {
            try Strategy(combination: .trimmedMean(f: 4))
        },
        Rule(name: "Krum, f = 4", isFast: false) { try Strategy(combination: .krum(f: 4)) },
        Rule(name: "Multi-Krum, f = 2, m = 18", isFast: false) {
            try Strategy(combination: .multiKrum(f: 2, m: 18))
        },
        Rule(name: "Bulyan, f = 4", isFast: false) { try Strategy(combination: .bulyan(f: 4)) },
        Rule(name: "geometric median, 4 iterations", isFast: false) {
            try Strategy(combination: .geometricMedian(nu: 1e-6, iterations: 4))
        },
    ]

    private static func median(_ values: [Double]) -> Double { percentile(values, 0.5) }

    /// What `aggregation_peer.py` prints: a name and a rate in each line.
    private static func peer(scan: Double) {
        guard let python = ProcessInfo.processInfo.environment["JOINTLAB_FLOWER"] else {
            report("Flower is not here: JOINTLAB_FLOWER should name a Python that has flwr", "")
            return
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = [
            URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appending(path: "aggregation_peer.py").path,
            "\(updateCount)", "\(parameters)",
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else {
            report("Flower could not be started with \(python)", "")
            return
        }
        let text = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        if process.terminationStatus != 0 { report("Flower failed: run the script by hand", "") }
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: "\t")
            guard fields.count == 2, let rate = Double(fields[1]) else { continue }
            report("\(fields[0])", "\(shown(rate))  \(shown(100 * rate / scan)) %")
        }
    }
}

/// Parameters that are made once and then lie in memory.
private final class Floats: @unchecked Sendable {
    let start: UnsafeMutablePointer<Float>
    let count: Int

    init(count: Int, seed: UInt32) {
        self.count = count
        start = .allocate(capacity: count)
        var state = seed &* 2_654_435_761 | 1
        for index in 0..<count {
            state = state &* 1_664_525 &+ 1_013_904_223
            (start + index).initialize(to: Float(state >> 8) / 16_777_216 - 0.5)
        }
    }

    deinit { start.deallocate() }

    var source: ParameterSource {
        ParameterSource(count: count, at: UnsafePointer(start), keeping: self)
    }

    /// In many lanes, so that reading is all that takes time.
    func sum() -> Float {
        var lanes = (SIMD16<Float>(), SIMD16<Float>(), SIMD16<Float>(), SIMD16<Float>())
        let vectors = UnsafeRawPointer(start)
        for offset in stride(from: 0, to: count * 4 - 255, by: 256) {
            lanes.0 += vectors.loadUnaligned(fromByteOffset: offset, as: SIMD16<Float>.self)
            lanes.1 += vectors.loadUnaligned(fromByteOffset: offset + 64, as: SIMD16<Float>.self)
            lanes.2 += vectors.loadUnaligned(fromByteOffset: offset + 128, as: SIMD16<Float>.self)
            lanes.3 += vectors.loadUnaligned(fromByteOffset: offset + 192, as: SIMD16<Float>.self)
        }
        return ((lanes.0 + lanes.1) + (lanes.2 + lanes.3)).sum()
    }
}
