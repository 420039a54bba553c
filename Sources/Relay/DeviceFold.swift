import Learning

/// The answers of a round, folded into one as they arrive: no single one is kept.
///
/// Updates are added exactly, so that their order changes no bit. Moments are merged in double
/// precision: their order is part of the last bits, as it is where members' moments are merged.
struct DeviceFold: Sendable {
    private static let meanMax = 1e100
    private static let squaredDeviationsMax = 1e210

    private let kind: DeviceAnswer.Kind
    private var sum: ExactSum
    private var moments: ColumnMoments?
    /// Of all answers together.
    private(set) var weight: Int64 = 0
    /// How many answers there are.
    private(set) var count = 0

    init(_ kind: DeviceAnswer.Kind) {
        self.kind = kind
        if case .update(let parameterCount) = kind {
            sum = ExactSum(parameterCount: parameterCount)
        } else {
            sum = ExactSum(parameterCount: 0)
        }
    }

    /// Adds an answer, or nothing of it.
    ///
    /// - Parameter weight: How many rows it stands for.
    /// - Throws: ``DeviceFault``.
    mutating func add(_ answer: DeviceAnswer, weight: Int64) throws(DeviceFault) {
        guard weight >= 1 else { throw .wrongWeight(weight) }
        switch (kind, answer) {
        case (.update, .update(let update)): try sum.add(update, weight: weight)
        case (.moments(let width), .moments(let moments)):
            try merge(moments, width: width, weight: weight)
        case (.judgement, .judgement): break
        case (.update, _), (.moments, _), (.judgement, _):
            throw .malformed("it answers another task")
        }
        self.weight += weight
        count += 1
    }

    private mutating func merge(
        _ added: ColumnMoments, width: Int, weight: Int64
    ) throws(DeviceFault) {
        guard added.width == width else {
            throw .wrongLength(received: added.width, expected: width)
        }
        // A column has no more values than there are rows.
        if let most = added.counts.max(), most > Double(weight) {
            throw .weightExceeded(Int64(most), left: weight)
        }
        // What no measured column has would make sums with honest devices' columns overflow.
        if let column = (0..<width).first(where: {
            !(added.means[$0].magnitude <= Self.meanMax)
                || !(added.squaredDeviations[$0] <= Self.squaredDeviationsMax)
        }) {
            throw .tooLarge(parameter: column)
        }
        let merged: ColumnMoments
        do {
            merged = try ColumnMoments(merging: (moments.map { [$0] } ?? []) + [added])
        } catch {
            throw .malformed("\(error)")
        }
        if let column = (0..<width).first(where: {
            !merged.means[$0].isFinite || !merged.squaredDeviations[$0].isFinite
        }) {
            throw .notFinite(parameter: column)
        }
        moments = merged
    }

    /// What the answers are together; `nil` where there is none.
    var result: DeviceAnswer? {
        guard count > 0 else { return nil }
        switch kind {
        case .update: return .update(sum.mean)
        case .moments: return moments.map { .moments($0) }
        case .judgement: return .judgement
        }
    }
}
