import Contracts
import DeviceSimulator
import Devices
import Encodings
import Identity
import Learning
import Memory
import Relay
import SampleLab
import Synchronization
import Tensors
import Testing
import Trainers
import Transport

@testable import Node

/// A relay's service as its devices meet it, over HTTP.
@Suite struct ServedRelayTests {
    private func code(_ body: () async throws -> Void) async -> String? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? Problem)?.code ?? "\(error)"
        }
    }

    @Test(
        "Whatever the round asks for, the relay makes of its devices what one owner of their rows would say",
        arguments: RoundTask.allCases)
    func tasks(asked: RoundTask) async throws {
        try await ServedRelay.with(devices: 6, asked: asked) { relay in
            async let ended = relay.carryOut()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for place in 0..<6 { group.addTask { try await relay.takePart(place) } }
                try await group.waitForAll()
            }
            let mean = try await ended
            #expect(mean.devices == 6)
            // Every fourth of eight rows is held out.
            #expect(mean.weight == (asked == .evaluate ? 12 : 36))
            switch mean.answer {
            case .summary(.moments(let moments)):
                #expect(asked == .statistics)
                let all = try (0..<6).map { place in
                    try ColumnMoments(
                        tensors: SampleData.settings.statistics(
                            of: SampleData.dataset(
                                rows: relay.rowsPerDevice, seed: UInt64(place)), seed: 0))
                }
                let whole = try ColumnMoments(merging: all)
                #expect(moments.counts == whole.counts)
                for (one, other) in zip(moments.means, whole.means) {
                    #expect(abs(one - other) < 1e-9 * max(1, abs(other)))
                }
            case .update(let update):
                #expect(asked == .train && update.contains { $0 != 0 })
                #expect(mean.metricsMicro["trainingLoss"] != nil)
            case .summary(let other): Issue.record("\(other) is of another trainer")
            case .judgement:
                #expect(asked == .evaluate)
                #expect(mean.metricsMicro["holdoutRows"] == 12)
                #expect(mean.metricsMicro["holdoutLoss"] != nil)
                #expect(mean.metricsMicro["holdoutAUC"] == nil)
            }
        }
    }

    @Test("A key that is not enrolled, or was taken out, gets nothing; one that comes back does")
    func keys() async throws {
        try await ServedRelay.with(devices: 3, devicesMin: 1) { relay in
            async let ended = relay.carryOut()
            var random = SystemRandomNumberGenerator()
            let stranger = try relay.connection(under: SigningKey(from: &random))
            #expect(await code { _ = try await stranger.task() } == "relay.unknown_device")
            let digest = try #require(relay.round.base)
            #expect(
                await code { _ = try await stranger.client.bytes("/v1/blobs/\(digest)") }
                    == "relay.unknown_device")
            #expect(
                await code {
                    try await stranger.contribute(
                        [], DeviceReport(rows: 1, metricsMicro: [:]), to: relay.round.id)
                } == "relay.unknown_device")

            let cards = try relay.home.cards()
            let removed = try relay.connection(2)
            #expect(try await removed.task() != nil)
            try relay.home.write(cards.filter { $0.device.text != "device-2" })
            #expect(await code { _ = try await removed.task() } == "relay.unknown_device")
            try relay.home.write(cards)
            for place in [2, 0, 1] { try await relay.takePart(place) }
            #expect(try await ended.devices == 3)
        }
    }

    @Test("What a hostile device sends is refused by name, and the others' mean is without it")
    func hostile() async throws {
        try await ServedRelay.with(devices: 12, devicesMin: 2, devicesEnough: 2) { relay in
            async let ended = relay.carryOut()
            let task = try #require(try await relay.connection(0).task())
            let good = try relay.product(0, of: task)
            let update = try good.update.array
            let honest = DeviceReport(rows: good.weight, metricsMicro: good.metricsMicro)
            func changed(_ change: (inout [Float]) -> Void) throws -> [UInt8] {
                let file = try Safetensors(parsing: update)
                return try Safetensors(
                    file.tensors.map { tensor in
                        guard var values = tensor.float32 else { return tensor }
                        change(&values)
                        return try Tensor(
                            name: tensor.name, shape: tensor.shape, float32: values)
                    }
                ).bytes
            }
            let attacks: [([UInt8], DeviceReport, String)] = [
                (try changed { $0[0] = .nan }, honest, "update.not_finite"),
                (try changed { $0[0] = 1e9 }, honest, "update.too_large"),
                (Array(update.dropLast()), honest, "update.malformed"),
                ([1, 2, 3], honest, "update.malformed"),
                ([], honest, "update.malformed"),
                (
                    update, DeviceReport(rows: 9, metricsMicro: [:]),
                    "update.weight_exceeded"
                ),
                (update, DeviceReport(rows: 0, metricsMicro: [:]), "update.wrong_weight"),
                (
                    update,
                    DeviceReport(rows: 6, metricsMicro: ["trainingLoss": -1]),
                    "update.wrong_metric"
                ),
                (
                    update,
                    DeviceReport(rows: 6, metricsMicro: ["holdoutRows": 9]),
                    "update.weight_exceeded"
                ),
            ]
            for (place, attack) in zip(2..., attacks) {
                let device = try relay.connection(place)
                #expect(
                    await code {
                        try await device.contribute(attack.0, attack.1, to: relay.round.id)
                    }
                        == "device.not_asked")
                #expect(try await device.task() != nil)
                let said = await code {
                    try await device.contribute(attack.0, attack.1, to: relay.round.id)
                }
                #expect(said == attack.2)
                // It is out for the round.
                #expect(
                    await code {
                        try await device.contribute(update, honest, to: relay.round.id)
                    } == "device.twice")
            }
            let large = try relay.connection(11)
            _ = try await large.task()
            #expect(
                await code {
                    try await large.contribute(
                        [UInt8](repeating: 0, count: 1 << 20), honest, to: relay.round.id)
                } == "request.too_large")
            let stale = RoundID(job: relay.round.id.job, number: 77)
            #expect(
                await code { try await large.contribute(update, honest, to: stale) }
                    == "device.round_over")

            for place in [0, 1] { try await relay.takePart(place) }
            let mean = try await ended
            #expect(mean.devices == 2 && mean.weight == 12)
            #expect(
                await code { try await large.contribute(update, honest, to: relay.round.id) }
                    == "device.round_over")
            let status = await relay.service.status
            #expect(status.refused["update.not_finite"] == 1)
            #expect(status.last?.devices == 2)
        }
    }

    @Test("A device's request is answered once, and only where it was meant for")
    func replays() async throws {
        try await ServedRelay.with(devices: 1) { relay in
            async let ended = relay.carryOut()
            #expect(try await relay.connection(0).task() != nil)
            #expect(try await relay.replayed(0) == [200, 401, 401])
            try await relay.takePart(0)
            #expect(try await ended.devices == 1)
        }
    }

    @Test("A device that has seen a newer state, in another job, is shown one that it believes")
    func renewed() async throws {
        try await ServedRelay.with(devices: 1) { relay in
            var later = relay.lab
            try later.invite(1)
            try later.settle()
            let newer = try later.task(of: relay.round.id)
            async let ended = relay.carryOut(renewed: { newer })
            let card = try relay.lab.card(of: DeviceID("device-0"), at: ServedRelay.owner)
            var gate = DeviceGate(card, size: newer.size)
            let first = try #require(try await relay.connection(0).task())
            #expect(throws: DeviceTaskRefusal.rolledBack(first.size, known: newer.size)) {
                try gate.order(for: first, at: relay.lab.now)
            }
            var shown = first
            while shown.size < newer.size {
                shown = try #require(try await relay.connection(0).task())
            }
            #expect(try gate.order(for: shown, at: later.now).round == relay.round.id)
            try await relay.takePart(0)
            #expect(try await ended.devices == 1)
        }
    }

    @Test("With too few devices at the end of its time a round comes to nothing, and says so")
    func tooFew() async throws {
        try await ServedRelay.with(devices: 5, devicesMin: 3, timeoutMilliseconds: 700) { relay in
            async let ended = relay.carryOut()
            // On a busy machine the time may be over before it has answered.
            try? await relay.takePart(0)
            do {
                _ = try await ended
                Issue.record("one device is no three")
            } catch let failure as RelayFailure {
                #expect(failure.code == "relay.devices_too_few")
            }
            let status = await relay.service.status
            #expect(status.last?.problem == "relay.devices_too_few")
        }
    }

    @Test(
        "Where the licence ends in the middle, the round ends and no device gets its task any more")
    func licenceEnds() async throws {
        try await ServedRelay.with(devices: 4) { relay in
            let allowed = Allowed()
            async let ended = relay.carryOut(refusal: {
                await allowed.now
                    ? nil : .init(code: "task.licence_not_active", detail: "withdrawn")
            })
            try await relay.takePart(0)
            await allowed.end()
            do {
                _ = try await ended
                Issue.record("the licence has ended")
            } catch let refused as RelayService.Refused {
                #expect(refused.code == "task.licence_not_active")
            }
            #expect(await relay.service.status.rounds.isEmpty)
        }
    }

    @Test("A job that devices cannot do, or do not answer, keeps none of them from another")
    func fair() async throws {
        try await ServedRelay.with(devices: 2) { relay in
            // By its name it would come first, always.
            let first = RoundID(job: try JobID("a-job"), number: 0)
            #expect(first < relay.round.id)
            func known(_ round: RoundID) async -> Int? {
                await relay.service.status.rounds.first { $0.round == round }?.known
            }
            let impossible = Task { try await relay.carryOut(as: first) }
            defer { impossible.cancel() }
            while await known(first) == nil { await Task.yield() }
            async let ended = relay.carryOut()
            while await known(relay.round.id) == nil { await Task.yield() }

            let (one, other) = (try relay.connection(0), try relay.connection(1))
            _ = try await one.task()
            #expect(await known(first) == 1)
            try await one.decline(first, code: "trainer.failed", detail: "the device cannot")
            // The other one is asked where nobody is, and then where it was not.
            _ = try await other.task()
            #expect(await known(relay.round.id) == 1)
            _ = try await other.task()
            #expect(await known(first) == 2)
            for place in [0, 1] { try await relay.takePart(place) }
            #expect(try await ended.devices == 2)
        }
    }

    @Test("A device that has gone silent while it sent gives its place up two minutes later")
    func silent() async throws {
        let clock = Clock()
        let now: @Sendable () -> Timestamp = { clock.now }
        try await ServedRelay.with(devices: 1, clock: now) { relay in
            async let ended = relay.carryOut()
            #expect(try await relay.connection(0).task() != nil)
            let (card, id) = (try #require(try relay.home.cards().first), relay.round.id)
            let first = try await relay.service.expecting(card, in: id).place
            clock.advance(by: 119_999)
            #expect(
                await code { _ = try await relay.service.expecting(card, in: id) }
                    == "relay.busy")
            clock.advance(by: 1)
            let second = try await relay.service.expecting(card, in: id).place
            // What comes of the first after all frees no other's place.
            await relay.service.received(from: card, place: first)
            #expect(
                await code { _ = try await relay.service.expecting(card, in: id) }
                    == "relay.busy")
            await relay.service.received(from: card, place: second)
            try await relay.takePart(0)
            #expect(try await ended.devices == 1)
        }
    }

    private final class Clock: Sendable {
        private let time = Mutex(Timestamp(milliseconds: 1_000_000))

        var now: Timestamp { time.withLock(\.self) }

        func advance(by milliseconds: Int64) {
            time.withLock { $0 = $0.advanced(byMilliseconds: milliseconds) }
        }
    }

    private actor Allowed {
        private(set) var now = true
        func end() { now = false }
    }
}
