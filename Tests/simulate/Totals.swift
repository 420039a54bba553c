import Foundation
import Simulator

/// Many runs, added up while they go on.
struct Totals {
    private static let progress = Duration.seconds(10)

    private let count: Int
    private var left: Range<UInt64>
    private let start = ContinuousClock.now
    private var told = ContinuousClock.now
    private var runs = 0
    private var runsWithLiars = 0
    private(set) var failures = 0
    private var entries = 0
    private var roundsClosed = 0
    private var roundsAbandoned = 0
    private var tally: [String: Int] = [:]
    private var applied: [String: Int] = [:]

    init(seeds: Range<UInt64>) {
        count = seeds.count
        left = seeds
    }

    mutating func next() -> UInt64? {
        left.popFirst()
    }

    /// Takes a run in, and says at once if it failed.
    mutating func add(_ summary: Summary) {
        runs += 1
        if summary.liars > 0 || !summary.hasHonestCoordinator { runsWithLiars += 1 }
        entries += summary.entries
        roundsClosed += summary.roundsClosed
        roundsAbandoned += summary.roundsAbandoned
        tally.merge(summary.tally) { $0 + $1 }
        applied.merge(summary.applied) { $0 + $1 }
        if let violation = summary.violation {
            failures += 1
            print("FAILED \(violation)\n  again: simulate --seed \(summary.seed) --log")
        }
        if ContinuousClock.now - told > Self.progress {
            told = .now
            let line = "\(runs) of \(count) seeds, \(rate), \(failures) failed\n"
            FileHandle.standardError.write(Data(line.utf8))
        }
    }

    private var seconds: Double { (ContinuousClock.now - start) / .seconds(1) }
    private var rate: String { String(format: "%.1f a second", Double(runs) / seconds) }

    private var payments: Int {
        applied.filter { $0.key.hasPrefix("account.") }.values.reduce(0, +)
    }

    private func sum(_ prefix: String) -> Int {
        tally.filter { $0.key.hasPrefix(prefix) }.values.reduce(0, +)
    }

    var description: String {
        """
        \(runs) seeds in \(String(format: "%.0f", seconds)) s (\(rate)), \(failures) failed
        \(runsWithLiars) of them with members or a coordinator that lie
        \(applied.values.reduce(0, +)) actions applied, \(payments) of them on accounts, \(tally["refused", default: 0]) refused
        \(entries) entries, \(roundsClosed) rounds closed, \(roundsAbandoned) abandoned
        data touched \(sum("data touched")) times, \(sum("sums")) sums recomputed
        \(sum("kills")) kills, \(sum("partitions")) partitions
        \(sum("lie: ")) lies of a coordinator, \(sum("second histories")) second histories seen, \
        \(sum("evidence")) times evidence kept
        """
    }
}
