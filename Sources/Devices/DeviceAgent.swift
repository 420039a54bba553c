package import Contracts
import Encodings
import LabAPI
import Learning
package import Logging
import Memory
import Relay
import ServiceLifecycle
import Storage
import Trainers
package import Transport

/// A device at work: asks its relay for tasks, checks each by itself, trains on its own rows, and
/// hands in what came of it.
package actor DeviceAgent: Service {
    private static let wait: (first: Duration, last: Duration) = (.milliseconds(200), .seconds(30))

    /// The relay's owner has not enrolled the device, or has taken it out.
    private static let unknown = "relay.unknown_device"

    private let home: DeviceHome
    private let data: DeviceData
    private let relay: RelayCard
    private let connection: RelayConnection
    private let blobs: BlobStore
    private let logger: Logger
    private let now: @Sendable () -> Timestamp
    private var gate: DeviceGate
    private var progress: DeviceProgress

    /// - Parameter client: Signs with the device's key.
    /// - Throws: `StorageError`.
    package init(
        home: DeviceHome, client: SignedClient, logger: Logger,
        now: @escaping @Sendable () -> Timestamp
    ) throws {
        self.home = home
        data = try home.data()
        relay = try home.relay()
        progress = try home.remembered()
        gate = DeviceGate(relay, size: progress.ledgerSize)
        connection = RelayConnection(client)
        blobs = try BlobStore(folder: home.blobs)
        self.logger = logger
        self.now = now
    }

    /// Works until it is told to stop.
    package func run() async throws {
        logger.info(
            "device.started",
            metadata: [
                "device.id": "\(data.device)", "member.id": "\(relay.member)",
                "dataset.id": "\(relay.dataset)",
            ])
        try await cancelWhenGracefulShutdown {
            do {
                try await self.work()
            } catch is CancellationError {
                // Told to stop.
            }
        }
    }

    private func work() async throws {
        var wait = Self.wait.first
        while true {
            do {
                if try await step() { wait = Self.wait.first }
                try Task.checkCancellation()
            } catch let error as CancellationError {
                throw error
            } catch {
                try Task.checkCancellation()
                logger.notice("relay.no_work", metadata: ["reason": "\(error)"])
                if (error as? Problem)?.code == Self.unknown, progress.last != "\(error)" {
                    try note("\(error)")
                }
                // Not all at once when a relay comes back.
                try await Task.sleep(for: wait * Double.random(in: 0.5...1))
                wait = min(wait * 2, Self.wait.last)
            }
        }
    }

    /// Asks once, and does what is asked.
    ///
    /// - Returns: Whether the relay is there.
    private func step() async throws -> Bool {
        guard let task = try await connection.task() else { return true }
        let order: DeviceOrder
        do {
            order = try gate.order(for: task, at: now())
        } catch {
            logger.warning(
                "task.refused", metadata: ["code": "\(error.code)", "reason": "\(error)"])
            try note("refused a task: \(error)", isRefused: true)
            // The relay may be an honest one with an old certificate; it may be none at all.
            if let round = task.claimedRound {
                try? await connection.decline(round, code: error.code, detail: "\(error)")
            }
            throw error
        }
        // Before the data is opened: what is older than this is not believed any more.
        try note("training in \(order.round)")
        do {
            try await carryOut(order)
        } catch let error as CancellationError {
            throw error
        } catch let error as ConnectionFailure {
            throw error
        } catch let problem as Problem {
            try note("the relay refused \(order.round): \(problem)", isRefused: true)
            throw problem
        } catch {
            let code =
                error is NothingHeldOut
                ? NothingHeldOut.code : (error as? DatasetError)?.code.rawValue ?? "trainer.failed"
            logger.error("task.failed", metadata: ["code": "\(code)", "error": "\(error)"])
            try note("could not train in \(order.round): \(error)", isRefused: true)
            // The relay's owner hears the kind of mistake, and nothing of the data.
            try? await connection.decline(
                order.round, code: code, detail: "the device cannot carry the task out")
            throw error
        }
        return true
    }

    private func carryOut(_ order: DeviceOrder) async throws {
        var base: [UInt8]?
        if let digest = order.base {
            try await connection.client.download(digest, into: blobs)
            base = try blobs.read(digest)
            for other in try blobs.digests() where other != digest { try blobs.remove(other) }
        }
        let states = DeviceStates(folder: home.jobs)
        let work = try order.work(
            as: data.device, base: base, state: states.before(order.round))
        guard let layout = order.trainer.layout else {
            throw RelayMistake.trainerNotRelayed(order.trainer.kind)
        }
        logger.info(
            "dataset.opened",
            metadata: [
                "round.id": "\(order.round)", "task": "\(order.task.rawValue)",
                "ledger.index": "\(order.openedAt)",
            ])
        let rows = try data.load(
            relay.schema, layout: layout, target: order.trainer.ownTarget)
        guard order.task != .evaluate || rows.holdout.count > 0 else {
            throw NothingHeldOut()
        }
        let product = try work.perform(on: rows)
        try await contribute(
            order.task == .evaluate ? [] : try product.update.array,
            DeviceReport(rows: product.weight, metricsMicro: product.metricsMicro),
            to: order.round)
        try states.keep(product.state, of: order.round)
        progress.contributed += 1
        try note("contributed to \(order.round) with \(product.weight) rows")
        logger.info(
            "device.contributed",
            metadata: ["round.id": "\(order.round)", "rows": "\(product.weight)"])
    }

    /// Hands in, and tries again where the connection breaks or the relay is busy: what was trained
    /// is not lost for that.
    private func contribute(
        _ file: [UInt8], _ report: DeviceReport, to round: RoundID
    ) async throws {
        var wait = Self.wait.first
        for _ in 0..<8 {
            do {
                return try await connection.contribute(file, report, to: round)
            } catch let problem as Problem
                where problem.code == "device.twice" && wait > Self.wait.first
            {
                // An earlier try had got through, and its answer had not.
                return
            } catch let problem as Problem where problem.status < 500 {
                throw problem
            } catch let error as CancellationError {
                throw error
            } catch {
                logger.debug("answer.not_sent", metadata: ["reason": "\(error)"])
            }
            try await Task.sleep(for: wait * Double.random(in: 0.5...1))
            wait = min(wait * 2, Self.wait.last)
        }
        try await connection.contribute(file, report, to: round)
    }

    private func note(_ last: String, isRefused: Bool = false) throws {
        progress.ledgerSize = gate.size
        progress.last = last
        progress.lastAt = now()
        if isRefused { progress.refused += 1 }
        try home.write(progress)
    }
}

/// All rows are trained on: nothing is left to judge by.
private struct NothingHeldOut: Error, CustomStringConvertible {
    static let code = "device.nothing_held_out"
    let description = "the device holds no rows out to judge by; see --holdout-per-mille"
}
