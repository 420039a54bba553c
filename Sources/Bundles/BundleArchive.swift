import Crypto
import Encodings

/// A bundle as one file, the same bytes for the same files on all machines: what its digest on the
/// ledger stands for.
///
/// It is a tar archive (POSIX.1-2017, ustar) of which every byte is determined by names and
/// contents: regular files alone, sorted by name, mode 0644, owner and time 0, two empty blocks at
/// its end. `tar tf` lists it.
package struct BundleArchive: Hashable, Sendable {
    package static let filesMax = 1_000
    package static let fileByteCountMax = 16 << 20
    package static let byteCountMax = 64 << 20

    /// By name.
    package let files: [File]
    package let manifest: BundleManifest

    package struct File: Hashable, Sendable {
        package let path: BundlePath
        package let contents: [UInt8]

        package init(path: BundlePath, contents: [UInt8]) {
            self.path = path
            self.contents = contents
        }
    }

    /// - Parameter files: In any order.
    /// - Throws: ``BundleError``.
    package init(_ files: [File]) throws(BundleError) {
        guard files.count <= Self.filesMax else { throw .tooManyFiles(files.count) }
        var total = 0
        for file in files {
            guard file.contents.count <= Self.fileByteCountMax else {
                throw .fileTooLarge(file.path.text, byteCount: file.contents.count)
            }
            total += file.contents.count
            guard total <= Self.byteCountMax else { throw .tooLarge }
        }
        try Self.checkCollisions(files.map(\.path))
        self.files = files.sorted { $0.path < $1.path }
        guard let manifest = files.first(where: { $0.path.text == BundleManifest.fileName }) else {
            throw .noManifest
        }
        guard let text = String(validating: manifest.contents, as: UTF8.self) else {
            throw .manifestNotText
        }
        do {
            self.manifest = try BundleManifest(parsing: text)
        } catch {
            throw .manifest(error)
        }
    }

    /// SHA-256 of ``bytes``, in hexadecimal.
    package var digest: String { Hex.encode(SHA256.hash(data: bytes)) }

    package subscript(path: String) -> [UInt8]? {
        files.first { $0.path.text == path }?.contents
    }

    /// The archive.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        for file in files {
            bytes += TarHeader.bytes(name: file.path.text, byteCount: file.contents.count)
            bytes += file.contents
            bytes += repeatElement(0, count: TarHeader.padding(after: file.contents.count))
        }
        return bytes + repeatElement(0, count: 2 * TarHeader.byteCount)
    }

    /// Reads an archive, and accepts only what ``bytes`` would write.
    ///
    /// - Throws: ``BundleError``.
    package init(parsing bytes: [UInt8]) throws(BundleError) {
        // Headers and padding come on top of the contents.
        guard bytes.count <= Self.byteCountMax + Self.filesMax * 2 * TarHeader.byteCount else {
            throw .tooLarge
        }
        var files: [File] = []
        var offset = 0
        while true {
            let header = bytes[offset...].prefix(TarHeader.byteCount)
            guard header.count == TarHeader.byteCount else {
                throw .notCanonical(offset: offset, "it is cut off")
            }
            if header.allSatisfy({ $0 == 0 }) { break }
            guard files.count < Self.filesMax else { throw .tooManyFiles(files.count + 1) }
            let name = String(decoding: header.prefix(100).prefix { $0 != 0 }, as: UTF8.self)
            let path = try BundlePath(name)
            guard let byteCount = TarHeader.byteCount(in: header),
                byteCount <= Self.fileByteCountMax,
                header.elementsEqual(TarHeader.bytes(name: name, byteCount: byteCount))
            else {
                throw .notCanonical(
                    offset: offset, "the header of \(name) differs from that of a plain file")
            }
            if let last = files.last, !(last.path < path) {
                throw .notCanonical(offset: offset, "\(name) comes after \(last.path)")
            }
            offset += TarHeader.byteCount
            let end = offset + byteCount + TarHeader.padding(after: byteCount)
            guard end <= bytes.count else {
                throw .notCanonical(offset: offset, "\(name) is cut off")
            }
            guard bytes[(offset + byteCount)..<end].allSatisfy({ $0 == 0 }) else {
                throw .notCanonical(offset: offset + byteCount, "something is hidden after \(name)")
            }
            files.append(File(path: path, contents: Array(bytes[offset..<offset + byteCount])))
            offset = end
        }
        guard bytes.count == offset + 2 * TarHeader.byteCount,
            bytes[offset...].allSatisfy({ $0 == 0 })
        else { throw .notCanonical(offset: offset, "it should end with two empty blocks") }
        try self.init(files)
    }

    /// Where two names differ in letter case alone, or one is a file and another's folder, some
    /// systems would lose a file when it is unpacked.
    private static func checkCollisions(_ paths: [BundlePath]) throws(BundleError) {
        var files: [String: String] = [:]
        var folders: [String: String] = [:]
        for path in paths {
            if let other = files.updateValue(path.text, forKey: path.text.lowercased()) {
                throw .collision(other, path.text)
            }
            for folder in path.folders {
                let other = folders.updateValue(folder, forKey: folder.lowercased())
                if let other, other != folder { throw .collision(other, folder) }
            }
        }
        for (folder, name) in folders {
            if let file = files[folder] { throw .collision(file, name) }
        }
    }
}

/// The block before each file in an archive of POSIX.1-2017, section "ustar Interchange Format".
private enum TarHeader {
    static let byteCount = 512

    static func padding(after count: Int) -> Int { (byteCount - count % byteCount) % byteCount }

    static func bytes(name: String, byteCount count: Int) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: byteCount)
        func put(_ text: String, at offset: Int) {
            header.replaceSubrange(offset..<(offset + text.utf8.count), with: text.utf8)
        }
        put(name, at: 0)
        put("0000644", at: 100)
        put("0000000", at: 108)
        put("0000000", at: 116)
        put(octal(count, digits: 11), at: 124)
        put("00000000000", at: 136)
        put("0", at: 156)
        put("ustar\u{0}00", at: 257)
        put("0000000", at: 329)
        put("0000000", at: 337)
        // The checksum is taken with spaces in its own place.
        put("        ", at: 148)
        put(octal(header.reduce(0) { $0 + Int($1) }, digits: 6) + "\u{0} ", at: 148)
        return header
    }

    static func byteCount(in header: ArraySlice<UInt8>) -> Int? {
        let digits = header.dropFirst(124).prefix(11)
        guard digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) }) else {
            return nil
        }
        return Int(String(decoding: digits, as: UTF8.self), radix: 8)
    }

    private static func octal(_ value: Int, digits: Int) -> String {
        let text = String(value, radix: 8)
        return String(repeating: "0", count: digits - text.utf8.count) + text
    }
}
