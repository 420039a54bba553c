import ContractLibrary
import Contracts
import Encodings
import Foundation
import LabAPI
import Ledger
import Node
import Participation
import Storage
import Transport

/// Step 7: a licence is withdrawn, and a task forged.
extension QuickstartStory {
    func withdraw(_ lab: inout QuickstartLab) async throws {
        let site = data.trainers[1]
        heading(
            7,
            "\(site.name) withdraws its licence; a round that names it is refused, and so is a forged task",
            lab)
        command("licence withdraw; job start")
        try await propose("job-2", lab)
        _ = try await lab.session(site.name).submit(
            TakeContractAction.withdraw(
                try LicenceID("\(site.name)-licence"), reason: "our board has decided"),
            until: .final)
        let university = try lab.session(Self.university)
        let watch = try FileOpenWatch(site.file)
        _ = try await university.submit(StartJob(job: try JobID("job-2")), until: .final)
        say("   job-2 names all sites and is abandoned by the lab itself:")
        let reason = try await abandonment(of: "job-2", university)
        say("     \(reason)")
        try await forge(site, lab, watch)
    }

    func abandonment(of job: String, _ session: MemberSession) async throws -> String {
        var reason = ""
        try await wait {
            let row = try await session.coordinator.get("/v1/jobs/\(job)")["job"] ?? .null
            reason = row.shown("reason")
            return row["status"]?.string == "abandoned"
        }
        return reason
    }

    /// Slips a task for a round that no entry opens into the site's stream.
    func forge(_ site: QuickstartData.Site, _ lab: QuickstartLab, _ watch: FileOpenWatch)
        async throws
    {
        let forged: JSONValue = ["job": "job-2", "round": 0, "index": 60]
        guard let relay = lab.relay, relay.inject(ServerSentEvent(name: "task", json: forged)) > 0
        else { throw LabProcesses.Failure(description: "the relay carries no stream") }
        say("   a task forged past the ledger is slipped into the stream to \(site.name)'s node:")
        say("     \(forged.canonicalText)")
        let session = try lab.session(site.name)
        try await wait {
            let status = try await session.node()?.get("/v1/status") ?? .null
            let alarm = status["alarms"]?.array?.first {
                $0["code"]?.string?.hasPrefix("task.") == true
            }
            guard let alarm else { return false }
            say("     the node: \(alarm.shown("problem")) [\(alarm.shown("code"))]")
            return true
        }
        let opens = watch.takeCount()
        say("     its data file was opened \(opens) times since the withdrawal, says the kernel")
        guard opens == 0 else {
            throw LabProcesses.Failure(
                description:
                    "\(site.file) was opened after the withdrawal, which the node must not do; if it "
                    + "was another program, such as a second quickstart on the same files, begin again"
            )
        }
    }
}
