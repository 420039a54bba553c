import Foundation
import Glibc

/// A file that does not answer, as on a file system that has gone away: a pipe that nobody writes to.
final class HangingFile: Sendable {
    private let place: URL
    private let aside: URL

    struct Failure: Error {}

    init(_ place: URL) throws {
        self.place = place
        aside = place.appendingPathExtension("aside")
        try FileManager.default.createDirectory(
            at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
        guard mkfifo(place.path, 0o600) == 0 else { throw Failure() }
    }

    /// Puts it away, and lets those go on who wait for it by now.
    func release() {
        if !FileManager.default.fileExists(atPath: aside.path) { rename(place.path, aside.path) }
        close(open(aside.path, O_RDWR | O_NONBLOCK))
    }
}
