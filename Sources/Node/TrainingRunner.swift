import Bundles
import Contracts
import Federation
import Foundation
import HouseRules
import LabAPI
import Learning
import Logging
import Memory
import Sandbox
import Storage
import Strategies
import Trainers
import Transport

/// Carries training orders out, one at a time: fetches the base model, opens the data, trains, and
/// keeps the update to be uploaded.
struct TrainingRunner: Sendable {
    let member: MemberID
    let home: NodeHome
    let blobs: BlobStore
    /// The owner's own rules, which may be stricter than any licence.
    let owner: OwnerControl
    /// Members' own trainers.
    let bundles: BundleRunner
    let watch: DatasetWatch
    let logger: Logger
    let now: @Sendable () -> Timestamp

    /// - Parameters:
    ///   - client: Talks to the coordinator, which has the base model.
    ///   - refusal: Asks the node's own ledger once more, right before the data is opened.
    ///   - isCounted: Whether this node's update of an earlier round has been sealed.
    func run(
        _ order: TrainingOrder, client: SignedClient, refusal: () async -> TaskRefusal?,
        isCounted: (RoundID) async -> Bool,
        report:
            @escaping @Sendable (
                SiteReport.Stage, WorkProgress?
            ) async -> Void
    ) async -> NodeMachine.Outcome {
        do {
            let trainer = try JobTrainer(order.job.trainer)
            let strategy = try JobStrategy(order.job.strategy)
            let (job, round) = (order.job, order.round.id)
            let found: OwnedDataset?
            do {
                found = try await onOwnThread { [home] in
                    try home.ownedDataset(order.participant.dataset)
                }
            } catch {
                logger.error("dataset.unusable", metadata: ["error": "\(error)"])
                let refusal = TaskRefusal.datasetUnreadable(order.participant.dataset)
                return .failure(code: refusal.code, detail: refusal.description)
            }
            guard let owned = found else {
                return .failure(code: "task.dataset_absent", detail: "the dataset is not here")
            }
            let rows = owned.rows
            let first = await onOwnThread { [owner] in
                owner.refusal(of: job, on: owned.id, rows: rows, round: round)
            }
            if let refusal = first { return .refused(refusal, order, logger) }
            var archive: BundleArchive?
            if case .bundle(let settings) = trainer {
                archive = try await approved(settings, on: owned.id, client)
            }
            var base: FileBytes?
            var strategyState: [UInt8]?
            if let digest = order.round.base {
                await report(.fetching, nil)
                base = try await fetch(digest, client)
            }
            if let digest = order.round.strategyState, strategy.strategy.local == .controlVariates {
                strategyState = try await fetch(digest, client).array
            }
            let second = try await onOwnThread { [owner] in
                try owner.begin(round, of: job, on: owned.id, rows: rows)
            }
            if let refusal = second { return .refused(refusal, order, logger) }
            if let refusal = await refusal() {
                logger.notice(
                    "task.refused_late",
                    metadata: ["round.id": "\(order.round.id)", "reason": "\(refusal)"])
                return .failure(code: refusal.code, detail: refusal.description)
            }

            logger.info(
                "dataset.opened",
                metadata: [
                    "dataset.id": "\(owned.id)", "round.id": "\(order.round.id)",
                    "task": "\(order.round.task.rawValue)",
                    "licence.id": "\(order.participant.licence)",
                    "ledger.index": "\(order.round.index)",
                ])
            await report(.training, nil)
            let states = LocalStates(folder: home.jobs)
            let work = RoundWork(
                task: order.round.task, round: order.round.id, member: member,
                judges: order.round.judges, trainer: trainer, strategy: strategy, base: base,
                strategyState: strategyState,
                state: try await states.before(order.round.id, isCounted: isCounted))
            let product: RoundWork.Product
            if case .bundle(let settings) = trainer, let archive {
                let limits = await onOwnThread { [owner, bundles] in
                    owner.limits(for: owned.id, atMost: bundles.limitsMax)
                }
                product = try await bundles.perform(
                    work, of: settings, archive: archive, dataset: owned, limits: limits
                ) { fraction, text in
                    Task {
                        await report(
                            .training, WorkProgress(fraction: fraction, text: text))
                    }
                }
                let closed = order.job.closed + order.job.skipped
                if order.job.plan.task(afterClosed: closed + 1) == nil {
                    await bundles.end(order.job.id)
                }
            } else {
                guard let layout = trainer.layout else { throw WorkError.runsInSandbox }
                let parquet = bundles.settings.parquet
                let dataset = try await onOwnThread {
                    try owned.load(layout: layout, target: trainer.ownTarget, parquet: parquet)
                }
                let meter = ProgressMeter()
                product = try work.perform(on: dataset) { progress in
                    guard let progress = meter.report(of: progress) else { return }
                    Task { await report(.training, progress) }
                }
            }
            let bytes = product.update.count
            let last = try await onOwnThread { [owner] in
                try owner.release(bytes, from: round, of: job, on: owned.id, rows: rows)
            }
            if let refusal = last { return .refused(refusal, order, logger) }
            await watch.wasUsed(owned.id)
            if order.round.task == .train {
                try states.keep(
                    product.state, of: order.round.id, lateRoundsMax: order.job.lateRoundsMax)
            }
            return .update(
                try blobs.write(product.update), weight: product.weight,
                metricsMicro: product.metricsMicro)
        } catch let error as DatasetError {
            // The owner reads the whole sentence; others are told the kind of mistake and its place.
            logger.error("dataset.unusable", metadata: ["error": "\(error)"])
            // Finding out how the rows have moved reads them all again.
            let (dataset, time) = (order.participant.dataset, now())
            Task { [watch] in await watch.note(error, of: dataset, at: time) }
            let line = error.place?.line.map { " in line \($0)" } ?? ""
            return .failure(
                code: error.code.rawValue, detail: "the dataset cannot be used\(line)")
        } catch let failure as BundleFailure {
            if failure == .sandbox(.stopped) {
                let refusal = await onOwnThread { [owner] in
                    owner.refusal(
                        of: order.job, on: order.participant.dataset, rows: .max,
                        round: order.round.id)
                }
                if let refusal, refusal.endsWork { return .refused(refusal, order, logger) }
            }
            logger.error(
                "trainer.bundle_failed",
                metadata: [
                    "round.id": "\(order.round.id)", "code": "\(failure.code)",
                    "problem": "\(failure)",
                ])
            if let bundle = (try? BundleSettings(order.job.trainer))?.digest {
                await bundles.record(failure, round: order.round.id, bundle: bundle, at: now())
            }
            return .failure(code: failure.code, detail: failure.plain)
        } catch let error as ConnectionFailure {
            return .failure(code: "trainer.no_connection", detail: error.description)
        } catch {
            // It may name files of this machine: others are told that it failed.
            logger.error("trainer.failed", metadata: ["error": "\(error)"])
            return .failure(
                code: "trainer.failed", detail: "the trainer failed; the node's log says why")
        }
    }

    /// The bundle that a job names, as the owner has read and approved it, or lets it in unread.
    ///
    /// - Throws: ``BundleFailure``, and what fetching throws.
    private func approved(
        _ settings: BundleSettings, on dataset: DatasetID, _ client: SignedClient
    ) async throws -> BundleArchive {
        let archive = try await archive(settings, on: dataset, client)
        try Self.requireName(settings.name, of: archive)
        return archive
    }

    /// - Parameter called: What the job calls it, by which the owner's rules go.
    static func requireName(_ called: String, of archive: BundleArchive) throws(BundleFailure) {
        let name = archive.manifest.name
        guard name == called, !JobTrainer.allKinds.contains(name) else {
            throw BundleFailure.archive(
                "the job calls the bundle \(called), and its own name is \(name); a bundle "
                    + "must not have the name of a trainer that is built in")
        }
    }

    private func archive(
        _ settings: BundleSettings, on dataset: DatasetID, _ client: SignedClient
    ) async throws -> BundleArchive {
        let approvals = TrainerApprovals(of: home)
        let (isApproved, isLetIn) = try await onOwnThread { [owner] in
            try (approvals.inForce(settings.digest) != nil, owner.letsBundlesIn(on: dataset))
        }
        guard isApproved else {
            guard isLetIn else {
                throw BundleFailure.notApproved(settings.digest, name: settings.name)
            }
            let bytes = try await fetch(settings.digest, client).array
            do {
                return try BundleArchive(parsing: bytes)
            } catch {
                throw BundleFailure.archive("\(error)")
            }
        }
        do {
            return try await onOwnThread { try approvals.archive(settings.digest) }
        } catch {
            throw BundleFailure.archive("\(error)")
        }
    }

    private func fetch(_ digest: BlobDigest, _ client: SignedClient) async throws -> FileBytes {
        let hasCome = try await client.download(digest, into: blobs)
        let file = try blobs.open(digest)
        if !hasCome { try file.verify() }
        return file.bytes
    }
}
