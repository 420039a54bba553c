import Bundles
import Contracts
import Encodings
import Foundation
import Learning
import Logging
import Memory
import Sandbox
import Storage
import Trainers

/// Runs members' own trainers in sandboxes on the owner's data.
///
/// For each job and dataset there are two resident workers: what `fit` trains on lies in the one, what
/// `evaluate` judges by in the other, so that no trainer learns from the rows it is judged by. A
/// worker that has ended is started anew at the next call.
actor BundleRunner {
    private enum Part: String {
        case training, holdout
    }

    private struct Key: Hashable {
        let job: JobID
        let dataset: DatasetID
        let part: Part
    }

    private struct Resident {
        let worker: ResidentWorker
        let events: WorkerEvents
        let folder: URL
        let inputBytes: Int
        let limits: TrainerLimits
        let rows: Int
        let dataPath: String
        var lastUse: Int
    }

    private static let residentsMax = 8
    private static let failuresMax = 100

    nonisolated let settings: TrainerSettings
    /// No call gets more, whatever the owner's rules say.
    nonisolated var limitsMax: TrainerLimits { settings.limitsMax }
    /// Bundles and tables of the workers that are running; nobody else may look into it.
    private let folder: URL
    private let logger: Logger
    private var residents: [Key: Resident] = [:]
    private var uses = 0
    /// The jobs that the owner forbids, and those that go on, as of the last look at them.
    private var forbidden: Set<JobID> = []
    private var running: Set<JobID>?
    /// The newest last.
    private(set) var failures: [RecordedFailure] = []

    init(settings: TrainerSettings, home: NodeHome, logger: Logger) {
        self.settings = settings
        self.logger = logger
        folder = home.trainers.appending(path: "running", directoryHint: .isDirectory)
        // A node or a command that was killed has left its tables behind.
        try? FileManager.default.removeItem(at: folder)
        BundleValidation.removeAbandoned(in: home)
    }

    /// Carries a round's task out.
    ///
    /// - Parameters:
    ///   - archive: Has the digest that the job names, and the owner has approved it.
    ///   - owned: The owner's data, which is opened where a worker has to be started.
    ///   - limits: What a call gets at most. A worker that was started with others is started anew.
    ///   - progress: How far the trainer says it is, from 0 to 1, and its line.
    /// - Throws: ``BundleFailure``, and what loading and encoding throw.
    func perform(
        _ work: RoundWork, of settings: BundleSettings, archive: BundleArchive,
        dataset owned: OwnedDataset, limits: TrainerLimits,
        progress: @escaping @Sendable (Double, String) -> Void
    ) async throws -> RoundWork.Product {
        guard let base = work.base else { throw WorkError.noBase }
        func call(_ task: WorkerTask, _ part: Part) async throws -> (WorkerResult, rows: Int) {
            try await self.call(
                task, on: Key(job: work.round.job, dataset: owned.id, part: part), base: base,
                seed: work.ownSeed(settings.seed), settings, archive, limits, owned,
                progress: progress)
        }
        switch work.task {
        case .statistics: throw WorkError.runsInSandbox
        case .evaluate:
            let (result, rows) = try await call(.evaluate, .holdout)
            let metrics = BundleSettings.metricsMicro(result.metrics, of: "holdout")
            return work.product(
                judgedOn: try Self.weight(result, rows: rows), metricsMicro: metrics)
        case .train:
            var metrics: [String: Int64] = [:]
            if work.judges {
                do {
                    metrics = BundleSettings.metricsMicro(
                        try await call(.evaluate, .holdout).0.metrics, of: "holdout")
                } catch BundleFailure.noRows {
                    // Nothing is held out here.
                }
            }
            let (result, rows) = try await call(.fit, .training)
            guard let difference = result.tensors else {
                throw BundleFailure.sandbox(.update(.nothing))
            }
            metrics.merge(BundleSettings.metricsMicro(result.metrics, of: "training")) { $1 }
            return try work.product(
                difference: difference.file, rows: try Self.weight(result, rows: rows),
                metricsMicro: metrics)
        }
    }

    /// A trainer that claimed more rows than it saw would count for more than its site has.
    private static func weight(_ result: WorkerResult, rows: Int) throws -> Int64 {
        guard result.weight >= 1, result.weight <= Int64(rows) else {
            throw BundleFailure.sandbox(.update(.wrongWeight))
        }
        return result.weight
    }

    /// Keeps a failure for the owner to read.
    func record(_ failure: BundleFailure, round: RoundID, bundle: BlobDigest, at time: Timestamp) {
        failures.append(
            RecordedFailure(time: time, round: round, bundle: bundle, failure: failure))
        if failures.count > Self.failuresMax { failures.removeFirst() }
    }

    /// Ends the workers of jobs that the owner does not let have the data any more.
    func endAll(of forbidden: Set<JobID>) {
        self.forbidden = forbidden
        for key in residents.keys where forbidden.contains(key.job) { remove(key) }
    }

    /// Ends the workers of jobs that are over, or that may not have the data any more.
    func endAll(but running: Set<JobID>) {
        self.running = running
        for key in residents.keys where !running.contains(key.job) { remove(key) }
    }

    /// Ends all workers, and leaves nothing of the data behind.
    func endAll() {
        endAll(but: [])
        try? FileManager.default.removeItem(at: folder)
    }

    func end(_ job: JobID) {
        for key in residents.keys where key.job == job { remove(key) }
    }

    // MARK: - Workers

    private func call(
        _ task: WorkerTask, on key: Key, base: FileBytes, seed: UInt64, _ settings: BundleSettings,
        _ archive: BundleArchive, _ limits: TrainerLimits, _ owned: OwnedDataset,
        progress: @escaping @Sendable (Double, String) -> Void
    ) async throws -> (WorkerResult, rows: Int) {
        do {
            let resident = try await resident(
                key, settings, archive, limits, base: base, owned)
            resident.events.onProgress(progress)
            defer { resident.events.onProgress(nil) }
            let result = try await resident.worker.call(
                WorkerCall(
                    task, base: base, config: settings.config, seed: seed,
                    data: resident.dataPath))
            return (result, resident.rows)
        } catch let failure as SandboxFailure {
            if residents[key]?.worker.hasEnded != false { remove(key) }
            throw BundleFailure.sandbox(failure)
        }
    }

    private func resident(
        _ key: Key, _ settings: BundleSettings, _ archive: BundleArchive,
        _ limits: TrainerLimits, base: FileBytes, _ owned: OwnedDataset
    ) async throws -> Resident {
        uses += 1
        if var known = residents[key], !known.worker.hasEnded, known.limits == limits,
            known.inputBytes >= base.count
        {
            known.lastUse = uses
            residents[key] = known
            return known
        }
        remove(key)
        if residents.count >= Self.residentsMax,
            let oldest = residents.min(by: { $0.value.lastUse < $1.value.lastUse })?.key
        {
            remove(oldest)
        }
        let place = folder.appending(path: UUID().uuidString, directoryHint: .isDirectory)
        do {
            let resident = try await start(
                key, settings, archive, limits, in: place, inputBytes: max(base.count, 1), owned)
            // It may have been forbidden, or over, while the data was being read.
            residents[key] = resident
            guard !forbidden.contains(key.job), running?.contains(key.job) != false else {
                remove(key)
                throw SandboxFailure.stopped
            }
            return resident
        } catch {
            try? FileManager.default.removeItem(at: place)
            throw error
        }
    }

    private func start(
        _ key: Key, _ job: BundleSettings, _ archive: BundleArchive, _ limits: TrainerLimits,
        in place: URL, inputBytes: Int, _ owned: OwnedDataset
    ) async throws -> Resident {
        guard let python = settings.python else {
            throw SandboxFailure.environment(
                "this node has no Python for trainers: set trainers.python in node.yaml")
        }
        let support = try SandboxSupport.find(on: settings.path)
        let environment = try PythonEnvironment(executable: URL(filePath: python))
        // The folder keeps others out; within the sandbox its data is read by a user without rights.
        try FileManager.default.createDirectory(
            at: place, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let (manifest, parquet) = (archive.manifest, settings.parquet)
        let data = try await onOwnThread {
            try BundleData(
                owned, for: job, manifest, isTraining: key.part == .training, in: place,
                parquet: parquet)
        }
        guard data.rowCount > 0 else { throw BundleFailure.noRows(key.part.rawValue) }
        let bundle = place.appending(path: "bundle", directoryHint: .isDirectory)
        do {
            try BundleFolder.unpack(archive, to: bundle)
        } catch {
            throw BundleFailure.archive("\(error)")
        }
        let events = WorkerEvents(logger: logger, job: key.job)
        let worker = try await ResidentWorker.start(
            WorkerProgram(
                python: environment, package: settings.package.map { URL(filePath: $0) },
                bundle: bundle, manifest: archive.manifest,
                datasets: [.init(name: data.name, source: data.location)],
                limits: archive.manifest.limits.capped(by: limits),
                inputBytes: inputBytes), in: support, onEvent: events.take)
        logger.info(
            "trainer.started",
            metadata: [
                "job.id": "\(key.job)", "bundle": "\(job.digest)", "rows": "\(data.rowCount)",
                "part": "\(key.part.rawValue)", "python": "\(worker.greeting.python)",
            ])
        return Resident(
            worker: worker, events: events, folder: place, inputBytes: inputBytes,
            limits: limits, rows: data.rowCount, dataPath: "/data/\(data.name)", lastUse: uses)
    }

    private func remove(_ key: Key) {
        guard let resident = residents.removeValue(forKey: key) else { return }
        resident.worker.stop()
        try? FileManager.default.removeItem(at: resident.folder)
    }
}
