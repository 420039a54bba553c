import Crypto
import Encodings
package import Foundation

/// The files of an exported ledger, by their paths in it.
///
/// The layout is that of a tiled transparency log (C2SP tlog-tiles), so its tools read it too:
/// `checkpoint`, `tile/…` and `tile/entries/…`; beside them `policy`, `blobs/` and `SHA256SUMS`.
package struct AuditFolder: Sendable {
    package static let checkpoint = "checkpoint"
    package static let policy = "policy"
    package static let manifest = "SHA256SUMS"
    package static let blobs = "blobs"

    package let url: URL

    package init(_ url: URL) {
        self.url = url
    }

    func read(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: url.appending(path: path)))
    }

    func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: url.appending(path: path).path)
    }

    func write(_ path: String, _ bytes: [UInt8]) throws {
        let place = url.appending(path: path)
        try FileManager.default.createDirectory(
            at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: place)
    }

    /// All files but the manifest, in the order of their paths; links are files too.
    func paths() throws -> [String] {
        let root = url.standardizedFileURL.resolvingSymlinksInPath().path
        guard let walk = FileManager.default.enumerator(atPath: root) else { return [] }
        var paths: [String] = []
        while let path = walk.nextObject() as? String {
            let isFolder = walk.fileAttributes?[.type] as? FileAttributeType == .typeDirectory
            if !isFolder, path != Self.manifest { paths.append(path) }
        }
        return paths.sorted()
    }

    /// What `sha256sum` would print for all files.
    func computedManifest() throws -> [String: String] {
        var sums: [String: String] = [:]
        for path in try paths() {
            sums[path] = isLink(path) ? "a link" : Hex.encode(SHA256.hash(data: try read(path)))
        }
        return sums
    }

    /// What a link leads to is not in the export, and another tomorrow.
    private func isLink(_ path: String) -> Bool {
        let target = try? FileManager.default.destinationOfSymbolicLink(
            atPath: url.appending(path: path).path)
        return target != nil
    }

    func writeManifest() throws {
        let sums = try computedManifest().sorted { $0.key < $1.key }
        let lines = sums.map { "\($0.value)  \($0.key)\n" }
        try write(Self.manifest, Array(lines.joined().utf8))
    }

    /// The sums that stand in the manifest.
    ///
    /// - Returns: `nil` where it is not in the form of `sha256sum`, byte for byte.
    func storedManifest() throws -> [String: String]? {
        guard let text = String(validating: try read(Self.manifest), as: UTF8.self),
            text.hasSuffix("\n")
        else { return nil }
        var sums: [String: String] = [:]
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            let sum = line.prefix(64)
            let rest = line.dropFirst(64)
            guard Hex.decode(sum)?.count == 32, rest.hasPrefix("  "), rest.count > 2 else {
                return nil
            }
            guard sums.updateValue(String(sum), forKey: String(rest.dropFirst(2))) == nil else {
                return nil
            }
        }
        return sums
    }
}
