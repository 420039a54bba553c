import Bundles
import CSandbox
import Encodings
import Foundation
import Memory
import Tensors

/// The thread of a resident worker: starts the sandbox, passes orders and answers, and watches over
/// the limits.
final class WorkerLoop {
    private struct Current {
        let order: WorkerMailbox.Order
        let number: Int64
        /// What a `fit` starts from.
        let base: BaseModel?
    }

    private static let sampleInterval = Duration.milliseconds(50)
    private static let progressInterval = Duration.milliseconds(100)
    private static let logTailBytes = 2_000
    /// A worker that is not called for so long keeps no memory for a result.
    private static let rest = Duration.seconds(30)

    private let manifest: BundleManifest
    private let limits: TrainerLimits
    private let mailbox: WorkerMailbox
    private let onEvent: @Sendable (WorkerEvent) -> Void
    private let process: SandboxProcess
    private let input: SharedMemory
    private let output: SharedMemory
    private let results = ResultMemory()
    private let clock = ContinuousClock()

    private var frames = WorkerFrames()
    private var greeting: WorkerGreeting?
    private var current: Current?
    private var calls: Int64 = 0
    /// When the call under way began, or the last one ended.
    private var began: ContinuousClock.Instant
    private var lastSample: ContinuousClock.Instant
    private var lastProgress: ContinuousClock.Instant?
    /// Processor time that earlier calls have answered for.
    private var settledCPUSeconds = 0.0
    private var printedBytes = 0
    private var log: [UInt8] = []
    private var logLine: [UInt8] = []

    /// Runs until the worker has ended.
    static func run(
        _ program: WorkerProgram, sandbox: SandboxProgram, support: SandboxSupport,
        mailbox: WorkerMailbox, onEvent: @escaping @Sendable (WorkerEvent) -> Void,
        onStart: (Result<WorkerGreeting, SandboxFailure>) -> Void
    ) {
        let loop: WorkerLoop
        do throws(SandboxFailure) {
            loop = try WorkerLoop(
                program, sandbox: sandbox, support: support, mailbox: mailbox, onEvent: onEvent)
        } catch {
            mailbox.end()
            onStart(.failure(error))
            return
        }
        var isStarted = false
        let failure: SandboxFailure
        do throws(SandboxFailure) {
            while true {
                try loop.step()
                if !isStarted, let greeting = loop.greeting {
                    isStarted = true
                    onStart(.success(greeting))
                }
            }
        } catch {
            failure = error
        }
        loop.process.kill()
        mailbox.end()
        if !isStarted { onStart(.failure(failure)) }
        loop.current?.order.done(.failure(failure))
    }

    private init(
        _ program: WorkerProgram, sandbox: SandboxProgram, support: SandboxSupport,
        mailbox: WorkerMailbox, onEvent: @escaping @Sendable (WorkerEvent) -> Void
    ) throws(SandboxFailure) {
        manifest = program.manifest
        limits = program.limits
        self.mailbox = mailbox
        self.onEvent = onEvent
        input = try SharedMemory(byteCount: max(program.inputBytes, 1), workerWrites: false)
        output = try SharedMemory(byteCount: max(limits.outputBytes, 1), workerWrites: true)
        process = try SandboxProcess(
            sandbox, in: support, passing: [input.descriptor, output.descriptor])
        began = clock.now
        lastSample = clock.now
        try process.write(
            WorkerFrames.bytes(of: [
                "type": "hello", "protocol": .integer(WorkerReply.protocolVersion),
                "entry": .string(manifest.entry), "kind": .string(manifest.kind.rawValue),
                "inputs": .string(manifest.inputKind.rawValue),
                "features": .array(manifest.features.map { .string($0) }),
                "label": manifest.label.map { .string($0) },
                "inputBytes": .integer(Int64(input.bytes.count)),
                "outputBytes": .integer(Int64(output.bytes.count)),
            ]))
    }

    /// Waits for something to happen, and does what follows from it.
    ///
    /// - Throws: Why the worker is to end.
    private func step() throws(SandboxFailure) {
        let isBusy = current != nil || greeting == nil
        let ready = process.wait(wakeUp: mailbox.wakeUp, milliseconds: isBusy ? 20 : 500)
        // Answers first: what comes in the last moment counts.
        try readLog(ready)
        try readAnswers(ready)
        if ready.wakeUp { mailbox.drainWakeUps() }
        if mailbox.isClosed { throw .stopped }
        if current == nil, greeting != nil, let order = mailbox.next() { try begin(order) }
        try watch()
    }

    // MARK: Calls

    private func begin(_ order: WorkerMailbox.Order) throws(SandboxFailure) {
        calls += 1
        guard order.call.task != .predict || manifest.predicts else {
            order.done(
                .failure(.environment("the bundle \(manifest.name) makes no predictions")))
            return
        }
        guard (order.call.base?.count ?? 0) <= input.bytes.count else {
            order.done(.failure(.limit(.inputBytes, allowed: input.bytes.count)))
            return
        }
        var model: BaseModel?
        if let base = order.call.base {
            do {
                model = try BaseModel(base, in: input)
            } catch {
                order.done(
                    .failure(.environment("the model to start from is not readable: \(error)")))
                return
            }
        }
        let message = WorkerFrames.bytes(of: order.call.json(number: calls))
        guard message.count <= WorkerFrames.byteCountMax else {
            order.done(
                .failure(
                    .environment(
                        "the order has \(message.count) bytes, and at most "
                            + "\(WorkerFrames.byteCountMax) are sent; shorten the job's settings")))
            return
        }
        current = Current(
            order: order, number: calls, base: order.call.task == .fit ? model : nil)
        began = clock.now
        lastProgress = nil
        printedBytes = 0
        try process.write(message)
    }

    private func readAnswers(_ ready: SandboxProcess.Ready) throws(SandboxFailure) {
        guard ready.output else { return }
        let bytes = process.readOutput()
        if let bytes, bytes.isEmpty {
            _ = process.readLog().map { keep($0) }
            throw process.ending(log: String(decoding: log, as: UTF8.self))
        }
        printedBytes += bytes?.count ?? 0
        frames.append(bytes ?? [])
        while let message = try frames.next() {
            do throws(SandboxFailure) {
                try handle(try WorkerReply(message))
            } catch {
                // The trainer's mistakes are its answer; the worker goes on.
                guard Self.isAnswer(error), let call = current else { throw error }
                finish(call, .failure(error))
            }
        }
    }

    private static func isAnswer(_ failure: SandboxFailure) -> Bool {
        switch failure {
        case .update, .limit(.outputBytes, _): true
        default: false
        }
    }

    private func handle(_ reply: WorkerReply) throws(SandboxFailure) {
        switch reply {
        case .hello(let package, let python):
            guard greeting == nil else { throw .protocolError("a second hello") }
            greeting = WorkerGreeting(package: package, python: python)
            settledCPUSeconds = process.usage.cpuSeconds
            printedBytes = 0
        case .progress(let number, let fraction, let text):
            guard number == current?.number else { throw Self.stale(number) }
            let now = clock.now
            if let lastProgress, now - lastProgress < Self.progressInterval { return }
            lastProgress = now
            onEvent(.progress(fraction, text.onOneLine))
        case .failure(let number, let kind, let message):
            let failure: SandboxFailure =
                kind == "MemoryError"
                ? .limit(.memoryBytes, allowed: limits.memoryBytes)
                : .trainer(kind: kind.onOneLine, message: message.visible)
            guard greeting != nil else { throw failure }
            guard let call = current, number == call.number else { throw Self.stale(number ?? 0) }
            finish(call, .failure(failure))
        case .result(let number, let outcome):
            guard let call = current, number == call.number else { throw Self.stale(number) }
            let result = try self.result(of: call, outcome)
            finish(call, .success(result))
        }
    }

    private func result(
        of call: Current, _ outcome: WorkerReply.Outcome
    ) throws(SandboxFailure) -> WorkerResult {
        let used =
            clock.now - began < .milliseconds(20) ? settledCPUSeconds : process.usage.cpuSeconds
        defer { settledCPUSeconds = used }
        if !manifest.metrics.isEmpty,
            let name = outcome.metrics.keys.sorted().first(where: { !manifest.metrics.contains($0) }
            )
        {
            throw .update(.wrongMetric("the manifest names no \(name)"))
        }
        var tensors: ReturnedTensors?
        if let count = outcome.byteCount {
            guard count <= output.bytes.count else {
                throw .limit(.outputBytes, allowed: limits.outputBytes)
            }
            tensors = try ReturnedTensors.checked(
                UnsafeRawBufferPointer(rebasing: output.bytes[..<count]), minus: call.base,
                in: results)
        } else if call.order.call.task != .evaluate {
            throw .update(.nothing)
        }
        let result = WorkerResult(
            tensors: tensors, weight: outcome.weight, metrics: outcome.metrics,
            cpuSeconds: max(0, used - settledCPUSeconds))
        guard result.outputBytes <= limits.outputBytes else {
            throw .limit(.outputBytes, allowed: limits.outputBytes)
        }
        return result
    }

    private func finish(
        _ call: Current, _ result: Result<WorkerResult, SandboxFailure>
    ) {
        current = nil
        began = clock.now
        call.order.done(result)
    }

    private static func stale(_ number: Int64) -> SandboxFailure {
        .protocolError("an answer to a call \(number) that is not under way")
    }

    // MARK: Limits

    private func watch() throws(SandboxFailure) {
        let now = clock.now
        guard printedBytes <= limits.logBytes else {
            throw .limit(.logBytes, allowed: limits.logBytes)
        }
        let isBusy = current != nil || greeting == nil
        if isBusy, now - began > .seconds(limits.wallSeconds) {
            throw .limit(.wallSeconds, allowed: limits.wallSeconds)
        }
        guard now - lastSample >= Self.sampleInterval else { return }
        lastSample = now
        if !isBusy, now - began > Self.rest { results.release() }
        let usage = process.usage
        guard usage.cpuSeconds - settledCPUSeconds <= Double(limits.cpuSeconds) else {
            throw .limit(.cpuSeconds, allowed: limits.cpuSeconds)
        }
        guard usage.processes <= limits.processes else {
            throw .limit(.processes, allowed: limits.processes)
        }
        // What it maps of the model and its result is not its own.
        let allowedBytes = limits.memoryBytes + input.bytes.count + output.bytes.count
        if usage.memoryBytes > allowedBytes, usage.exactMemoryBytes > allowedBytes {
            throw .limit(.memoryBytes, allowed: limits.memoryBytes)
        }
        guard process.scratchFiles <= SandboxProcess.scratchFilesMax else {
            throw .limit(.scratchFiles, allowed: SandboxProcess.scratchFilesMax)
        }
    }

    // MARK: What it prints

    private func readLog(_ ready: SandboxProcess.Ready) throws(SandboxFailure) {
        guard ready.log, let bytes = process.readLog() else { return }
        printedBytes += bytes.count
        keep(bytes)
    }

    private func keep(_ bytes: [UInt8]) {
        log = Array((log + bytes).suffix(Self.logTailBytes))
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                onEvent(.log(String(decoding: logLine, as: UTF8.self).onOneLine))
                logLine = []
            } else if logLine.count < WorkerEvent.lineBytesMax {
                logLine.append(byte)
            }
        }
    }
}
