import Encodings
import Foundation
import Policy
import SharedFolder
import Testing

/// The cases of the official suite that need no protocol buffers.
@Suite struct ConformanceTests {
    private static let lines =
        SharedFolder.contents(of: "conformance/cel.jsonl")?.split(separator: "\n") ?? []

    @Test(
        "Every case of the official suite gives what it should",
        .enabled(if: !lines.isEmpty, "the conformance cases are not beside this checkout"))
    func allCases() throws {
        #expect(Self.lines.count == 824)
        for line in Self.lines {
            let wanted = try JSONValue(parsing: Array(line.utf8))
            let answer = try BatchCase(wanted).answer(zones: SystemZones.rules)
            guard case .object(let wanted) = wanted, case .object(let answer) = answer else {
                Issue.record("no object: \(line)")
                continue
            }
            if wanted["error"] != nil {
                #expect(answer["error"] != nil, "\(line)")
            } else {
                let value = wanted["value"].flatMap(Value.init(tagged:)).map(Comparable.init)
                #expect(
                    answer["value"].flatMap(Value.init(tagged:)).map(Comparable.init) == value,
                    "\(line)")
            }
            if let type = wanted["deducedType"] {
                #expect(answer["deducedType"] == type, "\(line)")
            }
        }
    }

    /// A value whose maps have no order and whose numbers that are none equal themselves.
    private indirect enum Comparable: Hashable {
        case leaf(String)
        case list([Comparable])
        case map(Set<[Comparable]>)

        init(_ value: Value) {
            self =
                switch value {
                case .list(let elements): .list(elements.map(Comparable.init))
                case .map(let entries):
                    .map(Set(entries.map { [Comparable($0.key), Comparable($0.value)] }))
                default: .leaf(value.literal)
                }
        }
    }
}

/// The time zones of this machine.
enum SystemZones {
    static func rules(_ name: String) -> TimeZoneRules? {
        FileManager.default.contents(atPath: "/usr/share/zoneinfo/\(name)")
            .flatMap { TimeZoneRules(tzif: Array($0)) }
    }
}
