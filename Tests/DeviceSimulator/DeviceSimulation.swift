import Contracts
import Encodings
import Identity
import Learning
import Ledger
import Memory
import Randomness
import Relay
import SampleLab
import Strategies
import Trainers

/// A lab with a ledger in which the owner `north` is a relay with many devices: each checks its task,
/// trains on its own few rows and answers, or vanishes, or lies. What the relay makes of it is one
/// contribution beside those of two ordinary owners, and the coordinator's aggregation takes it for
/// one. Everything but the network is real; the seed decides everything.
package struct DeviceSimulation {
    package let devices: Int
    package let rounds: Int
    package let rowsPerDevice: Int
    package let seed: UInt64

    package init(devices: Int, rounds: Int, rowsPerDevice: Int = 8, seed: UInt64 = 1) {
        self.devices = devices
        self.rounds = rounds
        self.rowsPerDevice = rowsPerDevice
        self.seed = seed
    }

    package struct Outcome: Sendable {
        /// Of each round, how many devices are in its sum.
        package var contributed: [Int] = []
        /// Of each round, how many rows the relay's contribution stands for.
        package var weights: [Int64] = []
        /// How many answers were refused, by the fault's code.
        package var refused: [String: Int] = [:]
        /// How many devices left in the middle of a round, and how many of these came back.
        package var left = 0
        package var cameBack = 0
        /// On rows that nobody has trained on.
        package var accuracyBefore = 0.0
        package var accuracy = 0.0
    }

    /// How a device behaves in a round.
    private enum Conduct {
        case answers
        /// It is not there.
        case absent
        /// It leaves with its task, and never answers.
        case vanishes
        case vanishesAndComesBack
        case answersTwice
        case sendsNotANumber
        case claimsTooMuch
    }

    private static let relay = "north"

    package func run() throws -> Outcome {
        var random = SeededRandom(seed: seed)
        var outcome = Outcome()
        var lab = try SampleLab()
        var training = try lab.prepareTraining(
            rounds: rounds, rowsOf: [Self.relay: Int64(devices * rowsPerDevice)])
        try lab.settle()
        try lab.runRound(of: &training)
        try lab.settle()

        let limits = try DeviceRound.Limits(
            devicesMin: devices / 2, devicesEnough: devices, devicesMax: devices,
            deviceWeightMax: Int64(rowsPerDevice), weightMax: Int64(devices * rowsPerDevice),
            timeoutMilliseconds: 60_000)
        let names = try (0..<devices).map { try DeviceID("device-\($0)") }
        var gates = try names.map { DeviceGate(try lab.card(of: $0, at: Self.relay)) }
        let judge = try SampleData.dataset(rows: 8_000, seed: .max)
        func accuracy() throws -> Double {
            let model = try LogisticModel(
                parsing: training.weights.flatMap { training.blobs[$0] } ?? [])
            return try LogisticTrainer.evaluate(model: model, on: judge).accuracy
        }
        outcome.accuracyBefore = try accuracy()

        for _ in 0..<rounds {
            let round = try lab.openRound(of: training)
            try lab.settle()
            let task = try lab.task(of: round.id)
            let base = round.base.flatMap { training.blobs[$0] }
            let relayed = try RelayedWork(
                RoundWork(
                    task: round.task, round: round.id, member: lab.member(Self.relay).id,
                    judges: false, trainer: .averaged(SampleData.settings),
                    base: base.map { FileBytes($0) }))
            var machine = DeviceRound(relayed.kind, limits: limits)

            var mean: DeviceMean?
            func tell(_ event: DeviceRound.Event) {
                for command in machine.handle(event) {
                    switch command {
                    case .sendTask, .accepted, .giveUp: break
                    case .refuse(_, let fault): outcome.refused[fault.code, default: 0] += 1
                    case .close(let result): mean = result
                    }
                }
            }
            var order = Array(names.indices)
            random.shuffle(&order)
            var later: [Int] = []
            func answer(_ place: Int, _ conduct: Conduct) throws {
                let device = names[place]
                let work = try gates[place].order(for: task, at: lab.now).work(
                    as: device, base: base)
                let rows = try SampleData.dataset(
                    rows: rowsPerDevice, seed: seed << 32 | UInt64(place))
                let product = try work.perform(on: rows)
                var answer = try relayed.answer(try product.update.array)
                if conduct == .sendsNotANumber, case .update(var update) = answer {
                    update[0] = .nan
                    answer = .update(update)
                }
                let contribution = DeviceRound.Contribution(
                    answer: answer, weight: conduct == .claimsTooMuch ? .max : product.weight,
                    metricsMicro: product.metricsMicro)
                tell(.contributed(device, contribution))
                if conduct == .answersTwice { tell(.contributed(device, contribution)) }
            }
            for place in order {
                let conduct = Self.conduct(&random)
                guard conduct != .absent else { continue }
                tell(.joined(names[place]))
                switch conduct {
                case .vanishes, .vanishesAndComesBack:
                    tell(.left(names[place]))
                    outcome.left += 1
                    if conduct == .vanishesAndComesBack { later.append(place) }
                default: try answer(place, conduct)
                }
            }
            for place in later {
                tell(.joined(names[place]))
                try answer(place, .answers)
                outcome.cameBack += 1
            }
            tell(.timedOut)

            guard let mean else { throw SampleLabError.nobody("enough devices") }
            outcome.contributed.append(mean.devices)
            outcome.weights.append(mean.weight)
            let product = try relayed.product(of: mean)
            let own = Contribution(
                lab: lab.id, round: round.id, member: try lab.member(Self.relay).id,
                update: training.keep(try product.update.array), weight: product.weight,
                metricsMicro: product.metricsMicro
            ).signed(with: try lab.member(Self.relay).signingKey)
            let others = try ["south", "valley"].map {
                try lab.contribution(of: $0, to: round, &training)
            }
            try lab.close(round.id, with: [own] + others, &training)
        }
        outcome.accuracy = try accuracy()
        return outcome
    }

    private static func conduct(_ random: inout SeededRandom) -> Conduct {
        switch random.uniformInteger(below: 1_000) {
        case ..<50: .absent
        case ..<100: .vanishes
        case ..<150: .vanishesAndComesBack
        case ..<155: .answersTwice
        case ..<160: .sendsNotANumber
        case ..<165: .claimsTooMuch
        default: .answers
        }
    }
}

extension SampleLab {
    /// Seals a round, adds its contributions up as the coordinator does, and closes it.
    fileprivate mutating func close(
        _ id: RoundID, with contributions: [Envelope], _ training: inout Training
    ) throws {
        try submitAsCoordinator(SealRound(round: id, contributions: contributions))
        guard let sealed = state.jobs[id], let job = state.jobs[id.job] else {
            throw SampleLabError.nobody("\(id)")
        }
        let blobs = training.blobs
        let result = try RoundAggregation(of: job).result(
            of: sealed.task, base: sealed.base, state: sealed.strategyState,
            contributions: sealed.contributions, file: blobs.file, sink: blobs.sink)
        try submitAsCoordinator(CloseRound(round: id, result: result.model))
        training.weights = result.model
        try settle()
    }
}
