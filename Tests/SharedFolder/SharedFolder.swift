import Foundation

/// The folder `shared`, which lies beside the project's checkout; not everybody has it.
package enum SharedFolder {
    /// - Returns: `nil` where there is no such file.
    package static func contents(of name: String) -> String? {
        folder.flatMap { try? String(contentsOf: $0.appending(path: name), encoding: .utf8) }
    }

    /// Where a file or folder of it lies.
    ///
    /// - Returns: `nil` where there is no such file.
    package static func path(of name: String) -> String? {
        guard let path = folder?.appending(path: name).path,
            FileManager.default.fileExists(atPath: path)
        else { return nil }
        return path
    }

    private static let folder: URL? = {
        if let path = ProcessInfo.processInfo.environment["JOINTLAB_SHARED"] {
            return URL(filePath: path)
        }
        var parent = URL(filePath: #filePath).deletingLastPathComponent()
        while parent.path != "/" {
            let folder = parent.appending(path: "shared")
            if FileManager.default.fileExists(atPath: folder.appending(path: "conformance").path) {
                return folder
            }
            parent.deleteLastPathComponent()
        }
        return nil
    }()
}
