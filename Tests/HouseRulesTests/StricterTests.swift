import Contracts
import HouseRules
import Randomness
import Testing

/// Random rules on random tasks: whatever is added, nothing more is allowed.
@Suite struct StricterTests {
    private static let utc: OwnerZone.Offsets = { _, _ in 0 }

    private static func some<Value>(_ values: [Value], _ random: inout SeededRandom) -> Value {
        values[Int.random(in: values.indices, using: &random)]
    }

    private static func maybe<Value>(
        _ random: inout SeededRandom, _ value: (inout SeededRandom) -> Value
    ) -> Value? {
        Bool.random(using: &random) ? value(&random) : nil
    }

    private static func subset(_ names: [String], _ random: inout SeededRandom) -> Set<String> {
        Set(names.filter { _ in Int.random(in: 0..<3, using: &random) > 0 })
    }

    private static func rules(_ random: inout SeededRandom) throws -> RuleSet {
        var rules = RuleSet()
        rules.trainers = maybe(&random) { subset(["k-means", "bundle", "mean"], &$0) }
        rules.purposes = maybe(&random) { subset(["research", "screening"], &$0) }
        let members = [try MemberID("uni"), try MemberID("firm")]
        rules.members = maybe(&random) { random in
            Set(members.filter { _ in Bool.random(using: &random) })
        }
        rules.hours = maybe(&random, hours)
        rules.rowsMin = maybe(&random) { Int.random(in: 1...20, using: &$0) }
        rules.dayRoundsMax = maybe(&random) { Int.random(in: 0...5, using: &$0) }
        rules.jobRoundsMax = maybe(&random) { Int.random(in: 0...5, using: &$0) }
        rules.limits.updateBytes = maybe(&random) { Int.random(in: 1...20, using: &$0) }
        rules.limits.jobBytes = maybe(&random) { Int.random(in: 1...40, using: &$0) }
        rules.approve = maybe(&random) { some(RuleSet.Approval.allCases, &$0) }
        return rules
    }

    private static func hours(_ random: inout SeededRandom) -> OpeningHours {
        let from = Int.random(in: 0..<1_440, using: &random)
        let to = (from + Int.random(in: 1..<1_440, using: &random)) % 1_440
        let days = Set((0..<7).filter { _ in Bool.random(using: &random) })
        return OpeningHours([OpeningHours.Window(days: days, from: from, to: to)])
    }

    private static func task(_ random: inout SeededRandom) throws -> AskedTask {
        AskedTask(
            dataset: try DatasetID(some(["a", "b"], &random)),
            rows: Int.random(in: 1...20, using: &random),
            purpose: some(["research", "screening"], &random),
            member: try MemberID(some(["uni", "firm"], &random)),
            trainer: some(
                [
                    .builtIn(kind: "k-means"),
                    .bundle(name: "mean", digest: BlobDigest(of: [1]), isApproved: true),
                    .bundle(name: "mean", digest: BlobDigest(of: [1]), isApproved: false),
                ], &random),
            decision: some([.none, .approved, .refused(reason: "no")], &random),
            usage: .init(
                roundsToday: Int.random(in: 0...5, using: &random), datasetRoundsToday: 0,
                jobRounds: Int.random(in: 0...5, using: &random),
                jobBytes: Int.random(in: 0...40, using: &random)),
            isRepeated: Bool.random(using: &random),
            now: Timestamp(milliseconds: Int64.random(in: 0...1 << 45, using: &random)))
    }

    /// Takes one rule away, of those that only restrict.
    private static func relaxed(_ rules: RuleSet, _ rule: Int) -> RuleSet {
        var rules = rules
        switch rule {
        case 0: rules.trainers = nil
        case 1: rules.purposes = nil
        case 2: rules.members = nil
        case 3: rules.hours = nil
        case 4: rules.rowsMin = nil
        case 5: rules.dayRoundsMax = nil
        case 6: rules.jobRoundsMax = nil
        case 7: rules.limits.jobBytes = nil
        default: rules.limits.updateBytes = nil
        }
        return rules
    }

    @Test("A rule more allows nothing more, for the node or for a dataset")
    func monotone() throws {
        for seed in 0..<3_000 {
            var random = SeededRandom(seed: UInt64(seed))
            let full = OwnerRules(
                node: try Self.rules(&random),
                datasets: [try DatasetID("a"): try Self.rules(&random)]
            )
            let task = try Self.task(&random)
            let bytes = Int.random(in: 1...25, using: &random)
            let allowed = full.decision(on: task, Self.utc) == nil
            let leaves = full.decision(onUpdateOf: bytes, for: task) == nil
            for rule in 0...8 {
                var less = full
                less.node = Self.relaxed(full.node, rule)
                #expect(!allowed || less.decision(on: task, Self.utc) == nil, "seed \(seed)")
                #expect(!leaves || less.decision(onUpdateOf: bytes, for: task) == nil)
            }
            var withoutDataset = full
            withoutDataset.datasets = [:]
            #expect(
                !allowed || withoutDataset.decision(on: task, Self.utc) == nil, "seed \(seed)")
            #expect(!leaves || withoutDataset.decision(onUpdateOf: bytes, for: task) == nil)
        }
    }

    @Test("A decision to refuse and a stricter approval allow nothing more either")
    func decisions() throws {
        for seed in 0..<2_000 {
            var random = SeededRandom(seed: UInt64(seed))
            var rules = OwnerRules(node: try Self.rules(&random))
            var task = try Self.task(&random)
            let levels = RuleSet.Approval.allCases.map { level in
                rules.node.approve = level
                return rules.decision(on: task, Self.utc) == nil
            }
            for (mild, strict) in zip(levels, levels.dropFirst()) { #expect(mild || !strict) }
            task.decision = .refused(reason: "no")
            #expect(rules.decision(on: task, Self.utc) != nil)
        }
    }

    @Test("Hours agree with a look at every minute of a week, and open when they say")
    func hours() {
        for seed in 0..<20 {
            var random = SeededRandom(seed: UInt64(seed))
            let hours = Self.hours(&random)
            let offset = Int.random(in: -48...56, using: &random) * 900
            // 1970-01-05 was a Monday.
            let monday = 4 * 1_440 - offset / 60
            let open = (0..<10_080).map { minute in
                hours.contains(Self.time(monday + minute + 10_080), offset: offset)
            }
            #expect(open == Self.plainly(hours), "seed \(seed)")
            for minute in stride(from: 0, to: 10_080, by: 97) {
                let expected = (1...10_080).first { open[(minute + $0) % 10_080] }
                let opening = hours.opening(after: Self.time(monday + minute + 10_080)) { _ in
                    offset
                }
                #expect(
                    opening == expected.map { Self.time(monday + minute + 10_080 + $0) },
                    "seed \(seed), minute \(minute)")
            }
        }
    }

    private static func time(_ minute: Int) -> Timestamp {
        Timestamp(milliseconds: Int64(minute) * 60_000)
    }

    /// Which minutes of a week are open: painted one by one.
    private static func plainly(_ hours: OpeningHours) -> [Bool] {
        var minutes = [Bool](repeating: false, count: 10_080)
        for window in hours.windows {
            for day in window.days {
                var minute = window.from
                repeat {
                    minutes[(day * 1_440 + minute) % 10_080] = true
                    minute += 1
                } while minute % 1_440 != window.to % 1_440
            }
        }
        return minutes
    }
}
