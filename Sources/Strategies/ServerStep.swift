import CKernels

/// Moves one block of the model after the other by a server's rule.
final class ServerStep {
    /// How many parameters are worked on together in double precision: few enough that all their
    /// vectors stay in a core's first cache.
    private static let sliceLength = 1_024

    private let rule: ServerRule
    private let controlShare: Double
    private let base: BlockReader
    private let states: BlockReader
    private let stateCount: Int
    private var x: [Double]
    private var delta: [Double]
    private var first: [Double]
    private var second: [Double]
    /// The next model, and the next states behind it.
    private let next: UnsafeMutablePointer<Float>
    private let blockLength: Int

    init(
        _ rule: ServerRule, base: ParameterSource, states: [ParameterSource],
        controlShare: Double, blockLength: Int
    ) {
        self.rule = rule
        self.controlShare = controlShare
        self.base = BlockReader([base], rowsMax: 1, blockLength: blockLength)
        self.states = BlockReader(states, rowsMax: states.count, blockLength: blockLength)
        stateCount = states.count
        x = [Double](repeating: 0, count: Self.sliceLength)
        delta = x
        first = x
        second = x
        self.blockLength = blockLength
        next = .allocate(capacity: (1 + states.count) * blockLength)
        next.initialize(repeating: 0, count: (1 + states.count) * blockLength)
    }

    deinit { next.deallocate() }

    /// - Parameters:
    ///   - combined: The combined update of the range; `control` the combined change of the control
    ///     variates.
    /// - Returns: The block, valid until the next call and while this lives.
    /// - Throws: ``StrategyError/overflow(parameter:)``, or what a source throws.
    func block(
        _ range: Range<Int>, delta combined: UnsafePointer<Float>,
        control: UnsafePointer<Float>?
    ) throws -> Aggregation.Block {
        let model = try base.rows(range)[0]
        let rows = try states.rows(range)
        var isFinite: Bool
        switch rule {
        case .add, .normalised:
            // In single precision the same bits: the sum of two floats is exact in double
            // precision, or so near to it that both ways round alike.
            isFinite = jl_add(next, model, combined, range.count) == 1
        case .momentum, .adaptive, .controlVariates, .buffered:
            isFinite = true
            for start in stride(from: 0, to: range.count, by: Self.sliceLength) {
                let slice = start..<min(start + Self.sliceLength, range.count)
                isFinite =
                    step(slice, model: model, states: rows, combined, control) && isFinite
            }
        }
        guard isFinite else { throw overflow(range) }
        return Aggregation.Block(
            parameters: range, model: UnsafeBufferPointer(start: next, count: range.count),
            states: (0..<stateCount).map {
                UnsafeBufferPointer(start: next + ($0 + 1) * blockLength, count: range.count)
            })
    }

    /// - Returns: Whether all results are finite.
    private func step(
        _ slice: Range<Int>, model: UnsafePointer<Float>, states: [UnsafePointer<Float>],
        _ combined: UnsafePointer<Float>, _ control: UnsafePointer<Float>?
    ) -> Bool {
        let count = slice.count
        Self.widen(model, slice, into: &x)
        Self.widen(combined, slice, into: &delta)
        if stateCount > 0 { Self.widen(states[0], slice, into: &first) }
        if stateCount > 1 { Self.widen(states[1], slice, into: &second) }
        switch rule {
        case .add, .normalised: jl_step(&x, delta, 1, count)
        case .buffered(let rate, _): jl_step(&x, delta, rate, count)
        case .momentum(let beta, let rate):
            jl_step_momentum(&x, &first, delta, beta, rate, count)
        case .adaptive(let moment, let rate, let beta1, let beta2, let tau):
            let step =
                switch moment {
                case .adagrad: jl_step_adagrad
                case .adam: jl_step_adam
                case .yogi: jl_step_yogi
                }
            step(&x, &first, &second, delta, beta1, beta2, tau, rate, count)
        case .controlVariates(let rate):
            jl_step(&x, delta, rate, count)
            if let control {
                Self.widen(control, slice, into: &delta)
                jl_step(&first, delta, controlShare, count)
            }
        }
        var isFinite = jl_divide_to_f32(next + slice.lowerBound, x, 1, count) == 1
        if stateCount > 0 {
            let row = next + blockLength + slice.lowerBound
            isFinite = jl_divide_to_f32(row, first, 1, count) == 1 && isFinite
        }
        if stateCount > 1 {
            let row = next + 2 * blockLength + slice.lowerBound
            isFinite = jl_divide_to_f32(row, second, 1, count) == 1 && isFinite
        }
        return isFinite
    }

    private static func widen(
        _ row: UnsafePointer<Float>, _ slice: Range<Int>, into block: inout [Double]
    ) {
        for place in 0..<slice.count { block[place] = Double(row[slice.lowerBound + place]) }
    }

    private func overflow(_ range: Range<Int>) -> StrategyError {
        for row in 0...stateCount {
            let place = jl_first_not_finite(next + row * blockLength, range.count)
            if place < range.count { return .overflow(parameter: range.lowerBound + place) }
        }
        return .overflow(parameter: range.lowerBound)
    }
}
