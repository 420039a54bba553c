package import Contracts
import Encodings
package import Relay
package import Transport

/// What a device says to its relay, and hears from it.
package struct RelayConnection: Sendable {
    package let client: SignedClient

    /// - Parameter client: Signs with the device's key.
    package init(_ client: SignedClient) {
        self.client = client
    }

    /// Asks for work, and waits for it for a while.
    ///
    /// - Throws: `Problem`, `ConnectionFailure`, or `JSONShapeError` for what is no task.
    package func task() async throws -> DeviceTask? {
        let answer = try await client.get("/v1/task")
        guard let task = answer["task"], task != .null else { return nil }
        return try DeviceTask(task)
    }

    /// Hands in what came of a task.
    package func contribute(
        _ file: [UInt8], _ report: DeviceReport, to round: RoundID
    ) async throws {
        try await client.put(
            file, to: "/v1/rounds/\(round.job)/\(round.number)",
            ["report": report.json.canonicalText])
    }

    /// Says that a task is not carried out.
    package func decline(_ round: RoundID, code: String, detail: String) async throws {
        _ = try await client.post(
            "/v1/rounds/\(round.job)/\(round.number)/decline",
            ["code": .string(code), "detail": .string(String(detail.prefix(400)))])
    }
}
