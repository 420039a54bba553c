package import Contracts
import Encodings
import Federation
import Foundation
package import Identity
package import LabAPI
import Ledger
package import Logging
import MerkleLog
import ServiceLifecycle
package import Storage
package import Transport

/// The coordinator: runs the machine on a real store, real connections and a real clock.
package actor CoordinatorService: Service {
    /// So many entries may wait for a batch before submissions are put off.
    private static let pendingMax = 20_000
    private static let uploadSweep = Duration.seconds(3_600)

    private enum Effect: Sendable {
        case wake(CoordinatorMachine.Timer, afterMilliseconds: Int64)
        case aggregate(Round, of: Job)
        case keepCertificate(UnverifiedCheckpoint)
    }

    package nonisolated let database: LedgerDatabase
    package nonisolated let blobs: BlobStore
    nonisolated let uploads: BlobUploads
    nonisolated let sums: RoundSums
    package nonisolated let progress = ProgressSignal()
    nonisolated let logger: Logger
    nonisolated let now: @Sendable () -> Timestamp
    private nonisolated let batches: AsyncStream<ExecutedBatch>
    private nonisolated let effects: AsyncStream<Effect>
    private let batchQueue: AsyncStream<ExecutedBatch>.Continuation
    private let effectQueue: AsyncStream<Effect>.Continuation

    var machine: CoordinatorMachine
    var hub = FollowerHub()
    var counters = CoordinatorCounters()
    var siteReports = SiteReports()
    private var documentChecks = DocumentChecks()
    /// Submissions whose batch is not durable yet, by the entry's index.
    private var waiting: [UInt64: CheckedContinuation<Void, any Error>] = [:]

    /// Takes a founded lab up again.
    ///
    /// - Parameter uploads: What members may leave here that the ledger does not name.
    /// - Throws: `StorageError` or `Misconduct` where the stored ledger is not sound.
    package init(
        home: CoordinatorHome, uploads limits: UploadLimits = UploadLimits(), logger: Logger,
        now: @escaping @Sendable () -> Timestamp
    ) throws {
        let database = try LedgerDatabase(path: home.ledger.path)
        guard let replica = try database.replay() else {
            throw StorageError.unusable(
                path: home.ledger.path, problem: "no lab has been founded here")
        }
        let logKey = try KeyFile.read(home.logKey)
        let serviceKey = try KeyFile.read(home.serviceKey)
        let keys = CoordinatorKeys(logKey: logKey.publicKey, serviceKey: serviceKey.publicKey)
        guard let checkpoint = try database.checkpoint(), replica.state.lab.coordinator == keys
        else {
            throw StorageError.unusable(
                path: home.folder.path, problem: replica.state.lab.denial(of: keys))
        }
        let sequencer = Sequencer(
            resuming: replica, checkpoint: checkpoint, logKey: logKey,
            certificate: try database.certificate(), at: now())
        machine = CoordinatorMachine(
            sequencer, serviceKey: serviceKey,
            contributions: try Self.openContributions(in: replica.state, from: database))
        blobs = try BlobStore(folder: home.blobs)
        uploads = try BlobUploads(into: blobs, limits: limits)
        sums = RoundSums(uploads)
        self.database = database
        self.logger = logger
        self.now = now
        (batches, batchQueue) = AsyncStream.makeStream()
        (effects, effectQueue) = AsyncStream.makeStream()
    }

    private static func openContributions(
        in state: LabState, from database: LedgerDatabase
    ) throws -> [SignedContribution] {
        var contributions: [SignedContribution] = []
        for job in state.jobs.running.compactMap({ state.jobs[$0] }) {
            guard let round = state.jobs.current(of: job), round.status == .open else { continue }
            for envelope in try database.contributions(to: round.id) {
                // One whose signer has rotated its key since does not count any more.
                if let signed = try? SignedContribution(
                    envelope, signedBy: { state.members[$0]?.keys.signing })
                {
                    contributions.append(signed)
                }
            }
        }
        return contributions
    }

    /// Does what the machine asks for, until it is told to stop or the store fails.
    package func run() async throws {
        logger.info(
            "coordinator.started",
            metadata: [
                "lab.id": "\(machine.state.id)",
                "ledger.size": "\(machine.sequencer.publishedSize)",
            ])
        perform(machine.started(at: now()))
        defer {
            failWaiting(CancellationError())
            sums.close()
        }
        try await cancelWhenGracefulShutdown {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await self.storeBatches() }
                group.addTask { try await self.runEffects() }
                group.addTask { try await self.beat() }
                group.addTask { try await self.sweepUploads() }
                do {
                    try await group.next()
                } catch is CancellationError {
                    // Told to stop; which of the tasks says so first is chance.
                }
                group.cancelAll()
            }
        }
    }

    // MARK: - Submissions

    /// Puts a transaction on the ledger.
    ///
    /// - Returns: The receipt; the entry is durable and in a signed checkpoint.
    /// - Throws: `TransactionError` or `Refusal`, and then nothing is on the ledger; `Problem` where
    ///   the coordinator has too much to do.
    package nonisolated func submit(_ envelope: Envelope) async throws -> Receipt {
        let bytes = envelope.json.canonicalBytes.count
        guard bytes <= Transaction.envelopeBytesMax else {
            throw TransactionError.tooLarge(bytes: bytes)
        }
        let state = await acceptedState
        guard let lab = try? Transaction(payload: envelope.payload).lab, lab == state.id else {
            // Say what is wrong with its form first, if anything is.
            throw TransactionError.foreignLab(try Transaction(payload: envelope.payload).lab)
        }
        // Here, and not in the actor: checking a signature is the longest part of it all.
        let signed = try SignedTransaction(envelope) { state.key(for: $0) }
        return try await enter(signed)
    }

    private var acceptedState: LabState { machine.state }

    private func enter(_ signed: SignedTransaction) async throws -> Receipt {
        guard machine.sequencer.pendingCount < Self.pendingMax else {
            throw Problem(
                status: 503, code: "coordinator.busy",
                detail: "too many transactions wait to be stored; try again in a second")
        }
        try documentChecks.requireRoom(for: signed.transaction, at: now())
        let (result, commands) = try machine.submit(signed, at: now())
        switch result {
        case .failure(let refusal):
            documentChecks.note(refusal, of: signed.transaction, at: now())
            counters.count(refusal)
            perform(commands)
            throw refusal
        case .success(let receipt):
            counters.count(receipt)
            try await withCheckedThrowingContinuation { continuation in
                waiting[receipt.index] = continuation
                perform(commands)
            }
            return receipt
        }
    }

    private func failWaiting(_ error: any Error) {
        for continuation in waiting.values {
            continuation.resume(throwing: error)
        }
        waiting = [:]
    }

    // MARK: - Blobs

    /// The blobs that the ledger names, and those of contributions that wait for a seal.
    nonisolated func namedBlobs() async throws -> Set<BlobDigest> {
        let state = await acceptedState
        let waiting = try Self.openContributions(in: state, from: database)
        return state.namedBlobs.union(waiting.map(\.contribution.update))
    }

    private nonisolated func sweepUploads() async throws {
        while true {
            uploads.sweep(keeping: try await namedBlobs())
            try await Task.sleep(for: Self.uploadSweep)
        }
    }

    // MARK: - What the machine asks for

    func perform(_ commands: [CoordinatorMachine.Command]) {
        for command in commands {
            switch command {
            case .store(let batch): batchQueue.yield(batch)
            case .publish(let batch):
                broadcast(.batch(batch))
                progress.notify()
            case .publishCertificate(let certificate):
                counters.certificates += 1
                effectQueue.yield(.keepCertificate(certificate))
                broadcast(.certificate(certificate))
                progress.notify()
            case .sendTask(let task, let member):
                counters.tasks += 1
                send(.task(task), to: member)
            case .cutOff(let member): cutOff(member)
            case .wake(let timer, let delay):
                effectQueue.yield(.wake(timer, afterMilliseconds: delay))
            case .sumAhead(let round, let job, let updates):
                sums.begin(round, of: job, lab: machine.state.id, updates)
            case .aggregate(let round, let job):
                effectQueue.yield(.aggregate(round, of: job))
            case .refused(let action, let refusal):
                counters.count(refusal)
                logger.warning(
                    "action.refused", metadata: ["action": "\(action)", "refusal": "\(refusal)"])
            }
        }
    }

    /// Writes one batch after the other. An error ends the service: what is in memory is not what is
    /// on disk any more, and only a restart can tell.
    private func storeBatches() async throws {
        let clock = ContinuousClock()
        for await batch in batches {
            let start = clock.now
            do {
                try await database.append(batch)
            } catch {
                failWaiting(error)
                throw error
            }
            counters.batches += 1
            counters.batchSeconds += (clock.now - start) / .seconds(1)
            let commands = machine.stored(batch, at: now())
            for receipt in batch.receipts {
                waiting.removeValue(forKey: receipt.index)?.resume()
            }
            perform(commands)
        }
    }

    private func runEffects() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            for await effect in effects {
                switch effect {
                case .wake(let timer, let delay):
                    group.addTask {
                        try await Task.sleep(for: .milliseconds(delay))
                        await self.fired(timer)
                    }
                case .aggregate(let round, let job):
                    group.addTask { await self.aggregate(round, of: job) }
                case .keepCertificate(let certificate):
                    // In order: an older certificate must not replace a newer one.
                    try await database.set(.certificate, to: certificate.bytes)
                }
            }
        }
    }

    private func fired(_ timer: CoordinatorMachine.Timer) {
        perform(machine.fired(timer, at: now()))
    }

    private nonisolated func aggregate(_ round: Round, of job: Job) async {
        do {
            let (result, isAhead) = try await sums.result(of: round, of: job)
            await aggregated(round.id, result: result, isAhead: isAhead)
        } catch {
            logger.error(
                "round.aggregation_failed",
                metadata: ["round.id": "\(round.id)", "error": "\(error)"])
            // What the disk says names files of this machine; the reason stands on the ledger.
            await aggregationFailed(
                round.id,
                reason: error is StorageError
                    ? "the coordinator's store could not be read or written" : "\(error)")
        }
    }

    private func aggregated(_ round: RoundID, result: RoundResult, isAhead: Bool) {
        if isAhead { counters.sumsAhead += 1 }
        perform(machine.aggregated(round, result: result, at: now()))
    }

    private func aggregationFailed(_ round: RoundID, reason: String) {
        perform(machine.aggregationFailed(round, reason: reason, at: now()))
    }

    // MARK: - What is shown

    /// The ledger as far as it is durable.
    package var snapshot: LabSnapshot {
        let sequencer = machine.sequencer
        return LabSnapshot(
            replica: sequencer.publishedReplica, finality: sequencer.replica.finality,
            checkpoint: sequencer.published, certificate: sequencer.certificate,
            connected: machine.connected, sites: siteReports.newest,
            failures: siteReports.failures, holds: machine.holds.held)
    }

    package func caller(_ key: PublicKey) -> Caller {
        machine.state.members.caller(key)
    }

    var metrics: [Metric] {
        counters.metrics(
            size: machine.sequencer.publishedSize, finality: machine.finality,
            followers: hub.count,
            quorum: machine.state.cosigners.newest.first?.quorum
                ?? Quorum(members: 1, faults: .third))
    }
}
