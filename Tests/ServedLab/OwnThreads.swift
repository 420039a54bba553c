import Dispatch

/// Threads beside those that all tests share. A suite computes for minutes on as many threads as
/// there are cores, and what is served over a network meanwhile would wait until its time is up.
final class OwnThreads: TaskExecutor {
    static let shared = OwnThreads()

    private let queue = DispatchQueue(label: "served", attributes: .concurrent)

    private init() {}

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
