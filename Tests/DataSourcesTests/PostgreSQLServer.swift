import Foundation
import Testing

/// A PostgreSQL server of the test's own, on a socket in a folder of its own.
struct PostgreSQLServer {
    private static let programs: String? = {
        let debian = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: debian)) ?? []
        let folders =
            versions.sorted().reversed().map { "\(debian)/\($0)/bin" }
            + (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(
                String.init)
        return folders.first { folder in
            ["initdb", "postgres", "psql"].allSatisfy {
                FileManager.default.isExecutableFile(atPath: "\(folder)/\($0)")
            }
        }
    }()

    static let isPossible = programs != nil
    static let whatIsMissing: Comment = "needs PostgreSQL's server (scripts/setup-postgresql)"

    /// What is wrong with this machine.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// The folder of the socket, which is short: a socket's path holds 107 bytes.
    let folder: URL
    private let programs: String

    /// A connection as the user who may do everything.
    var connection: String { "host=\(folder.path) user=owner dbname=postgres" }

    /// Starts a server, and stops it when the body is done.
    ///
    /// - Parameter setup: SQL that is run first.
    static func with(_ setup: String, _ body: (PostgreSQLServer) async throws -> Void) async throws
    {
        let folder = URL(filePath: "/tmp/jointlab-pg-\(UInt32.random(in: 0 ... .max))")
        guard let programs else { throw Failure(description: "\(whatIsMissing)") }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = PostgreSQLServer(folder: folder, programs: programs)
        // PostgreSQL refuses to run as root.
        if geteuid() == 0 { try server.run("/usr/bin/env", ["chown", "postgres", folder.path]) }
        let data = folder.appending(path: "data").path
        try server.runAsServer(
            "initdb", ["-D", data, "-U", "owner", "-A", "trust", "-E", "UTF8", "--no-sync"])
        try "local all keyed scram-sha-256\nlocal all all trust\n".write(
            toFile: data + "/pg_hba.conf", atomically: false, encoding: .utf8)
        let settings = [
            "unix_socket_directories=\(folder.path)", "listen_addresses=", "fsync=off",
            "timezone=Asia/Tokyo", "datestyle=German", "extra_float_digits=0",
        ]
        let running = try server.startAsServer(
            "postgres", ["-D", data] + settings.flatMap { ["-c", $0] })
        defer {
            running.interrupt()
            running.waitUntilExit()
        }
        let script = folder.appending(path: "setup.sql")
        try setup.write(to: script, atomically: true, encoding: .utf8)
        let socket = folder.appending(path: ".s.PGSQL.5432").path
        for _ in 0..<600 where !FileManager.default.fileExists(atPath: socket) {
            try await Task.sleep(for: .milliseconds(50))
        }
        try await server.runSetup(script)
        try await body(server)
    }

    /// The socket is there a little before the server answers.
    private func runSetup(_ script: URL) async throws {
        let arguments = ["-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-d", connection]
        for attempt in 0... {
            do {
                return try run("\(programs)/psql", arguments + ["-f", script.path])
            } catch {
                guard attempt < 100 else { throw error }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    private func runAsServer(_ program: String, _ arguments: [String]) throws {
        let process = try startAsServer(program, arguments)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "\(program) failed: \(log.suffix(500))")
        }
    }

    private func startAsServer(_ program: String, _ arguments: [String]) throws -> Process {
        let words = ["\(programs)/\(program)"] + arguments
        let user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        return try start("/usr/bin/env", (geteuid() == 0 ? user : []) + words)
    }

    private func run(_ path: String, _ arguments: [String]) throws {
        let process = try start(path, arguments)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "\(path) failed: \(log.suffix(500))")
        }
    }

    private var log: String {
        (try? String(contentsOf: folder.appending(path: "log"), encoding: .utf8)) ?? ""
    }

    private func start(_ path: String, _ arguments: [String]) throws -> Process {
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.currentDirectoryURL = URL(filePath: "/")
        process.standardInput = FileHandle.nullDevice
        let log = folder.appending(path: "log")
        if !FileManager.default.fileExists(atPath: log.path) { try Data().write(to: log) }
        let output = try FileHandle(forWritingTo: log)
        try output.seekToEnd()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        return process
    }
}
