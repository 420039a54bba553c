import AsyncHTTPClient
import Foundation
import LabAPI
import Participation

/// What the story has set up so far.
struct QuickstartLab {
    let processes: LabProcesses
    let http: HTTPClient
    let relayHTTP: HTTPClient
    var sessions: [String: MemberSession] = [:]
    var nodeAddresses: [String: String] = [:]
    var coordinatorAddress = ""
    var card: LabCard?
    var relay: RogueRelay?
    var relayTask: Task<Void, any Error>?
    let clock = ContinuousClock()
    let began = ContinuousClock().now

    func session(_ name: String) throws -> MemberSession {
        guard let session = sessions[name] else {
            throw LabProcesses.Failure(description: "\(name) has no session")
        }
        return session
    }

    var seconds: String { decimals((clock.now - began) / .seconds(1), 1) }
}
