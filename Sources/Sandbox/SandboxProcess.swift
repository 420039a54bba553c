import Bundles
import CSandbox
import Foundation

/// A sandbox that runs, with a pipe each to write to it and to read its output and log.
///
/// It belongs to the thread that started it, and must go before that thread ends.
final class SandboxProcess {
    struct Ready {
        var output = false
        var log = false
        var wakeUp = false
    }

    /// An empty file costs the kernel memory too, and counts as nothing in the scratch folder.
    static let scratchFilesMax = 100_000

    /// Bubblewrap outside the sandbox.
    private let monitor: pid_t
    private let input: Int32
    private let output: Int32
    private let log: Int32
    /// Its number may be another's by now.
    private var hasEnded = false
    private var hasLogEnded = false

    /// - Parameter passing: Descriptors that the program finds as 3, 4 and so on.
    /// - Throws: ``SandboxFailure/unavailable(_:)``.
    init(
        _ program: SandboxProgram, in support: SandboxSupport, passing descriptors: [Int32]
    ) throws(SandboxFailure) {
        // A write to a program that is gone shall fail, not end this process.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)

        var opened: [Int32] = []
        func pipe() throws(SandboxFailure) -> (read: Int32, write: Int32) {
            var ends: [Int32] = [-1, -1]
            let status = sandbox_pipe(&ends)
            guard status == 0 else {
                for descriptor in opened { close(descriptor) }
                throw .unavailable("no pipe: \(SandboxSupport.text(-status))")
            }
            opened += ends
            return (ends[0], ends[1])
        }
        let (standardInput, standardOutput, standardError) = (try pipe(), try pipe(), try pipe())
        let filter = sandbox_system_call_filter()
        let passed =
            [standardInput.read, standardOutput.write, standardError.write] + descriptors + [filter]
        let words = program.arguments(
            for: support.identity, system: support.system, filter: Int32(passed.count - 1))
        let pid =
            filter < 0
            ? filter : SandboxSupport.spawn([support.bubblewrap] + words, descriptors: passed)
        for descriptor in [standardInput.read, standardOutput.write, standardError.write, filter]
        where descriptor >= 0 {
            close(descriptor)
        }
        input = standardInput.write
        output = standardOutput.read
        log = standardError.read
        monitor = pid
        for descriptor in [input, output, log] {
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        }
        guard pid > 0 else {
            hasEnded = true
            throw .unavailable("bubblewrap does not start: \(SandboxSupport.text(-pid))")
        }
    }

    deinit {
        kill()
        for descriptor in [input, output, log] { close(descriptor) }
    }

    var usage: SandboxUsage { SandboxUsage(below: monitor) }

    /// How many files lie in the scratch folder.
    var scratchFiles: Int {
        guard let first = SandboxUsage.children(of: monitor).first else { return 0 }
        var status = statvfs()
        guard statvfs("/proc/\(first)/root\(SandboxProgram.scratch)", &status) == 0 else {
            return 0
        }
        return Int(status.f_files) - Int(status.f_ffree)
    }

    func wait(wakeUp: Int32, milliseconds: Int32) -> Ready {
        // An end that was seen would be reported again at once, for ever.
        var polled = [output, hasLogEnded ? -1 : log, wakeUp].map {
            pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
        }
        guard poll(&polled, nfds_t(polled.count), milliseconds) > 0 else { return Ready() }
        return Ready(
            output: polled[0].revents != 0, log: polled[1].revents != 0,
            wakeUp: polled[2].revents != 0)
    }

    /// - Throws: ``SandboxFailure/protocolError(_:)`` where the program has not read what it was sent
    ///   before.
    func write(_ bytes: [UInt8]) throws(SandboxFailure) {
        // One message at a time, shorter than an empty pipe is large; a program that has ended
        // shows by the end of its output.
        let count = Foundation.write(input, bytes, bytes.count)
        guard count == bytes.count || count < 0 && errno == EPIPE else {
            throw .protocolError("it does not read its orders")
        }
    }

    /// - Returns: What is there; empty at the end, `nil` where there is nothing yet.
    func readOutput() -> [UInt8]? { Self.read(output) }

    func readLog() -> [UInt8]? {
        let bytes = Self.read(log)
        hasLogEnded = bytes?.isEmpty == true
        return bytes
    }

    /// How the program ended that has closed its output.
    func ending(log: String) -> SandboxFailure {
        var status: Int32 = 0
        for _ in 0..<200 {
            if waitpid(monitor, &status, WNOHANG) == monitor {
                hasEnded = true
                let code = status >> 8 & 0xFF
                if status & 0x7F != 0 { return .signal(status & 0x7F, log: log) }
                // As a shell does, bubblewrap adds 128 to the number of a signal.
                return code > 128 && code <= 192
                    ? .signal(code - 128, log: log) : .exit(code: code, log: log)
            }
            usleep(5_000)
        }
        return .protocolError("it closed its output and went on")
    }

    /// Ends all that is in the sandbox, and waits for it.
    func kill() {
        guard !hasEnded else { return }
        hasEnded = true
        // The first process takes all others with it; bubblewrap's end alone would do so a moment
        // later.
        for first in SandboxUsage.children(of: monitor) { Foundation.kill(first, SIGKILL) }
        Foundation.kill(monitor, SIGKILL)
        var status: Int32 = 0
        while waitpid(monitor, &status, 0) < 0, errno == EINTR {}
    }

    private static func read(_ descriptor: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = Foundation.read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { return nil }
        return Array(bytes.prefix(count))
    }
}
