import CKernels

/// An owner's data as a trainer gets it: the agreed features and the answers, split into rows to
/// train on and rows to judge by. Nothing else of the file is kept.
package struct LocalDataset: Sendable {
    /// What was found while loading; for the owner.
    package struct Report: Hashable, Sendable {
        package let rowCount: Int
        /// Rows that are not used because the answer is missing.
        package let unlabelledRowCount: Int
        /// For each categorical feature that met values which are none of its categories, how
        /// often.
        package let unknownCategoryCounts: [String: Int]
    }

    /// A commitment that the rows must open.
    package struct Registration: Hashable, Sendable {
        package let commitment: SaltedCommitment
        package let salt: CommitmentSalt
        /// For messages.
        package let rowCount: Int?

        package init(
            commitment: SaltedCommitment, salt: CommitmentSalt, rowCount: Int? = nil
        ) {
            self.commitment = commitment
            self.salt = salt
            self.rowCount = rowCount
        }
    }

    package let layout: FeatureLayout
    /// What is to be predicted; a label as the dataset's owner has registered it.
    package let target: Target
    package let training: LabelledRows
    package let holdout: LabelledRows
    package let report: Report

    /// For rows that do not come from a file.
    package init(
        layout: FeatureLayout, target: Target, training: LabelledRows, holdout: LabelledRows
    ) {
        precondition(
            training.inputs.width == layout.width && holdout.inputs.width == layout.width,
            "the rows are not of this layout")
        self.layout = layout
        self.target = target
        self.training = training
        self.holdout = holdout
        report = Report(
            rowCount: training.count + holdout.count, unlabelledRowCount: 0,
            unknownCategoryCounts: [:])
    }

    package init(
        layout: FeatureLayout, label: LabelRule, training: LabelledRows, holdout: LabelledRows
    ) {
        self.init(layout: layout, target: .label(label), training: training, holdout: holdout)
    }

    /// The rule for the two classes to be told apart, if that is what is to be predicted.
    package var label: LabelRule? {
        guard case .label(let rule) = target else { return nil }
        return rule
    }

    /// Reads a file once and keeps the features and the answers.
    ///
    /// - Parameters:
    ///   - path: A CSV file.
    ///   - schema: As the owner has registered it.
    ///   - layout: As the job's members have agreed on it.
    ///   - target: What the job predicts, or `nil` for what the dataset is registered for. With
    ///     ``Target/nothing`` every row is used.
    ///   - split: Which rows are held out.
    ///   - registration: The commitment that the rows must open, and its salt.
    ///   - options: How to read the file, as for the inspection.
    /// - Throws: ``DatasetError``: that the file cannot be read, is not that of the schema or the
    ///   commitment, or lacks a feature; with the line of the first bad value.
    package static func load(
        path: String, schema: DatasetSchema, layout: FeatureLayout, target: Target? = nil,
        split: HoldoutSplit, registration: Registration? = nil, options: CSVOptions = CSVOptions()
    ) throws(DatasetError) -> LocalDataset {
        try load(
            RowText(file: path, options: options), schema: schema, layout: layout,
            target: target, split: split, registration: registration)
    }

    /// Reads rows from anywhere once and keeps the features and the answers.
    ///
    /// - Throws: ``DatasetError``, as for a file.
    package static func load(
        _ rows: RowText, schema: DatasetSchema, layout: FeatureLayout, target: Target? = nil,
        split: HoldoutSplit, registration: Registration? = nil
    ) throws(DatasetError) -> LocalDataset {
        try load(
            CSVReader.reading(rows), schema: schema, layout: layout, target: target, split: split,
            registration: registration)
    }

    static func load(
        _ reader: consuming CSVReader, schema: DatasetSchema, layout: FeatureLayout,
        target: Target? = nil, split: HoldoutSplit, registration: Registration? = nil
    ) throws(DatasetError) -> LocalDataset {
        var check = try RegistrationCheck(
            registration, schema: schema, columns: reader.columns, file: reader.file)
        guard target != nil || schema.target != .nothing else {
            throw DatasetError(
                .labelNeeded, at: .init(file: reader.file),
                "the dataset is registered without a label", remedy: "register it with one")
        }
        let target = target ?? schema.target
        try layout.check(against: schema, target: target)
        // The layout has been checked: each feature is a column.
        let places = TextTable(reader.columns)
        let columns = layout.features.compactMap { places.index(of: $0.name) }
        let answers = try TargetReader(target, schema: schema, places: places, file: reader.file)

        var encoder = RowEncoder(layout)
        var values: [Float] = []
        var labels: [Float] = []
        var numbers: [UInt64] = []
        while try reader.advance() {
            check.add(reader)
            guard let answer = try answers.answer(in: reader) else { continue }
            guard labels.count < Int(UInt32.max) else {
                throw DatasetError(
                    .rowsTooMany, at: reader.place(), "there are more than 4,294,967,295 rows",
                    remedy: "register a part of the data")
            }
            for (feature, column) in columns.enumerated() {
                try encoder.append(
                    reader.field(column), of: feature, at: reader.place(column: column),
                    to: &values)
            }
            labels.append(answer)
            numbers.append(UInt64(reader.rowCount - 1))
        }
        guard !labels.isEmpty else {
            throw DatasetError(
                .labelNeeded, at: .init(file: reader.file), "the label is missing in every row",
                remedy: "register the dataset with another label")
        }
        try check.finish(rowCount: reader.rowCount)
        return LocalDataset(
            rows: LabelledRows(
                inputs: DesignMatrix(width: layout.width, values: values), labels: labels),
            numbers: numbers, layout: layout, target: answers.target, split: split,
            encoder: encoder,
            rowCount: reader.rowCount)
    }

    private init(
        rows: LabelledRows, numbers: [UInt64], layout: FeatureLayout, target: Target,
        split: HoldoutSplit, encoder: RowEncoder, rowCount: Int
    ) {
        // Numbers have no classes whose proportion could be kept.
        let strata =
            target.classCount == nil
            ? [Float](repeating: 0, count: rows.count) : rows.labels
        let parts = split.split(labels: strata, numbers: numbers)
        self.layout = layout
        self.target = target
        // A whole that need not be split need not be copied either.
        training = parts.holdout.isEmpty ? rows : rows.rows(parts.training)
        holdout = parts.training.isEmpty ? rows : rows.rows(parts.holdout)
        let unknown = zip(layout.features, encoder.unknownCounts).filter { $0.1 > 0 }
        report = Report(
            rowCount: rowCount, unlabelledRowCount: rowCount - rows.count,
            unknownCategoryCounts: Dictionary(
                unknown.map { ($0.0.name, $0.1) }, uniquingKeysWith: +))
    }
}
