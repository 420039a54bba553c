import Foundation

/// Notices when anybody opens a file, as the kernel sees it.
package final class FileOpenWatch {
    private let descriptor: Int32

    /// - Throws: Where the kernel cannot watch the file.
    package init(_ path: String) throws {
        descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        guard descriptor >= 0, inotify_add_watch(descriptor, path, UInt32(IN_OPEN)) >= 0 else {
            throw CocoaError(.fileReadNoSuchFile, userInfo: [NSFilePathErrorKey: path])
        }
    }

    deinit {
        close(descriptor)
    }

    /// How often the file has been opened since the last call, at least: the kernel may tell two
    /// openings in a row as one, but never as none.
    package func takeCount() -> Int {
        var count = 0
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let length = read(descriptor, &buffer, buffer.count)
            guard length > 0 else { return count }
            // Events of one watched file have no name, so each is as long as its fixed part.
            count += length / MemoryLayout<inotify_event>.size
        }
    }
}
