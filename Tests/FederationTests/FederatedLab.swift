import ContractLibrary
import Contracts
import Encodings
import Federation
import Identity
import Ledger
import MerkleLog
import Randomness
import Testing

/// The secrets of somebody in a test; the name decides them.
struct Secrets {
    let signing: SigningKey
    let cosigner: SigningKey

    init(_ name: String) {
        let seed = name.utf8.reduce(17 as UInt64) { $0 &* 31 &+ UInt64($1) }
        var random = SeededRandom(seed: seed)
        signing = SigningKey(from: &random)
        cosigner = SigningKey(from: &random)
    }
}

/// A lab whose coordinator is run by hand: its commands are carried out at once where they are
/// about the ledger, and kept for the test to look at where they are about the world.
///
/// `ada`, `bo` and `ed` own data; `cy` does research on it, and issues the money for it.
struct FederatedLab {
    static let start = Timestamp(milliseconds: 1_767_225_600_000)
    static let owners = ["ada", "bo", "ed"]
    static let members = ["ada", "bo", "cy", "ed"]

    var machine: CoordinatorMachine
    var now: Timestamp = Self.start
    /// Whose nodes cosign as soon as something is published.
    var cosigners: [String] = Self.members
    var storesAtOnce = true

    // What survives a restart.
    private(set) var batches: [ExecutedBatch] = []
    private(set) var certificate: UnverifiedCheckpoint?
    private(set) var contributions: [SignedContribution] = []

    // What the machine asks of the world.
    private(set) var storing: [ExecutedBatch] = []
    var tasks: [Task] = []
    var timers: [Timer] = []
    var cutOff: [String] = []
    var aggregations: [Round] = []
    private(set) var sumsAhead: [[AnnouncedUpdate]] = []
    private(set) var refusals: [(action: String, refusal: Refusal)] = []
    private var nonces = 0

    struct Task: Hashable {
        let task: TrainingTask
        let member: MemberID
    }

    struct Timer: Hashable {
        let timer: CoordinatorMachine.Timer
        let afterMilliseconds: Int64
    }

    /// A founded lab with datasets, money, and a licence of each owner to `cy` for ten rounds, each
    /// at 5 CNY.
    init() throws {
        self = try Self.founded.get()
    }

    private static let founded = Result { try FederatedLab(roundsMax: 10) }

    init(
        roundsMax: Int64, purposes: [String] = ["research"], expires: Timestamp? = nil
    ) throws {
        let (sequencer, batch) = try Sequencer.founding(
            Self.genesis(), logKey: Secrets("coordinator").cosigner, at: Self.start)
        var founded = sequencer
        founded.stored()
        batches = [batch]
        machine = CoordinatorMachine(founded, serviceKey: Secrets("coordinator").signing)
        perform(machine.started(at: now))
        cosign()

        try submit(RegisterCurrency(currency: Self.currency, title: "Yuan", scale: 2), by: "cy")
        try submit(
            PublishDocument(document: LibraryDocument.datasetLicence.published()), by: "cy")
        try submit(IssueMoney(amount: Money(1_000, Self.currency), to: MemberID("cy")), by: "cy")
        for owner in Self.owners {
            try submit(
                RegisterDataset(
                    dataset: DatasetID("d-\(owner)"), title: "Data of \(owner)", schema: [:],
                    rows: 100, commitment: Self.digest(7)), by: owner)
            try license(owner, roundsMax: roundsMax, purposes: purposes, expires: expires)
        }
    }

    static func genesis() throws -> [UInt8] {
        let roles: [String: [Role]] = ["cy": [.researcher, .issuer]]
        let founding = try FoundLab(
            title: "Test lab", origin: try #require(LabOrigin(base: "lab.example/test")),
            coordinator: CoordinatorKeys(
                logKey: Secrets("coordinator").cosigner.publicKey,
                serviceKey: Secrets("coordinator").signing.publicKey),
            constitution: LibraryDocument.constitution.published(), rules: Rules(),
            founders: try members.map { name in
                MemberCard(
                    member: try MemberID(name), title: "Institution \(name)", category: .data,
                    roles: roles[name] ?? [.dataOwner],
                    keys: MemberKeys(
                        signing: Secrets(name).signing.publicKey,
                        cosigner: Secrets(name).cosigner.publicKey))
            })
        let payload = Transaction(
            lab: nil, sender: .member(try MemberID("ada")), nonce: "test-genesis",
            validUntil: start, action: founding
        ).payload
        let signatures = members.flatMap {
            Envelope(signing: payload, as: Transaction.payloadType, with: Secrets($0).signing)
                .signatures
        }
        let envelope = Envelope(
            payloadType: Transaction.payloadType, payload: payload, signatures: signatures)
        return Entry(time: start, content: .genesis(envelope)).bytes
    }

    static let currency: CurrencyCode = {
        guard let code = CurrencyCode("CNY") else { preconditionFailure("CNY is a code") }
        return code
    }()

    static func digest(_ byte: UInt8) -> BlobDigest {
        BlobDigest(sha256: [UInt8](repeating: byte, count: 32))
    }

    // MARK: - Looking

    var state: LabState { machine.state }
    var entries: [[UInt8]] { batches.flatMap(\.batch.entries) }

    func job(_ name: String = "j-1") throws -> Job {
        try #require(state.jobs[try JobID(name)])
    }

    func round(_ number: Int, of job: String = "j-1") throws -> Round {
        try #require(state.jobs[RoundID(job: try JobID(job), number: number)])
    }

    /// The statuses of a job's rounds, in order.
    func statuses(of job: String = "j-1") throws -> [Round.Status] {
        state.jobs.rounds(of: try self.job(job)).map(\.status)
    }

    func balance(of name: String) throws -> Int64 {
        state.accounts.balance(
            of: AccountID(holder: .member(try MemberID(name)), currency: Self.currency))
    }

    // MARK: - The ledger

    func signed(
        _ action: any LabAction, by sender: String, nonce: String
    ) throws -> SignedTransaction {
        let key = Secrets(sender).signing
        let transaction = Transaction(
            lab: state.id,
            sender: sender == "coordinator" ? .coordinator : .member(try MemberID(sender)),
            nonce: nonce, validUntil: now.advanced(byMilliseconds: 60_000), action: action)
        return try SignedTransaction(transaction.signed(with: key)) { _ in key.publicKey }
    }

    @discardableResult
    mutating func submit(_ action: any LabAction, by sender: String) throws -> Receipt {
        nonces += 1
        let signed = try signed(action, by: sender, nonce: "test-nonce-\(nonces)")
        let (result, commands) = try machine.submit(signed, at: now)
        perform(commands)
        return try result.get()
    }

    mutating func perform(_ commands: [CoordinatorMachine.Command]) {
        for command in commands {
            switch command {
            case .store(let batch):
                storing.append(batch)
                if storesAtOnce { finishStoring() }
            case .publish: cosign()
            case .publishCertificate(let certificate): self.certificate = certificate
            case .sendTask(let task, let member): tasks.append(Task(task: task, member: member))
            case .cutOff(let member): cutOff.append(member.text)
            case .wake(let timer, let delay):
                timers.append(Timer(timer: timer, afterMilliseconds: delay))
            case .sumAhead(_, _, let updates): sumsAhead.append(updates)
            case .aggregate(let round, _): aggregations.append(round)
            case .refused(let action, let refusal): refusals.append((action, refusal))
            }
        }
    }

    mutating func finishStoring() {
        guard !storing.isEmpty else { return }
        let batch = storing.removeFirst()
        batches.append(batch)
        perform(machine.stored(batch, at: now))
    }

    /// Lets the nodes cosign what is published.
    mutating func cosign() {
        for name in cosigners {
            guard let member = try? MemberID(name) else { continue }
            let published = machine.sequencer.published
            let cosignature = Cosigner(
                name: state.lab.origin.cosignerKeyName(of: member), key: Secrets(name).cosigner
            ).cosign(published.statement, at: UInt64(now.milliseconds / 1_000))
            do {
                perform(
                    try machine.receive(
                        [cosignature], size: published.statement.head.size, from: member,
                        at: now))
            } catch {
                Issue.record("a cosignature was refused: \(error)")
            }
        }
    }

    /// Executes everything that is stored.
    func replay() throws -> Replica {
        var replica = try Replica(genesis: entries[0])
        for entry in entries.dropFirst() {
            _ = try replica.execute(entry)
        }
        return replica
    }

    /// A kill and a start. Nodes are not connected any more, and timers are gone.
    mutating func restart() throws {
        storing = []
        tasks = []
        timers = []
        aggregations = []
        let sequencer = Sequencer(
            resuming: try replay(), checkpoint: try #require(batches.last).batch.checkpoint,
            logKey: Secrets("coordinator").cosigner,
            certificate: certificate, at: now)
        let state = sequencer.replica.state
        machine = CoordinatorMachine(
            sequencer, serviceKey: Secrets("coordinator").signing,
            contributions: contributions.filter {
                state.jobs[$0.contribution.round]?.status == .open
            })
        perform(machine.started(at: now))
        cosign()
    }

    // MARK: - A job

    mutating func license(
        _ owner: String, as licence: String? = nil, roundsMax: Int64, purposes: [String],
        expires: Timestamp? = nil
    ) throws {
        let licence = try LicenceID(licence ?? "l-\(owner)")
        try offer(
            licence, of: owner, roundsMax: roundsMax, purposes: purposes, expires: expires)
        try submit(TakeContractAction.accept(licence), by: "cy")
    }

    mutating func offer(
        _ licence: LicenceID, of owner: String, roundsMax: Int64 = 10,
        purposes: [String] = ["research"], expires: Timestamp? = nil
    ) throws {
        let terms = LicenceTerms(
            dataset: try DatasetID("d-\(owner)"), licensee: try MemberID("cy"),
            purposes: purposes, roundsMax: roundsMax, feePerRound: Money(5, Self.currency),
            expires: expires ?? Self.start.advanced(byMilliseconds: 3_600_000))
        try submit(terms.offer(licence, licensor: MemberID(owner)), by: owner)
    }

    /// Proposes a job and lets the coordinator run it.
    mutating func start(
        _ name: String = "j-1", participantsMin: Int = 2, purpose: String = "research",
        licences: [String] = ["l-ada", "l-bo", "l-ed"],
        plan: [RoundTask] = [.statistics, .train, .evaluate], enough: Int? = nil,
        lateRoundsMax: Int = 0, weights: BlobDigest? = nil
    ) throws {
        try propose(
            name, participantsMin: participantsMin, purpose: purpose, licences: licences,
            plan: plan, enough: enough, lateRoundsMax: lateRoundsMax, weights: weights)
        try submit(StartJob(job: JobID(name)), by: "cy")
    }

    mutating func propose(
        _ name: String = "j-1", participantsMin: Int = 2, purpose: String = "research",
        licences: [String] = ["l-ada", "l-bo", "l-ed"],
        plan: [RoundTask] = [.statistics, .train, .evaluate], enough: Int? = nil,
        lateRoundsMax: Int = 0, weights: BlobDigest? = nil
    ) throws {
        try submit(
            ProposeJob(
                job: JobID(name), model: ModelID("m-1"), purpose: purpose,
                licences: licences.map { try LicenceID($0) }, trainer: ["kind": "test"],
                plan: JobPlan(plan.map { JobPlan.Step(task: $0, rounds: 1) }),
                participantsMin: participantsMin, roundTimeoutMilliseconds: 1_000,
                contributionsEnough: enough, lateRoundsMax: lateRoundsMax, weights: weights),
            by: "cy")
    }

    mutating func connect(_ names: [String] = owners) throws {
        for name in names {
            perform(machine.connected(try MemberID(name), at: now))
        }
    }

    func contribution(
        _ name: String, to round: RoundID, update: BlobDigest? = nil, weight: Int64 = 50,
        key: SigningKey? = nil, lab: LabID? = nil
    ) throws -> Envelope {
        Contribution(
            lab: lab ?? state.id, round: round, member: try MemberID(name),
            update: update ?? Self.digest(9), weight: weight, metricsMicro: [:]
        ).signed(with: key ?? Secrets(name).signing)
    }

    /// Hands a contribution in, as the service does: checked, stored, told.
    mutating func contribute(
        _ name: String, to round: RoundID, update: BlobDigest? = nil
    ) throws {
        let signed = try machine.check(contribution(name, to: round, update: update))
        let isFirst = !contributions.contains {
            $0.contribution.round == round
                && $0.contribution.member == signed.contribution.member
        }
        if isFirst { contributions.append(signed) }
        perform(machine.contributed(signed, at: now))
    }

    mutating func decline(_ name: String, _ round: RoundID) throws {
        perform(machine.declined(try MemberID(name), round, at: now))
    }

    /// Lets the time of a timer come.
    mutating func fire(_ timer: CoordinatorMachine.Timer) throws {
        let place = try #require(timers.firstIndex { $0.timer == timer }, "\(timer) is not set")
        now = now.advanced(byMilliseconds: timers.remove(at: place).afterMilliseconds)
        perform(machine.fired(timer, at: now))
    }

    /// The coordinator's sum is ready.
    mutating func aggregate(_ result: BlobDigest?) throws {
        let round = try #require(aggregations.first)
        aggregations.removeFirst()
        perform(machine.aggregated(round.id, result: RoundResult(model: result), at: now))
    }

    /// Runs the round that is open, with contributions of these.
    mutating func runRound(
        _ number: Int, of job: String = "j-1", with names: [String] = owners,
        result: BlobDigest? = digest(1)
    ) throws {
        let round = RoundID(job: try JobID(job), number: number)
        for name in names {
            try contribute(name, to: round)
        }
        if try self.round(number, of: job).status == .open { try fire(.roundTimeout(round)) }
        try aggregate(result)
    }
}
