import Foundation

/// Runs what may wait for a disk or a server on a thread of its own: those that the node's other work
/// shares are few, and the ledger must go on meanwhile.
func onOwnThread<Result: Sendable, Failure: Error>(
    _ body: @escaping @Sendable () throws(Failure) -> Result
) async throws(Failure) -> Result {
    let outcome: Swift.Result<Result, Failure> = await withCheckedContinuation { continuation in
        Thread.detachNewThread {
            continuation.resume(returning: Swift.Result(catching: body))
        }
    }
    return try outcome.get()
}
