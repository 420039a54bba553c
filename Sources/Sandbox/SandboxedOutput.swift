package import Bundles
import Foundation

/// A program that runs once in a sandbox, and whose output is read as it comes.
///
/// It belongs to the thread that started it, and must go before that thread ends. The program ends
/// with it.
package final class SandboxedOutput {
    private static let logTailBytes = 2_000

    private let process: SandboxProcess
    private let limits: TrainerLimits
    private let clock = ContinuousClock()
    private let began: ContinuousClock.Instant
    private var waiting: ArraySlice<UInt8> = []
    private var log: [UInt8] = []
    private var hasEnded = false
    private var watched: ContinuousClock.Instant

    /// - Parameter descriptors: What the program finds as 3, 4 and so on.
    /// - Throws: ``SandboxFailure/unavailable(_:)``.
    package init(
        _ program: SandboxProgram, in support: SandboxSupport, passing descriptors: [Int32]
    ) throws(SandboxFailure) {
        process = try SandboxProcess(program, in: support, passing: descriptors)
        limits = program.limits
        began = clock.now
        watched = began
    }

    /// Waits for output.
    ///
    /// - Returns: How many bytes it is; 0 once the program has ended well.
    /// - Throws: ``SandboxFailure``.
    package func read(
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(SandboxFailure) -> Int {
        while waiting.isEmpty {
            guard !hasEnded else { return 0 }
            let ready = process.wait(wakeUp: -1, milliseconds: 50)
            if ready.log { keepLog() }
            // Also where there is always more to read.
            if clock.now - watched >= .milliseconds(50) { try watch() }
            if ready.output {
                guard let bytes = process.readOutput() else { continue }
                guard !bytes.isEmpty else {
                    try end()
                    return 0
                }
                waiting = bytes[...]
            }
        }
        let part = waiting.prefix(buffer.count)
        buffer.copyBytes(from: part)
        waiting = waiting.dropFirst(part.count)
        return part.count
    }

    private func end() throws(SandboxFailure) {
        hasEnded = true
        keepLog()
        let ending = process.ending(log: String(decoding: log, as: UTF8.self))
        guard case .exit(code: 0, _) = ending else { throw ending }
    }

    private func keepLog() {
        guard let bytes = process.readLog() else { return }
        log = Array((log + bytes).suffix(Self.logTailBytes))
    }

    private func watch() throws(SandboxFailure) {
        watched = clock.now
        guard clock.now - began <= .seconds(limits.wallSeconds) else {
            throw .limit(.wallSeconds, allowed: limits.wallSeconds)
        }
        let usage = process.usage
        guard usage.cpuSeconds <= Double(limits.cpuSeconds) else {
            throw .limit(.cpuSeconds, allowed: limits.cpuSeconds)
        }
        if usage.memoryBytes > limits.memoryBytes, usage.exactMemoryBytes > limits.memoryBytes {
            throw .limit(.memoryBytes, allowed: limits.memoryBytes)
        }
    }
}

extension PythonEnvironment {
    /// A script that sees this installation and no other file.
    package func program(_ script: String, limits: TrainerLimits) -> SandboxProgram {
        SandboxProgram(
            path: executable, arguments: ["-B", "-I", "-c", script], mounts: mounts,
            environment: [
                "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
            ], limits: limits)
    }
}
