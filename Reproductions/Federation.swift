import Learning
import Randomness
import Strategies
import Tensors

/// Clients and a server in one process: what clients send is made by the encoder and read by the
/// decoder that nodes and coordinators use, and added up by their aggregation.
struct Federation {
    /// What a client hands in.
    struct Contribution {
        /// Trained minus base.
        let update: [Float]
        var control: [Float]?
        let rows: Int
    }

    let strategy: Strategy
    let compression: Compression
    let layout: ParameterLayout
    /// N, how many clients there are.
    let population: Int
    private(set) var parameters: [Float]
    private(set) var states: [String: [Float]] = [:]
    /// What top-k has not sent yet, by client.
    private var residuals: [Int: [Float]] = [:]
    private(set) var uploadCount = 0
    private(set) var uploadedBytes = 0

    init(
        _ strategy: Strategy, compression: Compression = .none, tensors: [Tensor],
        parameters: [Float], population: Int
    ) throws {
        self.strategy = strategy
        self.compression = compression
        layout = try ParameterLayout(tensors.map { ($0.name, $0.shape) })
        self.parameters = parameters
        self.population = population
    }

    /// - Parameters:
    ///   - seed: The round's; masks and stochastic rounding are drawn from it.
    ///   - train: Is given a client's number and the round's parameters.
    mutating func round(
        of clients: [Int], seed: UInt64,
        train: (_ client: Int, _ base: [Float]) throws -> Contribution
    ) throws {
        var updates: [Update] = []
        for client in clients {
            let contribution = try train(client, parameters)
            var encoder = try UpdateEncoder(
                compression, layout: layout, residual: residuals[client] ?? [])
            let isShared = if case .randomMask = compression { true } else { false }
            let bytes = try encoder.file(
                of: contribution.update, control: contribution.control,
                seed: isShared ? seed : mixedSeed(seed, UInt64(client))
            ).bytes
            if !encoder.residual.isEmpty { residuals[client] = encoder.residual }
            uploadCount += 1
            uploadedBytes += bytes.count
            updates.append(
                try UpdateDecoder(compression, layout: layout, local: strategy.local, seed: seed)
                    .contents(of: SafetensorsFile(bytes)).update(weight: Int64(contribution.rows)))
        }
        (parameters, states) = try Aggregation(
            strategy, base: ParameterSource(parameters),
            states: states.mapValues { ParameterSource($0) }, updates: updates,
            population: population
        ).result()
    }
}

/// A seed for a part of a run, below 2⁵³: the same numbers give the same seed.
func mixedSeed(_ numbers: UInt64...) -> UInt64 {
    var mixed: UInt64 = 0
    for number in numbers {
        var random = SplitMix64(seed: mixed ^ number)
        mixed = random.next()
    }
    return mixed >> 11
}
