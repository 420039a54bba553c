import Foundation

/// Runs what may wait for a disk or a server on a thread of its own: those that the node's other work
/// shares are few, and the ledger must go on meanwhile.
func onOwnThread<Result: Sendable>(
    _ body: @escaping @Sendable () throws -> Result
) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread {
            continuation.resume(with: Swift.Result { try body() })
        }
    }
}
