import Contracts
import Encodings
import Participation

extension MemberSession {
    private static let pollMilliseconds = 40

    /// Follows a job until it ends.
    ///
    /// - Parameter line: Is given the table's lines as the rounds end.
    /// - Returns: How it ended.
    func watch(_ job: JobID, _ line: (String) -> Void) async throws -> Job.Status {
        var table: RoundTable?
        var shown = 0
        while true {
            let answer = try await get("/v1/jobs/\(job)")
            let description = answer["job"] ?? .null
            if table == nil {
                let new = RoundTable(job: description)
                line(new.header)
                table = new
            }
            let rounds = answer["rounds"]?.array ?? []
            while shown < rounds.count, Self.isOver(rounds[shown]) {
                line(table?.line(rounds[shown]) ?? "")
                shown += 1
            }
            let status = description["status"]?.string.flatMap(Job.Status.init)
            if let status, status == .complete || status == .abandoned, shown == rounds.count {
                if let reason = description["reason"]?.string { line("abandoned: \(reason)") }
                return status
            }
            try await Task.sleep(for: .milliseconds(Self.pollMilliseconds))
        }
    }

    private static func isOver(_ round: JSONValue) -> Bool {
        ["closed", "abandoned"].contains(round["status"]?.string)
    }
}
