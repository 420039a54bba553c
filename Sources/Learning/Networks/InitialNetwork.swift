import Tensors

/// The model from which a job starts: the same on every machine that has the merged moments. Its
/// parameters are drawn only where it is written, so that it takes no more memory than a block.
package struct InitialNetwork: Sendable {
    private static let blockLength = 1 << 16

    private let settings: NetworkSettings
    private let standardisation: Standardisation
    private let answerMean: Double
    private let answerScale: Double

    /// - Parameter moments: As ``NetworkTrainer/statistics(of:)`` gives them, merged.
    /// - Throws: ``LearningError``: `wrongTensors` where they are not those of the settings,
    ///   `notFinite`.
    package init(_ settings: NetworkSettings, moments: ColumnMoments) throws(LearningError) {
        let answers = try AnswerScale(moments, layout: settings.layout, target: settings.target)
        self.settings = settings
        standardisation = try Standardisation(answers.features, layout: settings.layout)
        answerMean = answers.mean
        answerScale = answers.scale
        try NetworkModel.check(
            standardisation, layout: settings.layout, answerMean: answerMean,
            answerScale: answerScale)
    }

    /// All of it in memory.
    func model() throws(LearningError) -> NetworkModel {
        try NetworkModel(
            kind: settings.kind, layout: settings.layout, target: settings.target,
            standardisation: standardisation, answerMean: answerMean, answerScale: answerScale,
            parameters: .initial(shape: settings.shape, seed: settings.training.seed))
    }

    /// Writes the model's file, the same bytes as ``NetworkModel/bytes``.
    ///
    /// - Throws: What writing throws.
    package func write(to write: (UnsafeRawBufferPointer) throws -> Void) throws {
        let head = NetworkFileHead(
            kind: settings.kind, shape: settings.shape, layout: settings.layout,
            target: settings.target, standardisation: standardisation, answerMean: answerMean,
            answerScale: answerScale)
        let parameters = settings.shape.tensorPlaces.map { name, shape, _ in
            (name: name, elementType: Tensor.ElementType.float32, shape: shape)
        }
        let header = try SafetensorsHeader(
            laidOut: head.tensors.map { ($0.name, $0.elementType, $0.shape) } + parameters,
            metadata: head.metadata)
        try header.bytes.withUnsafeBytes(write)
        for entry in header.entries {
            guard let tensor = head.tensors.first(where: { $0.name == entry.name }) else { break }
            try tensor.withBytes { Array($0) }.withUnsafeBytes(write)
        }
        var values = InitialParameters(shape: settings.shape, seed: settings.training.seed)
        var block = [Float](repeating: 0, count: Self.blockLength)
        while true {
            let count = values.fill(&block)
            guard count > 0 else { return }
            try block[..<count].withUnsafeBytes(write)
        }
    }
}
