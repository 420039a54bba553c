package import Contracts
import Encodings
import Federation
import Identity
import LabAPI
package import Logging
import Memory
package import Relay
import Trainers
import Transport

/// A member's relay while it runs: it hands tasks out to the member's devices, and folds their
/// answers into one.
package actor RelayService {
    /// A round that is under way, but for its machine.
    private struct Session {
        let work: RelayedWork
        /// As devices get it.
        var task: DeviceTask
        let base: (digest: BlobDigest, bytes: [UInt8])?
        let refusal: @Sendable () async -> Refused?
        var end: Result<DeviceMean, RelayFailure>?
    }

    /// An answer on its way.
    private struct Place {
        let number: Int
        let bytes: Int
        let since: Timestamp
    }

    /// Why a round must not go on, as its node's ledger says by now.
    package struct Refused: Error, Sendable {
        package let code: String
        package let detail: String

        package init(code: String, detail: String) {
            self.code = code
            self.detail = detail
        }
    }

    /// What answers that are being received at one time may take up.
    private static let receivingBytesMax = 256 << 20
    /// So many are received at one time, however large they are.
    private static let receivingMin = 8
    private static let codesMax = 64
    /// How long a place is kept for a device that has begun to send.
    private static let silenceMaxMilliseconds: Int64 = 120_000
    /// How often a round under way is compared with the node's ledger.
    private static let lookAgain = Duration.seconds(1)

    package nonisolated let dataset: RelayedDataset
    package nonisolated let settings: RelaySettings
    nonisolated let roster: DeviceRoster
    private nonisolated let home: RelayHome
    private nonisolated let progress = ProgressSignal()
    private nonisolated let logger: Logger
    private nonisolated let now: @Sendable () -> Timestamp

    private var sessions: [RoundID: Session] = [:]
    /// Apart from the sessions: what is looked at must not make a copy of a sum.
    private var machines: [RoundID: DeviceRound] = [:]
    private var turns = DeviceTurns()
    /// Whose answers are being received, one at a time from each, and how large they may be.
    private var receiving: [DeviceID: Place] = [:]
    private var places = 0
    private var seen: [DeviceID: RelayStatus.Sight] = [:]
    private var contributed = 0
    private var refused: [String: Int] = [:]
    private var last: RelayStatus.Ended?

    /// - Throws: `StorageError` where the folder is that of no relay.
    package init(
        home: RelayHome, settings: RelaySettings, logger: Logger,
        now: @escaping @Sendable () -> Timestamp
    ) throws {
        dataset = try home.relayedDataset()
        roster = DeviceRoster(home)
        _ = try roster.count
        self.home = home
        self.settings = settings
        self.logger = logger
        self.now = now
    }

    // MARK: - The node's side

    /// Asks the devices, and waits until enough have answered or the time is over.
    ///
    /// - Parameters:
    ///   - renewed: The task with proofs from a newer state, when there is one: a device that has
    ///     seen that state, in a round of another job, believes no older one any more.
    ///   - refusal: Asks the node's own ledger, before a device is let at its rows and while the
    ///     round is under way.
    /// - Throws: ``RelayFailure``, ``Refused`` or `CancellationError`.
    package func carryOut(
        _ work: RelayedWork, task: DeviceTask, base: BlobDigest?, limits: DeviceRound.Limits,
        renewed: @escaping @Sendable () async throws -> DeviceTask?,
        refusal: @escaping @Sendable () async -> Refused?
    ) async throws -> DeviceMean {
        let id = work.work.round
        let file = try base.flatMap { digest in try work.work.base.map { (digest, try $0.array) } }
        sessions[id] = Session(work: work, task: task, base: file, refusal: refusal)
        machines[id] = DeviceRound(work.kind, limits: limits)
        logger.info(
            "devices.asked",
            metadata: [
                "round.id": "\(id)", "task": "\(work.work.task.rawValue)",
                "devices.min": "\(limits.devicesMin)", "devices.enough": "\(limits.devicesEnough)",
            ])
        defer {
            sessions[id] = nil
            machines[id] = nil
            turns.end(id)
            progress.notify()
        }
        progress.notify()
        return try await withThrowingTaskGroup(of: DeviceMean?.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await self.end(of: id, limits, refusal) }
            group.addTask {
                while true {
                    try await Task.sleep(for: Self.lookAgain)
                    if let task = try await renewed() { await self.renew(task, in: id) }
                }
            }
            guard let mean = try await group.next() ?? nil else { throw CancellationError() }
            return mean
        }
    }

    private func renew(_ task: DeviceTask, in id: RoundID) {
        guard let known = sessions[id]?.task, task.size > known.size else { return }
        sessions[id]?.task = task
        progress.notify()
    }

    private func end(
        of id: RoundID, _ limits: DeviceRound.Limits, _ refusal: @Sendable () async -> Refused?
    ) async throws -> DeviceMean {
        let clock = ContinuousClock()
        let deadline = clock.now + .milliseconds(limits.timeoutMilliseconds)
        while true {
            if let end = sessions[id]?.end {
                let mean = try end.get()
                note(.init(round: id, devices: mean.devices, rows: mean.weight, problem: nil))
                return mean
            }
            if let refused = await refusal() {
                note(.init(round: id, devices: 0, rows: 0, problem: refused.code))
                throw refused
            }
            let left = deadline - clock.now
            guard left > .zero else {
                try handle(.timedOut, in: id)
                continue
            }
            _ = try await progress.wait(atMost: min(left, Self.lookAgain)) {
                await self.sessions[id]?.end != nil
            }
        }
    }

    private func note(_ ended: RelayStatus.Ended) {
        last = ended
        logger.info(
            "devices.round_over",
            metadata: [
                "round.id": "\(ended.round)", "devices": "\(ended.devices)",
                "rows": "\(ended.rows)", "problem": "\(ended.problem ?? "none")",
            ])
    }

    // MARK: - The devices' side

    /// Whose request it is.
    ///
    /// - Throws: `Problem` for a key that is not enrolled.
    func device(_ caller: Caller?) throws -> DeviceCard {
        guard case .stranger(let key)? = caller, let card = try roster[key] else {
            throw Problem(
                status: 403, code: "relay.unknown_device",
                detail: "the key that signed this request is of no device that is enrolled here; "
                    + "its owner enrols it with `jointlab relay enrol`")
        }
        seen[card.device, default: .init()].last = now()
        return card
    }

    /// Work for a device, as soon as there is any, or `nil` after a while.
    nonisolated func task(for card: DeviceCard) async throws -> JSONValue? {
        let found = Found()
        _ = try await progress.wait(atMost: LedgerRoutes.waitMax) {
            guard let task = await self.join(card) else { return false }
            await found.keep(task)
            return true
        }
        return await found.task
    }

    private actor Found {
        private(set) var task: JSONValue?
        func keep(_ task: JSONValue) { self.task = task }
    }

    private func join(_ card: DeviceCard) async -> JSONValue? {
        for id in turns.order(sessions.keys, for: card.device) {
            guard machines[id]?.joiningFault(of: card.device) == nil,
                let refusal = sessions[id]?.refusal,
                // The last moment before a device opens its data.
                await refusal() == nil,
                let commands = try? handle(.joined(card.device), in: id)
            else { continue }
            if case .sendTask? = commands.first {
                turns.ask(card.device, in: id)
                return sessions[id]?.task.json
            }
        }
        return nil
    }

    /// The model that a round under way starts from.
    func base(_ digest: BlobDigest) throws(Problem) -> [UInt8] {
        for session in sessions.values {
            if let base = session.base, base.digest == digest { return base.bytes }
        }
        throw .notFound("blob \(digest)")
    }

    /// What a device that is about to answer is asked for.
    ///
    /// - Throws: `Problem` where it should not send anything; a place is taken otherwise, which
    ///   ``received(from:place:)`` gives back.
    func expecting(
        _ card: DeviceCard, in id: RoundID
    ) throws(Problem) -> (work: RelayedWork, place: Int) {
        guard let work = sessions[id]?.work, let machine = machines[id] else {
            throw problem(.roundOver, of: card.device, in: id)
        }
        if let fault = machine.standingFault(of: card.device) {
            throw problem(fault, of: card.device, in: id)
        }
        // A connection may have gone silent without an end: nobody waits for it for ever.
        receiving = receiving.filter {
            now().milliseconds - $0.value.since.milliseconds < Self.silenceMaxMilliseconds
        }
        let bytes = work.answerBytesMax
        let taken = receiving.values.reduce(0) { $0 + $1.bytes }
        guard receiving[card.device] == nil,
            receiving.count < Self.receivingMin || taken + bytes <= Self.receivingBytesMax
        else {
            throw Problem(
                status: 503, code: "relay.busy",
                detail: "\(receiving.count) devices are sending already, and this one may be among "
                    + "them; try again in a moment")
        }
        places += 1
        receiving[card.device] = Place(number: places, bytes: bytes, since: now())
        return (work, places)
    }

    /// - Parameter place: As ``expecting(_:in:)`` gave it.
    func received(from card: DeviceCard, place: Int) {
        if receiving[card.device]?.number == place { receiving[card.device] = nil }
    }

    /// Takes what a device has answered.
    ///
    /// - Throws: `Problem` where it is refused.
    func take(
        _ answer: Result<DeviceRound.Contribution, DeviceFault>, of card: DeviceCard, in id: RoundID
    ) throws {
        let event: DeviceRound.Event
        switch answer {
        case .failure(let fault): event = .faulty(card.device, fault)
        case .success(let contribution):
            let held = contribution.metricsMicro[Judgement.rowsMetric] ?? 0
            let most = max(contribution.weight, held)
            // Its owner has enrolled it for so many.
            event =
                most > card.rows
                ? .faulty(card.device, .weightExceeded(most, left: card.rows))
                : .contributed(card.device, contribution)
        }
        for case .refuse(_, let fault) in try handle(event, in: id) {
            throw problem(fault, of: card.device, in: id)
        }
        contributed += 1
        seen[card.device, default: .init()].contributed += 1
        logger.debug(
            "device.contributed",
            metadata: ["device.id": "\(card.device)", "round.id": "\(id)"])
    }

    /// A device will not carry its task out.
    func declined(by card: DeviceCard, in id: RoundID, code: String, detail: String) throws {
        try handle(
            DeviceDecline.lasts(code) ? .unable(card.device) : .left(card.device), in: id)
        // A device may send any word; a status shows so many.
        let known = refused[code] != nil || refused.count < Self.codesMax
        refused[known ? code : "other", default: 0] += 1
        logger.notice(
            "device.declined",
            metadata: [
                "device.id": "\(card.device)", "round.id": "\(id)", "code": "\(code)",
                "detail": "\(detail)",
            ])
    }

    // MARK: - Steps

    @discardableResult
    private func handle(
        _ event: DeviceRound.Event, in id: RoundID
    ) throws -> [DeviceRound.Command] {
        guard machines[id] != nil else {
            throw Problem(DeviceFault.roundOver)
        }
        let commands = machines[id]?.handle(event) ?? []
        for command in commands {
            switch command {
            case .sendTask, .accepted, .refuse: break
            case .close(let mean): close(id, .success(mean))
            case .giveUp(let reason): close(id, .failure(.devicesTooFew(reason)))
            }
        }
        return commands
    }

    private func close(_ id: RoundID, _ result: Result<DeviceMean, RelayFailure>) {
        sessions[id]?.end = result
        if case .failure(let failure) = result {
            note(.init(round: id, devices: 0, rows: 0, problem: failure.code))
        }
        progress.notify()
    }

    private func problem(_ fault: DeviceFault, of device: DeviceID, in id: RoundID) -> Problem {
        refused[fault.code, default: 0] += 1
        seen[device, default: .init()].refused += 1
        logger.notice(
            "device.refused",
            metadata: [
                "device.id": "\(device)", "round.id": "\(id)", "code": "\(fault.code)",
                "detail": "\(fault)",
            ])
        return Problem(fault)
    }

    // MARK: - What is shown

    package var status: RelayStatus {
        RelayStatus(
            dataset: dataset.id,
            rounds: sessions.sorted { $0.key < $1.key }.compactMap { id, session in
                machines[id].map {
                    RelayStatus.UnderWay(
                        round: id, task: session.work.work.task, known: $0.known,
                        contributed: $0.contributed, limits: $0.limits)
                }
            },
            devices: ((try? roster.all) ?? []).map { ($0, seen[$0.device] ?? .init()) },
            contributed: contributed, refused: refused, last: last)
    }
}

/// Why a relay has nothing to contribute to a round.
package enum RelayFailure: Error, Hashable, Sendable, CustomStringConvertible {
    case devicesTooFew(String)

    /// What programs branch on; never renamed.
    package var code: String {
        switch self {
        case .devicesTooFew: "relay.devices_too_few"
        }
    }

    package var description: String {
        switch self {
        case .devicesTooFew(let reason): reason
        }
    }
}

extension Problem {
    /// A device's mistake is its own (422), or it comes at a time when nothing is asked of it (409).
    init(_ fault: DeviceFault) {
        let status =
            switch fault {
            case .notAsked, .twice, .roundOver, .roundFull: 409
            case .wrongWeight, .weightExceeded, .wrongLength, .notFinite, .tooLarge, .wrongMetric,
                .malformed:
                422
            }
        self.init(status: status, code: fault.code, detail: fault.description)
    }
}
