package import Encodings

/// The inputs of a model, in order, as the members of a job have agreed on them.
///
/// With `P` inputs in all, a row is P numbers: for a numeric feature its value, for a categorical
/// one a 0 or 1 for each category. A category that the layout does not have, and a missing one, is
/// all zeros.
///
/// Its canonical JSON is `{"features":[{"kind":"numeric","name":"age"},{"categories":["f","m"],
/// "kind":"categorical","name":"sex"}],"format":"jointlab.feature-layout/1"}`.
package struct FeatureLayout: Hashable, Sendable {
    package static let format = "jointlab.feature-layout/1"

    /// At least one, no name twice.
    package let features: [Feature]
    /// P, the number of inputs.
    package let width: Int

    /// - Precondition: There is a feature, and no name comes twice.
    private init(checked features: [Feature]) {
        self.features = features
        width = features.reduce(0) { $0 + $1.width }
    }

    /// The features that all these datasets have, in the order of the first: what is numeric in all
    /// of them, and what is categorical in all of them, with the categories of all of them.
    ///
    /// A column that is constant at one member may vary at another, so it fits any kind; one that
    /// is constant everywhere is left out.
    ///
    /// - Parameter excluded: Columns that are to be left out, such as a number that is to be
    ///   predicted and is registered as a feature.
    /// - Throws: ``DatasetError``: `featuresMissing` where nothing is left.
    package init(
        commonTo schemas: [DatasetSchema], without excluded: [String] = []
    ) throws(DatasetError) {
        let excluded = TextTable(excluded)
        let features = (schemas.first?.columns ?? []).compactMap { column -> Feature? in
            guard excluded.index(of: column.name) == nil else { return nil }
            return Self.commonKind(of: schemas.map { $0[column.name]?.kind }).map {
                Feature(name: column.name, kind: $0)
            }
        }
        guard !features.isEmpty else {
            throw DatasetError(
                .featuresMissing, at: nil,
                "the datasets have no column in common that a model could read",
                remedy: "compare their columns' names and kinds")
        }
        self.init(checked: features)
    }

    private static func commonKind(of kinds: [ColumnKind?]) -> Feature.Kind? {
        var isNumeric = false
        var allMayBeNumeric = true
        var isCategorical = false
        var allMayBeCategorical = true
        var categories: [String] = []
        for kind in kinds {
            switch kind {
            case .numeric:
                isNumeric = true
                allMayBeCategorical = false
            case .categorical(let some):
                isCategorical = true
                categories += some
                allMayBeNumeric = false
            case .constant(.number), .constant(.nothing): break
            case .constant(.text): allMayBeNumeric = false
            case .identifier, .text, .label, nil: return nil
            }
        }
        if isNumeric, allMayBeNumeric { return .numeric }
        if isCategorical, allMayBeCategorical { return .categorical(sortedByBytes(categories)) }
        return nil
    }

    /// Compares byte for byte, as other nodes do, where Swift's strings would ask Unicode's tables.
    package static func == (left: FeatureLayout, right: FeatureLayout) -> Bool {
        left.json.canonicalBytes == right.json.canonicalBytes
    }

    /// The places of the inputs that are numeric features, in order.
    package var numericInputs: [Int] {
        var input = 0
        return features.compactMap { feature in
            defer { input += feature.width }
            return feature.kind == .numeric ? input : nil
        }
    }

    /// A name for each input: `age`, `sex=f`, `sex=m`.
    package var inputNames: [String] {
        features.flatMap { feature in
            switch feature.kind {
            case .numeric: [feature.name]
            case .categorical(let categories): categories.map { "\(feature.name)=\($0)" }
            }
        }
    }

    package var json: JSONValue {
        ["format": .string(Self.format), "features": .array(features.map(\.json))]
    }

    /// - Throws: ``JSONShapeError``.
    package init(json: JSONValue, at path: String = "") throws(JSONShapeError) {
        var fields = try JSONFields(json, at: path)
        guard try fields.string("format") == Self.format else {
            throw fields.wrong("format", "should be \(Self.format)")
        }
        var features: [Feature] = []
        var names = TextTable()
        for (position, value) in try fields.array("features").enumerated() {
            let place = "features[\(position)]"
            let feature = try Feature(json: value, at: fields.path(to: place))
            guard names.insert(Array(feature.name.utf8)[...]).isNew else {
                throw fields.wrong("\(place).name", "should be a name that no other feature has")
            }
            features.append(feature)
        }
        guard !features.isEmpty else { throw fields.wrong("features", "should not be empty") }
        try fields.finish()
        self.init(checked: features)
    }

    /// Says whether a dataset can serve these features.
    ///
    /// - Throws: ``DatasetError``: `layoutDiffers`, with the first feature that it cannot.
    package func check(
        against schema: DatasetSchema, target: Target = .nothing
    ) throws(DatasetError) {
        for feature in features {
            if let answer = target.column, feature.name.utf8.elementsEqual(answer.utf8) {
                throw mismatch(
                    feature, "the column \(shown(feature.name)) is what the job predicts",
                    remedy: "leave it out of the features")
            }
            guard let column = schema[feature.name] else {
                throw mismatch(
                    feature, "the dataset has no column \(shown(feature.name))",
                    remedy: "agree on features that it has; its columns are "
                        + shown(schema.columns.map(\.name)))
            }
            switch (feature.kind, column.kind) {
            case (.numeric, .numeric), (.numeric, .constant(.number)),
                (.numeric, .constant(.nothing)),
                (.categorical, .categorical), (.categorical, .constant), (.categorical, .numeric):
                continue
            case (_, .label):
                throw mismatch(
                    feature, "the column \(shown(feature.name)) is the dataset's label",
                    remedy: "leave it out of the features")
            case (_, .identifier), (_, .text):
                throw mismatch(
                    feature,
                    "the column \(shown(feature.name)) is registered as \(column.kind.name)",
                    remedy: "leave it out, or register the dataset with another kind for it")
            case (.numeric, .categorical), (.numeric, .constant(.text)):
                throw mismatch(
                    feature,
                    "the feature \(shown(feature.name)) is numeric, and the column is "
                        + column.kind.name,
                    remedy: "make the feature categorical, or register the column as numeric")
            }
        }
    }

    private func mismatch(
        _ feature: Feature, _ problem: String, remedy: String
    ) -> DatasetError {
        DatasetError(.layoutDiffers, at: nil, problem, remedy: remedy)
    }
}
