import Dispatch

/// The thread of an actor that waits for files: the ledger's work runs on as many threads as there are
/// cores, and a slow disk must not hold one of them up.
final class OwnerThread: SerialExecutor {
    private let queue = DispatchQueue(label: "jointlab.owner")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
