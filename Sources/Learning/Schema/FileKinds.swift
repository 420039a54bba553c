import Encodings

/// What an owner tells others about the files that a table of labels names.
package struct FileKinds: Hashable, Sendable {
    /// The column that names a file.
    package static let column = "file"
    /// The column that holds a file's SHA-256; it stands in no table of the owner's, and is there so
    /// that the commitment to the rows is one to the files.
    package static let digestColumn = "sha256"
    private static let extensionBytesMax = 8

    private static let extensionsMax = 16
    private static let other = "other"

    /// The endings of the files' names, such as `png`, sorted, none twice; `other` stands for those
    /// that are no plain word or come seldom, and for none. What follows a name's last dot may be a
    /// part of the name, such as a patient's number, so that one counts as an ending only where at
    /// least ten files have it, or half of them.
    package let extensions: [String]

    package init(paths: some Collection<String>) {
        var counts: [String: Int] = [:]
        for path in paths { counts[Self.ending(of: path), default: 0] += 1 }
        let often = min(10, max(1, paths.count / 2))
        let common = counts.filter { $0.key != Self.other && $0.value >= often }
            .sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(Self.extensionsMax)
            .map(\.key)
        extensions = sortedByBytes(
            Set(common + (common.count < counts.count ? [Self.other] : [])))
    }

    private static func ending(of path: String) -> String {
        let name = path.split(separator: "/").last ?? ""
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        let ending = (parts.count > 1 ? parts.last ?? "" : "").lowercased()
        let isPlain = ending.utf8.allSatisfy {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        }
        let beginsWithLetter = ending.utf8.first.map { $0 >= UInt8(ascii: "a") } ?? false
        return isPlain && beginsWithLetter && ending.utf8.count <= extensionBytesMax
            ? ending : other
    }

    var json: JSONValue { ["extensions": .array(extensions.map { .string($0) })] }

    init(json: JSONValue, at path: String) throws(JSONShapeError) {
        var fields = try JSONFields(json, at: path)
        extensions = try fields.sortedTexts("extensions")
        try fields.finish()
    }
}
