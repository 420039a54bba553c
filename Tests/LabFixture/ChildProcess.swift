package import Glibc
import Synchronization

/// A process that this one started, and that does not outlive it.
///
/// It is killed and reaped when the value goes. Its standard input is a pipe whose other end lies
/// here, so a daemon that is run with `--until-input-closes` ends even where this process is killed.
package final class ChildProcess: Sendable {
    /// How a process ended.
    package enum End: Hashable, Sendable, CustomStringConvertible {
        case exited(Int32)
        case killed(signal: Int32)

        package var description: String {
            switch self {
            case .exited(let code): "exit code \(code)"
            case .killed(let signal): "signal \(signal)"
            }
        }
    }

    package struct StartFailure: Error, CustomStringConvertible {
        package let description: String
    }

    package let id: pid_t
    private let input: Int32
    private let end = Mutex<End?>(nil)

    /// - Parameters:
    ///   - output: A file that standard output is appended to.
    ///   - errors: A file that standard error is appended to.
    ///   - leadsGroup: Whether it begins a process group of its own, as a shell's job does.
    package init(
        _ program: String, _ arguments: [String], environment: [String: String] = [:],
        output: String, errors: String, folder: String? = nil, leadsGroup: Bool = false
    ) throws {
        var pipe: [Int32] = [-1, -1]
        guard Glibc.pipe(&pipe) == 0 else { throw Self.failure("pipe") }
        defer { close(pipe[0]) }
        input = pipe[1]
        _ = fcntl(input, F_SETFD, FD_CLOEXEC)

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let append = O_WRONLY | O_CREAT | O_APPEND
        posix_spawn_file_actions_adddup2(&actions, pipe[0], STDIN_FILENO)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, append, 0o600)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors, append, 0o600)
        for descriptor in Self.openFiles() where descriptor > STDERR_FILENO {
            posix_spawn_file_actions_addclose(&actions, descriptor)
        }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
        if leadsGroup { flags |= POSIX_SPAWN_SETPGROUP }
        posix_spawnattr_setflags(&attributes, Int16(flags))

        let command = (folder.map { ["/usr/bin/env", "-C", $0] } ?? []) + [program] + arguments
        let words = command.map { strdup($0) } + [nil]
        let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for word in words + variables { free(word) } }
        var id: pid_t = 0
        let code = posix_spawn(&id, command[0], &actions, &attributes, words, variables)
        self.id = id
        guard code == 0 else {
            end.withLock { $0 = .exited(127) }
            throw StartFailure(
                description: "cannot start \(program): \(String(cString: strerror(code)))")
        }
    }

    deinit {
        kill()
        close(input)
    }

    private static func failure(_ what: String) -> StartFailure {
        StartFailure(description: "\(what): \(String(cString: strerror(errno)))")
    }

    /// How it ended; `nil` while it runs.
    package var ended: End? { reap(WNOHANG) }

    package func send(_ signal: Int32) {
        end.withLock { end in
            // Once it has been waited for, its number may be another's.
            guard end == nil else { return }
            Glibc.kill(id, signal)
        }
    }

    /// Sends a signal to the process group that it leads.
    package func sendToGroup(_ signal: Int32) {
        Glibc.kill(-id, signal)
    }

    /// Ends it this instant, as a loss of power would, and waits until it is gone.
    package func kill() {
        send(SIGKILL)
        _ = reap(0)
    }

    private func reap(_ options: Int32) -> End? {
        end.withLock { end in
            if let end { return end }
            var status: Int32 = 0
            var waited = waitpid(id, &status, options)
            while waited < 0, errno == EINTR { waited = waitpid(id, &status, options) }
            guard waited != 0 else { return nil }
            let signal = status & 0x7F
            end = signal == 0 ? .exited((status >> 8) & 0xFF) : .killed(signal: signal)
            return end
        }
    }

    /// Waits until it has ended by itself.
    package func waitForEnd(within limit: Duration = .seconds(90)) async throws -> End {
        try await eventually("process \(id) ends", within: limit) { ended != nil }
        return ended ?? .exited(-1)
    }

    private static func openFiles() -> [Int32] {
        guard let folder = opendir("/proc/self/fd") else { return [] }
        defer { closedir(folder) }
        var files: [Int32] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let number = Int32(name) { files.append(number) }
        }
        return files
    }
}
