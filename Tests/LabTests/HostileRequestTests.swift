import Contracts
import Encodings
import Foundation
import Identity
import LabFixture
import Participation
import Testing

extension LabSuite {
    @Suite("Requests that a coordinator must not serve")
    struct HostileRequestTests {
        private static let card = "/v1/lab"

        @Test("A request must be signed for this lab, now, by its sender, and is served once")
        func badlySigned() async throws {
            try await HostileLab.with { lab in
                let size = try await lab.size()
                try await lab.expect(401, "signature.missing", from: RawRequest("GET", Self.card))
                try await lab.expect(
                    400, "signature.malformed",
                    from: RawRequest(
                        "GET", Self.card,
                        fields: [("signature-input", "jointlab=("), ("signature", "jointlab=:AA")]))
                try await lab.expect(
                    401, "signature.foreign_lab",
                    from: .signed(
                        "GET", Self.card, by: lab.signer(lab: String(repeating: "0", count: 64))))
                try await lab.expect(
                    401, "signature.expired",
                    from: .signed("GET", Self.card, by: lab.signer(secondsOff: -3_600)))
                try await lab.expect(
                    401, "signature.from_the_future",
                    from: .signed("GET", Self.card, by: lab.signer(secondsOff: 3_600)))

                var moved = try RawRequest.signed("GET", Self.card, by: lab.signer())
                moved.target = "/v1/members"
                try await lab.expect(401, "signature.wrong", from: moved)
                let once = try RawRequest.signed("GET", Self.card, by: lab.signer())
                #expect(try await once.send(to: lab.processes).status == 200)
                try await lab.expect(401, "signature.replayed", from: once)

                // What was signed is not what comes.
                let envelope = try lab.office.signed(LeaveLab()).json.canonicalBytes
                var swapped = try RawRequest.signed(
                    "POST", "/v1/transactions", body: Array("{}".utf8), by: lab.signer())
                swapped.body = envelope
                try await lab.expect(401, "digest.wrong", from: swapped)
                var smuggled = try RawRequest.signed("POST", "/v1/transactions", by: lab.signer())
                smuggled.body = envelope
                try await lab.expect(401, "signature.not_covered", from: smuggled)
                #expect(try await lab.size() == size)
            }
        }

        @Test("A stranger sees the lab's card, and nothing else")
        func strangers() async throws {
            try await HostileLab.with { lab in
                let signer = try lab.signer(HostileLab.strangersKey())
                let card = try await RawRequest.signed("GET", Self.card, by: signer)
                    .send(to: lab.processes)
                #expect(card.status == 200)
                for target in [
                    "/v1/members", "/v1/datasets", "/v1/jobs", "/v1/jobs/job-1", "/v1/accounts",
                    "/v1/holds", "/v1/accounts/university/CNY/movements",
                    "/v1/entries", "/v1/state?key=lab", "/v1/stream", "/v1/receipts/0",
                    "/tile/entries/000", "/v1/blobs/\(String(repeating: "0", count: 64))",
                ] {
                    try await lab.expect(
                        403, "caller.stranger", from: .signed("GET", target, by: signer))
                }
                for target in ["/v1/cosignatures", "/v1/contributions", "/v1/declines"] {
                    try await lab.expect(
                        403, "caller.stranger",
                        from: .signed("POST", target, body: Array("{}".utf8), by: signer))
                }
            }
        }

        @Test("Senseless parameters are answered, and bring nothing down")
        func senselessParameters() async throws {
            try await HostileLab.with { lab in
                let size = try await lab.size()
                let most = "18446744073709551615"
                for (target, status) in [
                    ("/v1/entries?from=\(most)&count=1000", 200), ("/v1/entries?count=0", 400),
                    ("/v1/entries?count=\(most)", 400), ("/v1/entries?from=-1", 400),
                    ("/v1/stream?from=1e3", 400),
                    ("/v1/receipts/\(most)", 404), ("/v1/receipts/-1", 404),
                    ("/v1/transactions/zzz", 400), ("/v1/state", 400), ("/v1/state?key=", 200),
                    ("/v1/state?key=member%2F%00", 200), ("/v1/jobs/%2e%2e", 404),
                    ("/v1/blobs/nothing", 400), ("/v1/blobs/..%2f..%2flog.key", 400),
                    ("/tile/0/x018/x446/x744/x073/x709/x551/615", 404),
                    ("/tile/63/000", 404), ("/tile/64/000", 404),
                    ("/tile/entries/x018/x446/x744/x073/x709/x551/615", 404),
                    ("/tile/entries/../../log.key", 404), ("/nothing", 404),
                ] {
                    let answer = try await RawRequest.signed("GET", target, by: lab.signer())
                        .send(to: lab.processes)
                    #expect(answer.status == status, "\(target): \(answer)")
                    if status >= 400 { #expect(answer.problemCode != nil, "\(target): \(answer)") }
                }
                try await lab.expect(
                    404, "route.unknown", from: .signed("DELETE", "/v1/members", by: lab.signer()))

                let origin = "processes.example/lab/epoch-1"
                for (target, body, status, code) in [
                    ("cosignatures", #"{"size":9223372036854775807,"lines":""}"#, 400, nil),
                    ("cosignatures", #"{"size":-1,"lines":""}"#, 400, "request.malformed"),
                    ("cosignatures", #"{"size":1,"lines":"— \#(origin) AAAA\n"}"#, 400, nil),
                    ("contributions", "{}", 400, "request.malformed"),
                    (
                        "declines", #"{"job":"x","round":0,"code":"","detail":""}"#, 400,
                        "request.malformed"
                    ),
                ] as [(String, String, Int, String?)] {
                    let answer = try await RawRequest.signed(
                        "POST", "/v1/\(target)", body: Array(body.utf8), by: lab.signer()
                    ).send(to: lab.processes)
                    #expect(answer.status == status, "\(target) \(body): \(answer)")
                    #expect(
                        answer.problemCode != nil && (code == nil || answer.problemCode == code))
                }
                let digest = String(repeating: "0", count: 64)
                try await lab.expect(
                    400, "digest.wrong",
                    from: .signed(
                        "PUT", "/v1/blobs/\(digest)", body: Array("other".utf8), by: lab.signer()))
                #expect(try await lab.size() == size)
            }
        }
    }
}
