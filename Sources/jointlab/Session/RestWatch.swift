import CProgramPages
import Foundation
import Logging
import ServiceLifecycle

/// Lets go of the program's own pages whenever the process has come to rest.
///
/// A page of the program's file that was used once counts as this process's memory until the machine
/// runs short of it, and Linux maps each with its neighbours: after one round of training a node
/// holds most of the program, of which it uses little while it waits. The pages stay in the system's
/// cache of files, so that work costs some hundred page faults when it begins again, and no reading
/// from the disk while there is memory enough.
struct RestWatch: Service {
    private static let interval: Duration = .seconds(10)

    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var rest = Rest(interval: Self.interval)
            while (try? await Task.sleep(for: Self.interval)) != nil {
                guard rest.followsWork(processorTime: Self.processorTime) else { continue }
                let bytes = program_pages_release()
                if bytes < 0 {
                    // The program works as well with them.
                    logger.debug("pages.not_released", metadata: ["errno": "\(-bytes)"])
                } else {
                    logger.debug("pages.released", metadata: ["bytes": "\(bytes)"])
                }
            }
        }
    }

    private static var processorTime: Duration {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}

/// Tells when a process rests after work, from the processor time that it has used up at the ends of
/// equal intervals.
struct Rest {
    /// A node that waits asks its coordinator and its owner's files some times a second, for a
    /// thousandth of the time.
    private static let shareMax = 0.05
    private static let workMin: Duration = .milliseconds(100)

    private let interval: Duration
    private var last = Duration.zero
    private var lastRest = Duration.zero

    init(interval: Duration) { self.interval = interval }

    /// - Returns: Whether little was done in the interval that just ended, and something since this
    ///   was last so.
    mutating func followsWork(processorTime: Duration) -> Bool {
        defer { last = processorTime }
        guard (processorTime - last) / interval <= Self.shareMax,
            processorTime - lastRest >= Self.workMin
        else { return false }
        lastRest = processorTime
        return true
    }
}
