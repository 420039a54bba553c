/// Compares rows with what was registered while they are read.
struct RegistrationCheck {
    private static let remedy =
        "restore the data, or see what changed with `jointlab dataset drift` and take it up anew "
        + "with `jointlab dataset refresh`"

    private let registration: LocalDataset.Registration?
    private let file: String
    private var hasher: RowHasher?

    /// - Throws: ``DatasetError``: `schemaDiffers`, with the columns that are missing or new.
    init(
        _ registration: LocalDataset.Registration?, schema: DatasetSchema, columns: [String],
        file: String
    ) throws(DatasetError) {
        self.registration = registration
        self.file = file
        hasher = registration.map { RowHasher(salt: $0.salt, columns: columns) }
        let registered = schema.columns.map(\.name)
        guard !columns.elementsEqual(registered, by: { $0.utf8.elementsEqual($1.utf8) }) else {
            return
        }
        let (found, known) = (TextTable(columns), TextTable(registered))
        let missing = registered.filter { found.index(of: $0) == nil }
        let new = columns.filter { known.index(of: $0) == nil }
        var problems: [String] = []
        if !missing.isEmpty { problems.append("registered and missing: \(shown(missing))") }
        if !new.isEmpty { problems.append("not registered: \(shown(new))") }
        if problems.isEmpty { problems.append("another order than registered") }
        let first = zip(columns, registered).enumerated().first {
            !$1.0.utf8.elementsEqual($1.1.utf8)
        }
        throw DatasetError(
            .schemaDiffers,
            at: .init(
                file: file, column: first.map { $0.offset + 1 }, columnName: first?.element.0),
            "the columns differ (\(problems.joined(separator: "; ")))", remedy: Self.remedy)
    }

    mutating func add(_ row: borrowing CSVReader) {
        hasher?.add(row)
    }

    /// - Throws: ``DatasetError``: `commitmentDiffers`, with the numbers of rows where these differ.
    func finish(rowCount: Int) throws(DatasetError) {
        guard let registration, let hasher, hasher.commitment() != registration.commitment else {
            return
        }
        let problem =
            if let rows = registration.rowCount, rows != rowCount {
                "\(counted(rows, "row")) are registered, and \(rowCount) found"
            } else {
                "the rows are not those of the registered commitment: their number is the same, and "
                    + "a value or their order is not"
            }
        throw DatasetError(
            .commitmentDiffers, at: .init(file: file), problem, remedy: Self.remedy)
    }
}
