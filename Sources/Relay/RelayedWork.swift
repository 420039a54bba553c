import Contracts
import Encodings
import Learning
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
    /// What the devices are asked for.
    package let kind: DeviceAnswer.Kind
    /// How many bytes of an answer are read.
    package let answerBytesMax: Int
    private let layout: ParameterLayout?
    private let decoder: UpdateDecoder?

    /// - Parameter work: As a participant would do it by itself.
    /// - Throws: ``RelayMistake``, `WorkError.noBase`, or what is wrong with the base.
    package init(_ work: RoundWork) throws {
        guard case .averaged(let trainer) = work.trainer else {
            throw RelayMistake.trainerNotRelayed(work.trainer.kind)
        }
        let local = work.strategy.strategy.local
        guard local != .controlVariates, local != .normalised else {
            throw RelayMistake.strategyNotRelayed(work.strategy.strategy.kind)
        }
        self.work = work
        let header = RoundAggregation.headerBytesMax
        switch work.task {
        case .statistics:
            var width = trainer.layout.numericInputs.count
            if case .number = trainer.target { width += 1 }
            kind = .moments(width: width)
            // Three numbers of 8 bytes for each column.
            answerBytesMax = header + 24 * width
            (layout, decoder) = (nil, nil)
        case .train:
            guard let base = work.base else { throw WorkError.noBase }
            let layout = try ModelParameters(SafetensorsFile(base)).layout
            kind = .update(parameterCount: layout.count)
            // A sparse update has an index beside each value.
            answerBytesMax = header + 8 * layout.count
            self.layout = layout
            decoder = UpdateDecoder(
                work.strategy.compression, layout: layout, local: local,
                seed: RoundSeed.shared(work.round))
        case .evaluate:
            guard work.base != nil else { throw WorkError.noBase }
            kind = .judgement
            answerBytesMax = 0
            (layout, decoder) = (nil, nil)
        }
    }

    /// Reads a device's file to its last byte.
    ///
    /// - Throws: ``DeviceFault/malformed(_:)``.
    package func answer(_ file: [UInt8]) throws(DeviceFault) -> DeviceAnswer {
        do {
            switch kind {
            case .judgement:
                guard file.isEmpty else {
                    throw DeviceFault.malformed("an evaluation's metrics are all there is")
                }
                return .judgement
            case .moments:
                return .moments(try ColumnMoments(tensors: Safetensors(parsing: file).tensors))
            case .update:
                guard let decoder else { throw WorkError.noBase }
                let file = try SafetensorsFile(
                    file, headerByteCountMax: RoundAggregation.headerBytesMax)
                return .update(try decoder.contents(of: file).delta.parameters())
            }
        } catch let fault as DeviceFault {
            throw fault
        } catch {
            throw .malformed("\(error)")
        }
    }

    /// What the relay hands in.
    ///
    /// - Throws: `UpdateFormatError` where what the relay has kept is of another model, and
    ///   `WorkError` where the mean is that of another round.
    package func product(of mean: DeviceMean) throws -> RoundWork.Product {
        switch mean.answer {
        case .judgement:
            return work.product(judgedOn: mean.weight, metricsMicro: mean.metricsMicro)
        case .moments(let moments):
            return try work.product(of: moments.tensors, rows: mean.weight)
        case .update(let update):
            guard let layout else { throw WorkError.noBase }
            return try work.product(
                of: update, layout: layout, weight: mean.weight, metricsMicro: mean.metricsMicro)
        }
    }
}
