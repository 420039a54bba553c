import Encodings
import Foundation
import ODRL
import Policy
import SharedFolder
import Testing

/// The ODRL Test Suite of SolidLab Research, as `scripts/odrl-suite.py` converts it.
@Suite struct OdrlSuiteTests {
    static let cases: String? = {
        if let path = ProcessInfo.processInfo.environment["JOINTLAB_ODRL_SUITE"] {
            return try? String(contentsOf: URL(filePath: path), encoding: .utf8)
        }
        return SharedFolder.contents(of: "conformance/odrl-suite.jsonl")
    }()

    /// A permission without an action: the suite reads it as one of every action, and the information
    /// model (§2.6) asks for one.
    static let deviating: Set = [
        "testcase-001-alice", "testcase-002-bob", "testcase-003-bob-write-y",
    ]

    @Test(
        "Rules apply as the ODRL Test Suite says",
        .enabled(if: cases != nil, "run scripts/odrl-suite.py, and set JOINTLAB_ODRL_SUITE"))
    func rulesApply() throws {
        var deviating: Set<String> = []
        var count = 0
        for line in try #require(Self.cases).split(separator: "\n") {
            let test = try JSONValue(parsing: String(line))
            let name = try #require(test["name"]?.string)
            let document = try #require(test["document"])
            let policy = try PolicyImport(
                reading: document.canonicalBytes, uid: test["policy"]?.string.map(IRI.init)
            ).policy
            let decision = policy.decide(try request(test, about: policy))
            for expected in try #require(test["expected"]?.object).members {
                let activation = try #require(
                    decision.activations.first { $0.uid?.text == expected.key }, "\(name)")
                if activation.isActive != expected.value.bool { deviating.insert(name) }
            }
            count += 1
        }
        #expect(count == 68)
        #expect(deviating.sorted() == Self.deviating.sorted())
    }

    private func request(_ test: JSONValue, about policy: UsagePolicy) throws -> UsageRequest {
        let now = try #require(test["now"]?.string.flatMap { Instant(rfc3339: $0) })
        let assignee = try #require(test["assignee"]?.string)
        let target = try #require(test["target"]?.string)
        var request = UsageRequest(
            assignee: IRI(assignee), action: IRI(try #require(test["action"]?.string)),
            target: IRI(target), facts: .init(now: now))
        for membership in test["memberships"]?.array ?? [] {
            let pair = (membership.array ?? []).compactMap(\.string)
            if pair[0] == assignee || pair[0] == target {
                request.facts.collections.insert(IRI(pair[1]))
            }
        }
        for duty in policy.permissions.flatMap(\.duties) {
            switch duty.uid.flatMap({ test["duties"]?[$0.text]?.string }) {
            case "Violated": request.facts.violated.insert(duty)
            case "Fulfilled": request.facts.fulfilled.insert(duty)
            default: continue
            }
        }
        return request
    }
}
