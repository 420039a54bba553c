import Contracts
import Encodings
import Federation
import LabAPI
import SampleLab
import ServedLab
import Testing

/// What the sites of a job tell of themselves, and who reads it.
@Suite struct SiteReportRouteTests {
    private let lab: SampleLab
    private let server: SampleServer

    /// A job of the university's at north, south and valley; of the first two something is known.
    init() async throws {
        var lab = try SampleLab()
        let training = try lab.prepareTraining(rounds: 1)
        let round = try lab.openRound(of: training)
        try lab.settle()
        self.lab = lab
        let (north, south) = (try lab.member("north").id, try lab.member("south").id)
        var holds = SiteHolds()
        holds.receive(
            [SiteHold(job: round.id.job, code: "owner.hours", isAwaited: false)], from: south,
            in: lab.state, at: lab.now)
        let still = lab.snapshot
        server = try await SampleServer(
            lab,
            snapshot: LabSnapshot(
                replica: still.replica, finality: still.finality, checkpoint: still.checkpoint,
                certificate: still.certificate, connected: [north],
                sites: [
                    round.id.job: [
                        north: (
                            SiteReport(round: round.id, stage: .training, message: "epoch 2"),
                            lab.now
                        )
                    ]
                ],
                failures: [
                    round.id.job: [
                        north: (
                            SiteReport(round: round.id, stage: .failed, code: "trainer.failed"),
                            lab.now
                        )
                    ]
                ],
                holds: holds.held))
    }

    /// For each site of the job the names of what a member is shown of it.
    private func shown(to name: String) async throws -> [String: Set<String>] {
        let answer = try await server.get("/v1/jobs/job-1", by: lab.member(name))
        #expect(answer.status == 200)
        var shown: [String: Set<String>] = [:]
        for site in try #require(answer.json?["sites"]?.array) {
            let keys = try #require(site.object?.members.map(\.key))
            shown[try #require(site["member"]?.string)] = Set(keys)
        }
        return shown
    }

    @Test(
        "What sites tell of themselves is for the job's owner and for the site itself, nobody else")
    func whoReads() async throws {
        let anybody: Set = ["member", "connected"]
        let ofNorth = anybody.union(["report", "reported", "failure"])
        let ofSouth = anybody.union(["hold"])
        #expect(
            try await shown(to: "university")
                == ["north": ofNorth, "south": ofSouth, "valley": anybody])
        #expect(
            try await shown(to: "north")
                == ["north": ofNorth, "south": anybody, "valley": anybody])
        #expect(
            try await shown(to: "south")
                == ["north": anybody, "south": ofSouth, "valley": anybody])
        // A participant that told nothing, and a member that has no part in the job.
        for other in ["valley", "bank"] {
            #expect(
                try await shown(to: other)
                    == ["north": anybody, "south": anybody, "valley": anybody], "\(other)")
        }
    }
}
