package import Bundles
package import Contracts
package import Encodings
import Foundation
import Storage

/// A trainer bundle that the owner of a node has let in, or has put out again.
package struct TrainerApproval: Hashable, Sendable {
    package let digest: BlobDigest
    package let name: String
    package let version: String
    package let approved: Timestamp
    package let withdrawn: Timestamp?

    package var isInForce: Bool { withdrawn == nil }

    package var json: JSONValue {
        [
            "digest": digest.json, "name": .string(name), "version": .string(version),
            "approved": approved.json, "withdrawn": withdrawn?.json,
        ]
    }

    init(
        digest: BlobDigest, name: String, version: String, approved: Timestamp,
        withdrawn: Timestamp? = nil
    ) {
        self.digest = digest
        self.name = name
        self.version = version
        self.approved = approved
        self.withdrawn = withdrawn
    }

    init(_ json: JSONValue) throws(JSONShapeError) {
        var fields = try JSONFields(json)
        digest = try fields.digest("digest")
        name = try fields.string("name")
        version = try fields.string("version")
        approved = try fields.timestamp("approved")
        withdrawn = fields.optional("withdrawn") == nil ? nil : try fields.timestamp("withdrawn")
        try fields.finish()
    }
}

/// The bundles that the owner of a node has approved, in the node's folder: a record and the archive
/// for each, by digest. A running node reads them anew before every task.
package struct TrainerApprovals: Sendable {
    let folder: URL

    package init(of home: NodeHome) {
        folder = home.trainers
    }

    /// The newest first.
    ///
    /// - Throws: `StorageError` for a record that cannot be read.
    package func all() throws -> [TrainerApproval] {
        guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix(".json") }
            .map { try record(folder.appending(path: $0)) }
            .sorted { ($1.approved, $1.digest) < ($0.approved, $0.digest) }
    }

    /// All records; one that cannot be read says nothing of the others.
    ///
    /// - Throws: `CocoaError` where the folder cannot be listed.
    func byDigest() throws -> [BlobDigest: OwnerRecords.Reading<TrainerApproval>] {
        guard FileManager.default.fileExists(atPath: folder.path) else { return [:] }
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        let digests = files.filter { $0.hasSuffix(".json") }
            .compactMap { BlobDigest(String($0.dropLast(".json".count))) }
        return digests.reduce(into: [:]) { approvals, digest in
            approvals[digest] = .init { try record(recordFile(digest)) }
        }
    }

    /// - Returns: `nil` for a bundle that was never approved, or is not any more.
    package func inForce(_ digest: BlobDigest) throws -> TrainerApproval? {
        let file = recordFile(digest)
        guard FileManager.default.fileExists(atPath: file.path) else { return nil }
        let approval = try record(file)
        return approval.isInForce && approval.digest == digest ? approval : nil
    }

    /// The bundle of this name that was approved last, to compare another with.
    package func last(named name: String, but digest: BlobDigest) throws -> BundleArchive? {
        guard let approval = try all().first(where: { $0.name == name && $0.digest != digest })
        else { return nil }
        return try archive(approval.digest)
    }

    /// - Throws: `StorageError` where the archive is not what its name says, or absent.
    package func archive(_ digest: BlobDigest) throws -> BundleArchive {
        let file = archiveFile(digest)
        do {
            let bytes = Array(try Data(contentsOf: file))
            guard BlobDigest(of: bytes) == digest else {
                throw BundleError.wrongDigest(
                    expected: digest.text, found: BlobDigest(of: bytes).text)
            }
            return try BundleArchive(parsing: bytes)
        } catch {
            throw StorageError.unusable(path: file.path, problem: "\(error)")
        }
    }

    package func approve(_ archive: BundleArchive, at time: Timestamp) throws -> TrainerApproval {
        let bytes = archive.bytes
        let approval = TrainerApproval(
            digest: BlobDigest(of: bytes), name: archive.manifest.name,
            version: archive.manifest.version, approved: time)
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try SyncedFile.replace(archiveFile(approval.digest).path, with: bytes, mode: 0o600)
        try write(approval)
        return approval
    }

    /// The archive stays, to compare later versions with.
    ///
    /// - Throws: `StorageError` for a bundle that is not approved.
    package func withdraw(_ digest: BlobDigest, at time: Timestamp) throws -> TrainerApproval {
        guard let approval = try inForce(digest) else {
            throw StorageError.unusable(
                path: folder.path,
                problem: "no bundle \(digest) is approved here; see `jointlab trainer list`")
        }
        let withdrawn = TrainerApproval(
            digest: digest, name: approval.name, version: approval.version,
            approved: approval.approved, withdrawn: time)
        try write(withdrawn)
        return withdrawn
    }

    private func write(_ approval: TrainerApproval) throws {
        try SyncedFile.replace(
            recordFile(approval.digest).path,
            with: Array((approval.json.indentedText + "\n").utf8), mode: 0o600)
    }

    private func record(_ file: URL) throws -> TrainerApproval {
        do {
            return try TrainerApproval(JSONValue(parsing: Array(try Data(contentsOf: file))))
        } catch {
            throw StorageError.unusable(path: file.path, problem: "\(error)")
        }
    }

    private func recordFile(_ digest: BlobDigest) -> URL {
        folder.appending(path: "\(digest).json")
    }
    private func archiveFile(_ digest: BlobDigest) -> URL {
        folder.appending(path: "\(digest).tar")
    }
}
