import CKernels

/// Reads the same range of several sources, in place where they lie in memory.
final class BlockReader {
    private let sources: [ParameterSource]
    private let blockLength: Int
    private let buffer: UnsafeMutablePointer<Float>

    init(_ sources: [ParameterSource], blockLength: Int) {
        self.sources = sources
        self.blockLength = blockLength
        let read = sources.filter { $0.start(of: 0..<0) == nil }.count
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
    /// How many sources are read before they are added.
    private static let groupCount = 8

    private let plan: CombinationPlan
    /// The updates that the reader reads, as they were numbered by the caller.
    private let numbers: [Int]
    private let reader: BlockReader
    private let divisor: Double
    private let network: SortingNetwork?
    private var sums: [Double]
    private var combined: [Float]
    private var scratch: [Float]

    init(plan: CombinationPlan, sources: [ParameterSource], blockLength: Int) {
        self.plan = plan
        let numbers = plan.updates(of: sources.count)
        self.numbers = numbers
        reader = BlockReader(numbers.map { sources[$0] }, blockLength: blockLength)
        sums = [Double](repeating: 0, count: blockLength)
        combined = [Float](repeating: 0, count: blockLength)
        switch plan {
        case .sum(_, let divisor):
            self.divisor = divisor
            network = nil
            scratch = []
        case .sorted(let kept):
            divisor = Double(kept.count)
            network = SortingNetwork(sorting: numbers.count, wanted: kept)
            scratch = [Float](repeating: 0, count: 64 * numbers.count)
        case .nearMedian(_, let kept):
            divisor = Double(kept)
            network = SortingNetwork(sorting: numbers.count, wanted: 0...numbers.count - 1)
            scratch = [Float](repeating: 0, count: 64 * numbers.count)
        }
    }

    /// The block, rounded, valid until the next call.
    ///
    /// - Parameter fault: The error for the parameter of an update that is not finite.
    func combined(
        _ range: Range<Int>, fault: (_ update: Int, _ parameter: Int) -> StrategyError
    ) throws -> [Float] {
        let count = range.count
        var areFinite = true
        switch plan {
        case .sum(let terms, _):
            for place in 0..<count { sums[place] = 0 }
            for start in stride(from: 0, to: terms.count, by: Self.groupCount) {
                let group = start..<min(start + Self.groupCount, terms.count)
                let rows = try reader.rows(range, of: group)
                jl_accumulate_f32_in_f64(
                    &sums, count, rows, terms[group].map(\.factor), group.count)
            }
        case .sorted(let kept):
            let rows = try reader.rows(range)
            guard let network else { break }
            areFinite =
                jl_sums_of_sorted(
                    &sums, rows, rows.count, count, kept.lowerBound, kept.upperBound,
                    network.exchanges, network.count, &scratch) == 1
        case .nearMedian(_, let kept):
            let rows = try reader.rows(range)
            guard let network else { break }
            areFinite =
                jl_sums_near_median(
                    &sums, rows, rows.count, count, kept, network.exchanges, network.count,
                    &scratch) == 1
        }
        let isRepresentable = jl_divide_to_f32(&combined, sums, divisor, count) == 1
        guard areFinite, isRepresentable else { throw try blame(range, fault) }
        return combined
    }

    /// What was rounded last.
    func quotients(_ count: Int) -> [Double] { sums.prefix(count).map { $0 / divisor } }

    private func blame(
        _ range: Range<Int>, _ fault: (_ update: Int, _ parameter: Int) -> StrategyError
    ) throws -> StrategyError {
        for (place, number) in numbers.enumerated() {
            let row = try reader.rows(range, of: place..<place + 1)[0]
            let parameter = jl_first_not_finite(row, range.count)
            if parameter < range.count { return fault(number, range.lowerBound + parameter) }
        }
        let place = combined.prefix(range.count).firstIndex { !$0.isFinite } ?? 0
        return .overflow(parameter: range.lowerBound + place)
    }
}
