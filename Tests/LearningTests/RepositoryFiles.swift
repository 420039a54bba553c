import Foundation

/// Where the files are that tests read.
enum RepositoryFiles {
    /// The repository's folder, also where the tests are built through a link to it.
    private static let root: URL =
        URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func breastCancer(_ site: String) -> String {
        root.appending(path: "Examples/breast-cancer/\(site).csv").path(percentEncoded: false)
    }

    /// A folder with the data that is kept beside the project (see its README), or `nil` where it
    /// is not: the one named by JOINTLAB_TEST_DATA, or `shared/data` beside or in the repository.
    static let data: URL? = {
        let named = ProcessInfo.processInfo.environment["JOINTLAB_TEST_DATA"].map {
            [URL(filePath: $0)]
        }
        let candidates =
            named ?? [
                root.appending(path: "shared/data"),
                root.deletingLastPathComponent().appending(path: "shared/data"),
            ]
        return candidates.first { FileManager.default.fileExists(atPath: $0.path) }
    }()

    static func data(_ name: String) -> String {
        data?.appending(path: name).path(percentEncoded: false) ?? name
    }
}
