package import Foundation
import Glibc
package import Identity

/// A private key in a file that nobody but its owner may read.
package enum KeyFile {
    /// Makes a new key and writes it, in PEM, with mode 0600.
    ///
    /// - Throws: ``StorageError``; a file that is there already is left alone.
    package static func create(at url: URL) throws -> SigningKey {
        var random = SystemRandomNumberGenerator()
        let key = SigningKey(from: &random)
        try write(key, to: url)
        return key
    }

    /// - Throws: ``StorageError``; a file that is there already is left alone.
    package static func write(_ key: SigningKey, to url: URL) throws {
        let file = try SyncedFile(creating: url.path, mode: 0o600)
        try Array(key.pem.utf8).withUnsafeBytes { try file.write($0) }
        try file.sync()
        try SyncedFile.syncFolder(of: url.path)
    }

    /// Writes a key over another one; a reader sees the old one or the new one.
    package static func replace(_ url: URL, with key: SigningKey) throws {
        try SyncedFile.replace(url.path, with: Array(key.pem.utf8), mode: 0o600)
    }

    /// - Throws: ``StorageError/readableByOthers(path:mode:)`` and others.
    package static func read(_ url: URL) throws -> SigningKey {
        var status = stat()
        guard stat(url.path, &status) == 0 else { throw SyncedFile.failure(url.path) }
        guard status.st_mode & 0o077 == 0 else {
            throw StorageError.readableByOthers(
                path: url.path, mode: String(status.st_mode & 0o777, radix: 8))
        }
        let text = String(decoding: try Data(contentsOf: url), as: UTF8.self)
        do {
            return try SigningKey(pem: text)
        } catch {
            throw StorageError.unusable(path: url.path, problem: error.description)
        }
    }
}
