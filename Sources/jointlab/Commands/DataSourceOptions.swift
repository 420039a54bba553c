import ArgumentParser
import Contracts
import DataSources
import Foundation
import Learning
import Node
import Participation

/// Where data lies and how to read it.
struct DataSourceOptions: ParsableArguments {
    @Option(help: "A CSV file.", completion: .file())
    var file: String?

    @Option(
        help: ArgumentHelp("A SQLite file, with --query.", valueName: "file"), completion: .file())
    var sqlite: String?

    @Option(
        help: ArgumentHelp(
            "A PostgreSQL server, with --query: a service of ~/.pg_service.conf, or a URI.",
            discussion: "A password belongs into ~/.pgpass, and is refused here.",
            valueName: "service-or-uri"))
    var postgresql: String?

    @Option(
        help: ArgumentHelp(
            "The SELECT that gives the rows.", discussion: "They are sorted: a table has no order.",
            valueName: "sql"))
    var query: String?

    @Option(
        help: ArgumentHelp(
            "A Parquet file; trainers.python of node.yaml needs pyarrow.", valueName: "file"),
        completion: .file())
    var parquet: String?

    @Option(
        help: ArgumentHelp(
            "A folder of files with a table labels.csv, whose column `file` names one in each row.",
            valueName: "directory"), completion: .directory)
    var folder: String?

    @Option(help: "The column to predict, by name or number.")
    var label: String?

    @Option(
        help: ArgumentHelp(
            "What is predicted of it: label (one of two), classes (one of several) or number.",
            discussion: "Default: label; of a folder's files classes."))
    var answer: InspectionOptions.Answer?

    @Option(help: "Which of its values are the positive class: M, or yes,maybe, or >0.")
    var positive: String?

    @Option(help: "comma, semicolon or tab; default: found out.")
    var delimiter: CSVOptions.Delimiter?

    @Option(help: "Whether the first row has names: detected, present or absent.")
    var header: CSVOptions.Header = .detected

    @Option(
        name: .customLong("kind"),
        help: "Correct a column's kind, as COLUMN=numeric, categorical, identifier or text.")
    var kinds: [String] = []

    var options: InspectionOptions {
        get throws {
            let positive = try positive.map { text in
                guard let positive = PositiveClass(parsing: text) else {
                    throw ValidationError(
                        "--positive should be values, such as M or yes,maybe, or a comparison "
                            + "such as >0")
                }
                return positive
            }
            let choices = try kinds.map { text in
                let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
                guard parts.count == 2,
                    let kind = InspectionOptions.KindChoice(rawValue: parts[1])
                else {
                    throw ValidationError(
                        "--kind should be like age=numeric; the kinds are numeric, categorical, "
                            + "identifier and text")
                }
                return InspectionOptions.Choice(column: ColumnReference(parts[0]), kind: kind)
            }
            return InspectionOptions(
                csv: CSVOptions(delimiter: delimiter, header: header),
                label: label.map { ColumnReference($0) },
                answer: answer ?? (folder == nil || positive != nil ? .label : .classes),
                positive: positive,
                kinds: choices)
        }
    }

    /// - Throws: `ValidationError` unless one source is named, with what it needs.
    var source: DataSource {
        get throws {
            let named = [file, sqlite, postgresql, parquet, folder].compactMap(\.self)
            guard named.count == 1 else {
                throw ValidationError(
                    "name one source: --file, --sqlite, --postgresql, --parquet or --folder")
            }
            guard (query != nil) == (sqlite != nil || postgresql != nil) else {
                throw ValidationError("--query goes with --sqlite or --postgresql, which need it")
            }
            guard file != nil || delimiter == nil && header == .detected else {
                throw ValidationError("--delimiter and --header are about a CSV file (--file)")
            }
            let query = query ?? ""
            if let sqlite { return .sqlite(file: sqlite, query: query) }
            if let postgresql {
                return .postgresql(try PostgreSQLConnection(postgresql), query: query)
            }
            if let folder { return .folder(FileFolder(path: folder)) }
            if let parquet { return .parquet(file: parquet) }
            return .csv(file: file ?? "", delimiter: delimiter, header: header)
        }
    }

    /// Reads the source once.
    func inspection(in home: HomeOptions) throws -> DatasetInspection {
        let source = try source
        return try DatasetInspection.inspect(
            source.rows(try reader(in: home)), options: options, namesFiles: source.namesFiles,
            form: source.form)
    }

    /// Reads the source once, and makes what the node is to know of it.
    func inspect(
        as id: DatasetID, holdoutPerMille: Int, in home: HomeOptions
    ) throws -> (owned: OwnedDataset, inspection: DatasetInspection) {
        try OwnedDataset.inspecting(
            source, as: id, options: options, holdoutPerMille: holdoutPerMille,
            parquet: try reader(in: home))
    }

    /// Settings are read where they are needed: inspecting a file asks for no node.
    private func reader(in home: HomeOptions) throws -> ParquetReader {
        parquet == nil ? ParquetReader() : try home.node.settings().trainers.parquet
    }
}

extension InspectionOptions.Answer: ExpressibleByArgument {}
extension CSVOptions.Delimiter: ExpressibleByArgument {}
extension CSVOptions.Header: ExpressibleByArgument {}
