import CKernels
package import Tensors

/// What a member tells before trees are grown: for each input how its rows are spread, as cuts
/// between values and the number of rows in each cell between them, and how the answers are.
///
/// Cuts lie midway between neighbouring values of the member's own. Where these are few, every pair
/// of neighbours has one; where they are many, or rows in a cell too few, cells are joined until
/// they hold their share: the merged summary of Greenwald and Khanna's kind, with cells in the
/// place of ranks. So one round of statistics is enough, outliers do no harm, and merging is a
/// union of cuts and sums of counts.
package struct TreeStatistics: Hashable, Sendable {
    package struct Column: Hashable, Sendable {
        /// Ascending.
        package let cuts: [Float]
        /// One more than there are cuts. Of a member's own rows they are whole; of merged ones not, where a
        /// cell was divided.
        package let rows: [Double]

        /// As they are told: whole, and as many together.
        fileprivate var wholeRows: [Double] {
            var (end, told) = (0.0, 0.0)
            return rows.map { rows in
                end += rows
                let whole = end.rounded()
                defer { told = whole }
                return whole - told
            }
        }

        /// How many rows are below each of some cuts, ascending. Where the column has no cut of its own
        /// at a place, half the rows of the cell around it are taken to be below.
        func rowsBelow(_ places: [Float]) -> [Double] {
            var sum = 0.0
            var cell = 0
            return places.map { place in
                while cell < cuts.count, cuts[cell] <= place {
                    sum += rows[cell]
                    cell += 1
                }
                let isOwn = cell > 0 && cuts[cell - 1] == place
                return isOwn ? sum : sum + rows[cell] / 2
            }
        }

        /// The column over both's rows, with the cuts of both; where these are too many, or rows in a cell
        /// too few, cells are joined until they hold their share.
        func merged(with other: Column, _ settings: TreeSettings) -> Column {
            let places = Set(cuts + other.cuts).sorted()
            let below = zip(rowsBelow(places), other.rowsBelow(places)).map(+)
            let total = (rows + other.rows).reduce(0, +)
            let cutsMax = TreeStatistics.cutsMax(of: settings)
            let share = places.count <= cutsMax ? 0 : (total / Double(cutsMax)).rounded(.up)
            let rowsMin = Double(settings.cellRowsMin)
            var (cuts, rows, start) = ([Float](), [Double](), 0.0)
            for (place, end) in zip(places, below)
            where end - start >= max(share, rowsMin) && total - end >= rowsMin {
                cuts.append(place)
                rows.append(end - start)
                start = end
            }
            return Column(cuts: cuts, rows: rows + [total - start])
        }
    }

    /// How many times finer the cells are than the bins that come of them.
    private static let finesse = 4

    /// How many cuts of an input are told of.
    package static func cutsMax(of settings: TreeSettings) -> Int { settings.bins * finesse }

    /// For each input.
    package let columns: [Column]
    /// How many rows each class has, the negative one first for a label; or for a number how many
    /// answers there are, their mean, and the sum of their squared deviations from it.
    package let answers: [Double]

    init(of rows: LabelledRows, settings: TreeSettings) {
        columns = Self.columns(of: rows.inputs, settings: settings)
        switch settings.target {
        case .number:
            var (count, sum, deviations) = ([0.0], [0.0], [0.0])
            jl_column_sums(&count, &sum, rows.labels, rows.count, 1)
            let mean = count[0] > 0 ? sum[0] / count[0] : 0
            jl_column_squared_deviations(&deviations, rows.labels, [mean], rows.count, 1)
            answers = [count[0], mean, deviations[0]]
        case .label, .classes, .nothing:
            var counts = [Double](repeating: 0, count: settings.target.classCount ?? 0)
            for label in rows.labels { counts[Int(label)] += 1 }
            answers = counts
        }
    }

    private static func columns(of inputs: DesignMatrix, settings: TreeSettings) -> [Column] {
        var sorted = [Float](repeating: 0, count: max(inputs.rowCount, 1))
        var scratch = sorted
        return (0..<inputs.width).map { column in
            let count = jl_sorted_column(
                &sorted, &scratch, inputs.values, column, inputs.rowCount, inputs.width)
            return self.column(sorted[..<count], settings: settings)
        }
    }

    /// - Parameter sorted: A column's values, ascending.
    private static func column(_ sorted: ArraySlice<Float>, settings: TreeSettings) -> Column {
        var distinct = sorted.isEmpty ? 0 : 1
        for place in sorted.indices.dropFirst() where sorted[place] != sorted[place - 1] {
            distinct += 1
        }
        let cells = cutsMax(of: settings)
        let share = distinct <= settings.bins ? 1 : (sorted.count + cells - 1) / cells
        let least = max(share, settings.cellRowsMin)
        var cuts: [Float] = []
        var rows: [Double] = []
        var start = 0
        for place in sorted.indices.dropFirst() where sorted[place] != sorted[place - 1] {
            guard place - start >= least, sorted.count - place >= settings.cellRowsMin else {
                continue
            }
            cuts.append(midway(sorted[place - 1], sorted[place]))
            rows.append(Double(place - start))
            start = place
        }
        return Column(cuts: cuts, rows: rows + [Double(sorted.count - start)])
    }

    /// A number from `low` to below `high`.
    private static func midway(_ low: Float, _ high: Float) -> Float {
        let middle = Float((Double(low) + Double(high)) / 2)
        return middle < high ? middle : low
    }

    private init(columns: [Column], answers: [Double]) {
        self.columns = columns
        self.answers = answers
    }

    /// That of both's rows.
    ///
    /// - Throws: ``LearningError/wrongTensors(_:)`` where they are of different features.
    func merged(
        with other: TreeStatistics, _ settings: TreeSettings
    ) throws(LearningError) -> TreeStatistics {
        guard other.columns.count == columns.count, other.answers.count == answers.count else {
            throw .wrongTensors("the members' statistics are of different features")
        }
        var answers = zip(answers, other.answers).map(+)
        if settings.target.classCount == nil {
            let moments = try ColumnMoments(merging: [
                ColumnMoments(answers: self.answers), ColumnMoments(answers: other.answers),
            ])
            answers = [moments.counts[0], moments.means[0], moments.squaredDeviations[0]]
        }
        return TreeStatistics(
            columns: zip(columns, other.columns).map {
                $0.merged(with: $1, settings)
            }, answers: answers)
    }

    /// No fewer rows can have it.
    func rowsMin(_ settings: TreeSettings) -> Double {
        let answered = settings.target.classCount == nil ? answers[0] : answers.reduce(0, +)
        return columns.reduce(answered) { max($0, $1.rows.reduce(0, +)) }
    }

    /// `answers`; `cut_counts`, for each input; `cuts` (F32) and `cell_rows`, one input behind the
    /// other.
    package var tensors: [Tensor] {
        [
            Tensor(name: "answers", vector: answers),
            Tensor(name: "cut_counts", vector: columns.map { Double($0.cuts.count) }),
            Tensor(name: "cuts", vector: columns.flatMap(\.cuts)),
            Tensor(name: "cell_rows", vector: columns.flatMap(\.wholeRows)),
        ]
    }

    /// - Throws: ``LearningError``: `wrongTensors` or `notFinite` for what is not the statistics of
    ///   any data, or of data for other settings.
    package init(tensors: [Tensor], settings: TreeSettings) throws(LearningError) {
        let width = settings.layout.width
        var named = NamedTensors(tensors)
        let answers = try named.float64("answers", count: settings.target.classCount ?? 3)
        let cutCounts = try named.integers(
            "cut_counts", count: width, in: 0...Self.cutsMax(of: settings))
        let total = cutCounts.reduce(0, +)
        let cuts = try named.float32("cuts", count: total)
        let rows = try named.integers("cell_rows", count: total + width, in: 0...1 << 40)
        try named.finish()
        if settings.target.classCount == nil {
            let moments = try ColumnMoments(answers: answers)
            guard moments.rowsMin <= 0x1p40 else {
                throw .wrongTensors("\"answers\" should be of a number of rows")
            }
        } else {
            guard answers.allSatisfy({ $0 >= 0 && $0 <= 0x1p40 && $0 == $0.rounded() }) else {
                throw .wrongTensors("\"answers\" should hold numbers of rows")
            }
        }
        var columns: [Column] = []
        var place = 0
        for (column, count) in cutCounts.enumerated() {
            let own = Array(cuts[place..<place + count])
            guard zip(own, own.dropFirst()).allSatisfy({ $0 < $1 }) else {
                throw .wrongTensors("\"cuts\" should be ascending for each input")
            }
            columns.append(
                Column(
                    cuts: own,
                    rows: rows[place + column...place + column + count].map { Double($0) }))
            place += count
        }
        self.columns = columns
        self.answers = answers
    }
}

extension NamedTensors {
    /// An F64 tensor of integers.
    mutating func integers(
        _ name: String, count: Int?, in range: ClosedRange<Int>
    ) throws(LearningError) -> [Int] {
        let (low, high) = (Double(range.lowerBound), Double(range.upperBound))
        var integers: [Int] = []
        for value in try float64(name, count: count) {
            guard value == value.rounded(), value >= low, value <= high else {
                throw .wrongTensors(
                    "\(shown(name)) should hold integers from \(range.lowerBound) to "
                        + "\(range.upperBound)")
            }
            integers.append(Int(value))
        }
        return integers
    }
}
