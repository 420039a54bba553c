import Learning

/// The answers of a round, folded into one as they arrive: no single one is kept.
///
/// Updates are added exactly, so that their order changes no bit; summaries as ``RowSummary`` says.
struct DeviceFold: Sendable {
    private let kind: DeviceAnswer.Kind
    private var sum: ExactSum
    private var summary: RowSummary?
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
        case (.summary, .summary(let added)): try merge(added, weight: weight)
        case (.judgement, .judgement): break
        case (.update, _), (.summary, _), (.judgement, _):
            throw .malformed("it answers another task")
        }
        self.weight += weight
        count += 1
    }

    private mutating func merge(_ added: RowSummary, weight: Int64) throws(DeviceFault) {
        let rows = added.rowsMin
        guard rows <= Double(weight) else {
            throw .weightExceeded(Int64(exactly: rows.rounded(.up)) ?? .max, left: weight)
        }
        if let place = added.firstTooLarge { throw .tooLarge(parameter: place) }
        do {
            summary = try summary?.merged(with: added) ?? added
        } catch {
            throw .malformed("\(error)")
        }
    }

    /// What the answers are together; `nil` where there is none.
    var result: DeviceAnswer? {
        guard count > 0 else { return nil }
        switch kind {
        case .update: return .update(sum.mean)
        case .summary: return summary.map { .summary($0) }
        case .judgement: return .judgement
        }
    }
}
