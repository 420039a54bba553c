/// An owner's files as a trainer bundle gets them: which to train on and which to be judged by, with
/// what is to be predicted of each.
package struct LocalFiles: Sendable {
    package struct File: Hashable, Sendable {
        /// Below the folder.
        package let path: String
        /// The SHA-256 that was committed to, in hexadecimal.
        package let digest: String
        /// As ``LabelledRows/labels``.
        package let label: Float
        /// The other columns that were asked for, as they stand in the table.
        package let others: [String]
    }

    package let training: [File]
    package let holdout: [File]

    /// A trainer gets no column that the owner has kept out of learning.
    private static func check(
        _ name: String, in schema: DatasetSchema, file: String
    ) throws(DatasetError) {
        let kind = schema.columns.first { $0.name == name }?.kind
        switch kind {
        case .identifier, .text:
            throw DatasetError(
                .layoutDiffers, at: .init(file: file),
                "the column \(shown(name)) is registered as \(kind?.name ?? "")",
                remedy: "leave it out of the bundle's features, or register another kind for it")
        default: break
        }
    }

    /// Reads the table of labels once.
    ///
    /// - Parameters:
    ///   - rows: With the columns ``FileKinds/column`` and ``FileKinds/digestColumn``.
    ///   - others: Columns that the trainer wants beside the label.
    /// - Throws: ``DatasetError``, as for a table's rows; `columnUnknown` for another column that the
    ///   table does not have.
    package static func load(
        _ rows: RowText, schema: DatasetSchema, target: Target? = nil, others: [String] = [],
        split: HoldoutSplit, registration: LocalDataset.Registration? = nil
    ) throws(DatasetError) -> LocalFiles {
        var reader = try CSVReader.reading(rows)
        var check = try RegistrationCheck(
            registration, schema: schema, columns: reader.columns, file: reader.file)
        guard let wanted = target ?? (schema.target == .nothing ? nil : schema.target) else {
            throw DatasetError(
                .labelNeeded, at: .init(file: reader.file),
                "the dataset is registered without a label", remedy: "register it with one")
        }
        let places = TextTable(reader.columns)
        let answers = try TargetReader(wanted, schema: schema, places: places, file: reader.file)
        let path = try ColumnReference(FileKinds.column).index(
            in: reader.columns, file: reader.file)
        let digest = try ColumnReference(FileKinds.digestColumn).index(
            in: reader.columns, file: reader.file)
        var columns: [Int] = []
        for name in others {
            try Self.check(name, in: schema, file: reader.file)
            columns.append(
                try ColumnReference(name).index(in: reader.columns, file: reader.file))
        }
        var files: [File] = []
        var numbers: [UInt64] = []
        while try reader.advance() {
            check.add(reader)
            guard let answer = try answers.answer(in: reader) else { continue }
            files.append(
                File(
                    path: reader.field(path).text, digest: reader.field(digest).text,
                    label: answer, others: columns.map { reader.field($0).text }))
            numbers.append(UInt64(reader.rowCount - 1))
        }
        try check.finish(rowCount: reader.rowCount)
        let strata =
            answers.target.classCount == nil
            ? [Float](repeating: 0, count: files.count) : files.map(\.label)
        let parts = split.split(labels: strata, numbers: numbers)
        return LocalFiles(
            training: parts.training.map { files[Int($0)] },
            holdout: parts.holdout.map { files[Int($0)] })
    }
}
