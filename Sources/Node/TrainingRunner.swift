import Contracts
import Federation
import Foundation
import LabAPI
import Learning
import Logging
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
    /// The owner's own rule: no task runs on fewer rows.
    let rowsMin: Int
    let logger: Logger

    /// - Parameters:
    ///   - client: Talks to the coordinator, which has the base model.
    ///   - refusal: Asks the node's own ledger once more, right before the data is opened.
    func run(
        _ order: TrainingOrder, client: SignedClient, refusal: () async -> TaskRefusal?,
        report: (SiteReport.Stage) async -> Void
    ) async -> NodeMachine.Outcome {
        do {
            let trainer = try JobTrainer(order.job.trainer)
            let strategy = try JobStrategy(order.job.strategy)
            guard
                let owned = try home.ownedDatasets().first(where: {
                    $0.id == order.participant.dataset
                })
            else {
                return .failure(code: "task.dataset_absent", detail: "the dataset is not here")
            }
            var base: [UInt8]?
            var strategyState: [UInt8]?
            if let digest = order.round.base {
                await report(.fetching)
                base = try await fetch(digest, client)
            }
            if let digest = order.round.strategyState, strategy.strategy.local == .controlVariates {
                strategyState = try await fetch(digest, client)
            }
            guard owned.rows >= rowsMin else {
                return .failure(
                    code: "owner.rows_min",
                    detail: "the owner allows no training on fewer than \(rowsMin) rows")
            }
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
            await report(.training)
            let dataset = try owned.load(layout: trainer.layout, target: trainer.ownTarget)
            let states = LocalStates(folder: home.jobs)
            let product = try RoundWork(
                task: order.round.task, round: order.round.id, member: member,
                judges: order.round.judges, trainer: trainer, strategy: strategy, base: base,
                strategyState: strategyState, state: states.before(order.round.id)
            ).perform(on: dataset)
            try states.keep(product.state, of: order.round.id)
            return .update(
                try blobs.write(product.bytes), weight: product.weight,
                metricsMicro: product.metricsMicro)
        } catch let error as DatasetError {
            // The owner reads the whole sentence; others are told the kind of mistake and its place.
            logger.error("dataset.unusable", metadata: ["error": "\(error)"])
            let line = error.place?.line.map { " in line \($0)" } ?? ""
            return .failure(
                code: error.code.rawValue, detail: "the dataset cannot be used\(line)")
        } catch let error as ConnectionFailure {
            return .failure(code: "trainer.no_connection", detail: error.description)
        } catch {
            // It may name files of this machine: others are told that it failed.
            logger.error("trainer.failed", metadata: ["error": "\(error)"])
            return .failure(
                code: "trainer.failed", detail: "the trainer failed; the node's log says why")
        }
    }

    private func fetch(_ digest: BlobDigest, _ client: SignedClient) async throws -> [UInt8] {
        try await client.download(digest, into: blobs)
        return try blobs.read(digest)
    }
}
