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

extension CoordinatorHome {
    /// What this coordinator asks the members to vote on, so that it may take over a lab.
    ///
    /// - Throws: `StorageError`.
    package func card(for lab: LabID, address: String?) throws -> CoordinatorCard {
        _ = try prepare()
        return CoordinatorCard(
            log: try KeyFile.read(logKey), service: try KeyFile.read(serviceKey), address: address,
            lab: lab)
    }

    /// Takes over the ledger of a lab whose members have decided for this coordinator.
    ///
    /// - Parameters:
    ///   - ledger: The old coordinator's ledger or that of any member's node.
    ///   - blobs: Where their keeper keeps blobs; what is missing is fetched from nobody.
    /// - Returns: The lab, and how many entries and blobs were copied.
    /// - Throws: `StorageError`, also where the members have decided for another; `Misconduct` where
    ///   the ledger is not sound.
    package func takeOver(
        from ledger: URL, blobs source: URL
    ) throws -> (lab: LabID, entries: UInt64, blobs: Int) {
        let keys = try prepare()
        guard FileManager.default.fileExists(atPath: ledger.path) else {
            throw StorageError.unusable(path: ledger.path, problem: "there is no ledger here")
        }
        let database = try LedgerDatabase(path: ledger.path)
        defer { try? database.close() }
        guard let replica = try database.replay() else {
            throw StorageError.unusable(path: ledger.path, problem: "the ledger is empty")
        }
        guard replica.state.lab.coordinator == keys else {
            throw StorageError.unusable(
                path: folder.path, problem: replica.state.lab.denial(of: keys))
        }
        // First what nobody looks at before the ledger is there.
        let copied = try copyBlobs(from: source)
        try database.copy(to: self.ledger.path)
        return (replica.lab, replica.size, copied)
    }

    private func copyBlobs(from source: URL) throws -> Int {
        let store = try BlobStore(folder: blobs)
        guard FileManager.default.fileExists(atPath: source.path) else { return 0 }
        let theirs = BlobStore(readingFolder: source)
        var copied = 0
        for digest in try theirs.digests() where !store.has(digest) {
            guard try store.write(theirs.read(digest)) == digest else {
                throw StorageError.unusable(
                    path: theirs.url(of: digest).path,
                    problem: "its content does not have the digest of its name")
            }
            copied += 1
        }
        return copied
    }
}

extension Lab {
    /// Why a coordinator with these keys writes nothing.
    func denial(of keys: CoordinatorKeys) -> String {
        let place = address.map { " at \($0)" } ?? ""
        if let earlier = epochs.first(where: { $0.coordinator == keys }) {
            return
                "the keys here were those of epoch \(earlier.origin.epoch); the lab has changed to "
                + "another coordinator\(place), and is in epoch \(origin.epoch)"
        }
        return "the keys here are not those that the lab names in epoch \(origin.epoch); members "
            + "decide with `jointlab proposal epoch`"
    }
}
