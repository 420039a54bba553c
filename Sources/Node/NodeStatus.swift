package import Contracts
package import Encodings
package import HouseRules
package import Ledger

/// How a node is doing, for the people who run it.
package struct NodeStatus: Sendable {
    /// An alarm with the time when it was first and last raised.
    package struct RaisedAlarm: Sendable {
        package let alarm: Alarm
        package let first: Timestamp
        package var last: Timestamp
        package var count: Int
    }

    package let member: MemberID
    package let lab: LabID
    package let coordinator: String
    package let isConnected: Bool
    package let size: UInt64
    package let coordinatorSize: UInt64
    package let finality: Finality
    package let cosignedSize: UInt64
    package let isCosigner: Bool
    package let quorums: [Quorum]
    package let halted: CaughtMisconduct?
    package let alarms: [RaisedAlarm]
    package let datasets: [DatasetID]
    /// For the owner alone.
    package let datasetProblems: [DatasetProblem]
    /// What of the owner's files cannot be read, since when.
    package let unreadable: [UnreadableFiles: Timestamp]
    /// The newest last.
    package let trainerFailures: [RecordedFailure]
    /// `nil` where the node is no relay.
    package let relay: RelayStatus?
    package let rules: Result<OwnerRules, RulesFileError>
    /// `nil` where the owner has written none.
    package let rulesFile: String?
    /// The jobs that ask for this member's data.
    package let requests: [JobRequest]
    /// How many more proposals ask, by proposer.
    package let leftOut: [OpenProposals.LeftOut]
    /// Since the node was started, by code.
    package let declined: [DeclinedTasks]

    private var rulesJSON: JSONValue {
        switch rules {
        case .success(let rules):
            [
                "file": rulesFile.map { .string($0) },
                "standing": .string(rulesFile == nil ? "none" : "in force"),
                "allows": .array(rules.sentences.map { .string($0) }),
            ]
        case .failure(let error):
            [
                "file": rulesFile.map { .string($0) }, "standing": "unreadable",
                "problem": .string(error.description),
                "line": error.line.map { .integer(Int64($0)) },
                "column": error.column.map { .integer(Int64($0)) },
            ]
        }
    }

    package var json: JSONValue {
        [
            "member": member.json, "lab": lab.json, "coordinator": .string(coordinator),
            "connected": .bool(isConnected),
            "ledger": [
                "sequenced": .integer(Int64(clamping: size)),
                "certified": .integer(Int64(clamping: finality.certifiedSize)),
                "final": .integer(Int64(clamping: finality.finalSize)),
            ],
            "lag": .integer(Int64(clamping: coordinatorSize > size ? coordinatorSize - size : 0)),
            "cosigned": .integer(Int64(clamping: cosignedSize)), "cosigner": .bool(isCosigner),
            "quorums": .array(quorums.map(\.json)),
            "halted": halted.map {
                ["code": .string($0.code), "problem": .string($0.problem)]
            },
            "alarms": .array(
                alarms.map {
                    [
                        "code": .string($0.alarm.code), "problem": .string($0.alarm.description),
                        "first": $0.first.json, "last": $0.last.json,
                        "count": .integer(Int64($0.count)),
                    ]
                }), "datasets": .array(datasets.map(\.json)),
            "datasetProblems": .array(
                datasetProblems.map(\.json)
                    + unreadable.sorted { $0.key.name < $1.key.name }.map { $0.json(since: $1) }),
            "trainerFailures": .array(trainerFailures.map(\.json)), "relay": relay?.json,
            "rules": rulesJSON, "requests": .array(requests.map(\.json)),
            "leftOut": .array(leftOut.map(\.json)), "declined": .array(declined.map(\.json)),
        ]
    }
}
