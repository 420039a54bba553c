/// A device's settings.
struct DeviceSettings {
    /// The relay's URL, where it is another than the relay's card says.
    let relay: String?
    let certificateAuthority: String?
    let log: LogSettings

    /// - Throws: ``SettingsError`` with every mistake.
    init(_ reader: inout SettingsReader) throws(SettingsError) {
        relay = reader.url("relay")
        certificateAuthority = reader.existingFile("certificate-authority")
        log = LogSettings(&reader)
        try reader.finish()
    }
}
