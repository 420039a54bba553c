import Contracts
import Encodings
import Foundation
import LabAPI
import Participation
import Storage
import Transport

extension MemberSession {
    private static let pollMilliseconds = 40
    private static let slowPollMilliseconds = 250

    /// What a watcher sees of a job: each as soon as there is something new.
    enum WatchEvent {
        /// Whom the next round waits for, and why, while nothing goes on; `nil` where nobody says so.
        case waiting(String?)
        /// The job as it was at the start.
        case job(JSONValue)
        /// A round that is over, once.
        case round(JSONValue)
        /// The whole answer, whenever it differs from the last.
        case changed(JSONValue)
        case ended(JSONValue)
    }

    /// Follows a job until it ends.
    ///
    /// - Parameter withSites: Whether to ask the coordinator what the sites tell of themselves; the
    ///   rest is what the member's own node has verified.
    /// - Returns: How it ended.
    func watch(
        _ job: JobID, withSites: Bool, _ event: (WatchEvent) -> Void
    ) async throws -> Job.Status {
        var shown = 0
        var last: JSONValue?
        while true {
            var answer = try await get("/v1/jobs/\(job)")
            if withSites, let told = try? await coordinator.get("/v1/jobs/\(job)")["sites"] {
                answer = answer.adding("sites", told)
            }
            let description = answer["job"] ?? .null
            if last == nil { event(.job(description)) }
            let rounds = answer["rounds"]?.array ?? []
            while shown < rounds.count, Self.isOver(rounds[shown]) {
                event(.round(rounds[shown]))
                shown += 1
            }
            if answer != last { event(.changed(answer)) }
            let isQuiet = last == answer
            if isQuiet, !withSites, description["status"]?.string == "running",
                let sites = try? await coordinator.get("/v1/jobs/\(job)")["sites"]
            {
                event(.waiting(SiteHoldsLine.text(sites)))
            }
            last = answer
            let status = description["status"]?.string.flatMap(Job.Status.init)
            if let status, status == .complete || status == .abandoned, shown == rounds.count {
                event(.ended(description))
                return status
            }
            try await Task.sleep(
                for: .milliseconds(isQuiet ? Self.slowPollMilliseconds : Self.pollMilliseconds))
        }
    }

    /// Follows a job, a line for each round.
    func watch(_ job: JobID, line: (String) -> Void) async throws -> Job.Status {
        var table: RoundTable?
        var waiting: String?
        return try await watch(job, withSites: false) { event in
            switch event {
            case .waiting(let text):
                if let text, text != waiting { line(text) }
                waiting = text
            case .job(let job):
                let new = RoundTable(job: job)
                line(new.header)
                table = new
            case .round(let round): line(table?.line(round) ?? "")
            case .changed: break
            case .ended(let job):
                if let end = JobEnd.line(job) { line(end) }
            }
        }
    }

    private static func isOver(_ round: JSONValue) -> Bool {
        ["closed", "abandoned"].contains(round["status"]?.string)
    }
}

/// What there is to say of a job that is over.
enum JobEnd {
    static func line(_ job: JSONValue) -> String? {
        if job["status"]?.string == "abandoned" {
            return "abandoned: \(job.shown("reason").visible)"
        }
        guard let best = job["best"], let metric = job["judgement"]?["metric"]?.string else {
            return nil
        }
        let stopped = (job["skipped"]?.integer).map { "; stopped \($0) rounds early" } ?? ""
        let chosen = job["judgement"]?["result"]?.string == "best" ? ", which is the result" : ""
        return "best model: the one that round \(best.shown("round")) started from, \(metric) "
            + "\(best.shownMicro("valueMicro"))\(chosen)\(stopped)"
    }
}

/// Which sites of a job take no tasks of it, in a line.
enum SiteHoldsLine {
    /// - Returns: `nil` where there are none.
    static func text(_ sites: JSONValue) -> String? {
        let held = (sites.array ?? []).compactMap { site -> String? in
            guard let hold = site["hold"] else { return nil }
            let until = hold["until"] == nil ? "" : " until \(hold.shownTime("until"))"
            let awaited = hold["awaited"] == .bool(true) ? ", waited for" : ""
            return "\(site.shown("member")) (\(hold.shown("code"))\(until)\(awaited))"
        }
        return held.isEmpty ? nil : "no tasks are taken by \(held.joined(separator: ", "))".visible
    }
}
