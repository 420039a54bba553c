import ArgumentParser
import Contracts
import DataSources
import Encodings
import Foundation
import Learning
import Node
import Participation

extension DatasetCommands {
    struct Drift: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Compare a dataset's rows with those that were registered. Nothing is sent.",
            discussion: """
                PSI is the population stability index: below \(StabilityIndex.movedMin) a column is \
                stable, from \(StabilityIndex.driftedMin) on it has drifted, unless so much is chance \
                with so few rows. Numbers are counted between the deciles at registration.
                """)

        @OptionGroup var home: HomeOptions
        @OptionGroup var output: OutputOptions

        @Argument(help: "A dataset that `jointlab dataset add` has taken up.")
        var dataset: DatasetID

        func run() throws {
            let owned = try DatasetCommands.owned(dataset, in: home)
            guard
                let report = try home.node.drift(
                    of: owned, parquet: try home.node.settings().trainers.parquet)
            else {
                throw ValidationError(
                    "no statistics were kept when \(dataset) was taken up; take it up anew with "
                        + "`jointlab dataset refresh \(dataset)`")
            }
            output.print(report.json, DriftView(report, of: owned).text)
        }
    }

    struct Refresh: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take changed rows up anew: the same source, label and kinds of columns.",
            discussion: """
                What stands on the ledger does not change. Rows of a dataset that is registered \
                there need a name of their own (--as), and its licences do not cover them.
                """)

        @OptionGroup var home: HomeOptions

        @Argument(help: "A dataset that `jointlab dataset add` has taken up.")
        var dataset: DatasetID

        @Option(name: .customLong("as"), help: "The new name.")
        var newName: DatasetID?

        func run() async throws {
            let owned = try DatasetCommands.owned(dataset, in: home)
            let id = newName ?? dataset
            if newName != nil, try home.node.ownedDataset(id) != nil {
                throw ValidationError("this node has a dataset \(id) already")
            }
            if newName == nil, try await isRegistered() {
                throw ValidationError(
                    "\(dataset) is registered with the lab, where its rows are committed to: give "
                        + "the new rows a name with --as, such as --as \(dataset)-2, register that, "
                        + "and retire \(dataset)")
            }
            let (fresh, inspection) = try OwnedDataset.inspecting(
                owned.source, as: id, options: InspectionOptions(repeating: owned.schema),
                holdoutPerMille: owned.holdoutPerMille,
                parquet: try home.node.settings().trainers.parquet)
            try DatasetCommands.takeUp(fresh, inspection, in: home)
        }

        private func isRegistered() async throws -> Bool {
            // Who is in no lab has registered nothing.
            guard FileManager.default.fileExists(atPath: home.node.labCard.path) else {
                return false
            }
            let all = try await MemberSession.with(home) { try await $0.get("/v1/datasets") }
            return (all["items"]?.array ?? []).contains {
                $0["dataset"]?.string == dataset.text
            }
        }
    }
}

/// A drift report as text, for the owner.
struct DriftView {
    private let report: DriftReport
    private let owned: OwnedDataset

    init(_ report: DriftReport, of owned: OwnedDataset) {
        self.report = report
        self.owned = owned
    }

    var text: String {
        var lines = [
            "\(owned.id): \(report.rowsRegistered) rows registered, \(report.rowsFound) found; "
                + (report.isUnchanged
                    ? "they are the same"
                    : "they are not the same, and no job gets them"),
            "",
        ]
        var grid = TextGrid([
            .init("column"), .init("registered"), .init("now"), .init("missing"),
            .init("PSI", .right), .init("verdict"), .init("was"), .init("is"),
        ])
        for column in report.columns {
            let shares = column.shares
            grid.add([
                column.before.name, Self.centre(column.before), Self.centre(column.now),
                "\(Self.percent(column.before)) → \(Self.percent(column.now))",
                Self.short(column.index.value), Self.verdict(column),
                Sparkline.text(shares.before), Sparkline.text(shares.now),
            ])
        }
        lines += grid.lines
        if !report.missingColumns.isEmpty {
            lines.append("missing: \(report.missingColumns.joined(separator: ", "))")
        }
        if !report.newColumns.isEmpty {
            lines.append("not registered: \(report.newColumns.joined(separator: ", "))")
        }
        if !report.isUnchanged {
            lines += [
                "", "next: restore the rows, or jointlab dataset refresh \(owned.id) --as NEW-NAME",
            ]
        }
        return lines.joined(separator: "\n")
    }

    private static func verdict(_ column: DriftReport.Column) -> String {
        var text = column.index.verdict.rawValue
        if column.notNumbers > 0 { text += ", \(column.notNumbers) no numbers" }
        if column.unknown > 0 { text += ", \(column.unknown) of no known category" }
        return text
    }

    private static func centre(_ column: ColumnStatistics) -> String {
        switch column.shape {
        case .numbers(let mean, let deviation, _, _): "\(short(mean)) ± \(short(deviation))"
        case .categories(let names, let counts):
            zip(names, counts).max { $0.1 < $1.1 }.map { name, count in
                "\(name.prefix(20)) \(count * 100 / max(1, counts.reduce(0, +))) %"
            } ?? ""
        case .other: ""
        }
    }

    private static func percent(_ column: ColumnStatistics) -> String {
        "\(short(100 * Double(column.missing) / Double(max(1, column.rows)))) %"
    }

    private static func short(_ value: Double) -> String {
        let scale = value.magnitude >= 100 ? 1.0 : value.magnitude >= 1 ? 100.0 : 1_000.0
        return JSONValue.number((value * scale).rounded() / scale).canonicalText
    }
}
