package import Contracts
package import Encodings
package import Federation
package import Ledger
package import MerkleLog

/// The ledger at one moment, as somebody shows it to others: nothing in it is less than durable.
package struct LabSnapshot: Sendable {
    package let replica: Replica
    package let finality: Finality
    package let checkpoint: UnverifiedCheckpoint?
    package let certificate: UnverifiedCheckpoint?
    /// The members whose nodes are in touch; `nil` where that is not known.
    package let connected: Set<MemberID>?
    /// What the sites of running jobs have last told of themselves, and when.
    package let sites: [JobID: [MemberID: (report: SiteReport, at: Timestamp)]]

    /// How the sites of jobs have failed last, and when.
    package let failures: [JobID: [MemberID: (report: SiteReport, at: Timestamp)]]
    /// What the sites of jobs hold back.
    package let holds: [JobID: [MemberID: SiteHolds.Held]]

    package init(
        replica: Replica, finality: Finality, checkpoint: UnverifiedCheckpoint?,
        certificate: UnverifiedCheckpoint?, connected: Set<MemberID>?,
        sites: [JobID: [MemberID: (report: SiteReport, at: Timestamp)]] = [:],
        failures: [JobID: [MemberID: (report: SiteReport, at: Timestamp)]] = [:],
        holds: [JobID: [MemberID: SiteHolds.Held]] = [:]
    ) {
        self.replica = replica
        self.finality = finality
        self.checkpoint = checkpoint
        self.certificate = certificate
        self.connected = connected
        self.sites = sites
        self.failures = failures
        self.holds = holds
    }

    package var state: LabState { replica.state }

    /// How far the ledger is, in the three stages.
    package var progress: JSONValue {
        [
            "sequenced": .integer(Int64(clamping: replica.head.size)),
            "certified": .integer(Int64(clamping: finality.certifiedSize)),
            "final": .integer(Int64(clamping: finality.finalSize)),
        ]
    }

    package var quorums: JSONValue {
        .array(state.cosigners.newest.map(\.quorum.json))
    }
}
