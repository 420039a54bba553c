/// Something did not come about in time.
package struct NotInTime: Error, CustomStringConvertible {
    package let description: String
}

/// Looks again and again until something has come about. The one place where these tests wait.
///
/// An error counts as "not yet": what is asked is often just being started.
///
/// - Parameter within: Generous, because machines are shared; nothing is measured by it.
/// - Throws: ``NotInTime``, with the last error, or `CancellationError`.
package func eventually(
    _ what: String, within limit: Duration = .seconds(90),
    _ holds: () async throws -> Bool
) async throws {
    let clock = ContinuousClock()
    let deadline = clock.now + limit
    var last = ""
    while true {
        do {
            if try await holds() { return }
            last = ""
        } catch let error as CancellationError {
            throw error
        } catch {
            last = "; the last error: \(error)"
        }
        guard clock.now < deadline else {
            throw NotInTime(description: "not within \(limit): \(what)\(last)")
        }
        try await Task.sleep(for: .milliseconds(15))
    }
}
