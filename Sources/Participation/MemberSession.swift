package import AsyncHTTPClient
package import Contracts
package import Encodings
import Foundation
package import Identity
package import LabAPI
package import Ledger
package import Node
import Storage
package import Transport

/// A member at work: its keys, its lab, and a connection to the coordinator.
///
/// Writes go to the coordinator. Reads go to the member's own node where it is running, because that
/// has verified what it says, and to the coordinator otherwise.
package struct MemberSession {
    package let home: NodeHome
    package let card: MemberCard
    package let lab: LabCard
    package let coordinator: SignedClient
    private let signer: RequestSigner
    private let http: HTTPClient
    private let key: SigningKey

    /// - Parameters:
    ///   - http: Shared by everything in the process; its owner shuts it down.
    ///   - coordinatorURL: Where the coordinator is, if elsewhere than the lab's card says.
    ///   - certificateAuthority: A PEM file with the roots to trust, or `nil` for the system's.
    /// - Throws: What reading the folder throws.
    package init(
        home: NodeHome, http: HTTPClient, coordinatorURL: String? = nil,
        certificateAuthority: String? = nil
    ) throws {
        self.home = home
        self.http = http
        card = try home.card()
        lab = try home.lab()
        key = try KeyFile.read(home.signingKey)
        signer = RequestSigner(key: key, lab: lab.lab.text, now: Self.seconds)
        coordinator = try SignedClient(
            baseURL: coordinatorURL ?? lab.coordinator, signer: signer, http: http,
            certificateAuthority: certificateAuthority)
    }

    private static let seconds: @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970) }

    package static var now: Timestamp {
        Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
    }

    /// The member's own node, if it is running.
    package func node() throws -> SignedClient? {
        guard let text = try? String(contentsOf: home.address, encoding: .utf8) else { return nil }
        let address = text.trimmingCharacters(in: .whitespacesAndNewlines)
        return try SignedClient(baseURL: "http://\(address)", signer: signer, http: http)
    }

    /// Asks the member's own node, or the coordinator where that is not running.
    package func get(_ path: String, _ query: KeyValuePairs<String, String?> = [:]) async throws
        -> JSONValue
    {
        if let answer = try await getFromNode(path, query) { return answer }
        return try await coordinator.get(path, query)
    }

    /// Asks the member's own node alone.
    ///
    /// - Returns: `nil` where it is not running.
    func getFromNode(
        _ path: String, _ query: KeyValuePairs<String, String?> = [:]
    ) async throws -> JSONValue? {
        do {
            return try await node()?.get(path, query)
        } catch is ConnectionFailure {
            // The address is of a node that has gone.
            return nil
        }
    }

    /// Signs a transaction, submits it, and waits until it is as certain as asked.
    ///
    /// - Returns: The receipt, with the stage that was reached.
    /// - Throws: `Problem` where it is refused, `ConnectionFailure` where it is not known what became
    ///   of it.
    package func submit(
        _ action: any LabAction, until stage: Stage = .sequenced
    ) async throws -> JSONValue {
        var random = SystemRandomNumberGenerator()
        let nonce = Hex.encode((0..<16).map { _ in UInt8.random(in: 0...255, using: &random) })
        let transaction = Transaction(
            lab: lab.lab, sender: .member(card.member), nonce: nonce,
            validUntil: Self.now.advanced(byMilliseconds: 300_000), action: action)
        let envelope = transaction.signed(with: key)
        return try await wait(
            for: try await coordinator.post("/v1/transactions", envelope.json), until: stage)
    }

    /// Waits until a transaction is as certain as asked.
    ///
    /// - Returns: Its receipt as it is then; anything but a receipt as it stands.
    package func wait(for receipt: JSONValue, until stage: Stage) async throws -> JSONValue {
        var receipt = receipt
        while let id = receipt["transaction"]?.string,
            let reached = receipt["stage"]?.string.flatMap(Stage.init), reached < stage
        {
            receipt = try await coordinator.get(
                "/v1/transactions/\(id)", ["wait": stage.rawValue])
        }
        return receipt
    }

    /// What the ledger knows of the member, if a key is its present one there.
    package func row(underKey key: SigningKey) async throws -> JSONValue? {
        let signer = RequestSigner(key: key, lab: lab.lab.text, now: Self.seconds)
        do {
            let members = try await coordinator.signed(by: signer).get("/v1/members")
            return members["items"]?.array?.first {
                $0["member"]?.string == card.member.text
                    && $0["keys"]?["signing"]?.string == key.publicKey.base64
            }
        } catch let problem as Problem where problem.code == "caller.stranger" {
            return nil
        }
    }
}
