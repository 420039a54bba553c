import Bundles
import CSandbox
import Foundation
import Synchronization

/// A trainer that runs in a sandbox from its first call until it is stopped, breaks a limit or ends.
///
/// Calls are carried out one after the other. A trainer that raises an exception or returns a wrong
/// update stays; after any other failure the worker has ended, and ``hasEnded`` says so.
///
/// The sandbox ends with this process, whatever ends it, and when the last reference goes.
package final class ResidentWorker: Sendable {
    private let mailbox: WorkerMailbox
    /// What the worker answered when it started.
    package let greeting: WorkerGreeting

    private init(mailbox: WorkerMailbox, greeting: WorkerGreeting) {
        self.mailbox = mailbox
        self.greeting = greeting
    }

    deinit { mailbox.close() }

    /// Starts a worker, and waits until it has loaded the bundle.
    ///
    /// - Parameter onEvent: Is told what the trainer prints and how far it is, on the worker's own
    ///   thread; it must not wait for anything.
    /// - Throws: ``SandboxFailure``.
    package static func start(
        _ program: WorkerProgram, in support: SandboxSupport,
        onEvent: @escaping @Sendable (WorkerEvent) -> Void = { _ in }
    ) async throws(SandboxFailure) -> ResidentWorker {
        let sandbox = try program.sandbox(isRoot: support.isRoot)
        let mailbox = try WorkerMailbox()
        let start: Result<WorkerGreeting, SandboxFailure> = await withTaskCancellationHandler {
            await withCheckedContinuation { done in
                // Its life is the sandbox's: Linux ends the sandbox when the thread ends that made
                // it, and the threads of Swift's pools come and go.
                let thread = Thread {
                    WorkerLoop.run(
                        program, sandbox: sandbox, support: support, mailbox: mailbox,
                        onEvent: onEvent, onStart: { done.resume(returning: $0) })
                }
                thread.name = "trainer \(program.manifest.name)"
                thread.start()
            }
        } onCancel: {
            mailbox.close()
        }
        return ResidentWorker(mailbox: mailbox, greeting: try start.get())
    }

    /// Has the trainer do something, and checks what it returns.
    ///
    /// - Throws: ``SandboxFailure``; `stopped` also where the task is cancelled, which ends the
    ///   worker.
    package func call(_ call: WorkerCall) async throws(SandboxFailure) -> WorkerResult {
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { done in
                mailbox.post(.init(call: call, done: { done.resume(returning: $0) }))
            }
        } onCancel: {
            mailbox.close()
        }
        return try result.get()
    }

    package var hasEnded: Bool { mailbox.hasEnded }

    /// Ends the sandbox; a call under way fails with `stopped`.
    package func stop() {
        mailbox.close()
    }
}

/// Who answered from within the sandbox.
package struct WorkerGreeting: Hashable, Sendable {
    /// The version of the Python package `jointlab`.
    package let package: String
    package let python: String
}

/// What a worker's thread has to do; others put orders in and wake it.
final class WorkerMailbox: Sendable {
    struct Order: Sendable {
        let call: WorkerCall
        let done: @Sendable (Result<WorkerResult, SandboxFailure>) -> Void
    }

    private struct State {
        var orders: [Order] = []
        var isClosed = false
        var hasEnded = false
    }

    private let state = Mutex(State())
    /// Becomes readable when there is something to do.
    let wakeUp: Int32
    private let waker: Int32

    init() throws(SandboxFailure) {
        var ends: [Int32] = [-1, -1]
        let status = sandbox_pipe(&ends)
        guard status == 0 else {
            throw .unavailable("no pipe: \(SandboxSupport.text(-status))")
        }
        (wakeUp, waker) = (ends[0], ends[1])
        _ = fcntl(wakeUp, F_SETFL, O_NONBLOCK)
        _ = fcntl(waker, F_SETFL, O_NONBLOCK)
    }

    deinit {
        Foundation.close(wakeUp)
        Foundation.close(waker)
    }

    var hasEnded: Bool { state.withLock(\.hasEnded) }
    var isClosed: Bool { state.withLock(\.isClosed) }

    func post(_ order: Order) {
        let isRefused = state.withLock { state in
            if !state.hasEnded, !state.isClosed { state.orders.append(order) }
            return state.hasEnded || state.isClosed
        }
        if isRefused { order.done(.failure(.stopped)) } else { wake() }
    }

    func close() {
        state.withLock { $0.isClosed = true }
        wake()
    }

    func next() -> Order? {
        state.withLock { $0.orders.isEmpty ? nil : $0.orders.removeFirst() }
    }

    /// Nothing will be done any more.
    func end() {
        let left = state.withLock { state in
            state.hasEnded = true
            defer { state.orders = [] }
            return state.orders
        }
        for order in left { order.done(.failure(.stopped)) }
    }

    func drainWakeUps() {
        var bytes = [UInt8](repeating: 0, count: 64)
        while read(wakeUp, &bytes, bytes.count) > 0 {}
    }

    private func wake() {
        var byte: UInt8 = 1
        // A pipe that is full wakes as well.
        _ = write(waker, &byte, 1)
    }
}
