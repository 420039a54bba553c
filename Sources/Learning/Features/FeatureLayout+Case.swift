extension FeatureLayout {
    /// The inputs of one case, given as text by the features' names. A value that is absent counts
    /// as missing.
    ///
    /// - Throws: ``LearningError``: `wrongValue` for a name that is no feature, or a value that is
    ///   not a number where there should be one.
    package func inputs(of values: [String: String]) throws(LearningError) -> DesignMatrix {
        let names = TextTable(features.map(\.name))
        var texts = [String](repeating: "", count: features.count)
        for (name, text) in values {
            guard let index = names.index(of: name) else {
                throw .wrongValue(
                    name: name,
                    problem: "the model reads no such feature, but " + shown(features.map(\.name)))
            }
            texts[index] = text
        }
        var encoder = RowEncoder(self)
        var inputs: [Float] = []
        for (index, text) in texts.enumerated() {
            do {
                try encoder.append(
                    CSVField(text), of: index, at: DatasetError.Place(file: ""), to: &inputs)
            } catch {
                throw .wrongValue(name: features[index].name, problem: error.problem)
            }
        }
        return DesignMatrix(width: width, values: inputs)
    }
}
