import Encodings

/// What an owner tells others about the files that a table of labels names.
package struct FileKinds: Hashable, Sendable {
    /// The column that names a file.
    package static let column = "file"
    /// The column that holds a file's SHA-256; it stands in no table of the owner's, and is there so
    /// that the commitment to the rows is one to the files.
    package static let digestColumn = "sha256"
    private static let extensionBytesMax = 8

    /// The endings of the files' names, such as `png`, sorted, none twice; `other` stands for those
    /// that are no plain word, and for none.
    package let extensions: [String]

    package init(paths: some Sequence<String>) {
        extensions = sortedByBytes(Set(paths.map(Self.ending)))
    }

    private static func ending(of path: String) -> String {
        let name = path.split(separator: "/").last ?? ""
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        let ending = (parts.count > 1 ? parts.last ?? "" : "").lowercased()
        let isPlain = ending.utf8.allSatisfy {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        }
        return isPlain && (1...extensionBytesMax).contains(ending.utf8.count) ? ending : "other"
    }

    var json: JSONValue { ["extensions": .array(extensions.map { .string($0) })] }

    init(json: JSONValue, at path: String) throws(JSONShapeError) {
        var fields = try JSONFields(json, at: path)
        extensions = try fields.sortedTexts("extensions")
        try fields.finish()
    }
}
