import Contracts
import Encodings
import Strategies
import Tensors
package import Trainers

/// A round as a relay carries it out: its devices' files in, its own file out.
///
/// A weighted mean of the relays' weighted means is that of all devices: FedAvg in two levels is FedAvg
/// (HierFAVG with κ₂ = 1: Liu, Zhang, Song and Letaief, *Client-Edge-Cloud Hierarchical Federated
/// Learning*, ICC 2020, algorithm 1). It is so for every strategy that begins with the weighted mean;
/// medians and the like see one update for each relay.
package struct RelayedWork: Sendable {
    package let work: RoundWork
    private let layout: ParameterLayout
    private let decoder: UpdateDecoder

    /// - Parameter work: As a participant would do it by itself.
    /// - Throws: ``RelayMistake``, `WorkError.noBase`, or what is wrong with the base.
    package init(_ work: RoundWork) throws {
        guard work.task == .train else { throw RelayMistake.taskNotRelayed(work.task.rawValue) }
        guard case .averaged = work.trainer else {
            throw RelayMistake.trainerNotRelayed(work.trainer.kind)
        }
        let local = work.strategy.strategy.local
        guard local != .controlVariates, local != .normalised else {
            throw RelayMistake.strategyNotRelayed(work.strategy.strategy.kind)
        }
        guard let base = work.base else { throw WorkError.noBase }
        self.work = work
        layout = try ModelParameters(SafetensorsFile(base)).layout
        decoder = UpdateDecoder(
            work.strategy.compression, layout: layout, local: local,
            seed: RoundSeed.shared(work.round))
    }

    package var parameterCount: Int { layout.count }

    /// Reads a device's file to its last byte.
    ///
    /// - Throws: ``DeviceFault/malformed(_:)``.
    package func update(_ file: [UInt8]) throws(DeviceFault) -> [Float] {
        do {
            let file = try SafetensorsFile(
                file, headerByteCountMax: RoundAggregation.headerBytesMax)
            return try decoder.contents(of: file).delta.parameters()
        } catch {
            throw .malformed("\(error)")
        }
    }

    /// What the relay hands in.
    ///
    /// - Throws: `UpdateFormatError` where what the relay has kept is of another model.
    package func product(of mean: DeviceMean) throws -> RoundWork.Product {
        try work.product(
            of: mean.update, layout: layout, weight: mean.weight,
            metricsMicro: ["trainingLoss": mean.lossMicro])
    }
}
