import Encodings

/// What the owner is shown about a file: counts, ranges and examples of its columns. It is never
/// sent to anybody.
package struct DatasetSummary: Hashable, Sendable {
    package struct Column: Hashable, Sendable {
        package let name: String
        package let kind: ColumnKind
        package let missingCount: Int
        /// A range, examples of categories, or why the column is not used.
        package let detail: String
    }

    package let file: String
    /// What the rows are, such as `comma-separated, with a header`.
    package let form: String
    package let rowCount: Int
    package let columns: [Column]
    /// What an owner should look at before registering the file.
    package let notes: [String]

    init(
        file: String, form: String, rowCount: Int,
        schema: DatasetSchema, profiles: [ColumnProfile], label: LabelProfile?
    ) {
        self.file = file
        self.form = form
        self.rowCount = rowCount
        columns = zip(schema.columns, profiles).map { column, profile in
            Column(
                name: column.name, kind: column.kind, missingCount: profile.missingCount,
                detail: Self.detail(of: column.kind, profile, schema: schema, label: label))
        }
        var notes: [String] = []
        if let label, label.missingCount > 0 {
            notes.append(
                "\(counted(label.missingCount, "row")) without a label will not be used")
        }
        notes += zip(schema.columns, profiles).compactMap { Self.note(on: $0, $1) }
        self.notes = notes
    }

    private static func detail(
        of kind: ColumnKind, _ profile: ColumnProfile, schema: DatasetSchema, label: LabelProfile?
    ) -> String {
        switch kind {
        case .numeric:
            return "\(short(profile.numberMin)) to \(short(profile.numberMax)), "
                + "mean \(short(profile.numberMean))"
        case .categorical:
            let categories = profile.distinct.categories
            let examples = categories.prefix(6).map { "\(shown($0.name)) \($0.count)" }
            return examples.joined(separator: ", ")
                + (categories.count > 6 ? " and \(categories.count - 6) more" : "")
        case .identifier:
            return "not used: each row has its own value"
        case .constant(.nothing):
            return "not used here: missing in every row"
        case .constant:
            let value = profile.distinct.categories.first?.name ?? ""
            return "not used here: \(shown(value)) in every row"
        case .text:
            return "not used: too many different texts"
        case .label:
            return Self.detail(of: schema.target, profile, label: label)
        }
    }

    private static func detail(
        of target: Target, _ profile: ColumnProfile, label: LabelProfile?
    ) -> String {
        switch target {
        case .nothing:
            return ""
        case .number:
            return "to be predicted: \(short(profile.numberMin)) to \(short(profile.numberMax)), "
                + "mean \(short(profile.numberMean))"
        case .classes(let classes):
            return
                "to be predicted: \(counted(classes.names.count, "class")) \(shown(classes.names))"
        case .label(let rule):
            guard let counts = try? label?.classCounts() else { return "" }
            return "positive (\(rule.positiveText)) \(counts.positive), other \(counts.negative)"
        }
    }

    private static func note(
        on column: DatasetSchema.Column, _ profile: ColumnProfile
    ) -> String? {
        if case .numeric = column.kind { return nil }
        if column.kind == .label || column.kind == .identifier { return nil }
        let name = shown(column.name)
        guard let (text, place) = profile.firstText else { return nil }
        if profile.decimalCommaCount * 2 > profile.valueCount {
            return "\(name) looks like numbers with a decimal comma; export them with a point"
        }
        guard profile.numberCount * 10 > profile.valueCount * 9 else { return nil }
        return "\(name) would be numeric but for "
            + "\(counted(profile.valueCount - profile.numberCount, "value")), first \(shown(text)) "
            + "in \(place.position ?? ""); correct them, or make them missing"
    }

    /// The summary as text, ends with a newline.
    package var rendered: String {
        var lines = [
            "\(file): \(counted(rowCount, "row")), \(counted(columns.count, "column")), "
                + form, "",
        ]
        let names = columns.map { shown($0.name) }
        let nameWidth = (names + ["column"]).map(\.count).max() ?? 0
        let kindWidth = (columns.map(\.kind.name) + ["kind"]).map(\.count).max() ?? 0
        func row(_ name: String, _ kind: String, _ missing: String, _ detail: String) -> String {
            padded(name, to: nameWidth) + "  " + padded(kind, to: kindWidth) + "  "
                + String(repeating: " ", count: max(0, 7 - missing.count)) + missing + "  " + detail
        }
        lines.append(row("column", "kind", "missing", "values"))
        for (name, column) in zip(names, columns) {
            lines.append(row(name, column.kind.name, "\(column.missingCount)", column.detail))
        }
        if !notes.isEmpty { lines += [""] + notes.map { "note: \($0)" } }
        return lines.joined(separator: "\n") + "\n"
    }

    private func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// A number with four significant digits.
    private static func short(_ value: Double) -> String {
        guard value != 0, value.isFinite else { return JSONValue.number(0).canonicalText }
        var scale = 1.0
        while (value * scale).magnitude < 1_000, scale < 1e12 { scale *= 10 }
        return JSONValue.number((value * scale).rounded() / scale).canonicalText
    }
}
