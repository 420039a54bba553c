import AsyncHTTPClient
import Contracts
import Coordinator
import Encodings
import Foundation
import LabAPI
import Learning
import Ledger
import MerkleLog
import Node
import Participation
import Storage
import Transport

/// The story of a lab, told while it happens.
///
/// Every step does what the command that is printed with it does, through the same code.
struct QuickstartStory {
    let data: QuickstartData
    let training: TrainingConfiguration
    let rounds: Int
    let port: Int
    let keep: Bool
    let folder: URL
    let removesFolder: Bool

    static let office = "office"
    static let university = "university"
    static let auditor = "auditor"

    func run() async throws {
        let processes = LabProcesses()
        let http = SignedClient.makeHTTPClient()
        let relayHTTP = SignedClient.makeHTTPClient()
        var stage = QuickstartLab(processes: processes, http: http, relayHTTP: relayHTTP)
        var failure: (any Error)?
        do {
            try await tell(&stage)
        } catch {
            failure = error
        }
        stage.relayTask?.cancel()
        processes.stopAll()
        try? await http.shutdown()
        try? await relayHTTP.shutdown()
        if removesFolder { try? FileManager.default.removeItem(at: folder) }
        if let failure {
            if !removesFolder { say("the lab's folders, with the logs, are in \(folder.path)") }
            throw failure
        }
    }

    private func tell(_ lab: inout QuickstartLab) async throws {
        for note in data.notes { say("note: \(note)") }
        try await found(&lab)
        try await admit(&lab)
        let datasets = try await registerData(&lab)
        try await license(&lab)
        let settings = try await train(&lab)
        let model = try await releaseModel(&lab)
        try await withdraw(&lab)
        try await audit(&lab)
        try compare(lab, datasets: datasets, settings: settings, model: model)
        say("\ndone in \(lab.seconds) s")
        if keep { try await stay(lab) }
    }

    func heading(_ number: Int, _ text: String, _ lab: QuickstartLab) {
        say("\n\(number)  \(text)  (\(lab.seconds) s)")
    }

    /// Prints a command as one would type it.
    func command(_ text: String) {
        say("   $ jointlab \(text)")
    }

    /// Looks again and again until something has come about.
    func wait(until holds: () async throws -> Bool) async throws {
        while try await !holds() {
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    // MARK: - Keeping

    private func stay(_ lab: QuickstartLab) async throws {
        say(
            """

            The lab is running. In another terminal:
              export JOINTLAB_HOME=\(folder.appending(path: Self.university).path)
              jointlab lab show
              jointlab node status
              jointlab ledger entries
              jointlab job show job-1
              jointlab job verify job-1
              jointlab model list
              jointlab account list
              curl -s http://\(lab.coordinatorAddress)/metrics
            Ctrl-C stops it and removes \(folder.path)
            """)
        do {
            while true { try await Task.sleep(for: .seconds(3_600)) }
        } catch {
            lab.processes.stopAll()
            try? FileManager.default.removeItem(at: folder)
            throw error
        }
    }
}
