import Contracts
import Encodings
import Foundation
import Identity
import LabAPI
import LabFixture
import Participation
import Testing
import Transport

/// A real coordinator, and members that mean it no good.
struct HostileLab {
    let processes: ProcessLab
    let office: MemberSession
    let university: MemberSession

    static func with(_ body: (HostileLab) async throws -> Void) async throws {
        let plan = ProcessLab.Plan([
            "office": [.issuer], "university": [.researcher], "site": [.dataOwner],
        ])
        try await ProcessLab.with(plan) { processes in
            try await processes.startCoordinator()
            let lab = HostileLab(
                processes: processes, office: try processes.member("office"),
                university: try processes.member("university"))
            try await body(lab)
            try await lab.expectSoundCoordinator()
        }
    }

    /// Signs requests for a member, or for somebody with another key, as for another lab, or at
    /// another time.
    func signer(
        _ key: SigningKey? = nil, lab: String? = nil, secondsOff: Int64 = 0
    ) throws -> RequestSigner {
        RequestSigner(key: try key ?? office.key, lab: lab ?? processes.card.lab.text) {
            MemberSession.now.milliseconds / 1_000 + secondsOff
        }
    }

    static func strangersKey() -> SigningKey {
        var random = SystemRandomNumberGenerator()
        return SigningKey(from: &random)
    }

    /// How many entries there are.
    func size() async throws -> Int64? {
        try await office.coordinator.get("/v1/lab")["ledger"]?["sequenced"]?.integer
    }

    /// Sends a request, and expects a problem.
    func expect(
        _ status: Int, _ code: String, from request: RawRequest,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let answer = try await request.send(to: processes)
        #expect(
            answer.status == status && answer.problemCode == code,
            "\(request.method) \(request.target.prefix(200)) should give \(status) \(code): \(answer)",
            sourceLocation: sourceLocation)
    }

    /// Sends something as a transaction, under a good signature of the request, and expects a
    /// problem.
    func expect(
        _ status: Int, _ code: String, fromBody body: [UInt8],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await expect(
            status, code,
            from: .signed("POST", "/v1/transactions", body: body, by: signer()),
            sourceLocation: sourceLocation)
    }

    func expect(
        _ status: Int, _ code: String, from envelope: Envelope,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await expect(
            status, code, fromBody: envelope.json.canonicalBytes, sourceLocation: sourceLocation)
    }

    /// It runs still, has logged no error, and its ledger is sound.
    private func expectSoundCoordinator() async throws {
        let coordinator = ProcessLab.coordinator
        #expect(processes.daemons.isRunning(coordinator))
        let errors = processes.daemons.events(coordinator).filter {
            ["error", "critical"].contains($0["level"]?.string)
        }
        #expect(errors.isEmpty, "\(errors)")
        try await processes.daemons.stop(coordinator)
        try await processes.daemons.command(coordinator, "ledger", "fsck")
    }
}
