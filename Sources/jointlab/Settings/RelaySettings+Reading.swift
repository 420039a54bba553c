import Node
import Transport

extension RelaySettings {
    /// How a node answers devices; `nil` where `relay.listen` says nothing.
    static func read(_ reader: inout SettingsReader) -> RelaySettings? {
        let prefix = "relay."
        let listen: ListenAddress? = reader.value(
            "\(prefix)listen", default: nil, "HOST:PORT"
        ) { text in ListenAddress(text).map(Optional.some) }
        var settings = RelaySettings(
            listen: listen ?? ListenAddress(host: "127.0.0.1", port: 0))
        settings.tls = reader.serverTLS(prefix)
        reader.requirePrivate(settings.listen, settings.tls, prefix)
        settings.url = reader.url("\(prefix)url")
        let devicesMost = 10_000_000
        settings.devicesMin = reader.integer(
            "\(prefix)devices-min", default: devicesMinStandard, in: 1...devicesMost)
        let enough = reader.integer("\(prefix)devices-enough", default: 0, in: 1...devicesMost)
        settings.devicesEnough = enough == 0 ? nil : enough
        if enough > 0, enough < settings.devicesMin {
            reader.wrong("\(prefix)devices-enough should be at least \(prefix)devices-min")
        }
        settings.roundTimeoutMilliseconds =
            Int64(
                reader.integer(
                    "\(prefix)round-timeout-seconds", default: roundTimeoutSecondsStandard,
                    in: 1...604_800)) * 1_000
        return listen == nil ? nil : settings
    }
}
