import ArgumentParser
import Contracts
import Encodings
import Foundation
import Node
import Participation
import Transport

extension NodeCommands {
    struct Pending: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "List the jobs that wait for your decision: what they ask for, and why they wait.",
            discussion: """
                What is listed comes from the running node, which has verified it. With --all: every \
                job that is not over and asks for your data, and what your rules say of it.
                """)

        @OptionGroup var home: HomeOptions
        @OptionGroup var output: OutputOptions

        @Flag(help: "Also the jobs that wait for nothing, and those that your rules refuse.")
        var all = false

        func run() async throws {
            let found = try await home.runningNode("/v1/requests")
            let items = (found["items"]?.array ?? []).filter {
                all || $0["awaited"] == .bool(true)
            }
            let leftOut = found["leftOut"]?.array ?? []
            let answer: JSONValue = ["items": .array(items), "leftOut": .array(leftOut)]
            let empty = all ? "no job asks for your data" : "nothing waits for your decision"
            let shown = items.isEmpty ? [empty] : items.map(JobRequestView.text)
            output.print(
                answer,
                (shown + leftOut.map(JobRequestView.leftOut)).joined(separator: "\n\n"))
        }
    }

    struct Approve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a job run on your data, under your licence and your rules.",
            discussion: """
                The approval is bound to the digest of the job as it was proposed. `jointlab node \
                refuse` takes it back. A running node takes notice within a second.
                """)

        @OptionGroup var home: HomeOptions

        @Argument(help: "The job, from `jointlab node pending`.")
        var job: JobID

        @Option(help: "Approve only the job with this definition, as you have read it.")
        var definition: String?

        func run() async throws {
            let request = try await home.request(of: job)
            let digest = try home.decide(on: request, job, isApproved: true, as: definition)
            print(JobRequestView.text(request) + "\n")
            print("\(job) is approved as it is above, with the definition \(digest)")
            if let trainer = request["trainer"], trainer["approved"] == .bool(false) {
                let bundle = trainer.shown("digest")
                print(
                    "its bundle may be another matter: jointlab trainer show \(bundle), then\n"
                        + "jointlab trainer approve \(bundle)")
            }
        }
    }

    struct Refuse: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a job not run on your data, or no more.",
            discussion: """
                Holds from the next task on; a trainer that is at work is ended, and no update that is \
                being made leaves. The job's owner is told that you refuse, and not the reason.
                """)

        @OptionGroup var home: HomeOptions

        @Argument(help: "The job.")
        var job: JobID

        @Option(help: "Why; for your own records.")
        var reason: String

        func run() async throws {
            let request = try await home.request(of: job)
            _ = try home.decide(on: request, job, isApproved: false, reason: reason)
            print("\(job) runs here no more")
        }
    }

    struct Failures: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List what trainer bundles have done wrong on this node since it was started."
        )

        @OptionGroup var home: HomeOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let status = try await home.runningNode("/v1/status")
            let answer: JSONValue = ["items": status["trainerFailures"] ?? .array([])]
            output.print(answer, FailureTable.text(answer))
        }
    }
}

extension HomeOptions {
    /// Asks the running node, which has verified what it says.
    func runningNode(
        _ path: String, _ query: KeyValuePairs<String, String?> = [:]
    ) async throws -> JSONValue {
        try await MemberSession.with(self) { session in
            guard let node = try session.node() else {
                throw ConnectionFailure(baseURL: folder.path, problem: "this node is not running")
            }
            return try await node.get(path, query)
        }
    }

    fileprivate func request(of job: JobID) async throws -> JSONValue {
        let found = try await runningNode("/v1/requests", ["job": job.text])
        guard let request = found["items"]?.array?.first(where: { $0["job"] == job.json }) else {
            throw Mistake(
                "no job \(job) asks for your data, or it is over; see jointlab node pending --all")
        }
        return request
    }

    /// Writes a decision down where the running node finds it.
    ///
    /// - Parameter expected: The definition that the owner has read, where it says so.
    /// - Returns: The job's definition.
    fileprivate func decide(
        on request: JSONValue, _ job: JobID, isApproved: Bool, reason: String? = nil,
        as expected: String? = nil
    ) throws -> BlobDigest {
        guard let definition = request["definition"]?.string.flatMap({ BlobDigest($0) }) else {
            throw Mistake("the node runs another version of jointlab; start it again")
        }
        guard expected == nil || expected == definition.text else {
            throw Mistake("\(job) has another definition: \(definition)")
        }
        try JobDecisions(of: node).keep(
            JobDecision(
                job: job, definition: definition, isApproved: isApproved, reason: reason,
                decided: MemberSession.now))
        return definition
    }
}

/// A job that asks for data, for its owner.
enum JobRequestView {
    /// Proposals that are not shown.
    static func leftOut(_ entry: JSONValue) -> String {
        "! \(entry.shown("proposals")) more proposals of \(entry.shown("proposer")) are not shown until "
            + "you have decided on those that are"
    }

    static func text(_ request: JSONValue) -> String {
        var lines = [
            "job          \(request.shown("job")), \(request.shown("status")), by \(request.shown("proposer"))",
            "purpose      \(request.shown("purpose"))",
            "trainer      \(trainer(request["trainer"] ?? .null))",
            "dataset      \(request.shown("dataset")), \(request.shown("rows")) rows",
            "licence      \(request.shown("licence")), \(request.shown("licenceStage"))"
                + (request["reports"] == nil ? "" : ", reports \(request.shown("reports"))"),
            "rounds       \(plan(request)); \(request.shown("closed")) are closed",
            "strategy     \(request["strategy"]?["kind"]?.string?.onOneLine ?? "fedavg")",
            "sites        \(request.shown("participants"))",
        ]
        for (number, leaves) in zip(0..., request["leaves"]?.array ?? []) {
            lines.append((number == 0 ? "leaves       " : "             ") + (leaves.string ?? ""))
        }
        lines.append("definition   \(request.shown("definition"))")
        if let decision = request["decision"] {
            let word = decision["approved"] == .bool(true) ? "approved" : "refused"
            let reason = decision["reason"] == nil ? "" : ": \(decision.shown("reason"))"
            lines.append("decision     \(word) \(decision.shownTime("decided"))\(reason)")
        }
        let opens = request["until"] == nil ? "" : " (until \(request.shownTime("until")))"
        lines.append(
            request["code"] == nil
                ? "its tasks run here"
                : "does not run \(request.shown("code"))\(opens): \(request.shown("problem"))")
        return lines.map(\.visible).joined(separator: "\n")
    }

    private static func trainer(_ trainer: JSONValue) -> String {
        guard trainer["digest"] != nil else { return trainer.shown("kind") }
        let approved = trainer["approved"] == .bool(true) ? "approved" : "NOT approved"
        return "the bundle \(trainer.shown("name")) \(trainer.shown("version")), "
            + "\(trainer.shown("digest")) (\(approved))"
    }

    private static func plan(_ request: JSONValue) -> String {
        (request["plan"]?.array ?? []).map { "\($0.shown("rounds")) × \($0.shown("task"))" }
            .joined(separator: ", ")
    }
}

/// What bundles have done wrong, for the data's owner, in full.
enum FailureTable {
    static func text(_ answer: JSONValue) -> String {
        Listing(
            empty: "no trainer has failed since the node was started",
            [
                ("time", .left, { $0.shownTime("time") }), ("job", .left, { $0.shown("job") }),
                ("round", .right, { $0.shown("round") }),
                ("bundle", .left, { $0.shownShort("bundle") }),
                ("code", .left, { $0.shown("code") }),
                ("problem", .left, { $0.shown("problem").visible }),
            ]
        ).text(answer)
    }
}
