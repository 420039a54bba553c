import ArgumentParser
import Bundles
import Contracts
import Encodings
import Foundation
import LabAPI
import Learning
import Node
import Participation
import Sandbox
import Strategies
import Tensors
import Trainers
import Transport

/// A trainer of the proposer's own.
struct BundleOptions: ParsableArguments {
    @Option(
        help: "Train with your own trainer: the folder of a bundle, with its jointlab.toml.",
        completion: .directory)
    var bundle: String?

    @Option(
        help: ArgumentHelp(
            "What the bundle's trainer gets as job.config.",
            discussion: "`features` is filled in with the columns that the sites' tables have.",
            valueName: "JSON"))
    var bundleConfig = "{}"

    /// A bundle with its job's first model, both uploaded.
    struct Offer {
        let trainer: JobTrainer
        /// `nil` for a job that goes on from a version.
        let weights: BlobDigest?
    }

    /// Packs the bundle, has it make the first model in a sandbox, and uploads both.
    ///
    /// - Returns: `nil` where no bundle was asked for.
    func offer(
        to session: MemberSession, on licences: [LicenceID], seed: UInt64, isNew: Bool
    ) async throws -> Offer? {
        guard let bundle else { return nil }
        let archive = try BundleFolder.archive(of: URL(filePath: bundle))
        let (layout, target) = try await session.dataView(
            on: licences, readsFiles: archive.manifest.inputKind == .files)
        let bytes = archive.bytes
        let settings = BundleSettings(
            digest: BlobDigest(of: bytes), name: archive.manifest.name,
            version: archive.manifest.version, config: try config(layout), seed: seed,
            layout: layout, target: target)
        var weights: BlobDigest?
        if isNew {
            let model = try await BundleTrial(session.home.settings().trainers)
                .firstModel(of: archive, config: settings.config, seed: settings.seed)
            weights = try await session.upload(model)
        }
        _ = try await session.upload(bytes)
        return Offer(trainer: .bundle(settings), weights: weights)
    }

    private func config(_ layout: FeatureLayout?) throws -> JSONValue {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: Array(bundleConfig.utf8))
        } catch {
            throw ValidationError("--bundle-config should be JSON: \(error)")
        }
        guard case .object(var object) = value else {
            throw ValidationError("--bundle-config should be a JSON object")
        }
        if let layout, object["features"] == nil {
            object["features"] = .array(layout.inputNames.map { .string($0) })
        }
        return .object(object)
    }
}

/// Runs a bundle on this machine, in the sandbox that a node would use, without data.
struct BundleTrial {
    let settings: TrainerSettings

    init(_ settings: TrainerSettings) {
        self.settings = settings
    }

    /// What `initial` makes.
    ///
    /// - Throws: `SandboxFailure`, or ``Mistake`` for a model that could not be trained.
    func firstModel(
        of archive: BundleArchive, config: JSONValue, seed: UInt64
    ) async throws -> [UInt8] {
        let result = try await withWorker(archive) { worker in
            try await worker.call(
                WorkerCall(.initial, base: nil, config: config, seed: seed, data: nil))
        }
        guard let model = result.tensors?.bytes else {
            throw Mistake("the trainer's initial() returned no weights")
        }
        do {
            _ = try ModelParameters(SafetensorsFile(model))
        } catch {
            throw Mistake(
                "the model that the trainer's initial() made cannot be averaged: \(error)")
        }
        return model
    }

    /// - Returns: Who answered from within the sandbox.
    func greeting(of archive: BundleArchive) async throws -> WorkerGreeting {
        try await withWorker(archive) { $0.greeting }
    }

    private func withWorker<Answer: Sendable>(
        _ archive: BundleArchive, _ body: (ResidentWorker) async throws -> Answer
    ) async throws -> Answer {
        guard let python = settings.python else {
            throw Mistake(
                "there is no Python for trainers: set trainers.python in node.yaml to an interpreter"
            )
        }
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "jointlab-bundle-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try BundleFolder.unpack(archive, to: folder)
        let worker = try await ResidentWorker.start(
            WorkerProgram(
                python: PythonEnvironment(executable: URL(filePath: python)),
                package: settings.package.map { URL(filePath: $0) }, bundle: folder,
                manifest: archive.manifest, datasets: [],
                limits: archive.manifest.limits.capped(by: settings.limitsMax), inputBytes: 1),
            in: SandboxSupport.find(on: settings.path))
        defer { worker.stop() }
        return try await body(worker)
    }
}
