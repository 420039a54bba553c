/// Why a document cannot be read as a policy at all, and where.
package struct ImportError: Error, Hashable, Sendable, CustomStringConvertible {
    /// As in `$.permission[0].constraint`; `$` for the whole document.
    package let path: String
    /// What was wrong, as the end of the sentence "at $.permission …".
    package let problem: String

    package init(path: String = "$", _ problem: String) {
        self.path = path
        self.problem = problem
    }

    package var description: String { "at \(path): \(problem)" }
}
