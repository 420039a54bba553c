import Contracts
import Federation
import LabAPI
import Logging
import Storage
import Transport

extension NodeService {
    nonisolated func send(_ messages: AsyncStream<Outbox.Message>) async throws {
        for await message in messages { try await deliver(message) }
    }

    nonisolated func sendReports() async throws {
        for await _ in outbox.reports.arrivals {
            while let report = outbox.reports.next() {
                guard try await !deliver(.report(report)) else { continue }
                outbox.reports.keep(report)
            }
        }
    }

    /// - Returns: Whether it need not be sent again.
    @discardableResult
    private nonisolated func deliver(_ message: Outbox.Message) async throws -> Bool {
        do {
            try await send(message)
        } catch let error as CancellationError {
            throw error
        } catch {
            logger.notice("message.not_sent", metadata: ["error": "\(error)"])
            guard Self.mayGoBetter(error) else { return true }
            await lostMessage()
            return false
        }
        return true
    }

    /// Whether it was the connection or the other side, and not what was sent.
    private static func mayGoBetter(_ error: any Error) -> Bool {
        // Where there is no room (507), sending it again at once makes none.
        if let problem = error as? Problem { return problem.status >= 500 && problem.status != 507 }
        return error is ConnectionFailure
    }

    nonisolated func send(_ message: Outbox.Message) async throws {
        let client = await client
        switch message {
        case .contribution(_, let contribution):
            // It may have waited behind another upload, or for a round that it was too early for.
            guard await mayLeave(contribution) else { return }
            guard blobs.has(contribution.update) else {
                return await decline(
                    contribution.round, code: "task.update_lost",
                    detail: "the update is not here any more")
            }
            try await announce(contribution, to: client)
            try await client.upload(contribution.update, from: blobs)
            // That may have taken hours; only with the contribution is the update of any use.
            guard await mayLeave(contribution) else { return }
            try await message.send(to: client)
            await report(.contributed, on: contribution.round)
        case .holds:
            // It may have waited while others were told out of turn.
            let newest = await desk.newestHolds(in: replica)
            try await Outbox.Message.holds(newest).send(to: client)
        case .cosignatures, .decline, .report: try await message.send(to: client)
        }
    }

    /// A large update is added up while it is on its way. The coordinator that is not told adds it up
    /// afterwards.
    private nonisolated func announce(
        _ contribution: Contribution, to client: SignedClient
    ) async throws {
        guard try blobs.open(contribution.update).count >= AnnouncedUpdate.bytesMin else { return }
        do {
            _ = try await client.post("/v1/announcements", AnnouncedUpdate(contribution).json)
        } catch let error as CancellationError {
            throw error
        } catch {
            logger.debug("announcement.not_taken", metadata: ["error": "\(error)"])
        }
    }

    /// Declines the round where the owner, or the licence, says so by now.
    private nonisolated func mayLeave(_ contribution: Contribution) async -> Bool {
        guard let (code, detail) = await whyNotToLeave(contribution) else { return true }
        await decline(contribution.round, code: code, detail: detail)
        return false
    }
}
