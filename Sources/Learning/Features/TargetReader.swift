/// Reads what is to be predicted of a row.
struct TargetReader {
    private enum Rule {
        case label(LabelRule)
        case classes(TextTable)
        case number
        case nothing
    }

    let target: Target
    private let column: Int?
    private let rule: Rule

    /// - Parameters:
    ///   - target: What the job predicts.
    ///   - schema: As the owner has registered the dataset.
    ///   - places: The names of the file's columns.
    /// - Throws: ``DatasetError``: `labelNeeded` or `layoutDiffers` where the dataset does not hold
    ///   the answer.
    init(
        _ target: Target, schema: DatasetSchema, places: TextTable, file: String
    ) throws(DatasetError) {
        column = target.column.flatMap { places.index(of: $0) }
        switch (target, schema.target) {
        case (.nothing, _):
            self.target = target
            rule = .nothing
            return
        case (.label(let wanted), .label(let registered)) where !wanted.contradicts(registered):
            // Owners name their columns as they like, and know their own values.
            self.target = .label(registered)
            rule = .label(registered)
            return
        case (.classes(let wanted), .classes(let registered))
        where wanted.column.utf8.elementsEqual(registered.column.utf8):
            try Self.check(registered.names, areAmong: wanted, file: file)
            rule = .classes(TextTable(wanted.names))
        case (.classes(let wanted), _):
            guard let kind = schema[wanted.column]?.kind, kind == .numeric || kind.isNominal else {
                throw Self.lacks(target, schema, file)
            }
            if case .categorical(let names) = kind {
                try Self.check(names, areAmong: wanted, file: file)
            }
            rule = .classes(TextTable(wanted.names))
        case (.number(let wanted), .number(let registered))
        where wanted.utf8.elementsEqual(registered.utf8):
            rule = .number
        case (.number(let wanted), _):
            let kind = schema[wanted]?.kind
            guard kind == .numeric || kind == .constant(.number) else {
                throw Self.lacks(target, schema, file)
            }
            rule = .number
        case (.label, _):
            throw Self.lacks(target, schema, file)
        }
        self.target = target
    }

    /// The answer in the current row: 1 or 0 for a label, the class's place, the number, or 0 where
    /// nothing is to be predicted.
    ///
    /// - Returns: `nil` where it is missing.
    /// - Throws: ``DatasetError``: `labelUnknown`, `notANumber` or `numberTooLarge`.
    func answer(in reader: borrowing CSVReader) throws(DatasetError) -> Float? {
        guard let column else { return 0 }
        let field = reader.field(column)
        guard !field.isMissing else { return nil }
        switch rule {
        case .nothing:
            return 0
        case .label(let rule):
            guard let isPositive = rule.isPositive(field) else {
                throw Self.unknown(
                    "the label \(shown(field.text)) is not one of the registered rule, "
                        + rule.positiveText, at: reader.place(column: column))
            }
            return isPositive ? 1 : 0
        case .classes(let names):
            guard
                let index = names.index(of: field.bytes) ?? names.index(of: field.category)
            else {
                throw Self.unknown(
                    "\(shown(field.text)) is not one of the \(counted(names.count, "class"))",
                    at: reader.place(column: column))
            }
            return Float(index)
        case .number:
            return try field.targetNumber(at: reader.place(column: column))
        }
    }

    private static func check(
        _ names: [String], areAmong wanted: ClassTarget, file: String
    ) throws(DatasetError) {
        let known = TextTable(wanted.names)
        guard let name = names.first(where: { known.index(of: $0) == nil }) else { return }
        throw DatasetError(
            .labelUnknown, at: .init(file: file),
            "the dataset has the class \(shown(name)), and the job does not",
            remedy: "propose the job with the classes of all its datasets")
    }

    private static func unknown(_ problem: String, at place: DatasetError.Place) -> DatasetError {
        DatasetError(
            .labelUnknown, at: place, problem, remedy: "correct it, or register the dataset anew")
    }

    private static func lacks(
        _ target: Target, _ schema: DatasetSchema, _ file: String
    ) -> DatasetError {
        DatasetError(
            .labelNeeded, at: .init(file: file),
            "the job predicts \(target.text), and the dataset is registered for "
                + schema.target.text,
            remedy: "register it with the job's target")
    }
}

extension ColumnKind {
    /// Whether its values can be taken for classes.
    fileprivate var isNominal: Bool {
        switch self {
        case .categorical, .constant: true
        case .numeric, .identifier, .text, .label: false
        }
    }
}

extension CSVField {
    /// The field as a number to be predicted.
    ///
    /// - Throws: ``DatasetError``: `notANumber` or `numberTooLarge`.
    func targetNumber(at place: DatasetError.Place) throws(DatasetError) -> Float {
        guard let number else {
            throw DatasetError(
                .notANumber, at: place,
                "\(shown(text)) is not a number, and a number is to be predicted",
                remedy: "correct it, or leave it empty if it is missing")
        }
        guard Float(number).isFinite else {
            throw DatasetError(
                .numberTooLarge, at: place, "\(shown(text)) is beyond single precision",
                remedy: "give the column in a larger unit")
        }
        return Float(number)
    }
}
