package import Contracts
package import Encodings
package import Sandbox

/// Why a bundle was not run, or what became of it.
package enum BundleFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The owner has not approved the bundle, or has withdrawn the approval.
    case notApproved(BlobDigest, name: String)
    /// What was fetched is no bundle, or not the one that the job names.
    case archive(String)
    case noRows(String)
    case sandbox(SandboxFailure)

    /// What programs branch on; never renamed.
    package var code: String {
        switch self {
        case .notApproved: "owner.trainer_not_approved"
        case .archive: "trainer.archive"
        case .noRows: "trainer.no_rows"
        case .sandbox(let failure): failure.code
        }
    }

    /// For the data's owner.
    package var description: String {
        switch self {
        case .notApproved(let digest, let name):
            "the bundle \(name) (\(digest)) is not approved here; look at it with `jointlab trainer "
                + "show \(digest)`, then `jointlab trainer approve \(digest)`"
        case .archive(let problem): problem
        case .noRows(let part): "the dataset has no rows for \(part)"
        case .sandbox(let failure): failure.description
        }
    }

    /// For the job's owner where the licence lets the trainer's own words through: not what speaks of
    /// the owner's machine.
    package var trainersWords: String {
        switch self {
        case .sandbox(.trainer), .sandbox(.exit), .sandbox(.signal), .sandbox(.update),
            .sandbox(.protocolError):
            description
        default: plain
        }
    }

    /// For the job's owner: nothing that the trainer could have written from data.
    package var plain: String {
        switch self {
        case .notApproved(let digest, _):
            "the data's owner has not approved the bundle \(digest)"
        case .archive: "what was fetched is not the bundle that the job names"
        case .noRows: description
        case .sandbox(let failure): failure.plain
        }
    }
}

/// A failure as the owner finds it in the node's status.
package struct RecordedFailure: Hashable, Sendable {
    package let time: Timestamp
    package let round: RoundID
    package let bundle: BlobDigest
    package let failure: BundleFailure

    package var json: JSONValue {
        [
            "time": time.json, "job": round.job.json, "round": .integer(Int64(round.number)),
            "bundle": bundle.json, "code": .string(failure.code),
            "problem": .string(failure.description),
        ]
    }
}
