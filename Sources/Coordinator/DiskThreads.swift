import Dispatch

/// Threads for what waits for the disk. The ledger's work runs on as many threads as there are cores,
/// and a large blob that is synced must not hold one of them up.
final class DiskThreads: TaskExecutor {
    static let shared = DiskThreads()

    private let queue = DispatchQueue(label: "jointlab.disk", attributes: .concurrent)

    private init() {}

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
