import ArgumentParser
import Contracts
import DataSources
import Encodings
import Foundation
import LabAPI
import Learning
import Ledger
import Node
import Participation
import Storage
import Trainers

/// `jointlab model …`
struct ModelCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model",
        abstract: "Register, validate and release what was trained.",
        subcommands: [
            Register.self, Validate.self, Release.self, Withdraw.self, List.self, Show.self,
            Fetch.self,
        ])

    struct Register: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a complete job's result a version of its model.")

        @OptionGroup var submit: SubmitOptions

        @Argument(help: "The job.")
        var job: JobID

        func run() async throws {
            try await MemberSession.with(submit.home) { session in
                let receipt = try await session.register(job, until: submit.wait)
                submit.output.print(receipt, SubmitOptions.text(receipt, "registered"))
            }
        }
    }

    struct Validate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Judge a version on data of your own, and put the result on the ledger.",
            discussion: """
                Only the metrics and your verdict leave this machine. What was trained with a \
                bundle is judged by it, in the sandbox: approve it first (jointlab trainer show, \
                trainer approve), and say at which of its metrics you accept the version.
                """)

        @OptionGroup var submit: SubmitOptions

        @Argument(help: "The version, such as tumour/1.")
        var version: ModelVersionID

        @Option(name: .customLong("file"), help: "Your CSV file.", completion: .file())
        var path: String?

        @Option(
            help: "For a bundle that reads files: your folder of them, with its labels.csv.",
            completion: .directory)
        var folder: String?

        @Option(
            help: "The least AUC at which you accept it; 0.8 where you ask for nothing else.")
        var aucMin: Double?

        @Option(help: "The least accuracy at which you accept it.")
        var accuracyMin: Double?

        @Option(help: "The least R² at which you accept a regression; 0.5 by default.")
        var r2Min: Double?

        @Option(help: "The greatest loss at which you accept it.")
        var lossMax: Double?

        func validate() throws {
            guard (path == nil) != (folder == nil) else {
                throw ValidationError("name your data: --file, or --folder for a bundle of files")
            }
        }

        func run() async throws {
            let acceptance = Acceptance(
                aucMin: aucMin, accuracyMin: accuracyMin, r2Min: r2Min, lossMax: lossMax)
            try await MemberSession.with(submit.home) { session in
                if case .bundle(let bundle) = try await session.trainer(of: version) {
                    let (judgement, receipt) = try await session.validate(
                        version, of: bundle, by: source, on: session.home.settings().trainers,
                        acceptance: acceptance, until: submit.wait)
                    show(
                        receipt, MetricsView.json(judgement), MetricsView.text(judgement))
                    return
                }
                guard let path else {
                    throw Mistake("\(version) predicts rows of tables: name yours with --file")
                }
                let (metrics, receipt) = try await session.validate(
                    version, file: path, acceptance: acceptance, until: submit.wait)
                show(receipt, metrics.json, MetricsView.text(metrics))
            }
        }

        private var source: DataSource {
            folder.map { .folder(FileFolder(path: $0)) }
                ?? .csv(file: path ?? "", delimiter: nil, header: .detected)
        }

        private func show(_ receipt: JSONValue, _ metrics: JSONValue, _ text: String) {
            submit.output.print(
                receipt.adding("metrics", metrics),
                text + "\n" + SubmitOptions.text(receipt, "the validation is on the ledger"))
        }
    }

    struct Release: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a validated version out.")

        @OptionGroup var submit: SubmitOptions
        @Argument var version: ModelVersionID

        func run() async throws {
            try await submit.submit(
                ReleaseModelVersion(version: version), "\(version) is released")
        }
    }

    struct Withdraw: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take a version back.")

        @OptionGroup var submit: SubmitOptions
        @Argument var version: ModelVersionID

        @Option(help: "Why; it stands on the ledger.")
        var reason: String

        func run() async throws {
            try await submit.submit(
                WithdrawModelVersion(version: version, reason: reason), "\(version) is withdrawn")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the models and their versions.")

        @OptionGroup var home: HomeOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let answer = try await MemberSession.with(home) { try await $0.get("/v1/models") }
            let versions: JSONValue = [
                "items": .array(
                    (answer["items"]?.array ?? []).flatMap { $0["versions"]?.array ?? [] })
            ]
            let view = Listing(
                empty: "no models",
                [
                    ("version", .left, { "\($0.shown("model"))/\($0.shown("version"))" }),
                    ("job", .left, { $0.shown("job") }),
                    ("rounds", .right, { $0.shown("rounds") }),
                    (
                        "trained by", .left,
                        {
                            ($0["lineage"]?.array ?? []).map { $0.shown("member") }
                                .joined(separator: " ")
                        }
                    ),
                    (
                        "validated by", .left,
                        {
                            let names = ($0["validations"]?.array ?? []).map {
                                $0.shown("member") + ($0["accepts"]?.bool == true ? "" : " (no)")
                            }
                            return names.isEmpty ? "-" : names.joined(separator: " ")
                        }
                    ),
                    ("status", .left, { $0.shown("status") }),
                    (
                        "withdrawn licences", .left,
                        {
                            $0["withdrawnLicences"]?.array?.isEmpty ?? true
                                ? "-" : $0.shown("withdrawnLicences")
                        }
                    ),
                ])
            output.print(answer, view.text(versions))
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a version with everything it came from.")

        @OptionGroup var home: HomeOptions
        @OptionGroup var output: OutputOptions
        @Argument var version: ModelVersionID

        func run() async throws {
            let row = try await MemberSession.with(home) { try await $0.version(version) }
            output.print(row, FieldList.text(row))
        }
    }

    struct Fetch: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Download a version's weights, as a safetensors file.")

        @OptionGroup var home: HomeOptions
        @OptionGroup var output: OutputOptions
        @Argument var version: ModelVersionID

        @Option(help: "Where to write it.", completion: .file())
        var out: String

        func run() async throws {
            let bytes = try await MemberSession.with(home) { try await $0.weights(of: version) }
            try SyncedFile.replace(out, with: bytes)
            let digest = BlobDigest(of: bytes)
            output.print(
                [
                    "version": .string("\(version)"), "file": .string(out),
                    "bytes": .integer(Int64(bytes.count)), "weights": digest.json,
                ], "\(bytes.count) bytes in \(out), SHA-256 \(digest)")
        }
    }
}

/// Metrics of two classes, for people.
enum MetricsView {
    /// A bundle's metrics, under the names that they have on the ledger.
    static func json(_ judgement: BundleJudgement) -> JSONValue {
        [
            "rows": .integer(judgement.rows),
            "metricsMicro": .metrics(judgement.metricsMicro),
        ]
    }

    static func text(_ judgement: BundleJudgement) -> String {
        let lines = judgement.metricsMicro.sorted { $0.key < $1.key }.map { name, value in
            (name, decimals(Double(value) / 1_000_000, 4))
        }
        let width = lines.map(\.0.count).max().map { max($0, 4) } ?? 4
        return ([("rows", "\(judgement.rows)")] + lines)
            .map { $0.padding(toLength: width, withPad: " ", startingAt: 0) + "  " + $1 }
            .joined(separator: "\n")
    }

    static func text(_ metrics: ModelMetrics) -> String {
        switch metrics {
        case .prediction(let metrics): text(metrics)
        case .clustering(let metrics):
            """
            rows          \(metrics.count)
            mean inertia  \(decimals(metrics.meanInertia, 4))
            """
        }
    }

    private static func text(_ metrics: PredictionMetrics) -> String {
        switch metrics {
        case .binary(let metrics): text(metrics)
        case .multiclass(let metrics):
            """
            rows       \(metrics.count)
            AUC        \(metrics.macroAUC.map { decimals($0, 4) } ?? "undefined: one class only")
            log loss   \(decimals(metrics.logLoss, 4))
            accuracy   \(decimals(metrics.accuracy, 4))
            """
        case .regression(let metrics):
            """
            rows                 \(metrics.count)
            R²                   \(metrics.r2.map { decimals($0, 4) } ?? "undefined: one value only")
            mean squared error   \(decimals(metrics.meanSquaredError, 4))
            mean absolute error  \(decimals(metrics.meanAbsoluteError, 4))
            """
        }
    }

    private static func text(_ metrics: BinaryMetrics) -> String {
        let confusion = metrics.confusion
        return """
            rows       \(metrics.count)
            AUC        \(metrics.rocAUC.map { decimals($0, 4) } ?? "undefined: one class only")
            log loss   \(decimals(metrics.logLoss, 4))
            accuracy   \(decimals(metrics.accuracy, 4))
            confusion  \(confusion.truePositives) true and \(confusion.falsePositives) false \
            positives, \(confusion.trueNegatives) true and \(confusion.falseNegatives) false negatives
            calibration error  \(decimals(metrics.calibration.expectedError, 4))
            """
    }
}

extension ModelVersionID: ExpressibleByArgument {
    public init?(argument: String) {
        let parts = argument.split(separator: "/")
        guard parts.count == 2, let model = try? ModelID(parts[0]), let number = Int(parts[1]),
            number > 0
        else { return nil }
        self.init(model: model, number: number)
    }
}
