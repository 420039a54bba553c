package import Relay
package import Transport

/// How a member's node is a relay for devices.
package struct RelaySettings: Hashable, Sendable {
    /// Where devices reach it.
    package var listen: ListenAddress
    package var tls: ServerTLS?
    /// The URL that devices are told, where it is another than that of the address.
    package var url: String?
    /// With fewer devices there is no contribution.
    package var devicesMin: Int
    /// With so many a round closes at once; all that are enrolled, if absent.
    package var devicesEnough: Int?
    /// How long a round waits for its devices.
    package var roundTimeoutMilliseconds: Int64

    package static let devicesMinStandard = 10
    package static let roundTimeoutSecondsStandard = 60

    package init(
        listen: ListenAddress, tls: ServerTLS? = nil, url: String? = nil,
        devicesMin: Int = devicesMinStandard, devicesEnough: Int? = nil,
        roundTimeoutMilliseconds: Int64 = Int64(roundTimeoutSecondsStandard) * 1_000
    ) {
        self.listen = listen
        self.tls = tls
        self.url = url
        self.devicesMin = devicesMin
        self.devicesEnough = devicesEnough
        self.roundTimeoutMilliseconds = roundTimeoutMilliseconds
    }

    /// - Parameters:
    ///   - enrolled: How many devices there are.
    ///   - rows: For how many rows the dataset is registered.
    ///   - leftMilliseconds: How long the round upstream still runs.
    /// - Throws: ``Relay/RelayMistake``.
    package func limits(
        enrolled: Int, rows: Int64, leftMilliseconds: Int64
    ) throws(RelayMistake) -> DeviceRound.Limits {
        // A fleet that is too small is found out at the round's end as one of which too few came.
        let enough = max(devicesMin, min(devicesEnough ?? .max, enrolled))
        let weightMax = min(rows, ExactSum.weightMax)
        return try DeviceRound.Limits(
            devicesMin: devicesMin, devicesEnough: enough, devicesMax: max(enough, enrolled),
            deviceWeightMax: weightMax, weightMax: weightMax,
            timeoutMilliseconds: max(1, min(roundTimeoutMilliseconds, leftMilliseconds)))
    }
}
