package import Contracts
package import Foundation
import Identity
import Ledger
import MerkleLog
import Storage

/// A coordinator's folder: its keys, its ledger and the blobs beside it.
package struct CoordinatorHome: Sendable {
    package let folder: URL

    package init(_ folder: URL) {
        self.folder = folder
    }

    package var logKey: URL { folder.appending(path: "log.key") }
    package var serviceKey: URL { folder.appending(path: "service.key") }
    package var ledger: URL { folder.appending(path: "ledger.sqlite") }
    package var blobs: URL { folder.appending(path: "blobs", directoryHint: .isDirectory) }
    /// Says where a running coordinator listens.
    package var address: URL { folder.appending(path: "address") }

    package var isFounded: Bool { FileManager.default.fileExists(atPath: ledger.path) }

    /// Makes the folder and the coordinator's keys, unless they are there.
    ///
    /// - Throws: `StorageError`.
    package func prepare() throws -> CoordinatorKeys {
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        return CoordinatorKeys(
            logKey: try key(logKey).publicKey, serviceKey: try key(serviceKey).publicKey)
    }

    private func key(_ url: URL) throws -> SigningKey {
        FileManager.default.fileExists(atPath: url.path)
            ? try KeyFile.read(url) : try KeyFile.create(at: url)
    }

    /// Writes the first batch of a new ledger.
    ///
    /// - Throws: `Misconduct` where the genesis entry is not valid, `StorageError` where there is a
    ///   ledger already.
    package func found(_ genesis: [UInt8], at now: Timestamp) async throws -> LabID {
        guard !isFounded else {
            throw StorageError.unusable(
                path: ledger.path, problem: "a lab has been founded here already")
        }
        let (sequencer, batch) = try Sequencer.founding(
            genesis, logKey: KeyFile.read(logKey), at: now)
        let database = try LedgerDatabase(path: ledger.path)
        try await database.append(batch)
        try database.close()
        return sequencer.replica.lab
    }
}
