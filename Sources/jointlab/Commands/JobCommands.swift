import ArgumentParser
import Contracts
import Encodings
import Foundation
import Learning
import Participation
import Storage
import Trainers
import Transport

/// `jointlab job …`
struct JobCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "job",
        abstract: "Train a model together.",
        subcommands: [
            Propose.self, Start.self, Watch.self, Pause.self, Resume.self, List.self, Show.self,
            Abandon.self, Verify.self, Personal.self,
        ])

    struct Propose: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say what is to be trained, on which licences, and in how many rounds.",
            discussion: """
                One round of statistics comes first, so that all participants scale their columns \
                alike, and one round of evaluation last; both count under the licences. The features \
                are the columns that all the datasets have in common.

                With --bundle, a trainer of your own is packed, makes the first model in a sandbox on \
                this machine, and both are uploaded; there is no round of statistics, and every \
                data owner must have approved the bundle: jointlab trainer approve DIGEST.
                """)

        @OptionGroup var submit: SubmitOptions

        @Argument(help: "What the lab will call the job.")
        var job: JobID

        @Option(help: "The model that it trains.")
        var model: ModelID

        @Option(help: "What for; the licences must allow it.")
        var purpose: String

        @Option(name: .customLong("licence"), help: "A licence to train under (repeat).")
        var licences: [LicenceID]

        @Option(help: "How many rounds of training.")
        var rounds = 20

        @OptionGroup var bundle: BundleOptions
        @OptionGroup var training: TrainingOptions
        @OptionGroup var strategy: StrategyOptions
        @OptionGroup var judgement: JudgementOptions

        @Option(
            help: """
                The fewest contributions that a round may close with; default: as many as are enough.
                """)
        var participantsMin: Int?

        @Option(
            help: """
                Close a round as soon as it has so many contributions; default: all, or fedbuff's \
                bufferSize.
                """)
        var enough: Int?

        @Option(
            help:
                "How many rounds late a contribution still counts; with fedbuff alone, default 10.")
        var lateRounds: Int?

        @Option(help: "Go on from a version of a model of yours, such as tumour/1.")
        var from: ModelVersionID?

        @Option(help: "How long a round waits for its participants, such as 60s.")
        var roundTimeout = DurationArgument(seconds: 60)

        func run() async throws {
            try await MemberSession.with(submit.home) { session in
                let design = try training.design
                let offer = try await bundle.offer(
                    to: session, on: licences, seed: training.descent.seed, isNew: from == nil)
                let settings =
                    if let offer {
                        offer.trainer
                    } else if let from {
                        try await session.trainer(design, goingOnFrom: from)
                    } else {
                        try await session.trainer(design, on: licences)
                    }
                let strategy = try strategy.value(enough: enough)
                let enough = try strategy.contributionsEnough(
                    asked: enough, of: licences.count, participantsMin: participantsMin)
                let lateRounds = lateRounds ?? strategy.lateRounds
                let least = participantsMin ?? enough ?? licences.count
                try strategy.check(
                    trainer: settings, participantsMin: least, lateRoundsMax: lateRounds)
                let receipt = try await session.submit(
                    ProposeJob(
                        job: job, model: model, purpose: purpose, licences: licences,
                        trainer: settings.json,
                        plan: design.plan(
                            of: settings, asked: rounds, isNew: from == nil && offer == nil),
                        participantsMin: least,
                        roundTimeoutMilliseconds: roundTimeout.milliseconds,
                        strategy: strategy == .fedavg ? nil : strategy.json,
                        contributionsEnough: enough, lateRoundsMax: lateRounds,
                        judgement: try judgement.value, base: from, weights: offer?.weights),
                    until: submit.wait)
                submit.output.print(
                    receipt,
                    SubmitOptions.text(receipt, "\(job) is proposed") + """

                        \(settings.layout.map { "\($0.features.count) features" } ?? "files"); \
                        the model predicts \
                        \(settings.target.text)
                        next: jointlab job start \(job)
                        """)
            }
        }
    }

    struct Start: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let the coordinator open the job's rounds.")

        @OptionGroup var submit: SubmitOptions
        @Argument var job: JobID

        func run() async throws {
            try await submit.submit(
                StartJob(job: job), "\(job) has started; `jointlab job watch \(job)` follows it")
        }
    }

    struct Watch: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Follow a job until it ends.",
            discussion: """
                A line for each round, and on a terminal, below them, what each site is doing as far as \
                its licence lets the job's owner see. Loss and AUC are those of the model that the round \
                started from, on each site's own holdout. Exit code 1: the job was abandoned.
                """)

        @OptionGroup var home: HomeOptions
        @Argument var job: JobID

        @Flag(help: "Print a JSON object in a line whenever something changes.")
        var json = false

        @Flag(help: "Print the rounds only, also on a terminal.")
        var plain = false

        func run() async throws {
            let isLive = !plain && isatty(STDOUT_FILENO) == 1
            let end = try await MemberSession.with(home) { session in
                if json {
                    return try await session.watch(job, withSites: true) { event in
                        if case .changed(let answer) = event { say(answer.canonicalText) }
                    }
                }
                guard isLive else { return try await session.watch(job, line: { say($0) }) }
                var view = LiveJobView()
                let environment = ProcessInfo.processInfo.environment
                return try await session.watch(job, withSites: true) { event in
                    let text = view.text(
                        for: event,
                        on: TerminalSize(of: STDOUT_FILENO, environment: environment),
                        now: Int64(Date().timeIntervalSince1970 * 1_000))
                    // In one write, so that nobody sees the gap between taking back and drawing.
                    print(text, terminator: "")
                    fflush(nil)
                }
            }
            if end == .abandoned { throw CommandFailure.refused }
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let no further round of a job open; the one under way is carried to its end."
        )

        @OptionGroup var submit: SubmitOptions
        @Argument var job: JobID
        @Option(help: "Why; everybody reads it.") var reason: String

        func run() async throws {
            try await submit.submit(
                PauseJob(job: job, reason: reason),
                "\(job) is paused; `jointlab job resume \(job)` lets it go on")
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let a paused job go on.")

        @OptionGroup var submit: SubmitOptions
        @Argument var job: JobID

        func run() async throws {
            try await submit.submit(ResumeJob(job: job), "\(job) goes on")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the jobs.")

        @OptionGroup var home: HomeOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let answer = try await MemberSession.with(home) { try await $0.get("/v1/jobs") }
            let view = Listing(
                empty: "no jobs",
                [
                    ("job", .left, { $0.shown("job") }), ("owner", .left, { $0.shown("owner") }),
                    ("model", .left, { $0.shown("model") }),
                    ("purpose", .left, { $0.shown("purpose") }),
                    (
                        "participants", .left,
                        {
                            ($0["participants"]?.array ?? []).map { $0.shown("member") }
                                .joined(separator: " ")
                        }
                    ),
                    (
                        "rounds", .right,
                        { item in
                            let planned = (item["plan"]?.array ?? []).reduce(0) {
                                $0 + ($1["rounds"]?.integer ?? 0)
                            }
                            return "\(item.shown("closed"))/\(planned)"
                        }
                    ),
                    ("status", .left, { $0.shown("status") }),
                    ("reason", .left, { $0.shown("reason") }),
                ])
            output.print(answer, view.text(answer))
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a job and its rounds.")

        @OptionGroup var home: HomeOptions
        @OptionGroup var output: OutputOptions
        @Argument var job: JobID

        func run() async throws {
            let answer = try await MemberSession.with(home) {
                try await $0.get("/v1/jobs/\(job)")
            }
            var table = RoundTable(job: answer["job"] ?? .null)
            let lines = [table.header] + (answer["rounds"]?.array ?? []).map { table.line($0) }
            output.print(answer, lines.joined(separator: "\n"))
        }
    }

    struct Abandon: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End your job early; an open round is abandoned with it.")

        @OptionGroup var submit: SubmitOptions
        @Argument var job: JobID

        @Option(help: "Why; it stands on the ledger.")
        var reason: String

        func run() async throws {
            try await submit.submit(AbandonJob(job: job, reason: reason), "\(job) is abandoned")
        }
    }

    struct Personal: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write the model of your own that a job with ditto has made on your data.",
            discussion: """
                For a data owner, where its node lives: the model has never left it. The file is of the \
                same form as `jointlab model fetch` writes. While the job runs, it is the model of the \
                last round in which your update counted.
                """)

        @OptionGroup var home: HomeOptions
        @OptionGroup var output: OutputOptions
        @Argument var job: JobID

        @Option(help: "Where to write it.", completion: .file())
        var out: String

        func run() async throws {
            let (file, round) = try await MemberSession.with(home) {
                try await $0.personalModel(of: job)
            }
            try SyncedFile.replace(out, with: file, mode: 0o600)
            let digest = BlobDigest(of: file)
            output.print(
                [
                    "job": job.json, "round": .integer(Int64(round.number)), "file": .string(out),
                    "bytes": .integer(Int64(file.count)), "weights": digest.json,
                ],
                "your own model after round \(round.number): \(file.count) bytes in \(out), SHA-256 "
                    + "\(digest)")
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add every closed round up again from what was contributed.",
            discussion: """
                Downloads the contributions, checks each against the digest that its member signed, \
                and compares the sum with the published model. Which rounds and contributions there \
                are is asked of the member's own node, which has executed the ledger itself; where \
                that is not running, it is the coordinator's word, and the command says so. Exit \
                code 1: one differs.
                """)

        @OptionGroup var home: HomeOptions
        @OptionGroup var output: OutputOptions
        @Argument var job: JobID

        func run() async throws {
            let verification = try await MemberSession.with(home) { try await $0.verify(job) }
            var grid = TextGrid([
                .init("round", .right), .init("task"), .init("contributions", .right),
                .init("result"), .init("sum"),
            ])
            for result in verification.rounds {
                grid.add([
                    result.shown("round"), result.shown("task"), result.shown("contributions"),
                    result.shownShort("result"), result.shown("sum"),
                ])
            }
            let isOwn = verification.isByOwnLedger
            output.print(
                [
                    "items": .array(verification.rounds),
                    "roundsFrom": .string(isOwn ? "node" : "coordinator"),
                ],
                grid.text
                    + (isOwn
                        ? ""
                        : "\n\nyour node is not running: that these are all rounds and contributions is "
                            + "the coordinator's word"))
            guard verification.holds else { throw CommandFailure.refused }
        }
    }
}
