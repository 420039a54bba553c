import Contracts
import Federation
import Foundation
import Identity
import LabAPI
import Node
import Participation
import Storage
import Transport

/// A participant that follows the coordinator as a node does, and answers its task with an update that
/// it has already.
struct PlayedParticipant: Sendable {
    private let client: SignedClient
    private let lab: LabID
    private let member: MemberID
    private let key: SigningKey

    init(session: MemberSession) throws {
        client = session.coordinator
        lab = session.lab.lab
        member = session.card.member
        key = try KeyFile.read(session.home.signingKey)
    }

    /// Until it is cancelled.
    func run(update: BlobDigest, from store: BlobStore) async throws {
        try await client.follow("/v1/stream", ["from": "0"]) { event in
            guard case .task(let task) = try StreamEvent(event) else { return }
            let contribution = Contribution(
                lab: lab, round: task.round, member: member, update: update, weight: 10,
                metricsMicro: [:])
            _ = try await client.post("/v1/announcements", AnnouncedUpdate(contribution).json)
            try await client.upload(update, from: store)
            _ = try await client.post("/v1/contributions", contribution.signed(with: key).json)
        }
    }
}
