package import Bundles
import Foundation
import Learning
import Sandbox
package import Trainers

/// What a bundle says of a model by data that no job has seen.
package struct BundleJudgement: Hashable, Sendable {
    package let rows: Int64
    /// Named as in the contribution of a job's evaluation.
    package let metricsMicro: [String: Int64]
}

/// Has the bundle that trained a model judge it by data of the member's own, in the sandbox that a
/// job would use.
package struct BundleValidation: Sendable {
    private let home: NodeHome
    private let settings: TrainerSettings

    package init(home: NodeHome, settings: TrainerSettings) {
        self.home = home
        self.settings = settings
    }

    /// The bundle as this node's owner has read and approved it: another's program comes near the
    /// owner's data here as it does in a job.
    ///
    /// - Throws: ``BundleFailure``, and `StorageError` for a record that cannot be read.
    package func approved(_ job: BundleSettings) throws -> BundleArchive {
        let approvals = TrainerApprovals(of: home)
        guard try approvals.inForce(job.digest) != nil else {
            throw BundleFailure.notApproved(job.digest, name: job.name)
        }
        return try approvals.archive(job.digest)
    }

    private static func folder(in home: NodeHome) -> URL {
        home.trainers.appending(path: "validating", directoryHint: .isDirectory)
    }

    /// Removes the owner's rows that a command which was killed has left behind.
    static func removeAbandoned(in home: NodeHome) {
        let files = FileManager.default
        let folder = folder(in: home)
        for name in (try? files.contentsOfDirectory(atPath: folder.path)) ?? [] {
            // A program that is still running needs what it put there.
            let process = name.split(separator: "-").first.flatMap { pid_t($0) }
            if let process, process > 0, kill(process, 0) == 0 || errno != ESRCH { continue }
            try? files.removeItem(at: folder.appending(path: name))
        }
    }

    /// - Parameters:
    ///   - data: All of whose rows are held out.
    /// - Throws: ``BundleFailure``, and `DatasetError`.
    package func judge(
        _ model: [UInt8], of job: BundleSettings, archive: BundleArchive, by data: OwnedDataset
    ) async throws -> BundleJudgement {
        guard let python = settings.python else {
            throw BundleFailure.sandbox(
                .environment(
                    "this node has no Python for trainers: set trainers.python in node.yaml")
            )
        }
        Self.removeAbandoned(in: home)
        let place = Self.folder(in: home)
            .appending(path: "\(getpid())-\(UUID().uuidString)", directoryHint: .isDirectory)
        try FileManager.default.createDirectory(
            at: place, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(at: place) }
        let (manifest, parquet) = (archive.manifest, settings.parquet)
        let rows = try await onOwnThread {
            try BundleData(
                data, for: job, manifest, isTraining: false, in: place, parquet: parquet)
        }
        guard rows.rowCount > 0 else { throw BundleFailure.noRows("validation") }
        let bundle = place.appending(path: "bundle", directoryHint: .isDirectory)
        try BundleFolder.unpack(archive, to: bundle)
        do {
            let worker = try await ResidentWorker.start(
                WorkerProgram(
                    python: try PythonEnvironment(executable: URL(filePath: python)),
                    package: settings.package.map { URL(filePath: $0) }, bundle: bundle,
                    manifest: manifest,
                    datasets: [.init(name: rows.name, source: rows.location)],
                    limits: manifest.limits.capped(by: settings.limitsMax),
                    inputBytes: max(model.count, 1)),
                in: try SandboxSupport.find(on: settings.path))
            defer { worker.stop() }
            let result = try await worker.call(
                WorkerCall(
                    .evaluate, base: model, config: job.config, seed: job.seed,
                    data: "/data/\(rows.name)"))
            guard result.weight >= 1, result.weight <= Int64(rows.rowCount) else {
                throw SandboxFailure.update(.wrongWeight)
            }
            return BundleJudgement(
                rows: result.weight,
                metricsMicro: BundleSettings.metricsMicro(result.metrics, of: "holdout"))
        } catch let failure as SandboxFailure {
            throw BundleFailure.sandbox(failure)
        }
    }
}
