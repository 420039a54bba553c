/// Why something on disk could not be read or written.
package enum StorageError: Error, Hashable, Sendable, CustomStringConvertible {
    case unusable(path: String, problem: String)
    case full(path: String)
    case newer(found: Int, known: Int)
    case conflict(expected: UInt64, found: UInt64)
    case readableByOthers(path: String, mode: String)
    case inUse(path: String)
    case wrongDigest(expected: String, found: String)

    package var description: String {
        switch self {
        case .unusable(let path, let problem): "\(path): \(problem)"
        case .full(let path): "\(path): there is no room left on the disk"
        case .newer(let found, let known):
            "the database was written by a newer version (schema \(found), and this program knows "
                + "\(known))"
        case .conflict(let expected, let found):
            "a batch begins at \(found), and the ledger has \(expected) entries"
        case .readableByOthers(let path, let mode):
            "\(path) holds a private key and others may read it (mode \(mode)): chmod 600 it"
        case .inUse(let path):
            "another process is using \(path); stop it first"
        case .wrongDigest(let expected, let found):
            "the content has the SHA-256 \(found), and \(expected) was announced"
        }
    }
}
