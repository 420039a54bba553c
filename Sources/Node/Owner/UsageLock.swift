import Synchronization

/// Tasks that run beside each other count what they use in one file: each decides and counts in one
/// step.
final class UsageLock: Sendable {
    private let lock = Mutex(())

    func held<Result>(_ body: () throws -> Result) throws -> Result {
        try lock.withLock { _ in try body() }
    }
}
