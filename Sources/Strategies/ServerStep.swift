import CKernels

/// Moves one block of the model after the other by a server's rule.
final class ServerStep {
    private let rule: ServerRule
    private let controlShare: Double
    private var base: [Float]
    private var x: [Double]
    private var delta: [Double]
    private var states: [[Double]]
    /// The next model and states, rounded.
    private let model: UnsafeMutableBufferPointer<Float>
    private let nextStates: [UnsafeMutableBufferPointer<Float>]

    init(_ rule: ServerRule, controlShare: Double, blockLength: Int) {
        self.rule = rule
        self.controlShare = controlShare
        base = [Float](repeating: 0, count: blockLength)
        x = [Double](repeating: 0, count: blockLength)
        delta = x
        states = rule.stateNames.map { _ in [Double](repeating: 0, count: blockLength) }
        model = .allocate(capacity: blockLength)
        model.initialize(repeating: 0)
        nextStates = rule.stateNames.map { _ in
            let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: blockLength)
            buffer.initialize(repeating: 0)
            return buffer
        }
    }

    deinit {
        model.deallocate()
        for state in nextStates { state.deallocate() }
    }

    /// - Parameters:
    ///   - combined: The combined update of the range; `control` the combined change of the control
    ///     variates.
    /// - Returns: The block, valid until the next call.
    /// - Throws: ``StrategyError/overflow(parameter:)``, or what a source throws.
    func block(
        _ range: Range<Int>, base: ParameterSource, states: [ParameterSource], delta combined: [Float],
        control: [Float]?
    ) throws -> Aggregation.Block {
        let count = range.count
        try Self.read(base, range, through: &self.base, into: &x)
        for index in states.indices {
            try Self.read(states[index], range, through: &self.base, into: &self.states[index])
        }
        Self.widen(combined, count, into: &delta)
        switch rule {
        case .add, .normalised: jl_step(&x, delta, 1, count)
        case .buffered(let rate, _): jl_step(&x, delta, rate, count)
        case .momentum(let beta, let rate):
            jl_step_momentum(&x, &self.states[0], delta, beta, rate, count)
        case .adaptive(let moment, let rate, let beta1, let beta2, let tau):
            var second = self.states.removeLast()
            defer { self.states.append(second) }
            let step =
                switch moment {
                case .adagrad: jl_step_adagrad
                case .adam: jl_step_adam
                case .yogi: jl_step_yogi
                }
            step(&x, &self.states[0], &second, delta, beta1, beta2, tau, rate, count)
        case .controlVariates(let rate):
            jl_step(&x, delta, rate, count)
            if let control { Self.widen(control, count, into: &delta) }
            jl_step(&self.states[0], delta, controlShare, count)
        }
        try round(x, to: model, range)
        for (state, next) in zip(self.states, nextStates) { try round(state, to: next, range) }
        return Aggregation.Block(
            parameters: range, model: UnsafeBufferPointer(rebasing: model[..<count]),
            states: nextStates.map { UnsafeBufferPointer(rebasing: $0[..<count]) })
    }

    private static func read(
        _ source: ParameterSource, _ range: Range<Int>, through floats: inout [Float],
        into block: inout [Double]
    ) throws {
        try floats.withUnsafeMutableBufferPointer { floats in
            try source.read(
                range, into: UnsafeMutableBufferPointer(rebasing: floats[..<range.count]))
        }
        widen(floats, range.count, into: &block)
    }

    private static func widen(_ floats: [Float], _ count: Int, into block: inout [Double]) {
        for place in 0..<count { block[place] = Double(floats[place]) }
    }

    private func round(
        _ values: [Double], to rounded: UnsafeMutableBufferPointer<Float>, _ range: Range<Int>
    ) throws {
        guard let start = rounded.baseAddress,
            jl_divide_to_f32(start, values, 1, range.count) == 1
        else {
            let place = rounded.prefix(range.count).firstIndex { !$0.isFinite } ?? 0
            throw StrategyError.overflow(parameter: range.lowerBound + place)
        }
    }
}
