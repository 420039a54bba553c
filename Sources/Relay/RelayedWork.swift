import Contracts
import Encodings
import Learning
import Memory
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
    /// How a device's file is read.
    private enum Reading: Sendable {
        case update(ParameterLayout, UpdateDecoder)
        case summary(SummaryReader)
        case judgement
    }

    /// To join the clusters of 10,000 devices takes some seconds with so many, and minutes with ten times
    /// as many.
    private static let clustersMax = 64

    package let work: RoundWork
    private let reading: Reading

    /// - Parameter work: As a participant would do it by itself.
    /// - Throws: ``RelayMistake``, `WorkError.noBase`, or what is wrong with the base.
    package init(_ work: RoundWork) throws {
        self.work = work
        guard let builtIn = work.trainer.builtIn else {
            throw RelayMistake.trainerNotRelayed(work.trainer.kind)
        }
        let local = work.strategy.strategy.local
        guard local != .controlVariates, local != .normalised else {
            throw RelayMistake.strategyNotRelayed(work.strategy.strategy.kind)
        }
        if let settings = builtIn as? KMeansSettings, settings.clusters > Self.clustersMax {
            throw RelayMistake.tooManyClusters(settings.clusters, max: Self.clustersMax)
        }
        if work.task == .statistics {
            reading = .summary(builtIn.statisticsReader)
            return
        }
        guard let base = work.base else { throw WorkError.noBase }
        switch (work.task, work.trainer) {
        case (.train, .merged(let trainer)):
            reading = .summary(try trainer.sumsReader(base: base.array))
        case (.train, _):
            let layout = try ModelParameters(SafetensorsFile(base)).layout
            reading = .update(
                layout,
                UpdateDecoder(
                    work.strategy.compression, layout: layout, local: local,
                    seed: RoundSeed.shared(work.round), isSentOn: true))
        case (.evaluate, _), (.statistics, _): reading = .judgement
        }
    }

    /// What the devices are asked for.
    package var kind: DeviceAnswer.Kind {
        switch reading {
        case .update(let layout, _): .update(parameterCount: layout.count)
        case .summary: .summary
        case .judgement: .judgement
        }
    }

    /// How many bytes of an answer are read.
    package var answerBytesMax: Int {
        switch reading {
        // A sparse update has an index beside each value.
        case .update(let layout, _): RoundAggregation.headerBytesMax + 8 * layout.count
        case .summary(let reader): RoundAggregation.headerBytesMax + 8 * reader.numberCountMax
        case .judgement: 0
        }
    }

    /// Reads a device's file to its last byte.
    ///
    /// - Throws: ``DeviceFault/malformed(_:)``.
    package func answer(_ file: [UInt8]) throws(DeviceFault) -> DeviceAnswer {
        do {
            switch reading {
            case .update(_, let decoder):
                let file = try SafetensorsFile(
                    file, headerByteCountMax: RoundAggregation.headerBytesMax)
                return .update(try decoder.contents(of: file).delta.parameters())
            case .summary(let reader):
                return .summary(try reader.read(Safetensors(parsing: file).tensors))
            case .judgement:
                guard file.isEmpty else {
                    throw DeviceFault.malformed("an evaluation's metrics are all there is")
                }
                return .judgement
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
        switch (mean.answer, reading) {
        case (.update(let update), .update(let layout, _)):
            try work.product(
                of: update, layout: layout, weight: mean.weight, metricsMicro: mean.metricsMicro)
        case (.update, _): throw WorkError.noBase
        case (.summary(let summary), _):
            try work.product(
                of: summary.tensors, rows: mean.weight, metricsMicro: mean.metricsMicro)
        case (.judgement, _):
            work.product(judgedOn: mean.weight, metricsMicro: mean.metricsMicro)
        }
    }
}
