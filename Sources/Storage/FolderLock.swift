package import Foundation
import Glibc

/// Keeps a second process out of a folder for as long as this one lives.
///
/// The lock is the kernel's and goes with the process, however it ends.
package final class FolderLock: Sendable {
    private let descriptor: Int32

    /// - Throws: ``StorageError/inUse(path:)``.
    package init(_ folder: URL) throws {
        let path = folder.appending(path: "lock").path
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SyncedFile.failure(path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            Glibc.close(descriptor)
            throw StorageError.inUse(path: folder.path)
        }
    }

    deinit {
        Glibc.close(descriptor)
    }
}
