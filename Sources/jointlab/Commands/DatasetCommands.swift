import ArgumentParser
import Contracts
import Encodings
import Foundation
import Learning
import Node
import Participation
import Storage

/// `jointlab dataset …`
struct DatasetCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dataset",
        abstract: "Show data to yourself, and its shape to the lab.",
        subcommands: [
            Inspect.self, Add.self, Register.self, Drift.self, Refresh.self, List.self, Show.self,
            Retire.self,
        ])

    struct Inspect: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say what is in a file or a query's result. Nothing is sent or kept.")

        @OptionGroup var home: HomeOptions
        @OptionGroup var data: DataSourceOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            let inspection = try data.inspection(in: home)
            output.print(
                ["schema": inspection.schema.json, "rows": .integer(Int64(inspection.rowCount))],
                inspection.summary.rendered)
        }
    }

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tell the node where a dataset is. Nothing is sent.",
            discussion: """
                Shows what the schema would say to the lab, and keeps where the data lies, the \
                schema and a fresh salt for the commitment in the node's folder. The data is a CSV \
                file (--file), one SELECT on a SQLite file (--sqlite, --query) or on a PostgreSQL \
                server (--postgresql, --query), a Parquet file (--parquet), or a folder of files \
                with labels.csv (--folder).
                """)

        @OptionGroup var home: HomeOptions

        @Argument(help: "What the lab will call the dataset.")
        var dataset: DatasetID

        @OptionGroup var data: DataSourceOptions

        @Option(help: "How many of a thousand rows to keep out of training, to judge models by.")
        var holdoutPerMille = 200

        func run() throws {
            guard (0...1_000).contains(holdoutPerMille) else {
                throw ValidationError("--holdout-per-mille should be from 0 to 1000")
            }
            _ = try home.node.card()
            if try home.node.ownedDataset(dataset) != nil {
                throw ValidationError("this node has a dataset \(dataset) already")
            }
            let (owned, inspection) = try data.inspect(
                as: dataset, holdoutPerMille: holdoutPerMille, in: home)
            try DatasetCommands.takeUp(owned, inspection, in: home)
        }
    }

    /// Keeps what the node is to know of a dataset, and says what the lab will see of it.
    static func takeUp(
        _ owned: OwnedDataset, _ inspection: DatasetInspection, in home: HomeOptions
    ) throws {
        print(inspection.summary.rendered.visible)
        try home.node.keep(inspection.statistics, of: owned.id)
        try home.node.keep(owned)
        print(
            """
            The lab will see this schema, the number of rows and the commitment; no row leaves this \
            machine:

            \(owned.schema.json.indentedText.visible)

            next: jointlab dataset register \(owned.id) --title "…"
            """)
    }

    /// - Throws: `ValidationError` where this node has no such dataset, `StorageError` where its record
    ///   of it cannot be read.
    static func owned(_ dataset: DatasetID, in home: HomeOptions) throws -> OwnedDataset {
        guard let owned = try home.node.ownedDataset(dataset) else {
            throw ValidationError(
                "this node knows no dataset \(dataset); `jointlab dataset add` it first")
        }
        return owned
    }

    struct Register: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put a dataset's schema, row count and salted commitment on the ledger.")

        @OptionGroup var submit: SubmitOptions

        @Argument(help: "A dataset that `jointlab dataset add` has taken up.")
        var dataset: DatasetID

        @Option(help: "What people call it.")
        var title: String

        func run() async throws {
            let owned = try DatasetCommands.owned(dataset, in: submit.home)
            try await submit.submit(
                try owned.registration(title: title), "\(dataset) is registered")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the registered datasets.")

        @OptionGroup var home: HomeOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let answer = try await MemberSession.with(home) { try await $0.get("/v1/datasets") }
            let view = Listing(
                empty: "no datasets",
                [
                    ("dataset", .left, { $0.shown("dataset") }),
                    ("owner", .left, { $0.shown("owner") }),
                    ("title", .left, { $0.shown("title") }),
                    ("rows", .right, { $0.shown("rows") }),
                    (
                        "columns", .right,
                        { "\(($0["schema"] ?? .null)["columns"]?.array?.count ?? 0)" }
                    ),
                    ("commitment", .left, { $0.shownShort("commitment") }),
                    ("status", .left, { $0.shown("status") }),
                ])
            let unreadable = try home.node.datasetRecords().unreadable.map {
                "! \($0.name) is not usable here: \($0.problem)"
            }
            output.print(answer, ([view.text(answer)] + unreadable).joined(separator: "\n"))
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a dataset as the lab knows it.")

        @OptionGroup var home: HomeOptions
        @OptionGroup var output: OutputOptions

        @Argument var dataset: DatasetID

        func run() async throws {
            let row = try await MemberSession.with(home) {
                try await $0.item("/v1/datasets", where: "dataset", is: dataset.text)
            }
            output.print(row, FieldList.text(row))
        }
    }

    struct Retire: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a dataset out of use; no round may name it again.")

        @OptionGroup var submit: SubmitOptions

        @Argument var dataset: DatasetID

        func run() async throws {
            try await submit.submit(RetireDataset(dataset: dataset), "\(dataset) is retired")
        }
    }
}
