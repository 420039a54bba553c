import Foundation
import LabFixture

/// A certificate for this machine's own addresses, signed by itself, as `openssl` makes it.
struct TestCertificate {
    let certificate: URL
    let key: URL

    /// - Parameter name: The files' name; two certificates can lie in one folder.
    init(_ name: String = "server", in folder: URL) throws {
        certificate = folder.appending(path: "\(name).pem")
        key = folder.appending(path: "\(name).key")
        let openssl = Process()
        openssl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        openssl.arguments =
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
            + ["-nodes", "-keyout", key.path, "-out", certificate.path, "-days", "2"]
            + ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        guard openssl.terminationStatus == 0 else {
            throw Daemons.Failure(description: "openssl cannot make a certificate")
        }
    }
}
