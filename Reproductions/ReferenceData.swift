import Foundation

/// The public data that the results are made from. They lie beside the checkout, in the folder
/// `shared/data` of a parent folder or of the one that `JOINTLAB_SHARED` names.
struct ReferenceData {
    let folder: URL

    /// - Throws: ``ReferenceDataError/absent``.
    static func find() throws(ReferenceDataError) -> ReferenceData {
        var candidates: [URL] = []
        if let path = ProcessInfo.processInfo.environment["JOINTLAB_SHARED"] {
            candidates = [URL(filePath: path)]
        } else {
            var parent = URL(filePath: FileManager.default.currentDirectoryPath)
            while parent.path != "/" {
                candidates.append(parent.appending(path: "shared"))
                parent = parent.deletingLastPathComponent()
            }
        }
        for candidate in candidates {
            let data = candidate.appending(path: "data")
            if FileManager.default.fileExists(atPath: data.path) {
                return ReferenceData(folder: data)
            }
        }
        throw .absent
    }

    /// - Throws: ``ReferenceDataError/unreadable(file:)``.
    func text(of name: String) throws(ReferenceDataError) -> String {
        guard
            let text = try? String(contentsOf: folder.appending(path: name), encoding: .utf8)
        else { throw .unreadable(file: name) }
        return text
    }

    /// The contents of a gzip file, which the system's `gzip` decompresses.
    ///
    /// - Throws: ``ReferenceDataError``: `unreadable` or `noDecompressor`.
    func decompressed(_ name: String) throws(ReferenceDataError) -> [UInt8] {
        let file = folder.appending(path: name)
        guard FileManager.default.isReadableFile(atPath: file.path) else {
            throw .unreadable(file: name)
        }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["gzip", "-dc", file.path]
        let output = Pipe()
        process.standardOutput = output
        guard (try? process.run()) != nil,
            let data = try? output.fileHandleForReading.readToEnd()
        else { throw .noDecompressor }
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw .unreadable(file: name) }
        return Array(data)
    }
}

enum ReferenceDataError: Error, Hashable, CustomStringConvertible {
    case absent
    case unreadable(file: String)
    case noDecompressor
    case malformed(file: String, line: Int, problem: String)

    var description: String {
        switch self {
        case .absent:
            "the data are not here: set JOINTLAB_SHARED to the folder in which data/heart, "
                + "data/mnist and data/credit-default lie"
        case .unreadable(let file): "data/\(file) cannot be read, or is cut off"
        case .noDecompressor: "gzip cannot be run; install it"
        case .malformed(let file, let line, let problem): "data/\(file):\(line): \(problem)"
        }
    }
}
