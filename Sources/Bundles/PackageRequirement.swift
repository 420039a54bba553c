import Encodings

/// A Python package that a trainer imports: a version and the files that it may be installed from.
package struct PackageRequirement: Hashable, Sendable {
    package let name: String
    package let version: String
    /// SHA-256 of the distributions' files, in hexadecimal: a wheel for each platform, mostly.
    package let sha256: [String]

    /// As pip's hash-checking mode reads it.
    package var pipLine: String {
        "\(name)==\(version)" + sha256.map { " --hash=sha256:\($0)" }.joined()
    }

    /// The name as indexes compare it (PEP 503).
    package var normalisedName: String { Self.normalised(name) }

    package static func normalised(_ name: String) -> String {
        name.lowercased().split(whereSeparator: { "-_.".contains($0) }).joined(separator: "-")
    }

    init(_ value: JSONValue, at path: String) throws(JSONShapeError) {
        var fields = try JSONFields(value, at: path)
        name = try fields.string("name")
        guard Self.isWord(name, also: "-_.") else {
            throw fields.wrong("name", "is no name of a package")
        }
        version = try fields.string("version")
        guard Self.isWord(version, also: "-_.+!") else {
            throw fields.wrong("version", "should be one version, as in \"2.4.6\", not a range")
        }
        sha256 = try fields.strings("sha256")
        guard !sha256.isEmpty else {
            throw fields.wrong(
                "sha256", "should hold at least one hash; `pip hash FILE` prints it")
        }
        for (position, hash) in sha256.enumerated() {
            guard hash.utf8.count == 64, hash.utf8.allSatisfy(\.isHexDigit),
                hash == hash.lowercased()
            else {
                throw fields.wrong("sha256[\(position)]", "should be 64 hexadecimal digits 0–9 a–f")
            }
        }
        try fields.finish()
    }

    private static func isWord(_ text: String, also others: String) -> Bool {
        (1...80).contains(text.utf8.count)
            && text.utf8.allSatisfy { $0.isLetter || $0.isDigit || others.utf8.contains($0) }
            && text.utf8.first.map { $0.isLetter || $0.isDigit } == true
    }
}
