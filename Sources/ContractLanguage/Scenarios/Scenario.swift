package import Encodings
package import Policy

/// A story to play with a document: an offer, and the actions that follow.
package struct Scenario: Sendable {
    package struct Given: Sendable {
        package let parties: JSONValue
        package let terms: JSONValue
        package let currency: String?
        package let offeredBy: String
        package let now: Instant
        /// What members own, in minor units; nothing where they are not named.
        package let balances: [(member: String, amount: Int64)]
    }

    package enum Expectation: Hashable, Sendable, CustomStringConvertible {
        case applied
        /// By a clause, a kind of rule or what the rule says; `nil` for whatever reason.
        case refused(String?)

        package var description: String {
            switch self {
            case .applied: "applied"
            case .refused(let by): by.map { "refused:\($0)" } ?? "refused"
            }
        }
    }

    package struct Step: Sendable {
        package let at: Instant
        package let by: ContractCall.Sender
        package let action: String
        package let input: JSONValue
        package let expectation: Expectation?
    }

    static let stepsMax = 1_000

    package let given: Given
    package let steps: [Step]

    /// - Throws: `JSONShapeError` with the path of what is wrong.
    package init(_ json: JSONValue) throws(JSONShapeError) {
        var fields = try JSONFields(json)
        var inner = try fields.fields("given")
        let now = try inner.instant("now")
        var balances: [(member: String, amount: Int64)] = []
        for (member, value, path) in try inner.named("balances", max: 1_000) {
            guard let amount = value.integer, amount >= 0 else {
                throw JSONShapeError(path: path, problem: "should be minor units, from 0")
            }
            balances.append((member, amount))
        }
        given = Given(
            parties: try inner.required("parties"), terms: inner.optional("terms") ?? [:],
            currency: try inner.optionalString("currency"),
            offeredBy: try inner.string("offeredBy"),
            now: now, balances: balances)
        try inner.finish()
        var steps: [Step] = []
        var before = now
        for (value, path) in try fields.items("steps", max: Self.stepsMax) {
            let step = try Step(value, at: path, after: before)
            before = step.at
            steps.append(step)
        }
        self.steps = steps
        try fields.finish()
    }
}

extension Scenario.Step {
    fileprivate init(
        _ json: JSONValue, at path: String, after before: Instant
    ) throws(JSONShapeError) {
        var fields = try JSONFields(json, at: path)
        at = fields.optional("at") == nil ? before : try fields.instant("at")
        guard at >= before else {
            throw fields.wrong("at", "is before \(before.rfc3339): time does not run backwards")
        }
        let name = try fields.string("by")
        by = name == "lab" ? .lab : .member(name)
        action = try fields.string("take")
        input = fields.optional("input") ?? [:]
        let text = try fields.optionalString("expect")
        switch text {
        case nil: expectation = nil
        case "applied"?: expectation = .applied
        case "refused"?: expectation = .refused(nil)
        case let text?:
            guard text.hasPrefix("refused:"), text.utf8.count > 8 else {
                throw fields.wrong(
                    "expect", "should be applied, refused, or refused:CLAUSE, and is “\(text)”")
            }
            expectation = .refused(String(text.dropFirst(8).drop { $0 == " " }))
        }
        try fields.finish()
    }
}

extension JSONFields {
    fileprivate mutating func instant(_ key: String) throws(JSONShapeError) -> Instant {
        let text = try string(key)
        guard let instant = Instant(rfc3339: text) else {
            throw wrong(
                key, "should be a time such as 2027-01-31T00:00:00Z, and is “\(text.prefix(80))”")
        }
        return instant
    }
}
