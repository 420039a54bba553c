import Contracts
import Randomness
import Relay
import Testing

@Suite struct DeviceRoundTests {
    private let names: [DeviceID]
    private let (a, b, c, d): (DeviceID, DeviceID, DeviceID, DeviceID)

    init() throws {
        names = try ["a", "b", "c", "d"].map { try DeviceID($0) }
        (a, b, c, d) = (names[0], names[1], names[2], names[3])
    }

    private func round(
        min: Int = 2, enough: Int = 3, max: Int = 4, deviceWeightMax: Int64 = 10,
        weightMax: Int64 = 100
    ) throws -> DeviceRound {
        DeviceRound(
            .update(parameterCount: 2),
            limits: try DeviceRound.Limits(
                devicesMin: min, devicesEnough: enough, devicesMax: max,
                deviceWeightMax: deviceWeightMax, weightMax: weightMax, timeoutMilliseconds: 1_000))
    }

    private func contribution(
        _ update: [Float] = [1, 2], weight: Int64 = 4, lossMicro: Int64 = 500_000
    ) -> DeviceRound.Contribution {
        DeviceRound.Contribution(
            answer: .update(update), weight: weight, metricsMicro: ["trainingLoss": lossMicro])
    }

    private func mean(
        _ update: [Float], weight: Int64, devices: Int, lossMicro: Int64
    ) -> DeviceMean {
        DeviceMean(
            answer: .update(update), weight: weight, devices: devices,
            metricsMicro: ["trainingLoss": lossMicro])
    }

    @Test("A round closes as soon as enough devices have contributed, with their weighted mean")
    func enough() throws {
        var round = try round(enough: 2)
        #expect(round.handle(.joined(a)) == [.sendTask(to: a)])
        #expect(round.handle(.joined(b)) == [.sendTask(to: b)])
        #expect(round.handle(.contributed(a, contribution(weight: 3))) == [.accepted(a)])
        #expect(
            round.handle(.contributed(b, contribution([5, -2], weight: 1, lossMicro: 900_000)))
                == [
                    .accepted(b),
                    .close(mean([2, 1], weight: 4, devices: 2, lossMicro: 600_000)),
                ])
        #expect(round.isOver)
        #expect(round.handle(.timedOut) == [])
    }

    @Test("At the end of its time a round closes without its stragglers, or gives up")
    func timedOut() throws {
        for contributors in 0...3 {
            var round = try round(enough: 4)
            for name in names { _ = round.handle(.joined(name)) }
            for name in names.prefix(contributors) {
                #expect(round.handle(.contributed(name, contribution())) == [.accepted(name)])
            }
            let end = round.handle(.timedOut)
            if contributors < 2 {
                #expect(
                    end == [
                        .giveUp(
                            reason: "\(contributors) of 4 devices contributed, and 2 are needed")
                    ])
            } else {
                let mean = self.mean(
                    [1, 2], weight: Int64(4 * contributors), devices: contributors,
                    lossMicro: 500_000)
                #expect(end == [.close(mean)])
            }
        }
    }

    @Test(
        "A device that left comes back to the same round, and one that finishes without is welcome")
    func comingAndGoing() throws {
        var round = try round()
        for name in [a, b] { _ = round.handle(.joined(name)) }
        #expect(round.handle(.left(a)) == [])
        #expect(round.handle(.joined(a)) == [.sendTask(to: a)])
        #expect(round.handle(.left(b)) == [])
        #expect(round.handle(.contributed(a, contribution())) == [.accepted(a)])
        #expect(round.handle(.contributed(b, contribution())) == [.accepted(b)])
        // What is in the sum stays there.
        #expect(round.handle(.left(a)) == [])
        #expect(round.handle(.left(c)) == [])
        #expect(round.contributed == 2)
    }

    @Test(
        "A device that cannot do a round's task is not asked again; what it has all the same counts"
    )
    func unable() throws {
        var round = try round()
        #expect(round.handle(.unable(a)) == [])
        #expect(round.joiningFault(of: a) == nil, "it was not asked yet")
        for name in [a, b] { _ = round.handle(.joined(name)) }
        #expect(round.handle(.unable(a)) == [])
        #expect(round.joiningFault(of: a) == .twice)
        #expect(round.handle(.joined(a)) == [.refuse(a, .twice)])
        #expect(round.handle(.joined(b)) == [.sendTask(to: b)])
        #expect(round.handle(.contributed(a, contribution())) == [.accepted(a)])
        for code in ["dataset.layout_differs", "relay.other_trainer", "device.nothing_held_out"] {
            #expect(DeviceDecline.lasts(code))
        }
        for code in [
            "task.rolled_back", "task.late", "task.not_certified", "anything", "trainer.failed",
            "dataset.source_unavailable", "dataset.file_unreadable",
        ] {
            #expect(!DeviceDecline.lasts(code))
        }
    }

    @Test("A device counts once, and the second answer changes nothing")
    func twice() throws {
        var round = try round()
        _ = round.handle(.joined(a))
        _ = round.handle(.contributed(a, contribution()))
        #expect(round.handle(.contributed(a, contribution([9, 9]))) == [.refuse(a, .twice)])
        #expect(round.handle(.joined(a)) == [.refuse(a, .twice)])
        _ = round.handle(.joined(b))
        _ = round.handle(.contributed(b, contribution()))
        #expect(
            round.handle(.timedOut)
                == [
                    .close(
                        mean([1, 2], weight: 8, devices: 2, lossMicro: 500_000))
                ])
    }

    @Test(
        "A hostile device is out for the round, and the others' mean is as if it had not been there"
    )
    func hostile() throws {
        let attacks: [(DeviceRound.Event, DeviceFault)] = [
            (.contributed(d, contribution([.nan, 1])), .notFinite(parameter: 0)),
            (.contributed(d, contribution([1, .infinity])), .notFinite(parameter: 1)),
            (.contributed(d, contribution([1e7, 1])), .tooLarge(parameter: 0)),
            (.contributed(d, contribution([1])), .wrongLength(received: 1, expected: 2)),
            (.contributed(d, contribution([])), .wrongLength(received: 0, expected: 2)),
            (.contributed(d, contribution(weight: 11)), .weightExceeded(11, left: 10)),
            (.contributed(d, contribution(weight: .max)), .weightExceeded(.max, left: 10)),
            (.contributed(d, contribution(weight: 0)), .wrongWeight(0)),
            (.contributed(d, contribution(weight: .min)), .wrongWeight(.min)),
            (.contributed(d, contribution(lossMicro: -1)), .wrongMetric("trainingLoss", -1)),
            (.contributed(d, contribution(lossMicro: .max)), .wrongMetric("trainingLoss", .max)),
            (.faulty(d, .malformed("it is a picture")), .malformed("it is a picture")),
            (
                .contributed(
                    d, .init(answer: .judgement, weight: 4, metricsMicro: [:])),
                .malformed("it answers another task")
            ),
        ]
        for (event, fault) in attacks {
            var round = try round()
            for name in [a, b, d] { _ = round.handle(.joined(name)) }
            _ = round.handle(.contributed(a, contribution()))
            #expect(round.handle(event) == [.refuse(d, fault)])
            #expect(round.handle(.contributed(d, contribution())) == [.refuse(d, .twice)])
            #expect(round.handle(.joined(d)) == [.refuse(d, .twice)])
            _ = round.handle(.contributed(b, contribution()))
            let mean = self.mean([1, 2], weight: 8, devices: 2, lossMicro: 500_000)
            #expect(round.handle(.timedOut) == [.close(mean)], "\(fault)")
        }
    }

    @Test("Who was not asked, or comes after the end, is refused and leaves no trace")
    func uninvited() throws {
        var round = try round(max: 3)
        #expect(round.handle(.contributed(d, contribution())) == [.refuse(d, .notAsked)])
        #expect(round.handle(.faulty(d, .malformed(""))) == [.refuse(d, .notAsked)])
        #expect(round.known == 0)
        for name in [a, b, c] { _ = round.handle(.joined(name)) }
        #expect(round.handle(.joined(d)) == [.refuse(d, .roundFull(devicesMax: 3))])
        // Whoever is known stays known: leaving makes no place, so that no more is ever kept.
        _ = round.handle(.left(c))
        #expect(round.handle(.joined(d)) == [.refuse(d, .roundFull(devicesMax: 3))])
        #expect(round.known == 3)
        _ = round.handle(.timedOut)
        for event in [
            .joined(a), .contributed(a, contribution()), .faulty(a, .malformed("")),
        ] as [DeviceRound.Event] {
            #expect(round.handle(event) == [.refuse(a, .roundOver)])
        }
    }

    @Test("All together never stand for more rows than the dataset has")
    func weightMax() throws {
        var round = try round(weightMax: 12)
        for name in names { _ = round.handle(.joined(name)) }
        _ = round.handle(.contributed(a, contribution(weight: 8)))
        #expect(
            round.handle(.contributed(b, contribution(weight: 5)))
                == [.refuse(b, .weightExceeded(5, left: 4))])
        let last = round.handle(.contributed(c, contribution(weight: 4)))
        let mean = self.mean([1, 2], weight: 12, devices: 2, lossMicro: 500_000)
        #expect(last == [.accepted(c), .close(mean)])
    }

    @Test("Limits that contradict each other are a mistake")
    func limits() {
        #expect(throws: RelayMistake.self) { try round(min: 0) }
        #expect(throws: RelayMistake.self) { try round(min: 4, enough: 3) }
        #expect(throws: RelayMistake.self) { try round(enough: 5, max: 4) }
        #expect(throws: RelayMistake.self) { try round(deviceWeightMax: 101) }
        #expect(throws: RelayMistake.self) { try round(weightMax: 1 << 41) }
    }

    @Test(
        "Whatever happens in whatever order, a round ends once, with who was accepted and nobody else",
        arguments: 1...50)
    func histories(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var round = try round(
            min: 1 + random.uniformInteger(in: 0...1), enough: 3, max: 4, weightMax: 20)
        var accepted: [DeviceID: DeviceRound.Contribution] = [:]
        var ends: [DeviceRound.Command] = []
        for step in 0..<60 {
            let device = names[random.uniformInteger(in: 0...3)]
            let sent = contribution(
                [
                    Float(random.uniformInteger(in: -5...5)),
                    random.uniformInteger(in: 0...9) == 0 ? .nan : 1,
                ],
                weight: Int64(random.uniformInteger(in: 0...12)))
            let event: DeviceRound.Event =
                switch random.uniformInteger(in: 0...20) {
                case 0...6: .joined(device)
                case 7...14: .contributed(device, sent)
                case 15...17: .left(device)
                case 18: .faulty(device, .malformed("cut off"))
                default: step > 30 ? .timedOut : .left(device)
                }
            for command in round.handle(event) {
                switch command {
                case .accepted(let device):
                    #expect(accepted.updateValue(sent, forKey: device) == nil, "seed \(seed)")
                case .close, .giveUp: ends.append(command)
                case .sendTask: #expect(ends.isEmpty, "seed \(seed)")
                case .refuse: break
                }
            }
            #expect(round.known <= 4, "seed \(seed)")
        }
        ends += round.handle(.timedOut)
        #expect(ends.count == 1, "seed \(seed)")
        if case .close(let mean)? = ends.first {
            #expect(mean.devices == accepted.count, "seed \(seed)")
            #expect(mean.weight == accepted.values.reduce(0) { $0 + $1.weight }, "seed \(seed)")
            #expect(mean.weight <= 20, "seed \(seed)")
        }
    }
}
