import Contracts
import Encodings
import HouseRules
import Randomness
import Testing

/// Each rule by itself: what it lets through, and what it says of the rest.
@Suite struct OwnerRulesTests {
    /// A Sunday, 2026-11-22 at 18:30 UTC.
    private static let sunday = Timestamp(milliseconds: 1_795_372_200_000)
    private static let offsets: OwnerZone.Offsets = { name, _ in
        name == "Asia/Shanghai" ? 8 * 3_600 : nil
    }

    private func rules(_ json: JSONValue) throws -> OwnerRules {
        try OwnerRules(json, rowsMin: 10, Self.offsets)
    }

    private func task(
        rows: Int = 100, trainer: AskedTask.Trainer = .builtIn(kind: "k-means"),
        decision: AskedTask.Decision = .none, usage: AskedTask.Usage = .init(),
        isRepeated: Bool = false
    ) throws -> AskedTask {
        AskedTask(
            dataset: try DatasetID("tumours"), rows: rows, purpose: "research",
            member: try MemberID("university"), trainer: trainer, decision: decision,
            usage: usage, isRepeated: isRepeated, now: Self.sunday)
    }

    private func code(_ json: JSONValue, _ task: AskedTask) throws -> String? {
        try rules(json).decision(on: task, Self.offsets)?.code
    }

    private static let digest = BlobDigest(sha256: [UInt8](repeating: 7, count: 32))
    private static func bundle(isApproved: Bool) -> AskedTask.Trainer {
        .bundle(name: "mean", digest: digest, isApproved: isApproved)
    }

    @Test("Until its end, a decision is what it was when it was made")
    func ends() throws {
        let night: JSONValue = ["from": "20:00", "to": "06:00"]
        let days: JSONValue = ["days": "mon-fri", "from": "08:15", "to": "17:30"]
        let cases: [(JSONValue, isLasting: Bool)] = [
            ([:], true), (["hours": [night]], false), (["hours": [days, night]], false),
            (["hours": [night], "zone": "+05:30"], false), (["hours": []], false),
            (["rounds-max": ["per-day": 1]], false),
            (["datasets": ["tumours": ["hours": [days]]]], false),
            (["datasets": ["others": ["hours": [days]]]], true),
            (["purposes": ["other"], "hours": [days]], true),
        ]
        for (json, isLasting) in cases {
            let rules = try rules(json)
            var random = SeededRandom(seed: 3)
            for _ in 0..<200 {
                var asked = try task(usage: .init(roundsToday: 1, datasetRoundsToday: 1))
                asked.now = asked.now.advanced(
                    byMilliseconds: Int64(random.uniformInteger(below: 7 * 86_400_000)))
                let decision = rules.decision(on: asked, Self.offsets)
                let end = rules.end(of: decision, on: asked.dataset, decidedAt: asked.now)
                #expect((end == nil) == isLasting, "\(json)")
                guard let end else { continue }
                #expect(asked.now < end)
                // The last moment, and one in between.
                let left = end - asked.now
                for later in [left - 1, Int64(random.uniformInteger(below: UInt64(left)))] {
                    var then = asked
                    then.now = asked.now.advanced(byMilliseconds: later)
                    #expect(rules.decision(on: then, Self.offsets) == decision, "\(json)")
                }
            }
        }
    }

    @Test("A list lets in what it names, and an empty list nothing")
    func lists() throws {
        for (key, name) in [
            ("purposes", "research"), ("members", "university"), ("trainers", "k-means"),
        ] {
            let expected = "owner.\(key.dropLast())"
            #expect(try code([key: [.string(name)]], task()) == nil)
            #expect(try code([key: ["other"]], task()) == expected)
            #expect(try code([key: []], task()) == expected)
        }
    }

    @Test("A bundle is named by its name, by its digest, or with all bundles")
    func bundles() throws {
        let approved = try task(trainer: Self.bundle(isApproved: true))
        for name in ["mean", Self.digest.text, "bundle"] {
            #expect(try code(["trainers": [.string(name)]], approved) == nil)
        }
        #expect(try code(["trainers": ["k-means"]], approved) == "owner.trainer")
        var other = Self.digest.text
        other.replaceSubrange(...other.startIndex, with: "1")
        #expect(try code(["trainers": [.string(other)]], approved) == "owner.trainer")
    }

    @Test(
        "Rows: as many as are asked for, or where nothing is asked for, as the node's settings say")
    func rows() throws {
        #expect(try code([:], task(rows: 9)) == "owner.rows_min")
        #expect(try code([:], task(rows: 10)) == nil)
        #expect(try code(["rows-min": 5], task(rows: 5)) == nil)
        #expect(try code(["rows-min": 5], task(rows: 4)) == "owner.rows_min")
        let both: JSONValue = ["rows-min": 5, "datasets": ["tumours": ["rows-min": 200]]]
        #expect(try code(both, task()) == "owner.rows_min")
    }

    @Test("What a person has to approve")
    func approvals() throws {
        let (new, known) = (Self.bundle(isApproved: false), Self.bundle(isApproved: true))
        let cases: [(JSONValue, AskedTask, String?)] = [
            ([:], try task(), nil),
            ([:], try task(trainer: new), "owner.trainer_not_approved"),
            ([:], try task(trainer: known), nil),
            (["approve": "never"], try task(trainer: new), nil),
            (["approve": "every-job"], try task(), "owner.approval_awaited"),
            (["approve": "every-job"], try task(decision: .approved), nil),
            (
                ["approve": "every-job"], try task(trainer: new, decision: .approved),
                "owner.trainer_not_approved"
            ),
            (
                ["approve": "never", "datasets": ["tumours": ["approve": "every-job"]]],
                try task(trainer: known), "owner.approval_awaited"
            ),
            ([:], try task(decision: .refused(reason: "no")), "owner.refused"),
        ]
        for (json, task, expected) in cases {
            #expect(try code(json, task) == expected, "\(json)")
        }
        let mild = try rules(["datasets": ["tumours": ["approve": "never"]]])
        #expect(
            mild.decision(on: try task(trainer: new), Self.offsets)?.code
                == "owner.trainer_not_approved", "a dataset cannot make it milder")
    }

    @Test("Rounds of a day and of a job; one that is done again counts once")
    func rounds() throws {
        let used = AskedTask.Usage(roundsToday: 5, datasetRoundsToday: 3, jobRounds: 2)
        #expect(try code(["rounds-max": ["per-day": 6]], task(usage: used)) == nil)
        #expect(try code(["rounds-max": ["per-day": 5]], task(usage: used)) == "owner.day_rounds")
        let own: JSONValue = ["datasets": ["tumours": ["rounds-max": ["per-day": 4]]]]
        #expect(try code(own, task(usage: used)) == nil, "on this dataset there were three")
        #expect(try code(["rounds-max": ["per-job": 2]], task(usage: used)) == "owner.job_rounds")
        #expect(
            try code(
                ["rounds-max": ["per-job": 2, "per-day": 5]], task(usage: used, isRepeated: true))
                == nil)
    }

    @Test("Bytes of an update, and of a job in all")
    func bytes() throws {
        let rules = try rules(
            [
                "limits": ["update-bytes": 100, "job-bytes": 1_000],
                "datasets": ["tumours": ["limits": ["update-bytes": 80]]],
            ])
        func code(_ bytes: Int, left: Int) throws -> String? {
            rules.decision(onUpdateOf: bytes, for: try task(usage: .init(jobBytes: left)))?.code
        }
        #expect(try code(80, left: 0) == nil)
        #expect(try code(81, left: 0) == "owner.update_bytes")
        #expect(try code(80, left: 920) == nil)
        #expect(try code(80, left: 921) == "owner.job_bytes")
        #expect(
            rules.decision(on: try task(usage: .init(jobBytes: 1_000)), Self.offsets)?.code
                == "owner.job_bytes", "with nothing left nothing is trained")
    }

    @Test("Hours go by the owner's clocks, and say when they open next")
    func hours() throws {
        // 18:30 in UTC is 02:30 on Monday in Shanghai.
        func opening(_ zone: String, _ window: JSONValue) throws -> RuleRefusal? {
            try rules(["zone": .string(zone), "hours": [window]])
                .decision(on: task(), Self.offsets)
        }
        #expect(try opening("UTC", ["days": "sun", "from": "18:30", "to": "18:31"]) == nil)
        #expect(
            try opening("UTC", ["days": "sun", "from": "18:00", "to": "18:30"])
                == .hours(opens: Self.sunday.advanced(byMilliseconds: (7 * 24 * 60 - 30) * 60_000)))
        #expect(
            try opening("Asia/Shanghai", ["days": "mon", "from": "03:00", "to": "04:00"])
                == .hours(opens: Self.sunday.advanced(byMilliseconds: 30 * 60_000)))
        #expect(
            try opening("+08:00", ["days": "sun", "from": "20:00", "to": "06:00"]) == nil,
            "the night of Sunday lasts into Monday")
        #expect(
            try opening("-03:30", ["days": "sun", "from": "15:00", "to": "15:30"]) == nil)
        #expect(try rules(["hours": []]).decision(on: task(), Self.offsets) == .hours(opens: nil))
    }

    @Test(
        "What lasts is told before what passes, and the refusal says whether to wait for a person")
    func ranks() throws {
        let all: JSONValue = [
            "members": [], "purposes": [], "hours": [], "approve": "every-job",
            "rounds-max": ["per-day": 0],
        ]
        #expect(try code(all, task()) == "owner.member")
        let some: JSONValue = ["hours": [], "approve": "every-job", "rounds-max": ["per-day": 0]]
        let refusal = try rules(some).decision(on: task(), Self.offsets)
        #expect(refusal == .approvalAwaited)
        #expect(refusal?.isAwaited == true)
        #expect(RuleRefusal.purpose("x").isAwaited == false)
        #expect(RuleRefusal.hours(opens: nil).endsWork == false)
        #expect(RuleRefusal.refused(reason: "secret").plain.contains("secret") == false)
    }

    @Test("What cannot be a rule is refused with its place")
    func mistakes() throws {
        let cases: [(JSONValue, String)] = [
            (["colour": "blue"], "colour"), (["rows-min": 0], "rows-min"),
            (["purposes": "research"], "purposes"), (["purposes": [""]], "purposes[0]"),
            (["members": ["A B"]], "members[0]"), (["zone": "Mars/Base"], "zone"),
            (["zone": "+25:00"], "zone"), (["approve": "always"], "approve"),
            (["hours": [["from": "08:00", "to": "08:00"]]], "hours[0].to"),
            (["hours": [["from": "8:00", "to": "09:00"]]], "hours[0].from"),
            (["hours": [["days": "mo", "from": "08:00", "to": "09:00"]]], "hours[0].days"),
            (["limits": ["memory-bytes": 5]], "limits.memory-bytes"),
            (["limits": ["bytes": 5]], "limits.bytes"),
            (["datasets": ["A": [:]]], "datasets.A"),
            (["datasets": ["a": ["zone": "UTC"]]], "datasets.a.zone"),
            (["rounds-max": ["per-week": 1]], "rounds-max.per-week"),
        ]
        for (json, path) in cases {
            let error = #expect(throws: JSONShapeError.self) { try rules(json) }
            #expect(error?.path == path, "\(json)")
        }
    }

    @Test("Rules that were read are printed as rules that mean the same, and as sentences")
    func printed() throws {
        let json: JSONValue = [
            "zone": "+08:00", "rows-min": 100, "purposes": ["research"], "approve": "every-job",
            "hours": [["days": "sat-mon", "from": "20:00", "to": "06:00"]],
            "limits": ["update-bytes": 5], "rounds-max": ["per-day": 3],
            "datasets": ["tumours": ["trainers": []]],
        ]
        let read = try rules(json)
        #expect(try rules(read.json) == read)
        let sentences = read.sentences.joined(separator: "\n")
        for part in [
            "purpose research", "fewer than 100 rows",
            "mon sat sun from 20:00 to 06:00 of the next",
            "(+08:00)", "at most 5 bytes", "3 rounds a day", "Each job waits", "On tumours",
            "No trainers at all",
        ] {
            #expect(sentences.contains(part), "\(part)")
        }
    }
}
