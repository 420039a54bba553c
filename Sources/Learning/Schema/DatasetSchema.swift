package import Encodings

/// What an owner tells others about a dataset: its columns, their kinds and categories, and which
/// values of the label are positive. It holds no count, no range and no other statistic.
///
/// Its canonical JSON is what stands on the ledger:
///
///     {"columns":[{"kind":"label","name":"diagnosis"},{"kind":"numeric","name":"age"},
///     {"categories":["f","m"],"kind":"categorical","name":"sex"}],
///     "format":"jointlab.dataset-schema/1",
///     "label":{"column":"diagnosis","negative":["B"],"positive":["M"]}}
///
/// Where each row names a file, `files` says which kinds of files these are.
///
/// Where classes or a number are to be predicted, `target` says so in the place of `label`, and the
/// column is of the kind `label` all the same.
package struct DatasetSchema: Hashable, Sendable {
    package static let format = "jointlab.dataset-schema/1"

    package struct Column: Hashable, Sendable {
        package let name: String
        package let kind: ColumnKind

        package init(name: String, kind: ColumnKind) {
            self.name = name
            self.kind = kind
        }
    }

    /// In the order of the file, at least one, no name twice.
    package let columns: [Column]
    /// What the dataset is registered for. Its column, if it has one, is of the kind `label`, and no
    /// other column is.
    package let target: Target
    /// Where each row names a file, which files these are; `nil` for a table.
    package let files: FileKinds?

    /// - Precondition: What the properties say; a schema from outside comes through
    ///   ``init(json:at:)``.
    init(columns: [Column], target: Target, files: FileKinds? = nil) {
        self.columns = columns
        self.target = target
        self.files = files
    }

    /// The rule for the two classes to be told apart, if that is what the dataset is for.
    package var label: LabelRule? {
        guard case .label(let rule) = target else { return nil }
        return rule
    }

    package subscript(name: String) -> Column? {
        columns.first { $0.name.utf8.elementsEqual(name.utf8) }
    }

    package var json: JSONValue {
        let columns = columns.map { column -> JSONValue in
            let name = JSONObject.Member(key: "name", value: .string(column.name))
            return JSONObject([name] + column.kind.members).map { .object($0) } ?? .null
        }
        return [
            "format": .string(Self.format),
            "columns": .array(columns),
            "files": files?.json,
            "label": label?.json,
            "target": targetJSON,
        ]
    }

    /// What is not said under `label`.
    private var targetJSON: JSONValue? {
        switch target {
        case .label, .nothing: Optional.none
        case .classes, .number: target.json
        }
    }

    /// - Throws: ``JSONShapeError``.
    package init(json: JSONValue, at path: String = "") throws(JSONShapeError) {
        var fields = try JSONFields(json, at: path)
        guard try fields.string("format") == Self.format else {
            throw fields.wrong("format", "should be \(Self.format)")
        }
        var columns: [Column] = []
        var names = TextTable()
        for (position, value) in try fields.array("columns").enumerated() {
            var column = try JSONFields(value, at: "\(fields.path(to: "columns"))[\(position)]")
            let name = try column.string("name")
            guard !name.isEmpty, names.insert(Array(name.utf8)[...]).isNew else {
                throw column.wrong("name", "should be a name that no other column has")
            }
            columns.append(Column(name: name, kind: try ColumnKind(from: &column)))
            try column.finish()
        }
        guard !columns.isEmpty else { throw fields.wrong("columns", "should not be empty") }

        var target = Target.nothing
        var key = "label"
        if let value = fields.optional("label") {
            target = .label(try LabelRule(json: value, at: fields.path(to: "label")))
        } else if let value = fields.optional("target") {
            key = "target"
            target = try Target(json: value, at: fields.path(to: "target"))
            if case .label = target {
                throw fields.wrong("target", "should stand under label, which it is")
            }
        }
        let labels = columns.filter { $0.kind == .label }.map(\.name)
        guard labels.count == (target.column == nil ? 0 : 1),
            target.column.map({ labels[0].utf8.elementsEqual($0.utf8) }) ?? true
        else {
            throw fields.wrong(key, "should name the one column of the kind label")
        }
        var files: FileKinds?
        if let value = fields.optional("files") {
            files = try FileKinds(json: value, at: fields.path(to: "files"))
            for name in [FileKinds.column, FileKinds.digestColumn]
            where names.index(of: name) == nil {
                throw fields.wrong(
                    "columns", "should have the column \(name) where there are files")
            }
        }
        try fields.finish()
        self.init(columns: columns, target: target, files: files)
    }
}
