import Encodings
import Testing

@testable import jointlab

/// What `job watch` shows of the sites of a job.
@Suite struct SiteTableTests {
    private static let now: Int64 = 1_000_000

    private func lines(_ sites: [JSONValue]) -> [String] {
        SiteTable.lines(["sites": .array(sites)], now: Self.now)
    }

    @Test("A site that tells how far it is is drawn with a bar, its throughput and its last words")
    func told() throws {
        let lines = lines([
            [
                "member": "clinic", "connected": .bool(true),
                "reported": .integer(Self.now - 4_000),
                "report": [
                    "round": 3, "stage": "training", "fractionMicro": 500_000,
                    "rowsPerSecond": 1_200, "message": "epoch 2",
                ],
            ]
        ])
        #expect(lines.count == 2)
        let line = try #require(lines.last)
        for part in [
            "clinic", "up", "3", "training", "██████░░░░░░ 50 %", "1200", "4 s", "epoch 2",
        ] {
            #expect(line.contains(part), "\(part) in \(line)")
        }
    }

    @Test("A site that tells nothing, or whose licence lets it tell nothing, is there all the same")
    func silent() throws {
        let lines = lines([
            ["member": "clinic", "connected": .bool(false)], ["member": "hospital"],
        ])
        #expect(lines.count == 3)
        #expect(lines[1].contains("away"))
        #expect(lines[2].hasPrefix("hospital"))
        #expect(!lines.joined().contains("%"))
    }

    @Test("A site that takes no tasks, and one that has failed, say why")
    func held() throws {
        let lines = lines([
            [
                "member": "clinic",
                "hold": ["code": "owner.hours", "awaited": false, "until": 1_795_372_200_000],
            ],
            ["member": "hospital", "failure": ["round": 3, "code": "sandbox.wall"]],
        ])
        #expect(lines[1].contains("takes no tasks until 2026-11-22T18:30:00Z: owner.hours"))
        #expect(lines[2].contains("failed in round 3: sandbox.wall"))
    }

    @Test("What a site sends cannot draw on the terminal")
    func controlCharacters() throws {
        let lines = lines([
            [
                "member": "clinic",
                "report": ["round": 1, "stage": "training", "message": "\u{1B}[2J gone"],
            ]
        ])
        #expect(!lines.joined().unicodeScalars.contains("\u{1B}"))
    }

    @Test("A job's end says which model was best, and how much was left out")
    func end() {
        let judged: JSONValue = [
            "status": "complete", "skipped": 5,
            "best": ["round": 7, "valueMicro": 412_000],
            "judgement": ["metric": "holdoutLoss", "result": "best"],
        ]
        #expect(
            JobEnd.line(judged)
                == "best model: the one that round 7 started from, holdoutLoss 0.4120, which is the "
                + "result; stopped 5 rounds early")
        #expect(JobEnd.line(["status": "abandoned", "reason": "why"]) == "abandoned: why")
        #expect(JobEnd.line(["status": "complete"]) == nil)
    }
}
