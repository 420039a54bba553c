import Contracts
import Logging
import Sandbox
import Synchronization

/// Takes what a worker tells, on the worker's own thread: its lines stay in the node's log, and its
/// progress goes to whoever waits for the call under way.
final class WorkerEvents: Sendable {
    private let logger: Logger
    private let job: JobID
    private let progress = Mutex<(@Sendable (Double, String) -> Void)?>(nil)

    init(logger: Logger, job: JobID) {
        self.logger = logger
        self.job = job
    }

    func onProgress(_ take: (@Sendable (Double, String) -> Void)?) {
        progress.withLock { $0 = take }
    }

    @Sendable func take(_ event: WorkerEvent) {
        switch event {
        case .progress(let fraction, let text): progress.withLock(\.self)?(fraction, text)
        case .log(let line):
            logger.debug("trainer.printed", metadata: ["job.id": "\(job)", "line": "\(line)"])
        }
    }
}
