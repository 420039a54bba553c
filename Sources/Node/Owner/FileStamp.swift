import Foundation
import Glibc

/// Which contents of a file or a folder somebody has seen, as far as the file system tells without
/// opening it.
struct FileStamp: Hashable, Sendable {
    private struct Identity: Hashable {
        let device: UInt64
        let file: UInt64
        let size: Int64
        let written: Int64
        let changed: Int64

        /// - Returns: `nil` where there is nothing.
        init?(_ path: String, followsLink: Bool) {
            var found = Glibc.stat()
            guard (followsLink ? stat(path, &found) : lstat(path, &found)) == 0 else { return nil }
            device = UInt64(found.st_dev)
            file = UInt64(found.st_ino)
            size = Int64(found.st_size)
            written = Int64(found.st_mtim.tv_sec) * 1_000_000_000 + Int64(found.st_mtim.tv_nsec)
            changed = Int64(found.st_ctim.tv_sec) * 1_000_000_000 + Int64(found.st_ctim.tv_nsec)
        }
    }

    /// File systems stamp with coarse clocks: within so long, another change may leave the same stamp.
    private static let settledAfterNanoseconds: Int64 = 2_000_000_000

    /// A link that is put elsewhere is another one, and so is what it leads to.
    private let link: Identity?
    private let target: Identity?

    init(_ file: URL) {
        link = Identity(file.path, followsLink: false)
        target = Identity(file.path, followsLink: true)
    }

    /// Whether whoever reads the file now may tell by the stamp that it has changed since.
    var isSettled: Bool {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let time = Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
        return [link, target].compactMap(\.?.changed).allSatisfy {
            time - $0 > Self.settledAfterNanoseconds
        }
    }
}

/// What was read from a file or a folder, for as long as its stamp says that it is still so.
struct StampedRead<Value: Equatable & Sendable>: Sendable {
    private let file: URL
    private let read: @Sendable () -> Value
    private let isWhole: @Sendable (Value) -> Bool
    private var stamp: FileStamp?
    private(set) var value: Value

    /// Reads it for the first time.
    ///
    /// - Parameter isWhole: Whether all of it could be read. What could not is read again at every
    ///   look: the reason may be gone without the file having changed.
    init(
        _ file: URL, isWhole: @escaping @Sendable (Value) -> Bool = { _ in true },
        read: @escaping @Sendable () -> Value
    ) {
        self.file = file
        self.read = read
        self.isWhole = isWhole
        let now = FileStamp(file)
        let isSettled = now.isSettled
        value = read()
        stamp = isSettled && isWhole(value) ? now : nil
    }

    /// - Returns: Whether the value is another one now.
    mutating func refresh() -> Bool {
        // Before the file is read: what changes in between is seen at the next look.
        let now = FileStamp(file)
        guard now != stamp else { return false }
        let isSettled = now.isSettled
        let old = value
        value = read()
        stamp = isSettled && isWhole(value) ? now : nil
        return value != old
    }
}
