package import Contracts

/// Which round a device is asked for first, where it could take part in several.
///
/// Whatever became of the last one, another is next: a round that devices cannot do, or do not answer,
/// keeps none of them from the rest.
package struct DeviceTurns: Sendable {
    /// How often each device has been asked in each round.
    private var asked: [RoundID: [DeviceID: Int]] = [:]

    package init() {}

    /// Those in which it was asked least often first, of these those that have asked the fewest
    /// devices, and then by name.
    package func order(_ rounds: some Sequence<RoundID>, for device: DeviceID) -> [RoundID] {
        rounds.map { round in
            let devices = asked[round] ?? [:]
            return (times: devices[device] ?? 0, devices: devices.count, round: round)
        }
        .sorted { ($0.times, $0.devices, $0.round) < ($1.times, $1.devices, $1.round) }
        .map(\.round)
    }

    package mutating func ask(_ device: DeviceID, in round: RoundID) {
        asked[round, default: [:]][device, default: 0] += 1
    }

    package mutating func end(_ round: RoundID) {
        asked[round] = nil
    }
}
