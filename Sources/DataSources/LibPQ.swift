import CLibPQ
import Foundation
import Learning

/// PostgreSQL's own library of this machine, loaded when a connection is first named: most nodes have
/// no data on a PostgreSQL server, and need neither it nor what it brings along.
final class LibPQ {
    /// What Debian's `libpq5` installs.
    static let name = "libpq.so.5"

    private let table: UnsafePointer<libpq_functions>

    var functions: libpq_functions { table.pointee }

    /// - Parameter name: A file, or a name that the dynamic linker finds.
    /// - Throws: `DatasetError`: `sourceUnavailable`.
    init(_ name: String = LibPQ.name) throws(DatasetError) {
        guard let table = libpq_load(name) else {
            let problem = dlerror().map { String(cString: $0) } ?? "\(name) is not there"
            throw DatasetError(
                .sourceUnavailable, at: nil,
                "PostgreSQL is reached with libpq, which cannot be loaded: \(problem)",
                remedy: "install it (Debian's libpq5), and try again")
        }
        self.table = table
    }

    deinit { free(UnsafeMutableRawPointer(mutating: table)) }
}
