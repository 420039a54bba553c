package import Contracts
package import Encodings
import Strategies
import Learning
import Tensors

/// How sealed contributions become the next model: the same for the coordinator, which does it, and
/// for everybody who checks it.
package enum RoundAggregation {
    /// An update has a few tensors; a longer header is there to be parsed at the reader's expense.
    private static let headerBytesMax = 4_096

    /// Adds up what was sealed.
    ///
    /// - Parameters:
    ///   - base: The model that the round started from, as a file.
    ///   - contributions: In the order in which they were sealed.
    ///   - update: Reads a contribution's bytes.
    /// - Returns: The next model as a file; `nil` for a task that makes none.
    /// - Throws: ``AggregationError``, which names the member at fault where it is one.
    package static func result(
        of task: RoundTask, trainer: JSONValue, base: [UInt8]?, contributions: [Contribution],
        update: (Contribution) throws -> [UInt8]
    ) throws -> [UInt8]? {
        let settings: LogisticSettings
        do {
            settings = try LogisticSettings(trainer)
        } catch {
            throw AggregationError.settings(error)
        }
        switch task {
        case .statistics:
            return try initialModel(settings, contributions, update: update).bytes
        case .train:
            guard let base else { throw AggregationError.noBase }
            return try nextModel(base, contributions, update: update).bytes
        case .evaluate:
            return nil
        }
    }

    private static func initialModel(
        _ settings: LogisticSettings, _ contributions: [Contribution],
        update: (Contribution) throws -> [UInt8]
    ) throws -> LogisticModel {
        var parts: [ColumnMoments] = []
        for contribution in contributions {
            let bytes = try update(contribution)
            try blaming(contribution.member) {
                let moments = try ColumnMoments(tensors: tensors(of: bytes))
                // Also by itself: it fits the layout, or it is this member's mistake.
                _ = try Standardisation(moments, layout: settings.layout)
                parts.append(moments)
            }
        }
        let moments = try ColumnMoments(merging: parts)
        return try LogisticModel.initial(
            layout: settings.layout, label: settings.label,
            standardisation: Standardisation(moments, layout: settings.layout))
    }

    private static func nextModel(
        _ base: [UInt8], _ contributions: [Contribution],
        update: (Contribution) throws -> [UInt8]
    ) throws -> LogisticModel {
        let model = try LogisticModel(parsing: base)
        let width = model.parameters.width
        var average = FedAvg(count: width + 1)
        for contribution in contributions {
            let bytes = try update(contribution)
            try blaming(contribution.member) {
                let parameters = try LogisticParameters(
                    tensors: tensors(of: bytes), width: width)
                try average.add(
                    parameters.weights + [parameters.bias], weight: contribution.weight)
            }
        }
        let mean = try average.mean()
        let next = LogisticParameters(
            weights: zip(model.parameters.weights, mean).map { $0 + $1 },
            bias: model.parameters.bias + mean[width])
        guard next.bias.isFinite, next.weights.allSatisfy(\.isFinite) else {
            throw AggregationError.overflow
        }
        return try model.with(next)
    }

    private static func tensors(of bytes: [UInt8]) throws -> [Tensor] {
        try Safetensors(parsing: bytes, headerByteCountMax: headerBytesMax).tensors
    }

    private static func blaming(_ member: MemberID, _ body: () throws -> Void) throws {
        do {
            try body()
        } catch {
            throw AggregationError.contribution(member, problem: "\(error)")
        }
    }
}

package enum AggregationError: Error, Hashable, Sendable, CustomStringConvertible {
    case settings(JSONShapeError)
    case noBase
    case contribution(MemberID, problem: String)
    /// No update is at fault by itself.
    case overflow

    package var description: String {
        switch self {
        case .settings(let error): "the job's trainer settings cannot be used: \(error)"
        case .noBase: "the round started from no model"
        case .contribution(let member, let problem):
            "the contribution of \(member) cannot be used: \(problem)"
        case .overflow: "the next model would have a weight that is not a finite number"
        }
    }
}
