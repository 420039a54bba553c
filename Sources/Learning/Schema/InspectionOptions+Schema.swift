extension InspectionOptions {
    /// What an owner would say to get a schema again from other rows: the same label, and for each
    /// column the same kind.
    package init(repeating schema: DatasetSchema, csv: CSVOptions = CSVOptions()) {
        let kinds = schema.columns.compactMap { column -> Choice? in
            let kind: KindChoice? =
                switch column.kind {
                case .numeric: .numeric
                case .categorical: .categorical
                case .identifier: .identifier
                case .text: .text
                // It may well have come to vary.
                case .constant, .label: nil
                }
            return kind.map { Choice(column: ColumnReference(column.name), kind: $0) }
        }
        self.init(
            csv: csv, label: schema.target.column.map { ColumnReference($0) }, kinds: kinds)
        switch schema.target {
        case .label(let rule):
            positive =
                switch rule.classes {
                case .listed(let positive, _): .values(positive)
                case .compared(let comparison, let bound): .compared(comparison, bound)
                }
        case .classes: answer = .classes
        case .number: answer = .number
        case .nothing: break
        }
    }
}
