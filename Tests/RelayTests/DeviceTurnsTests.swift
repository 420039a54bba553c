import Contracts
import Relay
import Testing

/// In which round a device is asked first.
@Suite struct DeviceTurnsTests {
    private let rounds: [RoundID]

    init() throws {
        rounds = try ["a", "b", "c"].map { RoundID(job: try JobID($0), number: 0) }
    }

    @Test("Devices are spread over the rounds, the one that has asked the fewest first")
    func spread() throws {
        var turns = DeviceTurns()
        for place in 0..<30 {
            let device = try DeviceID("device-\(place)")
            let first = try #require(turns.order(rounds, for: device).first)
            #expect(first == rounds[place % 3])
            turns.ask(device, in: first)
        }
    }

    @Test("A device that comes back is asked in each round before it is asked in one again")
    func rotation() throws {
        var turns = DeviceTurns()
        let (device, other) = (try DeviceID("one"), try DeviceID("other"))
        turns.ask(other, in: rounds[0])
        var asked: [RoundID] = []
        for _ in 0..<6 {
            let next = try #require(turns.order(rounds.reversed(), for: device).first)
            turns.ask(device, in: next)
            asked.append(next)
        }
        #expect(asked == [1, 2, 0, 1, 2, 0].map { rounds[$0] })
    }

    @Test("A round that has ended leaves nothing behind")
    func ends() throws {
        var turns = DeviceTurns()
        let device = try DeviceID("one")
        turns.ask(device, in: rounds[0])
        turns.end(rounds[0])
        #expect(turns.order(rounds, for: device) == rounds)
    }
}
