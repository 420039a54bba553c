package import Contracts
package import Encodings
import Foundation
import HouseRules
import Storage

/// What the owner of a node has said of one job.
package struct JobDecision: Hashable, Sendable {
    package let job: JobID
    /// Of the job as it was shown; for another definition the decision says nothing.
    package let definition: BlobDigest
    package let isApproved: Bool
    package let reason: String?
    package let decided: Timestamp

    package init(
        job: JobID, definition: BlobDigest, isApproved: Bool, reason: String? = nil,
        decided: Timestamp
    ) {
        self.job = job
        self.definition = definition
        self.isApproved = isApproved
        self.reason = reason
        self.decided = decided
    }

    package var json: JSONValue {
        [
            "job": job.json, "definition": definition.json, "approved": .bool(isApproved),
            "reason": reason.map { .string($0) }, "decided": decided.json,
        ]
    }

    init(_ json: JSONValue) throws(JSONShapeError) {
        var fields = try JSONFields(json)
        job = try fields.identifier("job")
        definition = try fields.digest("definition")
        isApproved = try fields.bool("approved")
        reason = try fields.optionalString("reason")
        decided = try fields.timestamp("decided")
        try fields.finish()
    }
}

/// The owner's decisions on jobs, in the node's folder, a file for each. A running node reads them anew
/// before every task.
package struct JobDecisions: Sendable {
    private let folder: URL

    package init(of home: NodeHome) {
        folder = home.decisions
    }

    /// - Throws: `StorageError` for a record that cannot be read.
    package func decision(on job: JobID) throws -> JobDecision? {
        let file = place(job)
        guard FileManager.default.fileExists(atPath: file.path) else { return nil }
        do {
            return try JobDecision(JSONValue(parsing: Array(try Data(contentsOf: file))))
        } catch {
            throw StorageError.unusable(path: file.path, problem: "\(error)")
        }
    }

    /// All of them; one that cannot be read says nothing of the others.
    ///
    /// - Throws: `CocoaError` where the folder cannot be listed.
    func all() throws -> [JobID: OwnerRecords.Reading<JobDecision>] {
        guard FileManager.default.fileExists(atPath: folder.path) else { return [:] }
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        let jobs = files.filter { $0.hasSuffix(Self.suffix) }
            .compactMap { try? JobID(String($0.dropLast(Self.suffix.count))) }
        return jobs.reduce(into: [:]) { decisions, job in
            let reading = OwnerRecords.Reading { try decision(on: job) }
            switch reading {
            case .success(let decision): decisions[job] = decision.map { .success($0) }
            case .failure(let error): decisions[job] = .failure(error)
            }
        }
    }

    package func keep(_ decision: JobDecision) throws {
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try SyncedFile.replace(
            place(decision.job).path, with: Array((decision.json.indentedText + "\n").utf8),
            mode: 0o600)
    }

    private static let suffix = ".json"

    private func place(_ job: JobID) -> URL {
        folder.appending(path: "\(job)\(Self.suffix)")
    }
}

extension Job {
    /// The digest of all that was proposed, and of nothing that changes while the job runs.
    package var definition: BlobDigest {
        guard case .object(var object) = json else { return BlobDigest(of: []) }
        for key in [
            "status", "weights", "strategyState", "best", "opened", "closed", "skipped", "reason",
        ] {
            object[key] = nil
        }
        return BlobDigest(
            of: Array("jointlab job definition\n".utf8) + JSONValue.object(object).canonicalBytes)
    }
}
