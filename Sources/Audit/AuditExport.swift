import ContractLanguage
import Contracts
import Encodings
package import Foundation
import Ledger
import MerkleLog
package import Storage

/// Writes a ledger out so that it can be verified on a machine that knows nothing else.
package enum AuditExport {
    /// What to take along beside the ledger.
    package enum Blobs: String, CaseIterable, Sendable {
        case none
        /// The weights of registered model versions.
        case models
        /// And the base, the contributions and the result of every closed round, so that its sum
        /// can be checked.
        case all
    }

    package struct Summary: Hashable, Sendable {
        package let entries: UInt64
        package let tiles: Int
        package let blobs: Int
        /// Blobs that were wanted and are not here.
        package let missingBlobs: Int
    }

    /// Exports everything up to the newest certified checkpoint.
    ///
    /// - Parameter folder: Must not exist yet, or be empty.
    /// - Throws: ``AuditExportError``, or what reading and writing throws.
    package static func write(
        _ database: LedgerDatabase, blobs: BlobStore, include: Blobs, to folder: URL
    ) throws -> Summary {
        let contents = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
        guard contents?.isEmpty ?? true else { throw AuditExportError.notEmpty(folder.path) }
        guard let certificate = try database.certificate() else {
            throw AuditExportError.notCertified
        }
        let size = certificate.statement.head.size
        let audit = AuditFolder(folder)
        try audit.write(AuditFolder.checkpoint, certificate.bytes)

        var tiles = 0
        for coordinate in TileSequence(ofLogOfSize: size) {
            let hashes = try database.tile(level: coordinate.level, index: coordinate.index)
            try audit.write(
                coordinate.path,
                Tile(
                    level: coordinate.level, index: coordinate.index,
                    hashes: Array(hashes.prefix(coordinate.width))
                ).content)
            tiles += 1
        }
        for coordinate in TileSequence(ofLogOfSize: size).entryBundles {
            let start = coordinate.index * UInt64(TileCoordinate.widthMax)
            let entries = try database.entries(from: start, count: coordinate.width)
            try audit.write(coordinate.path, EntryBundle(entries).content)
        }

        let state = try replay(database, size: size)
        try audit.write(AuditFolder.policy, TrustPolicy(of: state).text)
        var copied = 0
        var missing = 0
        for digest in wanted(include, in: state) + prose(include, in: state, at: blobs) {
            guard blobs.has(digest) else {
                missing += 1
                continue
            }
            try audit.write("\(AuditFolder.blobs)/\(digest)", try blobs.read(digest))
            copied += 1
        }
        try audit.writeManifest()
        return Summary(entries: size, tiles: tiles, blobs: copied, missingBlobs: missing)
    }

    /// The state at the exported size, which may be behind the store's end.
    private static func replay(_ database: LedgerDatabase, size: UInt64) throws -> LabState {
        var replica: Replica?
        try database.forEachEntry { index, entry in
            guard index < size else { return }
            if replica == nil {
                replica = try Replica(genesis: entry)
            } else {
                _ = try replica?.execute(entry)
            }
        }
        guard let replica else { throw AuditExportError.notCertified }
        return replica.state
    }

    /// The texts that contract documents enforce, as far as they are here: members keep them, too.
    private static func prose(
        _ include: Blobs, in state: LabState, at blobs: BlobStore
    ) -> [BlobDigest] {
        guard include == .all else { return [] }
        let digests = state.agreements.allDocuments.flatMap { published in
            published.document.prose.compactMap { BlobDigest($0.reference) }
        }
        return Set(digests).filter { blobs.has($0) }.sorted()
    }

    private static func wanted(_ include: Blobs, in state: LabState) -> [BlobDigest] {
        var digests: Set<BlobDigest> = []
        if include == .none { return [] }
        for model in state.models.all {
            digests.formUnion(state.models.versions(of: model).map(\.weights))
        }
        if include == .all {
            for round in state.jobs.all.flatMap({ state.jobs.rounds(of: $0) })
            where round.status == .closed {
                digests.formUnion(round.contributions.map(\.update))
                digests.formUnion([round.base, round.result].compactMap(\.self))
            }
        }
        return digests.sorted()
    }
}

package enum AuditExportError: Error, Hashable, Sendable, CustomStringConvertible {
    case notEmpty(String)
    case notCertified

    package var description: String {
        switch self {
        case .notEmpty(let path): "\(path) is not empty; name a new folder"
        case .notCertified: "no checkpoint has been certified yet, so there is nothing to export"
        }
    }
}
