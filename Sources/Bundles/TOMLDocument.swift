package import Encodings

/// A TOML document (version 1.0) of the part that a manifest needs: tables, arrays of tables, and
/// as values strings on one line, integers in decimal, booleans, arrays and inline tables.
///
/// What it reads, any TOML reader reads in the same way. What it leaves out (dates, floating-point
/// numbers, dotted and quoted keys, strings over several lines) is refused and never guessed.
package struct TOMLDocument: Hashable, Sendable {
    package let value: JSONValue
    /// The line in which a value begins, by its path as in `requirements[0].name`.
    private let lines: [String: Int]

    /// The longest text that is read.
    package static let byteCountMax = 65_536

    /// - Throws: ``ManifestError``.
    package init(parsing text: String) throws(ManifestError) {
        var parser = TOMLParser(text)
        (value, lines) = try parser.document()
    }

    /// What JSON would call a mistake of form, with the line in which it is.
    package func located(_ error: JSONShapeError) -> ManifestError {
        var path = error.path
        // A missing key has no line: the one of the table that lacks it serves.
        while lines[path] == nil, let end = path.lastIndex(where: { $0 == "." || $0 == "[" }) {
            path = String(path[..<end])
        }
        return ManifestError(line: lines[path], problem: error.description)
    }
}
