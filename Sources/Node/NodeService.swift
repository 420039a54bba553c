package import Contracts
import Dispatch
import Encodings
import Federation
import Foundation
import HouseRules
import Identity
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

    /// Of most models and updates the node needs its copy no longer than this.
    private static let settlingDelay = Duration.seconds(10)
    /// Tasks that wait for a look at the owner's files; an honest coordinator has few at a time.
    private static let waitingTasksMax = 256

    /// The coordinator's stream does not begin where this node ends.
    private struct Resync: Error {}

    package nonisolated let database: LedgerDatabase
    package nonisolated let progress = ProgressSignal()
    package nonisolated let lab: LabCard
    nonisolated let home: NodeHome
    nonisolated let blobs: BlobStore
    nonisolated let runner: TrainingRunner
    /// Where the member's rows lie on devices.
    nonisolated let relay: RelayRunner?
    nonisolated let desk: OwnerReception
    private nonisolated let removals = DispatchQueue(label: "jointlab.removals", qos: .utility)
    nonisolated let logger: Logger
    nonisolated let now: @Sendable () -> Timestamp
    private nonisolated let batches: AsyncStream<ExecutedBatch>
    nonisolated let tasks: AsyncStream<TrainingTask>
    nonisolated let orders: AsyncStream<TrainingOrder>
    nonisolated let outbox = Outbox()
    private let batchQueue: AsyncStream<ExecutedBatch>.Continuation
    private let taskQueue: AsyncStream<TrainingTask>.Continuation
    private let orderQueue: AsyncStream<TrainingOrder>.Continuation

    private(set) var client: SignedClient
    private let followsMoves: Bool
    private(set) var machine: NodeMachine
    private(set) var counters = NodeCounters()
    private(set) var alarms = AlarmBoard()
    private(set) var declines = DeclineBoard()
    private(set) var coordinatorSize: UInt64 = 0
    private(set) var isConnected = false
    var reports = RoundReports()
    /// What of the owner's files cannot be read, since when.
    var unreadable: [UnreadableFiles: Timestamp] = [:]
    private var keptCertificate: UInt64 = 0
    private var hasLostMessage = false

    /// - Parameters:
    ///   - client: Talks to the coordinator under the member's key.
    ///   - followsMoves: Goes to a new coordinator where the members say that it is; an operator who
    ///     names a URL knows better.
    ///   - rowsMin: Where the owner's rules do not say, no task runs on fewer rows.
    ///   - trainers: On what bundles run, and how much they may use up.
    ///   - relay: Answers devices, where the node is a relay.
    ///   - ownerPatience: How long the ledger's work waits for a look at the owner's files.
    /// - Throws: `StorageError` or `Misconduct` where the stored ledger is not sound.
    package init(
        home: NodeHome, client: SignedClient, followsMoves: Bool = true, rowsMin: Int,
        trainers: TrainerSettings = TrainerSettings(), relay: RelayService? = nil,
        ownerPatience: Duration = .seconds(30), logger: Logger,
        now: @escaping @Sendable () -> Timestamp
    ) throws {
        let card = try home.card()
        let lab = try home.lab()
        let database = try LedgerDatabase(path: home.ledger.path)
        // The coordinator keeps what this node has of models, and its update from the upload on.
        let blobs = try BlobStore(folder: home.blobs, durability: .soon(after: Self.settlingDelay))
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
        desk = OwnerReception(OwnerDesk(owner, member: card.member), patience: ownerPatience)
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
        (tasks, taskQueue) = AsyncStream.makeStream(
            bufferingPolicy: .bufferingOldest(Self.waitingTasksMax))
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
        removeSpentBlobs()
        try followCoordinator()
        try await cancelWhenGracefulShutdown {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await self.storeBatches() }
                group.addTask { try await self.receiveTasks() }
                group.addTask { try await self.carryOutOrders() }
                for messages in self.outbox.queues {
                    group.addTask { try await self.send(messages) }
                }
                group.addTask { try await self.sendReports() }
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
            await tellHoldsFirst()
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
    var replica: Replica { machine.replica }
    nonisolated var member: MemberID { desk.member }

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
            outbox.reports.retry()
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
            // Whether it may be carried out depends on files, and the ledger does not wait for those.
            if case .dropped(let task) = taskQueue.yield(task) {
                decline(
                    task.round, code: TaskRefusal.ownerUnreadableCode,
                    detail: "too many tasks wait for a look at the files of the data's owner")
            }
        }
        progress.notify()
        return true
    }

    private func keepCertificate() async throws {
        guard let certificate = machine.follower.certificate,
            certificate.statement.head.size > keptCertificate
        else { return }
        keptCertificate = certificate.statement.head.size
        try await database.set(.certificate, to: certificate.bytes)
    }

    /// Takes tasks one after the other, each with what the node can open by then.
    private nonisolated func receiveTasks() async throws {
        for await task in tasks {
            try await receive(task, datasets: datasetsAtHand())
        }
    }

    private func receive(_ task: TrainingTask, datasets: DatasetsAtHand) throws {
        try perform(machine.receive(task, datasets: datasets))
        progress.notify()
    }

    // MARK: - What the machine asks for

    private func perform(_ commands: [NodeMachine.Command]) throws {
        for command in commands {
            switch command {
            case .ledger(let command): try perform(command)
            case .train(let order): orderQueue.yield(order)
            case .contribute(let envelope, let contribution):
                outbox.put(.contribution(envelope, contribution))
            case .decline(let round, let code, let detail):
                decline(round, code: code, detail: detail)
            }
        }
    }

    func decline(_ round: RoundID, code: String, detail: String) {
        declines.note(code, at: now())
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
            removeSpentBlobs()
            try followCoordinator()
            progress.notify()
            // Nothing of the others' data stays with a trainer.
            await runner.bundles.endAll(but: replica.state.licensedJobs(of: member))
        }
    }

    /// A file as large as a model takes a while to remove, and the ledger does not wait for it.
    private func removeSpentBlobs() {
        let spent = machine.spentBlobs()
        guard !spent.isEmpty else { return }
        removals.async { [blobs, logger] in
            for digest in spent {
                do {
                    try blobs.remove(digest)
                } catch {
                    logger.warning("blob.not_removed", metadata: ["error": "\(error)"])
                }
            }
        }
    }

    /// An order has been carried out.
    func ended(_ round: RoundID, _ outcome: NodeMachine.Outcome) throws {
        switch outcome {
        case .update: counters.training["done", default: 0] += 1
        case .failure(let code, _): counters.training[code, default: 0] += 1
        }
        try perform(machine.trained(round, outcome))
    }

    func refusal(of order: TrainingOrder) -> TaskRefusal? {
        machine.refusal(of: order, at: now())
    }

    /// Dials again, though the stream may still be there: only then does this node repeat its
    /// cosignature, and the coordinator its tasks.
    func lostMessage() {
        hasLostMessage = true
    }
}
