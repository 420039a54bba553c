package import Contracts
import Encodings
import Federation
import Foundation
import HouseRules
package import Identity
package import LabAPI
import Ledger
package import Logging
import MerkleLog
import ServiceLifecycle
package import Storage
package import Transport

/// A member's node: runs the machine on a real store, a real connection and the member's real data.
package actor NodeService: Service {
    private static let reconnect: (first: Duration, last: Duration) = (
        .milliseconds(100), .seconds(5)
    )

    /// The coordinator's stream does not begin where this node ends.
    private struct Resync: Error {}

    package nonisolated let database: LedgerDatabase
    package nonisolated let progress = ProgressSignal()
    package nonisolated let lab: LabCard
    private nonisolated let home: NodeHome
    private nonisolated let blobs: BlobStore
    private nonisolated let runner: TrainingRunner
    /// Where the member's rows lie on devices.
    private nonisolated let relay: RelayRunner?
    private nonisolated let owner: OwnerControl
    private nonisolated let logger: Logger
    private nonisolated let now: @Sendable () -> Timestamp
    private nonisolated let batches: AsyncStream<ExecutedBatch>
    private nonisolated let orders: AsyncStream<TrainingOrder>
    private nonisolated let outbox = Outbox()
    private let batchQueue: AsyncStream<ExecutedBatch>.Continuation
    private let orderQueue: AsyncStream<TrainingOrder>.Continuation

    private var client: SignedClient
    private let followsMoves: Bool
    private var machine: NodeMachine
    private var counters = NodeCounters()
    private var alarms = AlarmBoard()
    private var coordinatorSize: UInt64 = 0
    private var isConnected = false
    private var keptCertificate: UInt64 = 0
    private var hasLostMessage = false
    private var desk: OwnerDesk
    /// The newest report: the rate of a round's training is told until its end.
    private var reported: (round: RoundID, stage: SiteReport.Stage, rate: Double?)?
    private static let ownerIsAskedEvery: Duration = .milliseconds(500)

    /// - Parameters:
    ///   - client: Talks to the coordinator under the member's key.
    ///   - followsMoves: Goes to a new coordinator where the members say that it is; an operator who
    ///     names a URL knows better.
    ///   - rowsMin: Where the owner's rules do not say, no task runs on fewer rows.
    ///   - trainers: On what bundles run, and how much they may use up.
    ///   - relay: Answers devices, where the node is a relay.
    /// - Throws: `StorageError` or `Misconduct` where the stored ledger is not sound.
    package init(
        home: NodeHome, client: SignedClient, followsMoves: Bool = true, rowsMin: Int,
        trainers: TrainerSettings = TrainerSettings(), relay: RelayService? = nil, logger: Logger,
        now: @escaping @Sendable () -> Timestamp
    ) throws {
        let card = try home.card()
        let lab = try home.lab()
        let database = try LedgerDatabase(path: home.ledger.path)
        // The coordinator keeps what this node has of models, and its update from the upload on.
        let blobs = try BlobStore(folder: home.blobs, durability: .soon)
        let replica = try database.replay() ?? Replica(genesis: lab.genesis)
        guard replica.lab == lab.lab else {
            throw StorageError.unusable(
                path: home.ledger.path, problem: "it holds the ledger of another lab")
        }
        let evidence = try database.get(.evidence).map { try JSONValue(parsing: $0) }
        let follower = Follower(
            member: card.member, resuming: replica, checkpoint: try database.checkpoint(),
            certificate: try database.certificate(), cosignerKeys: try home.cosignerKeys(),
            halted: evidence.flatMap(CaughtMisconduct.init))
        machine = NodeMachine(follower, signingKey: try KeyFile.read(home.signingKey))
        let owner = OwnerControl(home: home, rowsMin: rowsMin, now: now)
        self.owner = owner
        desk = OwnerDesk(owner, member: card.member)
        runner = TrainingRunner(
            member: card.member, home: home, blobs: blobs, owner: owner,
            bundles: BundleRunner(settings: trainers, home: home, logger: logger),
            watch: DatasetWatch(home: home, parquet: trainers.parquet, logger: logger),
            logger: logger, now: now)
        self.relay = relay.map {
            RelayRunner(
                relay: $0, member: card.member, home: home, blobs: blobs, owner: owner,
                logger: logger, now: now)
        }
        self.lab = lab
        self.database = database
        self.blobs = blobs
        self.home = home
        self.client = client
        self.followsMoves = followsMoves
        self.logger = logger
        self.now = now
        (batches, batchQueue) = AsyncStream.makeStream()
        (orders, orderQueue) = AsyncStream.makeStream()
    }

    /// Follows the ledger until it is told to stop or the store fails.
    package func run() async throws {
        logger.info(
            "node.started",
            metadata: [
                "member.id": "\(machine.member)", "lab.id": "\(lab.lab)",
                "ledger.size": "\(machine.follower.size)",
            ])
        if let misconduct = machine.follower.halted {
            logger.critical("node.halted", metadata: ["problem": "\(misconduct.problem)"])
        }
        try followCoordinator()
        try await cancelWhenGracefulShutdown {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await self.storeBatches() }
                group.addTask { try await self.carryOutOrders() }
                for messages in self.outbox.queues {
                    group.addTask { try await self.send(messages) }
                }
                group.addTask { try await self.stayConnected() }
                group.addTask { try await self.watchOwner() }
                do {
                    try await group.next()
                } catch is CancellationError {
                    // Told to stop; which of the tasks says so first is chance.
                }
                group.cancelAll()
            }
        }
        await runner.bundles.endAll()
    }

    // MARK: - The connection

    /// Follows the coordinator's stream, and dials again whenever it ends.
    private nonisolated func stayConnected() async throws {
        var wait = Self.reconnect.first
        while true {
            let (from, client) = await (size, client)
            // Before it is seen to be here: a round must not be opened with what it holds back.
            if let holds = await changedHolds(isNewConnection: true) {
                await tell(holds)
            }
            do {
                try await client.follow("/v1/stream", ["from": "\(from)"]) { event in
                    if try await self.receive(event) { wait = Self.reconnect.first }
                }
                await disconnected("the coordinator ended the stream")
            } catch is Resync {
                await disconnected("following again from the last verified entry")
            } catch let error as CancellationError {
                throw error
            } catch {
                await disconnected("\(error)")
            }
            // Not all at once when a coordinator comes back.
            try await Task.sleep(for: wait * Double.random(in: 0.5...1))
            wait = min(wait * 2, Self.reconnect.last)
        }
    }

    private var size: UInt64 { machine.follower.size }

    /// Goes where the coordinator is by what this node has stored. The lab's card is rewritten, so that
    /// the member's commands go there, too.
    private func followCoordinator() throws {
        guard followsMoves, let address = machine.replica.state.lab.address,
            client.at(address).baseURL != client.baseURL
        else { return }
        client = client.at(address)
        try home.write(lab.moved(to: address))
        logger.notice("coordinator.moved", metadata: ["url": "\(client.baseURL)"])
        hasLostMessage = true
    }

    private func disconnected(_ why: String) {
        if isConnected {
            logger.notice("coordinator.disconnected", metadata: ["reason": "\(why)"])
        } else {
            logger.debug("coordinator.unreachable", metadata: ["reason": "\(why)"])
        }
        isConnected = false
        hasLostMessage = false
    }

    /// - Returns: Whether the connection is of use.
    private func receive(_ event: ServerSentEvent) async throws -> Bool {
        if hasLostMessage {
            hasLostMessage = false
            throw Resync()
        }
        if !isConnected {
            isConnected = true
            counters.connections += 1
            logger.info("coordinator.connected", metadata: ["url": "\(client.baseURL)"])
            try perform(
                machine.connected(at: now()).filter {
                    if case .ledger(.follow) = $0 { false } else { true }
                })
        }
        guard let event = try StreamEvent(event) else { return true }
        switch event {
        case .batch(let batch):
            let database = database
            coordinatorSize = max(coordinatorSize, batch.checkpoint.statement.head.size)
            try perform(
                machine.receive(batch, at: now()) { try? database.tree.head(at: $0) })
        case .certificate(let certificate):
            try perform(machine.receive(certificate: certificate, at: now()))
            try await keepCertificate()
        case .heartbeat(let size, let time):
            coordinatorSize = size
            try perform(machine.receiveHeartbeat(size: size, time: time, at: now()))
        case .task(let task):
            try perform(machine.receive(task, datasets: ownedDatasets()))
        }
        progress.notify()
        return true
    }

    /// What this node can open right now; an owner may add datasets while the node runs.
    private func ownedDatasets() -> Set<DatasetID> {
        do {
            return Set(try home.ownedDatasets().map(\.id)).union(relayed)
        } catch {
            logger.error("datasets.unreadable", metadata: ["error": "\(error)"])
            return relayed
        }
    }

    /// The dataset that lies on devices.
    private var relayed: Set<DatasetID> { Set(relay.map { [$0.relay.dataset.id] } ?? []) }

    private func keepCertificate() async throws {
        guard let certificate = machine.follower.certificate,
            certificate.statement.head.size > keptCertificate
        else { return }
        keptCertificate = certificate.statement.head.size
        try await database.set(.certificate, to: certificate.bytes)
    }

    // MARK: - What the machine asks for

    private func perform(_ commands: [NodeMachine.Command]) throws {
        for command in commands {
            switch command {
            case .ledger(let command): try perform(command)
            case .train(let order): orderQueue.yield(order)
            case .contribute(let envelope, let contribution):
                // It may have been made long ago, for a round that was too early for it.
                let job = contribution.round.job
                if let refusal = desk.forbidden(in: machine.replica, of: job)[job] {
                    decline(contribution.round, code: refusal.code, detail: refusal.plain)
                } else {
                    outbox.put(.contribution(envelope, contribution))
                }
            case .decline(let round, let code, let detail):
                decline(round, code: code, detail: detail)
            }
        }
    }

    private func decline(_ round: RoundID, code: String, detail: String) {
        desk.noteDecline(code, at: now())
        counters.refusals[code, default: 0] += 1
        logger.notice(
            "task.declined",
            metadata: ["round.id": "\(round)", "code": "\(code)", "detail": "\(detail)"])
        outbox.put(.decline(round, code: code, detail: detail))
    }

    private func perform(_ command: Follower.Command) throws {
        switch command {
        case .store(let batch): batchQueue.yield(batch)
        case .cosign(let size, let cosignatures):
            counters.cosignatures += 1
            outbox.put(.cosignatures(size: size, cosignatures))
        case .follow: throw Resync()
        case .keep(let evidence): try keep(evidence)
        case .raise(let alarm): raise(alarm)
        }
    }

    /// Writes evidence down twice: where the node looks at its next start, and where people look.
    private func keep(_ evidence: Evidence) throws {
        let bytes = evidence.json.canonicalBytes
        try FileManager.default.createDirectory(
            at: home.evidence, withIntermediateDirectories: true)
        let name = "\(evidence.misconduct.code)-\(now().milliseconds).json"
        try SyncedFile.replace(
            home.evidence.appending(path: name).path,
            with: Array((evidence.json.indentedText + "\n").utf8))
        try database.keepEvidence(bytes)
    }

    private func raise(_ alarm: Alarm) {
        let metadata: Logger.Metadata = ["code": "\(alarm.code)", "problem": "\(alarm)"]
        switch alarm {
        case .misconduct: logger.critical("coordinator.misconduct", metadata: metadata)
        case .timeOffClock, .notFromCoordinator, .taskRefused:
            logger.error("alarm.raised", metadata: metadata)
        }
        alarms.raise(alarm, at: now())
    }

    /// Writes one batch after the other. An error ends the service: only a restart can tell what is
    /// on disk.
    private func storeBatches() async throws {
        for await batch in batches {
            try await database.append(batch)
            counters.batches += 1
            try perform(machine.stored(size: batch.size, at: now()))
            try followCoordinator()
            progress.notify()
            await runner.bundles.endAll(but: licensedJobs)
        }
    }

    private nonisolated func carryOutOrders() async throws {
        try await withThrowingDiscardingTaskGroup { relayed in
            for await order in orders {
                if let relay, order.participant.dataset == relay.relay.dataset.id {
                    // It waits for others, and nothing else should wait for it.
                    relayed.addTask { try await self.askDevices(for: order, through: relay) }
                    continue
                }
                let outcome = await runner.run(order, client: client) {
                    await self.refusal(of: order)
                } isCounted: {
                    await self.isCounted($0)
                } report: {
                    await self.report($0, $1, on: order.round.id)
                }
                let failure = await runner.bundles.failures.last { $0.round == order.round.id }
                try await finished(order, outcome, said: failure?.failure.trainersWords)
            }
            relayed.cancelAll()
        }
    }

    private func askDevices(for order: TrainingOrder, through relay: RelayRunner) async throws {
        let rows = machine.replica.state.datasets[order.participant.dataset]?.rows ?? 0
        let outcome = await relay.run(order, rows: rows, client: client) {
            try await self.deviceTask(
                for: order.round.id,
                within: .milliseconds(order.job.roundTimeoutMilliseconds / 2))
        } refusal: {
            await self.refusal(of: order)
        } isCounted: {
            await self.isCounted($0)
        } report: {
            await self.report($0, on: order.round.id)
        }
        // A node that stops has declined nothing.
        try Task.checkCancellation()
        try finished(order, outcome)
    }

    /// Whether this node's update of a round counts, in that round or late in another.
    private func isCounted(_ id: RoundID) -> Bool {
        let jobs = machine.replica.state.jobs
        guard let job = jobs[id.job] else { return false }
        return (id.number..<min(job.opened, id.number + 1 + job.lateRoundsMax)).contains { number in
            jobs[RoundID(job: job.id, number: number)]?.contributions.contains {
                $0.member == machine.member && ($0.startedIn ?? number) == id.number
            } == true
        }
    }

    /// The running jobs that this node still has a licence for; nothing of the others' data stays
    /// with a trainer.
    private var licensedJobs: Set<JobID> {
        let state = machine.replica.state
        return Set(
            state.jobs.running.filter { id in
                let own = state.jobs[id]?.participants.first { $0.member == machine.member }
                return own.flatMap { state.licence($0.licence) }?.contract.hasEnded == false
            })
    }

    private func refusal(of order: TrainingOrder) -> TaskRefusal? {
        machine.refusal(of: order, at: now())
    }

    /// Tells the coordinator how far a round is, as far as the licence allows.
    ///
    /// - Parameter progress: What a trainer says of itself.
    private func report(
        _ stage: SiteReport.Stage, _ progress: WorkProgress? = nil, code: String? = nil,
        said: String? = nil,
        on round: RoundID
    ) {
        // Reports of progress are on their way by themselves; one may come after the training's end.
        if progress != nil, reported?.round == round, reported?.stage != .training { return }
        let rate = progress?.rowsPerSecond ?? (reported?.round == round ? reported?.rate : nil)
        reported = (round, stage, rate)
        let state = machine.replica.state
        let own = state.jobs[round]?.participants.first { $0.member == machine.member }
        guard let licence = own.flatMap({ state.licence($0.licence) }),
            let report = SiteDisclosure(licence).disclosed(
                SiteReport(
                    round: round, stage: stage,
                    fractionMicro: progress.map {
                        Int64(min(max($0.fraction, 0), 1) * 1_000_000)
                    }, rowsPerSecond: rate.map { Int64(min($0.rounded(), 1e15)) }, code: code,
                    message: said ?? progress?.text))
        else { return }
        outbox.put(.report(report))
    }

    /// - Parameter said: What went wrong in the trainer's own words, which may speak of the data.
    private func finished(
        _ order: TrainingOrder, _ outcome: NodeMachine.Outcome, said: String? = nil
    ) throws {
        switch outcome {
        case .update:
            report(.uploading, on: order.round.id)
            counters.training["done", default: 0] += 1
        case .failure(let code, let detail):
            report(.failed, code: code, said: said ?? detail, on: order.round.id)
            // The coordinator is to know before it opens the next round.
            tellHolds()
            counters.training[code, default: 0] += 1
        }
        try perform(machine.trained(order.round.id, outcome))
    }

    private nonisolated func send(_ messages: AsyncStream<Outbox.Message>) async throws {
        for await message in messages {
            do {
                try await send(message)
            } catch let error as CancellationError {
                throw error
            } catch {
                logger.notice("message.not_sent", metadata: ["error": "\(error)"])
                if Self.mayGoBetter(error) { await lostMessage() }
            }
        }
    }

    /// Whether it was the connection or the other side, and not what was sent.
    private static func mayGoBetter(_ error: any Error) -> Bool {
        // Where there is no room (507), sending it again at once makes none.
        if let problem = error as? Problem { return problem.status >= 500 && problem.status != 507 }
        return error is ConnectionFailure
    }

    /// Dials again, though the stream may still be there: only then does this node repeat its
    /// cosignature, and the coordinator its tasks.
    private func lostMessage() {
        hasLostMessage = true
    }

    private nonisolated func send(_ message: Outbox.Message) async throws {
        switch message {
        case .contribution(_, let contribution):
            // It may have waited behind another upload.
            if let (code, detail) = await whyNotToLeave(contribution) {
                await decline(contribution.round, code: code, detail: detail)
                return
            }
            try await message.send(to: client, from: blobs)
            await report(.contributed, on: contribution.round)
        case .holds:
            // It may have waited while others were told out of turn.
            try await Outbox.Message.holds(await newestHolds()).send(to: client, from: blobs)
        case .cosignatures, .decline, .report: try await message.send(to: client, from: blobs)
        }
    }

    /// What the owner, or the licence, says by now.
    private func whyNotToLeave(
        _ contribution: Contribution
    ) -> (code: String, detail: String)? {
        let (job, replica) = (contribution.round.job, machine.replica)
        if let refusal = desk.forbidden(in: replica, of: job)[job] {
            return (refusal.code, refusal.plain)
        }
        let own = replica.state.jobs[job]?.participants.first { $0.member == machine.member }
        guard own.flatMap({ replica.state.licence($0.licence) })?.contract.hasEnded == false else {
            return ("task.licence_not_active", "the licence has ended")
        }
        return nil
    }

    private func newestHolds() -> [SiteHold] { desk.newestHolds(in: machine.replica) }

    // MARK: - The owner

    /// Looks again and again at what the owner has decided: rules, approvals and hours change while
    /// the node runs.
    private nonisolated func watchOwner() async throws {
        while true {
            try await Task.sleep(for: Self.ownerIsAskedEvery)
            await tellHolds()
            await runner.bundles.endAll(of: forbiddenJobs)
        }
    }

    private func tellHolds() {
        guard isConnected, let holds = changedHolds(isNewConnection: false) else { return }
        outbox.put(.holds(holds))
    }

    /// Tells them out of turn.
    private nonisolated func tell(_ holds: [SiteHold]) async {
        do {
            try await send(.holds(holds))
        } catch {
            logger.debug("message.not_sent", metadata: ["error": "\(error)"])
            await holdsWereLost()
        }
    }

    private func holdsWereLost() { desk.holdsWereLost() }

    private func changedHolds(isNewConnection: Bool) -> [SiteHold]? {
        desk.changedHolds(in: machine.replica, isNewConnection: isNewConnection)
    }

    private var forbiddenJobs: Set<JobID> { Set(desk.forbidden(in: machine.replica).keys) }

    /// The jobs that are not over and ask for this member's data.
    package func requests() -> [JobRequest] { desk.requests(in: machine.replica) }

    // MARK: - What is shown

    package var snapshot: LabSnapshot {
        let follower = machine.follower
        return LabSnapshot(
            replica: follower.replica, finality: follower.replica.finality,
            checkpoint: follower.verified, certificate: follower.certificate, connected: nil)
    }

    package func status() async -> NodeStatus {
        let trainerFailures = await runner.bundles.failures
        let datasetProblems = await runner.watch.problems
        let follower = machine.follower
        let sets = follower.replica.state.cosigners.newest
        return NodeStatus(
            member: machine.member, lab: lab.lab, coordinator: client.baseURL,
            isConnected: isConnected, size: follower.size, coordinatorSize: coordinatorSize,
            finality: follower.replica.finality, cosignedSize: follower.cosignedSize,
            isCosigner: sets.contains { $0.keys[machine.member] != nil },
            quorums: sets.map(\.quorum), halted: follower.halted, alarms: alarms.raised,
            datasets: ownedDatasets().sorted(), datasetProblems: datasetProblems,
            trainerFailures: trainerFailures, relay: await relay?.relay.status,
            rules: owner.rules, rulesFile: owner.file.exists ? owner.file.file.path : nil,
            requests: requests(), declined: desk.declined)
    }

    /// Only the node's own member may ask it anything.
    package func caller(_ key: PublicKey) -> Caller {
        let card = try? home.card()
        return card?.keys.signing == key ? .member(machine.member) : .stranger(key)
    }

    var metrics: [Metric] {
        let follower = machine.follower
        return counters.metrics(
            size: follower.size, finality: follower.replica.finality,
            coordinatorSize: coordinatorSize, cosigned: follower.cosignedSize,
            isConnected: isConnected, isHalted: follower.halted != nil, alarms: alarms.raised.count)
    }
}
