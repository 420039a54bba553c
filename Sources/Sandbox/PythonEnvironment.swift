package import Bundles
import Encodings
package import Foundation

/// A Python installation that an owner has prepared for trainers: an interpreter and packages.
package struct PythonEnvironment: Hashable, Sendable {
    /// The interpreter, as in `…/venv/bin/python3`.
    package let executable: String
    package let version: PythonVersion
    /// The folders that hold interpreter, library and packages.
    package let folders: [String]
    /// The installed packages and their versions, by normalised name.
    package let packages: [String: String]

    /// Asks an interpreter about itself.
    ///
    /// - Throws: ``SandboxFailure/environment(_:)``.
    package init(executable: URL) throws(SandboxFailure) {
        let path = executable.path
        let text = try Self.answer(of: executable)
        do {
            var fields = try JSONFields(try JSONValue(parsing: text))
            guard let version = PythonVersion(try fields.string("version")) else {
                throw fields.wrong("version", "is no version")
            }
            self.version = version
            folders = try fields.strings("folders")
            packages =
                try fields.required("packages").object.map { object in
                    Dictionary(
                        object.members.compactMap { member in
                            member.value.string.map {
                                (PackageRequirement.normalised(member.key), $0)
                            }
                        }, uniquingKeysWith: { first, _ in first })
                } ?? [:]
        } catch {
            throw .environment("\(path) does not answer as Python does: \(error)")
        }
        self.executable = path
    }

    /// What a bundle needs and is not here, in words; empty where nothing is missing.
    package func missing(for manifest: BundleManifest) -> [String] {
        var missing: [String] = []
        if version < manifest.python || version.major != manifest.python.major {
            missing.append("Python \(manifest.python) or later, and \(executable) is \(version)")
        }
        for requirement in manifest.requirements {
            switch packages[requirement.normalisedName] {
            case nil: missing.append("\(requirement.name) \(requirement.version)")
            case requirement.version: break
            case let found?:
                missing.append("\(requirement.name) \(requirement.version), and \(found) is there")
            }
        }
        return missing
    }

    var mounts: [SandboxProgram.Mount] {
        // The system's folder is there already.
        folders.filter { $0 != "/usr" && !$0.hasPrefix("/usr/") }.map { .init($0) }
    }

    private static let question = """
        import importlib.metadata as m, json, platform, sys
        folders = sorted({sys.prefix, sys.base_prefix, sys.exec_prefix})
        folders = [f for f in folders if not any(f != g and f.startswith(g + "/") for g in folders)]
        packages = {}
        for d in m.distributions():
            packages.setdefault(d.metadata["Name"] or "", d.version)
        print(json.dumps({"version": platform.python_version(), "folders": folders, "packages": packages}))
        """

    private static func answer(of executable: URL) throws(SandboxFailure) -> String {
        let process = Process()
        process.executableURL = executable
        process.arguments = ["-I", "-c", question]
        process.standardInput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        let output = Pipe()
        process.standardOutput = output
        do {
            try process.run()
        } catch {
            throw .environment(
                "\(executable.path) does not run: \(error.localizedDescription); give the path of "
                    + "a Python interpreter")
        }
        let text = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text
    }
}
