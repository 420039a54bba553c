package import Tensors

/// What is said of rows in numbers that can be merged: of one owner's, or of many owners' together.
package enum RowSummary: Hashable, Sendable {
    case moments(ColumnMoments)
    case ranges(FeatureRanges)
    case counts(FeatureCounts)
    case cells(TreeStatistics, TreeSettings)
    case derivatives(TreeSums)
    case candidates(KMeansStatistics, KMeansSettings)
    case clusters(KMeansSums)

    /// What no measured column has, and what would make sums with others' numbers overflow.
    private static let magnitudeMax = 1e100

    package var tensors: [Tensor] {
        switch self {
        case .moments(let moments): moments.tensors
        case .ranges(let ranges): ranges.tensors
        case .counts(let counts): counts.tensors
        case .cells(let statistics, _): statistics.tensors
        case .derivatives(let sums): sums.tensors
        case .candidates(let statistics, _): statistics.tensors
        case .clusters(let sums): sums.tensors
        }
    }

    /// No fewer rows can have it.
    package var rowsMin: Double {
        switch self {
        case .moments(let moments): moments.rowsMin
        case .ranges(let ranges): ranges.moments.rowsMin
        case .counts(let counts): counts.rows
        case .cells(let statistics, let settings): statistics.rowsMin(settings)
        case .derivatives(let sums): sums.rowsMin
        case .candidates(let statistics, _):
            max(statistics.moments.rowsMin, statistics.candidateRows.reduce(0, +))
        case .clusters(let sums): sums.counts.reduce(0, +)
        }
    }

    /// The place of the first number that is too large to be merged with others'.
    package var firstTooLarge: Int? {
        switch self {
        case .moments(let moments): Self.firstTooLarge(moments)
        case .ranges(let ranges): Self.firstTooLarge(ranges.moments)
        case .counts, .derivatives: nil
        case .cells(let statistics, _): Self.firstTooLarge(statistics.answers)
        case .candidates(let statistics, _):
            Self.firstTooLarge(statistics.moments) ?? Self.firstTooLarge(statistics.candidates)
        case .clusters(let sums): Self.firstTooLarge(sums.sums + [sums.inertia])
        }
    }

    private static func firstTooLarge(_ moments: ColumnMoments) -> Int? {
        firstTooLarge(moments.means)
            ?? firstTooLarge(moments.squaredDeviations.map { $0.squareRoot() })
    }

    private static func firstTooLarge(_ numbers: [Double]) -> Int? {
        numbers.firstIndex { !($0.magnitude <= magnitudeMax) }
    }

    /// That of both's rows. Numbers of rows, counts, derivatives, and least and greatest values are
    /// exact. The rest is merged in double precision, so that the order is part of its last bits; and
    /// where cells or candidates become too many, it decides which are joined.
    ///
    /// - Throws: ``LearningError``: `wrongTensors` where they are not of the same kind and columns, or
    ///   `notFinite`.
    package func merged(with other: RowSummary) throws(LearningError) -> RowSummary {
        switch (self, other) {
        case (.moments(let one), .moments(let two)):
            return .moments(try ColumnMoments(merging: [one, two]))
        case (.ranges(let one), .ranges(let two)):
            return .ranges(try FeatureRanges(merging: [one, two]))
        case (.counts(let one), .counts(let two)):
            return .counts(try FeatureCounts(merging: [one, two]))
        case (.cells(let one, let settings), .cells(let two, _)):
            return .cells(try one.merged(with: two, settings), settings)
        case (.derivatives(let one), .derivatives(let two)):
            return .derivatives(try TreeSums(merging: [one, two]))
        case (.candidates(let one, let settings), .candidates(let two, _)):
            return .candidates(try one.merged(with: two, settings), settings)
        case (.clusters(let one), .clusters(let two)):
            return .clusters(try KMeansSums(merging: [one, two]))
        case (.moments, _), (.ranges, _), (.counts, _), (.cells, _), (.derivatives, _),
            (.candidates, _), (.clusters, _):
            throw .wrongTensors("two summaries are of different kinds")
        }
    }
}
