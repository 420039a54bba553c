/// The next model, and the next state of the strategy, from a round's updates: block by block, so
/// that neither a model nor an update is ever held in memory as a whole.
///
/// The same arguments give the same bits on every machine. The block's length, and whether a
/// source lies in memory or is read, change no bit; the order of the updates changes the last bit of
/// means, and none of medians and trimmed means.
///
/// | step | precision |
/// |---|---|
/// | the combined update: sums in the order of the updates, divided once | double |
/// | rounded | single |
/// | the server's rule, from the model, the state and the combined update | double |
/// | the next model and state, rounded | single |
///
/// The means and order statistics read every update once; what looks at whole updates (clipping,
/// Krum, Multi-Krum, Bulyan, the geometric median) reads them twice, the second time only those
/// that count.
package struct Aggregation {
    /// A part of the result. The memory is valid until the closure returns that is given it.
    package struct Block {
        /// Which parameters.
        package let parameters: Range<Int>
        package let model: UnsafeBufferPointer<Float>
        /// In the order of the strategy's ``Strategy/stateNames``.
        package let states: [UnsafeBufferPointer<Float>]
    }

    /// Blocks are multiples of 64 parameters, the last one aside.
    static let blockUnit = 64

    let strategy: Strategy
    let base: ParameterSource
    let states: [ParameterSource]
    let updates: [Update]
    /// |S| / N, of SCAFFOLD.
    let controlShare: Double
    let blockLength: Int

    /// Checks all that can be checked without reading parameters.
    ///
    /// - Parameters:
    ///   - base: The model that the round started from, P parameters; with FedBuff, the newest one.
    ///   - states: What the last round left, by the names of the strategy; empty before the first.
    ///   - updates: In the order in which they were sealed.
    ///   - population: N, how many participants the job has; SCAFFOLD asks for it.
    ///   - blockLength: How many parameters are read of a source at a time, rounded up to a multiple
    ///     of 64. About 24 bytes for each of them are held, and 4 for each of them and of the
    ///     updates that have to be looked at together, those of a mean being 4 at most.
    /// - Throws: ``StrategyError``; ``StrategyError/updateAtFault`` says whom to blame.
    package init(
        _ strategy: Strategy, base: ParameterSource, states: [String: ParameterSource] = [:],
        updates: [Update], population: Int? = nil, blockLength: Int? = nil
    ) throws(StrategyError) {
        guard updates.count >= strategy.combination.updatesMin else {
            throw .tooFewUpdates(
                rule: strategy.combination.name, needed: strategy.combination.updatesMin,
                found: updates.count)
        }
        for (index, update) in updates.enumerated() {
            if let fault = update.fault(strategy, parameters: base.count) {
                throw .update(index, fault)
            }
        }
        self.strategy = strategy
        self.base = base
        self.updates = updates
        self.states = try Self.checked(states, of: strategy, parameters: base.count)
        if case .controlVariates = strategy.server {
            guard let population, population >= updates.count else {
                throw .wrongPopulation(found: population ?? 0, updates: updates.count)
            }
            controlShare = Double(updates.count) / Double(population)
        } else {
            controlShare = 0
        }
        let length = max(
            1,
            min(base.count, blockLength ?? Self.defaultBlockLength(strategy, updates.count)))
        self.blockLength = (length + Self.blockUnit - 1) / Self.blockUnit * Self.blockUnit
    }

    /// The sums of a mean fit into a core's own cache, and its inputs take turns seldom; the order
    /// statistics hold all updates, in 16 MiB where they are many.
    private static func defaultBlockLength(_ strategy: Strategy, _ updates: Int) -> Int {
        switch strategy.combination {
        case .weightedMean, .mean: 32_768
        default: max(blockUnit, min(8_192, (1 << 22) / updates))
        }
    }

    private static func checked(
        _ states: [String: ParameterSource], of strategy: Strategy, parameters: Int
    ) throws(StrategyError) -> [ParameterSource] {
        let names = strategy.stateNames
        if let unknown = states.keys.filter({ !names.contains($0) }).min() {
            throw .wrongState(problem: "holds \"\(unknown)\", which \(strategy.kind) does not keep")
        }
        var checked: [ParameterSource] = []
        for name in names {
            guard let state = states[name] else {
                guard states.isEmpty else { throw .wrongState(problem: "lacks \"\(name)\"") }
                checked.append(
                    ParameterSource(
                        count: parameters,
                        repeating: strategy.server.initialValue(ofState: name)))
                continue
            }
            guard state.count == parameters else {
                throw .wrongState(
                    problem: "has \(state.count) parameters in \"\(name)\", and the model "
                        + "\(parameters)")
            }
            checked.append(state)
        }
        return checked
    }

    /// Computes the result.
    ///
    /// - Parameter sink: Is given the blocks in order. What it was given before an error is of no
    ///   use.
    /// - Returns: What share each update had in the combined one, which sum to 1 for the means, are 0
    ///   for those that Krum or Bulyan left out; `nil` where it differs between parameters.
    /// - Throws: ``StrategyError``, or what a source or the sink throws.
    @discardableResult
    package func run(_ sink: (Block) throws -> Void) throws -> [Double]? {
        let plan = try combinationPlan()
        let combiner = BlockCombiner(
            plan: plan, sources: updates.map(\.delta), blockLength: blockLength)
        let controls = controlCombiner()
        let step = ServerStep(
            strategy.server, base: base, states: states, controlShare: controlShare,
            blockLength: blockLength)
        for start in stride(from: 0, to: base.count, by: blockLength) {
            let range = start..<min(start + blockLength, base.count)
            let delta = try combiner.combined(range) { index, parameter in
                .update(index, .notFinite(parameter: parameter))
            }
            let control = try controls?.combined(range) { index, parameter in
                .update(index, .controlNotFinite(parameter: parameter))
            }
            try sink(step.block(range, delta: delta, control: control))
        }
        return plan.shares(of: updates.count)
    }

    /// The whole result in memory, for models that are small.
    package func result() throws -> (model: [Float], states: [String: [Float]]) {
        var model: [Float] = []
        model.reserveCapacity(base.count)
        var next = strategy.stateNames.map { _ in [Float]() }
        try run { block in
            model.append(contentsOf: block.model)
            for (index, state) in block.states.enumerated() {
                next[index].append(contentsOf: state)
            }
        }
        return (model, Dictionary(uniqueKeysWithValues: zip(strategy.stateNames, next)))
    }

    /// The combined update in double precision, before it is rounded and looked at for numbers that
    /// are not finite.
    package func combinedUpdate() throws -> [Double] {
        let combiner = BlockCombiner(
            plan: try combinationPlan(), sources: updates.map(\.delta), blockLength: blockLength)
        var combined: [Double] = []
        for start in stride(from: 0, to: base.count, by: blockLength) {
            combined += try combiner.quotients(start..<min(start + blockLength, base.count))
        }
        return combined
    }
}
