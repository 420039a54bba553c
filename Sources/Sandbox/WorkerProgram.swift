package import Bundles
package import Foundation

/// A trainer's bundle with the Python and the data that it runs on.
package struct WorkerProgram: Hashable, Sendable {
    /// Data as the trainer finds it, at `/data/NAME`.
    package struct Dataset: Hashable, Sendable {
        package let name: String
        /// A file, or a folder with all that is in it.
        package let source: URL

        package init(name: String, source: URL) {
            self.name = name
            self.source = source
        }

        package var path: String { "/data/\(name)" }
    }

    package let python: PythonEnvironment
    /// The folder that holds the package `jointlab`, where the environment does not have it.
    package let package: URL?
    /// An unpacked bundle; whoever starts it has compared its digest.
    package let bundle: URL
    package let manifest: BundleManifest
    package let datasets: [Dataset]
    /// What is enforced: the bundle's own limits and the owner's.
    package let limits: TrainerLimits
    /// The largest model that will be sent in.
    package let inputBytes: Int

    package init(
        python: PythonEnvironment, package: URL?, bundle: URL, manifest: BundleManifest,
        datasets: [Dataset], limits: TrainerLimits, inputBytes: Int = 64 << 20
    ) {
        self.python = python
        self.package = package
        self.bundle = bundle
        self.manifest = manifest
        self.datasets = datasets
        self.limits = limits
        self.inputBytes = inputBytes
    }

    /// - Throws: ``SandboxFailure/environment(_:)`` where something is missing or cannot be read.
    func sandbox(isRoot: Bool) throws(SandboxFailure) -> SandboxProgram {
        let missing = python.missing(for: manifest)
        guard missing.isEmpty else {
            throw .environment(
                "the bundle \(manifest.name) needs \(missing.joined(separator: "; ")): install "
                    + "what `jointlab trainer requirements` prints with pip install --require-hashes"
            )
        }
        var mounts = python.mounts + [.init(bundle.path, at: "/bundle")]
        if let package { mounts.append(.init(package.path, at: "/jointlab")) }
        mounts += datasets.map { .init($0.source.path, at: $0.path) }
        for mount in mounts { try Self.check(mount.source, isRoot: isRoot) }
        return SandboxProgram(
            path: python.executable,
            // Without the scratch folder, which can be written, among the places to import from.
            arguments: ["-B", "-s", "-P", "-m", "jointlab.worker"], mounts: mounts,
            environment: [
                "PYTHONPATH": package == nil ? "/bundle" : "/jointlab:/bundle",
                // Threads of the linear algebra would count as the trainer's, and start slowly.
                "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
            ], limits: limits)
    }

    private static func check(_ path: String, isRoot: Bool) throws(SandboxFailure) {
        var status = stat()
        guard stat(path, &status) == 0, access(path, R_OK) == 0 else {
            throw .environment("\(path) is not there, or cannot be read")
        }
        let isFolder = status.st_mode & S_IFMT == S_IFDIR
        let needed = isFolder ? S_IROTH | S_IXOTH : S_IROTH
        guard !isRoot || status.st_mode & needed == needed else {
            throw .environment(
                "a node that runs as root runs trainers as a user without rights, who may not read "
                    + "\(path): run the node as a user of its own, or make it readable to others "
                    + "(chmod o+r\(isFolder ? "X" : ""))")
        }
    }
}
