import Contracts
import Federation
import HouseRules
import LabAPI
import Logging
import Memory
import Relay
import Storage
import Trainers
import Transport

/// Carries training orders out with devices in the place of a file: what ``TrainingRunner`` does for
/// data that lies here, behind the same gate.
struct RelayRunner: Sendable {
    let relay: RelayService
    let member: MemberID
    let home: NodeHome
    let blobs: BlobStore
    /// The owner's own rules, which may be stricter than any licence.
    let owner: OwnerControl
    let logger: Logger
    let now: @Sendable () -> Timestamp

    /// - Parameters:
    ///   - rows: For how many the dataset is registered.
    ///   - client: Talks to the coordinator, which has the base model.
    ///   - task: The round as a device can check it, once a quorum has cosigned a state that it is
    ///     open in; `nil` where that does not come about.
    ///   - refusal: Asks the node's own ledger once more.
    ///   - isCounted: Whether this node's update of an earlier round has been sealed.
    func run(
        _ order: TrainingOrder, rows: Int64, client: SignedClient,
        task: @escaping @Sendable () async throws -> DeviceTask?,
        refusal: @escaping @Sendable () async -> TaskRefusal?,
        isCounted: @Sendable (RoundID) async -> Bool,
        report: @Sendable (SiteReport.Stage) async -> Void
    ) async -> NodeMachine.Outcome {
        let (job, round, dataset) = (order.job, order.round.id, order.participant.dataset)
        do {
            let asked: @Sendable () async -> RuleRefusal? = { [owner] in
                await onOwnThread {
                    owner.refusal(of: job, on: dataset, rows: Int(rows), round: round)
                }
            }
            if let refusal = await asked() { return .refused(refusal, order, logger) }
            var base: FileBytes?
            if let digest = order.round.base {
                await report(.fetching)
                try await client.download(digest, into: blobs)
                base = FileBytes(try blobs.read(digest))
            }
            let states = LocalStates(folder: home.jobs)
            let work = try RelayedWork(
                RoundWork(
                    task: order.round.task, round: order.round.id, member: member,
                    judges: order.round.judges, trainer: JobTrainer(order.job.trainer),
                    strategy: JobStrategy(order.job.strategy), base: base,
                    state: try await states.before(round, isCounted: isCounted)))
            guard let first = try await task() else {
                return .failure(
                    code: "relay.not_certified",
                    detail: "no quorum has cosigned a state that the round is open in, so that no "
                        + "device could believe it")
            }
            let second = try await onOwnThread { [owner] in
                try owner.begin(round, of: job, on: dataset, rows: Int(rows))
            }
            if let refusal = second { return .refused(refusal, order, logger) }
            if let refusal = await refusal() {
                return .failure(code: refusal.code, detail: refusal.description)
            }
            let limits = try relay.settings.limits(
                enrolled: try relay.roster.count, rows: rows,
                leftMilliseconds: left(of: order))
            await report(.training)
            let mean = try await relay.carryOut(
                work, task: first, base: order.round.base, limits: limits, renewed: task
            ) {
                if let refusal = await refusal() {
                    return .init(code: refusal.code, detail: refusal.description)
                }
                return await asked().flatMap {
                    $0.endsWork ? .init(code: $0.code, detail: $0.plain) : nil
                }
            }
            let product = try work.product(of: mean)
            // Fewer rows may have come together than are registered.
            let (bytes, rowsCounted) = (product.update.count, Int(mean.weight))
            let last = try await onOwnThread { [owner] in
                try owner.release(bytes, from: round, of: job, on: dataset, rows: rowsCounted)
            }
            if let refusal = last { return .refused(refusal, order, logger) }
            if order.round.task == .train {
                try states.keep(product.state, of: round, lateRoundsMax: order.job.lateRoundsMax)
            }
            return .update(
                try blobs.write(product.update), weight: product.weight,
                metricsMicro: product.metricsMicro)
        } catch let mistake as RelayMistake {
            return .failure(code: mistake.code, detail: mistake.description)
        } catch let failure as RelayFailure {
            return .failure(code: failure.code, detail: failure.description)
        } catch let refused as RelayService.Refused {
            return .failure(code: refused.code, detail: refused.detail)
        } catch let error as ConnectionFailure {
            return .failure(code: "trainer.no_connection", detail: error.description)
        } catch {
            // It may name files of this machine: others are told that it failed.
            logger.error("relay.failed", metadata: ["error": "\(error)"])
            return .failure(
                code: "relay.failed", detail: "the relay failed; the node's log says why")
        }
    }

    /// How long the devices have: a fifth of the round's time is for the way up.
    private func left(of order: TrainingOrder) -> Int64 {
        let passed = now().milliseconds - order.round.opened.milliseconds
        return (order.job.roundTimeoutMilliseconds - max(0, passed)) / 5 * 4
    }
}
