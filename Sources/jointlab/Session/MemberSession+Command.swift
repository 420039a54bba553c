import AsyncHTTPClient
import Contracts
import Foundation
import Node
import Participation
import Transport

extension MemberSession {
    /// Runs a command with a session, and closes its connections.
    static func with<Result>(
        _ options: HomeOptions, _ body: (MemberSession) async throws -> Result
    ) async throws -> Result {
        let settings = try options.node.settings()
        let http = SignedClient.makeHTTPClient()
        do {
            let session = try MemberSession(
                home: options.node, http: http, coordinatorURL: settings.coordinator,
                certificateAuthority: settings.certificateAuthority)
            let result = try await body(session)
            try await http.shutdown()
            return result
        } catch {
            try? await http.shutdown()
            throw error
        }
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
