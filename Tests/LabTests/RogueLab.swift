import ContractLibrary
import Contracts
import Encodings
import Federation
import Foundation
import LabAPI
import LabFixture
import Learning
import Ledger
import MerkleLog
import Node
import Participation
import ServiceLifecycle
import Trainers
import Transport

/// A lab whose coordinator is the test, with one real node: that of `site`, which owns data.
///
/// The three other members' keys are in the test's hands too, so it can certify what it likes
/// without the node.
final class RogueLab {
    static let job = "job-1"

    let processes: ProcessLab
    let coordinator: RogueCoordinator
    let site: MemberSession
    let watch: FileOpenWatch
    var ledger: RogueLedger
    private let others: [MemberSession]
    private var fences = 0

    /// Founds the lab, licenses the site's data and starts a job on it, starts the node, and waits
    /// until it has cosigned all that.
    static func with(
        licensedRounds: Int64 = 10, _ body: (RogueLab) async throws -> Void
    ) async throws {
        var rules = Rules()
        rules.participantsMin = 1
        let plan = ProcessLab.Plan(
            [
                "clinic": [.dataOwner], "office": [.issuer], "site": [.dataOwner],
                "university": [.researcher],
            ], rules: rules,
            // What happens later is dated now, and everything before long ago.
            founded: MemberSession.now.advanced(byMilliseconds: -60_000))
        try await ProcessLab.with(plan) { processes in
            let coordinator = RogueCoordinator(port: processes.port)
            // It is told to stop and not cancelled, as LoopbackServer is.
            var configuration = ServiceGroupConfiguration(
                services: [.init(service: coordinator)], logger: coordinator.logger)
            configuration.maximumGracefulShutdownDuration = .milliseconds(500)
            let services = ServiceGroup(configuration: configuration)
            let server = Task { try await services.run() }
            defer { Task { await services.triggerGracefulShutdown() } }
            let lab = try RogueLab(processes, coordinator)
            try lab.license(rounds: licensedRounds)
            try lab.finalize()
            lab.ledger.time = MemberSession.now
            try await processes.startNode("site")
            try await eventually("the node cosigns the honest beginning") {
                coordinator.heard.cosignedSizes.contains(lab.ledger.size)
            }
            _ = lab.watch.takeCount()
            try await body(lab)
            await services.triggerGracefulShutdown()
            _ = await server.result
        }
    }

    private init(_ processes: ProcessLab, _ coordinator: RogueCoordinator) throws {
        self.processes = processes
        self.coordinator = coordinator
        site = try processes.member("site")
        others = try ["clinic", "office", "university"].map(processes.member)
        let keys = try processes.coordinatorSigningKeys
        ledger = try RogueLedger(
            genesis: processes.card.genesis, logKey: keys.log, serviceKey: keys.service)
        let file = processes.folder.appending(path: "site.csv")
        try SyntheticData.csv(rows: 60, seed: 7).write(to: file, atomically: true, encoding: .utf8)
        watch = try FileOpenWatch(file.path)
    }

    private func license(rounds: Int64) throws {
        let file = processes.folder.appending(path: "site.csv").path
        let (owned, _) = try OwnedDataset.inspecting(
            file: file, as: try DatasetID("site-data"), options: SyntheticData.options,
            holdoutPerMille: 250)
        try site.home.keep(owned)
        let registration = try owned.registration(title: "Records")
        guard let currency = CurrencyCode("CNY") else { return }
        let (office, university) = (others[1], others[2])
        try ledger.add(
            office.signed(RegisterCurrency(currency: currency, title: "Yuan", scale: 2)))
        try ledger.add(
            office.signed(
                PublishDocument(document: try LibraryDocument.datasetLicence.published())))
        for member in [others[0], site] {
            try ledger.add(
                member.signed(
                    RegisterDataset(
                        dataset: try DatasetID("\(member.id)-data"), title: "Records",
                        schema: registration.schema, rows: registration.rows,
                        commitment: registration.commitment)))
            let licence = try LicenceID("\(member.id)-licence")
            try ledger.add(
                university.signed(
                    LicenceTerms(
                        dataset: try DatasetID("\(member.id)-data"), licensee: university.id,
                        purposes: ["research"], roundsMax: rounds,
                        feePerRound: Money(0, currency),
                        expires: MemberSession.now.advanced(byMilliseconds: 3_600_000)
                    ).offer(licence, licensor: member.id)))
            try ledger.add(member.signed(TakeContractAction.accept(licence)))
        }
        let settings = LogisticSettings(
            layout: try FeatureLayout(commonTo: [owned.schema]),
            label: try LabelRule(commonTo: [owned.schema.label].compactMap(\.self)),
            training: try TrainingConfiguration(
                learningRate: 0.1, localEpochs: 1, batchSize: 16, l2: 0, seed: 1))
        try ledger.add(
            university.signed(
                ProposeJob(
                    job: try JobID(Self.job), model: try ModelID("model"), purpose: "research",
                    licences: try ["clinic-licence", "site-licence"].map { try LicenceID($0) },
                    trainer: settings.json, plan: .training(rounds: 5), participantsMin: 1,
                    roundTimeoutMilliseconds: 60_000)))
        try ledger.add(university.signed(StartJob(job: try JobID(Self.job))))
        try ledger.endBatch()
    }

    // MARK: - Going on

    /// Opens the job's next round.
    ///
    /// - Returns: The place of the entry. It stands in no batch yet.
    func openRound(_ number: Int, participants: [String] = ["clinic", "site"]) throws -> UInt64 {
        try ledger.add(
            OpenRound(
                round: RoundID(job: try JobID(Self.job), number: number), task: .statistics,
                base: nil, participants: try participants.map { try MemberID($0) }))
    }

    /// Ends the batch and sends it.
    func sendBatch() throws {
        let batch = try ledger.endBatch()
        greetAsUsual()
        coordinator.send(.batch(batch))
    }

    /// A certificate over everything, from the members that are not the site.
    func certificate() throws -> UnverifiedCheckpoint { try ledger.certificate(by: others) }

    /// A certificate from too few members.
    func hollowCertificate() throws -> UnverifiedCheckpoint {
        try ledger.certificate(by: Array(others.prefix(2)))
    }

    /// Makes everything so far final, without the site's help.
    func finalize() throws {
        let batch = try ledger.record(certificate())
        let last = try certificate()
        greetAsUsual(last)
        coordinator.send(.batch(batch), .certificate(last), heartbeat)
    }

    var heartbeat: ServerSentEvent { .heartbeat(size: ledger.size, time: MemberSession.now) }

    /// Whoever connects gets the honest ledger.
    func greetAsUsual(_ certificate: UnverifiedCheckpoint? = nil) {
        coordinator.greet { [ledger] from in
            var events = ledger.batch(from: from).map { [ServerSentEvent.batch($0)] } ?? []
            if let certificate { events.append(.certificate(certificate)) }
            return events + [.heartbeat(size: ledger.size, time: MemberSession.now)]
        }
    }

    func sendTask(_ number: Int, index: UInt64, job: String = RogueLab.job) throws {
        coordinator.send(
            .task(.init(round: RoundID(job: try JobID(job), number: number), index: index)))
    }

    // MARK: - Looking at the node

    func status() async throws -> JSONValue {
        try await processes.status(of: "site")
    }

    /// Waits until the node has verified everything that the ledger holds.
    func waitForNode() async throws {
        try await eventually("the node has \(ledger.size) entries") {
            try await status()["ledger"]?["sequenced"]?.integer == Int64(ledger.size)
        }
    }

    /// Waits for an alarm, and for words in its message.
    func waitForAlarm(_ code: String, saying words: String? = nil) async throws {
        try await eventually("the node raises \(code) “\(words ?? "")”") {
            try await status()["alarms"]?.array?.contains {
                let problem = $0["problem"]?.string ?? ""
                return $0["code"]?.string == code && words.map(problem.contains) ?? true
            } ?? false
        }
    }

    /// Waits until the node has dealt with everything that was sent before: it answers in order.
    func fence() async throws {
        fences += 1
        let number = 1_000 + fences
        try sendTask(number, index: 0)
        try await eventually("the node answers what came last") {
            coordinator.heard.declines.contains { $0["round"]?.integer == Int64(number) }
        }
    }

    /// Waits until the node has declined a round for a reason.
    func waitForDecline(_ code: String) async throws {
        try await eventually("the node declines with \(code)") {
            coordinator.heard.declines.contains { $0["code"]?.string == code }
        }
    }
}
