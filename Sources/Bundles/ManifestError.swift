import Encodings

/// Why a text is not a manifest, and in which line.
package struct ManifestError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Counted from 1; `nil` where the mistake is in no line, as with a key that is missing.
    package let line: Int?
    package let problem: String

    package init(line: Int? = nil, problem: String) {
        self.line = line
        self.problem = problem
    }

    package var description: String {
        "jointlab.toml" + (line.map { ", line \($0)" } ?? "") + ": \(problem.onOneLine)"
    }
}
