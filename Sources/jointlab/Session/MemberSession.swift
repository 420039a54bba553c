import AsyncHTTPClient
import Contracts
import Encodings
import Foundation
import Identity
import LabAPI
import Ledger
import Node
import Storage
import Transport

/// A member at work: its keys, its lab, and a connection to the coordinator.
///
/// Writes go to the coordinator. Reads go to the member's own node where it is running, because that
/// has verified what it says, and to the coordinator otherwise.
struct MemberSession {
    let home: NodeHome
    let card: MemberCard
    let lab: LabCard
    let coordinator: SignedClient
    private let signer: RequestSigner
    private let http: HTTPClient
    private let key: SigningKey

    /// - Throws: What reading the folder throws.
    init(home: NodeHome, http: HTTPClient) throws {
        self.home = home
        self.http = http
        card = try home.card()
        lab = try home.lab()
        key = try KeyFile.read(home.signingKey)
        signer = RequestSigner(key: key, lab: lab.lab.text) {
            Int64(Date().timeIntervalSince1970)
        }
        let settings = try home.settings()
        coordinator = try SignedClient(
            baseURL: settings.coordinator ?? lab.coordinator, signer: signer, http: http,
            certificateAuthority: settings.certificateAuthority)
    }

    /// Runs a command with a session, and closes its connections.
    static func with<Result>(
        _ options: HomeOptions, _ body: (MemberSession) async throws -> Result
    ) async throws -> Result {
        let http = SignedClient.makeHTTPClient()
        do {
            let result = try await body(MemberSession(home: options.node, http: http))
            try await http.shutdown()
            return result
        } catch {
            try? await http.shutdown()
            throw error
        }
    }

    static var now: Timestamp {
        Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
    }

    /// The member's own node, if it is running.
    func node() throws -> SignedClient? {
        guard let text = try? String(contentsOf: home.address, encoding: .utf8) else { return nil }
        let address = text.trimmingCharacters(in: .whitespacesAndNewlines)
        return try SignedClient(baseURL: "http://\(address)", signer: signer, http: http)
    }

    /// Asks the member's own node, or the coordinator where that is not running.
    func get(_ path: String, _ query: KeyValuePairs<String, String?> = [:]) async throws
        -> JSONValue
    {
        if let node = try node() {
            do {
                return try await node.get(path, query)
            } catch is ConnectionFailure {
                // The address is of a node that has gone.
            }
        }
        return try await coordinator.get(path, query)
    }

    /// Signs a transaction, submits it, and waits until it is as certain as asked.
    ///
    /// - Returns: The receipt, with the stage that was reached.
    /// - Throws: `Problem` where it is refused, `ConnectionFailure` where it is not known what became
    ///   of it.
    func submit(
        _ action: any LabAction, until stage: Stage = .sequenced
    ) async throws -> JSONValue {
        var random = SystemRandomNumberGenerator()
        let nonce = Hex.encode((0..<16).map { _ in UInt8.random(in: 0...255, using: &random) })
        let transaction = Transaction(
            lab: lab.lab, sender: .member(card.member), nonce: nonce,
            validUntil: Self.now.advanced(byMilliseconds: 300_000), action: action)
        let envelope = transaction.signed(with: key)
        var receipt = try await coordinator.post("/v1/transactions", envelope.json)
        let id = TransactionID(of: envelope)
        while let reached = receipt["stage"]?.string.flatMap(Stage.init), reached < stage {
            receipt = try await coordinator.get(
                "/v1/transactions/\(id)", ["wait": stage.rawValue])
        }
        return receipt
    }
}

extension NodeHome {
    /// The node's settings, as its file and the environment give them.
    ///
    /// - Throws: ``SettingsError``.
    func settings(flags: [String: String?] = [:]) throws(SettingsError) -> NodeSettings {
        var reader = SettingsReader(
            file: folder.appending(path: "node.yaml"),
            environment: ProcessInfo.processInfo.environment, flags: flags)
        return try NodeSettings(&reader)
    }
}
