import CKernels

/// Reads the same range of several sources, in place where they lie in memory.
final class BlockReader {
    private let sources: [ParameterSource]
    private let blockLength: Int
    private let buffer: UnsafeMutablePointer<Float>

    /// - Parameter rowsMax: How many are asked for at a time.
    init(_ sources: [ParameterSource], rowsMax: Int, blockLength: Int) {
        self.sources = sources
        self.blockLength = blockLength
        let read = min(rowsMax, sources.count { $0.start(of: 0..<0) == nil })
        buffer = .allocate(capacity: max(1, read * blockLength))
        buffer.initialize(repeating: 0, count: max(1, read * blockLength))
    }

    deinit { buffer.deallocate() }

    /// A pointer to the range of each source, valid until the next call and while this lives.
    func rows(
        _ range: Range<Int>, of selection: Range<Int>? = nil
    ) throws -> [UnsafePointer<Float>] {
        var next = buffer
        return try sources[selection ?? 0..<sources.count].map { source in
            if let start = source.start(of: range) { return start }
            let row = next
            try source.read(
                range, into: UnsafeMutableBufferPointer(start: row, count: range.count))
            next += blockLength
            return UnsafePointer(row)
        }
    }

    /// Where the first number of a source lies that is not finite, read from the start.
    func firstNotFinite(source index: Int) throws -> Int? {
        let source = sources[index]
        var block = [Float](repeating: 0, count: blockLength)
        for start in stride(from: 0, to: source.count, by: blockLength) {
            let range = start..<min(start + blockLength, source.count)
            try block.withUnsafeMutableBufferPointer { block in
                try source.read(
                    range, into: UnsafeMutableBufferPointer(rebasing: block[..<range.count]))
            }
            let place = jl_first_not_finite(block, range.count)
            if place < range.count { return start + place }
        }
        return nil
    }
}

/// Makes one block of the combined update after the other.
final class BlockCombiner {
    /// How many sources are added in one pass: more would be more streams than the machine fetches
    /// ahead, fewer would read and write the sums more often.
    private static let groupCount = 4

    private let plan: CombinationPlan
    /// The updates that the reader reads, as they were numbered by the caller.
    private let numbers: [Int]
    private let reader: BlockReader
    private let divisor: Double
    private let factors: [Double]
    private let network: SortingNetwork?
    private var sums: [Double]
    private var scratch: [Float]
    /// The block, rounded.
    private let combined: UnsafeMutablePointer<Float>

    init(plan: CombinationPlan, sources: [ParameterSource], blockLength: Int) {
        self.plan = plan
        let numbers = plan.updates(of: sources.count)
        self.numbers = numbers
        let read = numbers.map { sources[$0] }
        sums = [Double](repeating: 0, count: blockLength)
        combined = .allocate(capacity: blockLength)
        combined.initialize(repeating: 0, count: blockLength)
        switch plan {
        case .sum(let terms, let divisor):
            self.divisor = divisor
            factors = terms.map(\.factor)
            network = nil
            scratch = []
            reader = BlockReader(read, rowsMax: Self.groupCount, blockLength: blockLength)
        case .sorted(let kept):
            divisor = Double(kept.count)
            factors = []
            network = SortingNetwork(sorting: numbers.count, wanted: kept)
            scratch = [Float](repeating: 0, count: 64 * numbers.count)
            reader = BlockReader(read, rowsMax: read.count, blockLength: blockLength)
        case .nearMedian(_, let kept):
            divisor = Double(kept)
            factors = []
            network = SortingNetwork(sorting: numbers.count, wanted: 0...numbers.count - 1)
            scratch = [Float](repeating: 0, count: 64 * numbers.count)
            reader = BlockReader(read, rowsMax: read.count, blockLength: blockLength)
        }
    }

    deinit { combined.deallocate() }

    /// The block, rounded, valid until the next call and while this lives.
    ///
    /// - Parameter fault: The error for the parameter of an update that is not finite.
    func combined(
        _ range: Range<Int>, fault: (_ update: Int, _ parameter: Int) -> StrategyError
    ) throws -> UnsafePointer<Float> {
        let isFinite: Bool
        if network == nil {
            let last = max(0, (factors.count - 1) / Self.groupCount * Self.groupCount)
            try addGroups(range, upTo: last)
            let group = last..<factors.count
            isFinite =
                jl_end_weighted_means(
                    combined, sums, range.count, try reader.rows(range, of: group),
                    Array(factors[group]), group.count, divisor) == 1
        } else {
            let areFinite = try sumSorted(range)
            isFinite = jl_divide_to_f32(combined, sums, divisor, range.count) == 1 && areFinite
        }
        guard isFinite else { throw try blame(range, fault) }
        return UnsafePointer(combined)
    }

    /// The block in double precision.
    func quotients(_ range: Range<Int>) throws -> [Double] {
        if network == nil {
            try addGroups(range, upTo: factors.count)
        } else {
            _ = try sumSorted(range)
        }
        return sums.prefix(range.count).map { $0 / divisor }
    }

    /// Leaves in `sums` those of the first sources.
    private func addGroups(_ range: Range<Int>, upTo end: Int) throws {
        if end == 0 {
            for place in 0..<range.count { sums[place] = 0 }
        }
        for start in stride(from: 0, to: end, by: Self.groupCount) {
            let group = start..<min(start + Self.groupCount, end)
            let add = start == 0 ? jl_weighted_sums : jl_accumulate_f32_in_f64
            add(
                &sums, range.count, try reader.rows(range, of: group), Array(factors[group]),
                group.count)
        }
    }

    /// - Returns: Whether all numbers were finite.
    private func sumSorted(_ range: Range<Int>) throws -> Bool {
        let rows = try reader.rows(range)
        let exchanges = network?.exchanges ?? []
        switch plan {
        case .sorted(let kept):
            return jl_sums_of_sorted(
                &sums, rows, rows.count, range.count, kept.lowerBound, kept.upperBound, exchanges,
                exchanges.count / 2, &scratch) == 1
        case .nearMedian(_, let kept):
            return jl_sums_near_median(
                &sums, rows, rows.count, range.count, kept, exchanges, exchanges.count / 2,
                &scratch) == 1
        case .sum:
            return true
        }
    }

    private func blame(
        _ range: Range<Int>, _ fault: (_ update: Int, _ parameter: Int) -> StrategyError
    ) throws -> StrategyError {
        for (place, number) in numbers.enumerated() {
            let row = try reader.rows(range, of: place..<place + 1)[0]
            let parameter = jl_first_not_finite(row, range.count)
            if parameter < range.count { return fault(number, range.lowerBound + parameter) }
        }
        return .overflow(
            parameter: range.lowerBound + jl_first_not_finite(combined, range.count))
    }
}
