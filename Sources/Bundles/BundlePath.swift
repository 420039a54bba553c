import Encodings

/// The name of a file within a bundle, as in `models/mlp.py`, that means the same on all machines.
///
/// Letters, digits and `. _ - +` of ASCII, folders parted by `/`. Nothing else, since systems differ
/// in how they spell other letters and in what they take for the same, and a reviewer must see what
/// is there. No part begins with a dot, which also excludes `.` and `..`, or with a hyphen.
package struct BundlePath: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// What a header of the archive holds.
    package static let byteCountMax = 100
    package static let depthMax = 16

    package let text: String

    package init(_ text: String) throws(BundleError) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...Self.byteCountMax).contains(text.utf8.count) else {
            throw .badName(text, "is empty or longer than \(Self.byteCountMax) bytes")
        }
        guard parts.count <= Self.depthMax else {
            throw .badName(text, "lies more than \(Self.depthMax) folders deep")
        }
        for part in parts {
            guard !part.isEmpty else {
                throw .badName(text, "begins or ends with / or has // in it")
            }
            guard
                part.utf8.allSatisfy({ $0.isLetter || $0.isDigit || "._-+".utf8.contains($0) })
            else {
                throw .badName(
                    text, "has a character other than the letters, digits and . _ - + of ASCII")
            }
            guard part.first != ".", part.first != "-" else {
                throw .badName(text, "has a part that begins with . or -")
            }
        }
        self.text = text
    }

    /// The folders above it, the outermost first.
    package var folders: [String] {
        let parts = text.split(separator: "/").dropLast()
        return parts.indices.map { parts[...$0].joined(separator: "/") }
    }

    package static func < (left: BundlePath, right: BundlePath) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    package var description: String { text }
}

/// Why a folder or an archive is no bundle.
package enum BundleError: Error, Hashable, Sendable, CustomStringConvertible {
    case badName(String, String)
    /// Two names that some systems take for the same, or a file where another needs a folder.
    case collision(String, String)
    case notRegularFile(String)
    case tooManyFiles(Int)
    case fileTooLarge(String, byteCount: Int)
    case tooLarge
    case noManifest
    case manifestNotText
    case manifest(ManifestError)
    /// The bytes are not those of a canonical archive, from this place on.
    case notCanonical(offset: Int, String)
    case unreadable(String, String)
    case wrongDigest(expected: String, found: String)

    package var description: String {
        switch self {
        case .badName(let name, let problem):
            "the name \(shown(name)) \(problem); rename the file"
        case .collision(let one, let other):
            "\(shown(one)) and \(shown(other)) cannot both be there: some systems take them for "
                + "one; rename one of them"
        case .notRegularFile(let name):
            "\(shown(name)) is no regular file; a bundle has no symbolic links, pipes or devices"
        case .tooManyFiles(let count):
            "there are \(count) files or more; a bundle has at most \(BundleArchive.filesMax)"
        case .fileTooLarge(let name, let byteCount):
            "\(shown(name)) has \(byteCount) bytes; at most \(BundleArchive.fileByteCountMax) are "
                + "allowed; weights and data do not belong into a bundle"
        case .tooLarge:
            "all files together have more than \(BundleArchive.byteCountMax) bytes"
        case .noManifest:
            "there is no \(BundleManifest.fileName) at its top"
        case .manifestNotText:
            "\(BundleManifest.fileName) is no UTF-8 text"
        case .manifest(let error):
            error.description
        case .notCanonical(let offset, let problem):
            "the archive is not canonical at byte \(offset): \(problem); make it with "
                + "`jointlab trainer pack`"
        case .unreadable(let name, let reason):
            "\(shown(name)) cannot be read: \(reason.onOneLine)"
        case .wrongDigest(let expected, let found):
            "the bundle has the digest \(found), and \(expected) was agreed on; it was changed"
        }
    }

    private func shown(_ name: String) -> String { "“\(name.prefix(200))”".onOneLine }
}
