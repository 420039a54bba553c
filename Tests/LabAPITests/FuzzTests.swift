import MerkleLog
import Randomness
import SampleLab
import ServedLab
import Testing

/// Paths and queries that nobody would write.
@Suite struct FuzzTests {
    private static let pieces = [
        "tile", "entries", "checkpoint", "v1", "receipts", "transactions", "state", "jobs", "lab",
        "members",
        "health", "metrics", "openapi.json", "0", "1", "7", "63", "64", "000", "001", "x001",
        "x999", "999",
        "x018/x446/x744/x073/x709/x551/615", "x072/x057/x594/x037/x927/936", ".p/", ".p/1",
        ".p/255", ".p/256",
        "/", "/", "/", "/", "//", "..", ".", "%00", "%2F", "%2e%2e", "%zz", "%", "%C3", "%FF", "é",
        "\u{301}",
        "\u{0}", "\r\n", " ", "*", "**", "{path}", ":job", "?", "?", "&", "=", "from=", "count=",
        "key=",
        "wait=final", "-1", "9223372036854775807", "9223372036854775808", "18446744073709551615",
        "18446744073709551616", "1e3", "job-1", "job/job-1", "contract/north-licence", "#",
        "http://", "@", ":99999",
    ]

    private static let beginnings = [
        "/", "/tile/", "/tile/0/", "/tile/entries/", "/v1/", "/v1/entries?", "/v1/entries?from=",
        "/v1/state?key=",
        "/v1/receipts/", "/v1/transactions/", "/v1/jobs/", "",
    ]

    private static func target(from random: inout SeededRandom) -> String {
        var target = beginnings[random.uniformInteger(in: 0...beginnings.count - 1)]
        for _ in 0..<random.uniformInteger(in: 0...8) {
            target += pieces[random.uniformInteger(in: 0...pieces.count - 1)]
        }
        if random.uniformInteger(in: 0...40) == 0 {
            target += String(repeating: "a", count: 20_000)
        }
        return target
    }

    @Test(
        "Whatever path and query a member asks for, the answer is a page or a problem of the caller's",
        arguments: 0..<40 as Range<UInt64>)
    func anyTarget(seed: UInt64) async throws {
        var random = SeededRandom(seed: seed)
        var lab = try SampleLab()
        _ = try lab.prepareTraining(rounds: 1)
        try lab.settle()
        let server = try await SampleServer(lab)
        let north = try lab.member("north")
        for _ in 0..<150 {
            let target = Self.target(from: &random)
            let answer = try await server.get(target, by: north)
            switch answer.status {
            case 200: #expect(!answer.body.isEmpty, "seed \(seed): \(target.debugDescription)")
            case 400..<500:
                #expect(
                    answer.problemCode != nil,
                    "seed \(seed): \(target.debugDescription): \(answer.text)")
            default:
                Issue.record(
                    "seed \(seed): \(target.debugDescription): \(answer.status) \(answer.text)")
            }
        }
    }
}
