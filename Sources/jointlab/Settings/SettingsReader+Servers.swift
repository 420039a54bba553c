import Transport

extension SettingsReader {
    mutating func url(_ key: String) -> String? {
        value(key, default: nil, "an http:// or https:// URL") { text in
            text.hasPrefix("http://") || text.hasPrefix("https://") ? .some(text) : nil
        }
    }

    /// A server's certificate and key: `tls.certificate` and `tls.key`, both or none.
    ///
    /// - Parameter prefix: Of the keys, such as `relay.`.
    mutating func serverTLS(_ prefix: String = "") -> ServerTLS? {
        let certificate = existingFile("\(prefix)tls.certificate")
        let key = existingFile("\(prefix)tls.key")
        switch (certificate, key) {
        case (let certificate?, let key?):
            let files = ServerTLS(certificateFile: certificate, keyFile: key)
            do {
                _ = try files.configuration()
            } catch {
                wrong("\(prefix)tls: the certificate and key cannot be used: \(error)")
            }
            return files
        case (nil, nil): return nil
        case (nil, _): wrong("\(prefix)tls.certificate is needed with \(prefix)tls.key")
        case (_, nil): wrong("\(prefix)tls.key is needed with \(prefix)tls.certificate")
        }
        return nil
    }

    /// Notes a mistake where others could listen in, and nobody has said that they may.
    mutating func requirePrivate(_ listen: ListenAddress, _ tls: ServerTLS?, _ prefix: String = "")
    {
        let plaintext = flag("\(prefix)allow-plaintext-beyond-this-machine")
        guard tls == nil, !listen.isLoopback, !plaintext else { return }
        wrong(
            "\(prefix)listen: \(listen) can be reached from other machines, and there is no TLS: "
                + "set \(prefix)tls.certificate and \(prefix)tls.key, or say "
                + "\(prefix)allow-plaintext-beyond-this-machine")
    }
}
