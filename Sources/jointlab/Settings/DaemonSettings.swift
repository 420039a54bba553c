import ArgumentParser
import Bundles
import Foundation
import Logging
import Node
import Storage
import Transport

/// What the daemons that listen have in common on the command line.
struct DaemonOptions: ParsableArguments {
    @Option(help: "Where to listen, as HOST:PORT; port 0 lets the system choose.")
    var listen: String?

    @OptionGroup var process: ProcessOptions

    var untilInputCloses: Bool { process.untilInputCloses }

    var flags: [String: String?] {
        process.flags.merging(["listen": listen]) { $1 }
    }
}

/// What all programs that run until they are stopped have in common on the command line.
struct ProcessOptions: ParsableArguments {
    @Option(help: "How much to log: trace, debug, info, notice, warning, error or critical.")
    var logLevel: String?

    @Option(help: "How to log: human or json. Default: human on a terminal.")
    var logForm: String?

    /// For a program that starts daemons and must not leave any behind, however it ends.
    @Flag(help: .hidden)
    var untilInputCloses = false

    var flags: [String: String?] {
        ["log-level": logLevel, "log-form": logForm]
    }
}

/// How a daemon logs.
struct LogSettings {
    let level: Logger.Level
    let form: ProgramLog.Form?

    init(_ reader: inout SettingsReader) {
        level = reader.value(
            "log-level", default: .info, "trace, debug, info, notice, warning, error or critical"
        ) { Logger.Level(rawValue: $0.lowercased()) }
        form = reader.value("log-form", default: nil, "human or json") { text in
            ProgramLog.Form(rawValue: text).map(Optional.some)
        }
    }
}

/// A coordinator's settings.
struct CoordinatorSettings {
    let listen: ListenAddress
    let tls: ServerTLS?
    /// Whether anybody may read the entries as tiles.
    let openEntries: Bool
    let uploads: UploadLimits
    let log: LogSettings

    /// - Throws: ``SettingsError`` with every mistake.
    init(_ reader: inout SettingsReader) throws(SettingsError) {
        listen = reader.value(
            "listen", default: ListenAddress(host: "127.0.0.1", port: 7400),
            "HOST:PORT", ListenAddress.init)
        tls = reader.serverTLS()
        openEntries = reader.flag("open-entries")
        reader.requirePrivate(listen, tls)
        let standard = UploadLimits()
        var uploads = standard
        uploads.blobBytesMax =
            reader.integer(
                "uploads.blob-mebibytes-max", default: standard.blobBytesMax >> 20,
                in: 1...SignedClient.blobBytesMax >> 20) << 20
        uploads.memberBytesMax =
            reader.integer(
                "uploads.member-mebibytes-max", default: standard.memberBytesMax >> 20,
                in: 1...1 << 30) << 20
        if uploads.memberBytesMax < uploads.blobBytesMax {
            reader.wrong(
                "uploads.member-mebibytes-max: a member should have room for the largest blob, "
                    + "\(uploads.blobBytesMax >> 20) MiB")
        }
        self.uploads = uploads
        log = LogSettings(&reader)
        try reader.finish()
    }
}

/// A node's settings.
struct NodeSettings {
    /// Where the node answers its own member.
    let listen: ListenAddress
    /// The coordinator's URL, where it is another than the lab's card says.
    let coordinator: String?
    let certificateAuthority: String?
    let rowsMin: Int
    let trainers: TrainerSettings
    /// `nil` where the node answers no devices.
    let relay: RelaySettings?
    let log: LogSettings

    /// - Throws: ``SettingsError`` with every mistake.
    init(_ reader: inout SettingsReader) throws(SettingsError) {
        listen = reader.value(
            "listen", default: ListenAddress(host: "127.0.0.1", port: 0), "HOST:PORT",
            ListenAddress.init)
        if !listen.isLoopback {
            reader.wrong(
                "listen: a node answers its own member on the same machine; \(listen) can be "
                    + "reached from others")
        }
        coordinator = reader.url("coordinator")
        certificateAuthority = reader.existingFile("certificate-authority")
        rowsMin = reader.integer("rows-min", default: 10, in: 1...1_000_000_000)
        trainers = TrainerSettings(&reader)
        relay = RelaySettings.read(&reader)
        log = LogSettings(&reader)
        try reader.finish()
    }
}

extension TrainerSettings {
    /// On what trainer bundles run, and what an owner lets them use up.
    init(_ reader: inout SettingsReader) {
        let python = reader.existingFile("trainers.python")
        let package = reader.existingFile("trainers.package")
        var limits = TrainerLimits()
        func limit(_ name: String, _ value: inout Int, _ range: ClosedRange<Int>) {
            value = reader.integer("trainers.limits.\(name)", default: value, in: range)
        }
        limit("cpu-seconds", &limits.cpuSeconds, 1...604_800)
        limit("memory-bytes", &limits.memoryBytes, 64 << 20...1 << 44)
        limit("wall-seconds", &limits.wallSeconds, 1...604_800)
        limit("processes", &limits.processes, 1...4_096)
        limit("scratch-bytes", &limits.scratchBytes, 4_096...1 << 40)
        limit("output-bytes", &limits.outputBytes, 1...1 << 36)
        limit("log-bytes", &limits.logBytes, 1_024...1 << 30)
        self.init(
            python: python, package: package, limitsMax: limits,
            path: ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")
    }
}
