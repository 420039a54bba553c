#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A file that is open for reading, from its start to its end; it is closed with its last owner.
final class LocalFile {
    private let path: String
    private let descriptor: CInt

    /// - Throws: ``DatasetError``: `fileUnreadable`.
    init(path: String) throws(DatasetError) {
        self.path = path
        var descriptor: CInt = -1
        repeat {
            descriptor = open(path, O_RDONLY | O_CLOEXEC)
        } while descriptor < 0 && errno == EINTR
        guard descriptor >= 0 else { throw Self.failure(errno, path: path) }
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Reads some bytes.
    ///
    /// - Returns: How many; 0 at the end of the file.
    /// - Throws: ``DatasetError``: `fileUnreadable`.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(DatasetError) -> Int {
        while true {
            #if canImport(Darwin)
                let count = Darwin.read(descriptor, buffer.baseAddress, buffer.count)
            #elseif canImport(Musl)
                let count = Musl.read(descriptor, buffer.baseAddress, buffer.count)
            #else
                let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            #endif
            if count >= 0 { return count }
            guard errno == EINTR else { throw Self.failure(errno, path: path) }
        }
    }

    private static func failure(_ code: CInt, path: String) -> DatasetError {
        let (problem, remedy) =
            switch code {
            case ENOENT: ("there is no such file", "check the path")
            case EACCES, EPERM:
                ("the file may not be read", "let this user read it, or run as one who may")
            case EISDIR: ("this is a directory", "name a CSV file in it")
            default:
                ("the file cannot be read: \(String(cString: strerror(code)))", "check the disk")
            }
        return DatasetError(
            .fileUnreadable, at: .init(file: path), problem, remedy: remedy)
    }
}
