import Contracts
import Dispatch
import Foundation
import Glibc
import Synchronization

/// Blobs that stand in a store, and become durable a little later.
///
/// Until then they lie in a folder that is named after this boot of the machine. What a program leaves
/// when it is killed is whole, and settled by the next one; what the system had not written when the
/// power failed is not taken for whole, because the folder of another boot is removed.
final class SettlingBlobs: Sendable {
    /// `nil` where the system does not tell.
    static let thisBoot: String? = {
        let text = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
        let name = text?.trimmingCharacters(in: .whitespacesAndNewlines)
        return name.flatMap { UUID(uuidString: $0) }?.uuidString.lowercased()
    }()

    /// Where a store keeps those of all boots.
    static func folder(in store: URL) -> URL {
        store.appending(path: "settling", directoryHint: .isDirectory)
    }

    /// Where a blob is, or would be, until it is durable.
    static func url(of digest: BlobDigest, in store: URL) -> URL? {
        thisBoot.map {
            folder(in: store).appending(path: $0, directoryHint: .isDirectory)
                .appending(path: digest.text)
        }
    }

    /// Those of this boot.
    static func digests(in store: URL) -> [BlobDigest] {
        let place = thisBoot.map { folder(in: store).appending(path: $0).path }
        let names = place.flatMap { try? FileManager.default.contentsOfDirectory(atPath: $0) } ?? []
        return names.compactMap { BlobDigest($0) }
    }

    private let store: URL
    private let folder: URL
    private let delay: DispatchTimeInterval
    private let queue = DispatchQueue(label: "jointlab.settling", qos: .utility)
    /// Held while a file gets its name here or leaves with it: what is moved to its place is what was
    /// synced, though the same blob be written again meanwhile.
    private let naming = Mutex(())

    /// Removes what other boots have left, and settles what this one has.
    ///
    /// - Parameter delay: How long a blob waits: one that is removed before has cost the disk nothing.
    /// - Throws: What making the folder throws.
    init?(in store: URL, after delay: Duration, boot: String? = thisBoot) throws {
        guard let boot else { return nil }
        self.store = store
        self.delay = .milliseconds(Int(delay / .milliseconds(1)))
        let all = Self.folder(in: store)
        folder = all.appending(path: boot, directoryHint: .isDirectory)
        let files = FileManager.default
        try files.createDirectory(at: folder, withIntermediateDirectories: true)
        for name in try files.contentsOfDirectory(atPath: all.path) where name != boot {
            try? files.removeItem(at: all.appending(path: name))
        }
        for name in try files.contentsOfDirectory(atPath: folder.path) {
            if let digest = BlobDigest(name) { settle(digest, after: .seconds(0)) }
        }
    }

    /// Takes a file that has been written, and has the digest.
    func take(_ path: String, as digest: BlobDigest) throws {
        let place = folder.appending(path: digest.text).path
        try naming.withLock { _ in
            guard rename(path, place) == 0 else { throw SyncedFile.failure(place) }
        }
        settle(digest, after: delay)
    }

    /// A blob that could not be moved, such as to a disk without room for its folder, stays where it
    /// is; the next program tries again.
    private func settle(_ digest: BlobDigest, after delay: DispatchTimeInterval) {
        queue.asyncAfter(deadline: .now() + delay) { try? self.makeDurable(digest) }
    }

    private func makeDurable(_ digest: BlobDigest) throws {
        let path = folder.appending(path: digest.text).path
        let blobs = BlobStore(readingFolder: store)
        let file = try SyncedFile(reading: path)
        do {
            try file.sync()
        } catch {
            // The system may keep anything under the name from now on, and says so only once. What
            // this store has can be had again.
            try naming.withLock { _ in if try file.isNamed(path) { unlink(path) } }
            throw error
        }
        try blobs.prepareFolder(of: digest)
        try naming.withLock { _ in
            guard try file.isNamed(path) else { return }
            try SyncedFile.move(path, to: blobs.durableURL(of: digest).path)
        }
    }
}
