/// What an owner learns about a file before registering it: the schema and the commitment, which
/// others will see, and a summary, which they will not.
package struct DatasetInspection: Sendable {
    package let schema: DatasetSchema
    package let rowCount: Int
    /// `nil` where no salt was given.
    package let commitment: SaltedCommitment?
    package let summary: DatasetSummary
    /// What to compare later rows with.
    package let statistics: DatasetStatistics

    /// Reads a file once.
    ///
    /// - Parameters:
    ///   - path: A CSV file.
    ///   - options: How to read it, and what its label is.
    ///   - salt: For the commitment to its rows; keep it with the data.
    /// - Throws: ``DatasetError``: what is wrong with the file or the label.
    package static func inspect(
        path: String, options: InspectionOptions = InspectionOptions(), salt: CommitmentSalt? = nil
    ) throws(DatasetError) -> DatasetInspection {
        try inspect(RowText(file: path, options: options.csv), options: options, salt: salt)
    }

    /// Reads rows from anywhere once.
    ///
    /// - Parameters:
    ///   - namesFiles: Whether each row names a file, with its digest.
    ///   - form: Says in the summary what the rows are and in which order they come.
    /// - Throws: ``DatasetError``: what is wrong with the rows or the label.
    package static func inspect(
        _ rows: RowText, options: InspectionOptions, salt: CommitmentSalt? = nil,
        namesFiles: Bool = false, form: String? = nil
    ) throws(DatasetError) -> DatasetInspection {
        var options = options
        if namesFiles {
            // Also where two files are the same: digests are no categories to be told.
            options.kinds += [FileKinds.column, FileKinds.digestColumn].map {
                .init(column: ColumnReference($0), kind: .identifier)
            }
        }
        return try inspect(
            CSVReader.reading(rows), options: options, salt: salt, namesFiles: namesFiles,
            form: form)
    }

    static func inspect(
        _ reader: consuming CSVReader, options: InspectionOptions, salt: CommitmentSalt? = nil,
        namesFiles: Bool = false, form: String? = nil
    ) throws(DatasetError) -> DatasetInspection {
        let columns = reader.columns
        let file = reader.file
        var label: LabelProfile?
        if let reference = options.label {
            let index = try reference.index(in: columns, file: file)
            label = LabelProfile(
                column: index, name: columns[index], file: file, answer: options.answer,
                positive: options.positive)
        }
        var choices: [Int: InspectionOptions.KindChoice] = [:]
        for choice in options.kinds {
            let index = try choice.column.index(in: columns, file: file)
            guard index != label?.column else {
                throw DatasetError(
                    .labelUndecided, at: .init(file: file, columnName: columns[index]),
                    "the label cannot be a feature too", remedy: "choose no kind for it")
            }
            choices[index] = choice.kind
        }

        var profiles = columns.map { _ in ColumnProfile(categoriesMax: options.categoriesMax) }
        let files = namesFiles ? columns.firstIndex(of: FileKinds.column) : nil
        var paths: Set<String> = []
        var hasher = salt.map { RowHasher(salt: $0, columns: columns) }
        while try reader.advance() {
            let row = reader.place()
            for column in profiles.indices {
                profiles[column].add(reader.field(column), at: row)
            }
            if let column = label?.column {
                try label?.add(reader.field(column), at: reader.place(column: column))
            }
            if let files { paths.insert(reader.field(files).text) }
            hasher?.add(reader)
        }

        let target = try label?.target() ?? .nothing
        var schemaColumns: [DatasetSchema.Column] = []
        for (index, name) in columns.enumerated() {
            let kind =
                index == label?.column
                ? .label
                : try kind(
                    of: profiles[index], choice: choices[index],
                    categoriesMax: options.categoriesMax,
                    place: .init(file: file, column: index + 1, columnName: name))
            schemaColumns.append(.init(name: name, kind: kind))
        }
        let schema = DatasetSchema(
            columns: schemaColumns, target: target,
            files: namesFiles ? FileKinds(paths: paths) : nil)
        return DatasetInspection(
            schema: schema, rowCount: reader.rowCount, commitment: hasher?.commitment(),
            summary: DatasetSummary(
                file: file,
                form: form ?? "\(reader.delimiter.rawValue)-separated, "
                    + "\(reader.hasHeader ? "with" : "without") a header",
                rowCount: reader.rowCount, schema: schema, profiles: profiles, label: label),
            statistics: DatasetStatistics(schema: schema, profiles: profiles))
    }

    /// The kind that the owner has chosen, if the column can be that.
    private static func kind(
        of profile: ColumnProfile, choice: InspectionOptions.KindChoice?, categoriesMax: Int,
        place: DatasetError.Place
    ) throws(DatasetError) -> ColumnKind {
        switch choice {
        case nil:
            return profile.kind
        case .identifier:
            return .identifier
        case .text:
            return .text
        case .numeric:
            if let (text, row) = profile.firstText {
                var place = place
                (place.line, place.row) = (row.line, row.row)
                throw DatasetError(
                    .notANumber, at: place, "\(shown(text)) is not a number",
                    remedy: "correct it, or let the column be categorical")
            }
            return profile.valueCount == 0 ? .constant(.nothing) : .numeric
        case .categorical:
            guard let categories = profile.categories else {
                throw DatasetError(
                    .categoriesTooMany, at: place,
                    "the column has more than \(categoriesMax) categories, or one of more than "
                        + "\(ColumnProfile.categoryByteCountMax) bytes",
                    remedy: "group its values, or allow more")
            }
            return categories.isEmpty ? .constant(.nothing) : .categorical(categories)
        }
    }
}
