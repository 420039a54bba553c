import ODRL
import Policy
import Testing

/// Requests in a world of few names.
enum Requests {
    static let all: [UsageRequest] = [
        request(), request(action: .odrl("read"), purpose: "care"),
        request(target: IRI("http://example.com/thing/a"), count: 15),
    ]

    static func request(
        assignee: IRI? = IRI("http://example.com/thing/a"), action: IRI = .training,
        target: IRI? = IRI("http://example.com/thing/b"), now: String = "2026-02-01T12:00:00Z",
        concluded: String? = "2026-01-15T00:00:00Z", purpose: String? = "research",
        count: Int64? = 0
    ) -> UsageRequest {
        UsageRequest(
            assignee: assignee, action: action, target: target,
            facts: .init(
                now: instant(now), concluded: concluded.map(instant), purpose: purpose,
                count: count, recipient: assignee?.text))
    }

    static func instant(_ text: String) -> Instant {
        guard let instant = Instant(rfc3339: text) else {
            preconditionFailure("\(text) is not a moment")
        }
        return instant
    }
}
