import ContractLibrary
import Contracts
import Encodings
import Identity
import Randomness
import Testing

/// A lab's state with everybody's keys: what a test does is signed, and executed as on a ledger,
/// one entry after the other.
///
/// Its people: `ada` and `bo` own data, `cy` and `di` do research, `ed` issues money, `flo` audits.
struct TestLab {
    static let start = Timestamp(milliseconds: 1_767_225_600_000)
    static let id = LabID(leafHash: [UInt8](repeating: 0xAB, count: 32))
    static let hour: Int64 = 3_600_000

    var state: LabState
    /// What the authenticated state holds, from the writes alone.
    private(set) var rows: [String: JSONValue] = [:]
    private(set) var index: UInt64 = 1
    var now = Self.start
    var keys: [MemberID: MemberSecrets] = [:]
    let coordinator: SigningKey
    private var nonces = 0
    /// The chain of outcomes is written at the ends of batches.
    private var isAtBatchEnd = true

    struct MemberSecrets {
        var signing: SigningKey
        var cosigner: SigningKey

        init(_ name: String) {
            var random = SeededRandom(seed: checksum(name.utf8))
            signing = SigningKey(from: &random)
            cosigner = SigningKey(from: &random)
        }

        var keys: MemberKeys {
            MemberKeys(signing: signing.publicKey, cosigner: cosigner.publicKey)
        }
    }

    static let people: [(name: String, roles: [Role])] = [
        ("ada", [.dataOwner]), ("bo", [.dataOwner]), ("cy", [.researcher]), ("di", [.researcher]),
        ("ed", [.issuer]), ("flo", [.auditor]),
    ]

    static func card(_ name: String, _ roles: [Role] = [.dataOwner]) throws -> MemberCard {
        MemberCard(
            member: try MemberID(name), title: "Institution \(name)", category: .data,
            roles: roles, keys: MemberSecrets(name).keys)
    }

    static func founding(
        _ people: [(name: String, roles: [Role])] = people, rules: Rules = Rules()
    ) throws -> FoundLab {
        try FoundLab(
            title: "Test lab", origin: try #require(LabOrigin(base: "lab.example/test")),
            coordinator: CoordinatorKeys(
                logKey: MemberSecrets("coordinator").cosigner.publicKey,
                serviceKey: MemberSecrets("coordinator").signing.publicKey),
            constitution: LibraryDocument.constitution.published(), rules: rules,
            founders: try people.map { try card($0.name, $0.roles) })
    }

    init(
        _ people: [(name: String, roles: [Role])] = people, rules: Rules = Rules()
    ) throws {
        state = try LabState(
            founding: Self.founding(people, rules: rules), id: Self.id, at: Self.start)
        coordinator = MemberSecrets("coordinator").signing
        for (name, _) in people {
            keys[try MemberID(name)] = MemberSecrets(name)
        }
        take(state.drainFounding())
        endBatch()
    }

    // MARK: - Transactions

    /// Signs an action and executes it.
    mutating func execute(
        _ action: any LabAction, by sender: String, validFor milliseconds: Int64 = 60_000
    ) throws -> Receipt {
        try execute(try signed(action, by: sender, validFor: milliseconds))
    }

    mutating func signed(
        _ action: any LabAction, by sender: String, validFor milliseconds: Int64 = 60_000,
        with key: SigningKey? = nil
    ) throws -> SignedTransaction {
        nonces += 1
        let isCoordinator = sender == "coordinator"
        let own =
            isCoordinator
            ? coordinator : (keys[try MemberID(sender)] ?? MemberSecrets(sender)).signing
        let key = key ?? own
        let transaction = Transaction(
            lab: Self.id, sender: isCoordinator ? .coordinator : .member(try MemberID(sender)),
            nonce: "test-nonce-\(nonces)", validUntil: now.advanced(byMilliseconds: milliseconds),
            action: action)
        return try SignedTransaction(transaction.signed(with: key)) { _ in key.publicKey }
    }

    /// Executes a transaction, and checks what must hold of every one, whatever it does.
    mutating func execute(_ signed: SignedTransaction) throws -> Receipt {
        let executed = try state.execute(signed, at: index, time: now)
        isAtBatchEnd = false
        take(executed.writes)
        index += 1
        if executed.receipt.refusal != nil {
            // Nothing but the note that it was here.
            let changed = Set(executed.writes.map(\.key))
            #expect(
                changed.isSubset(of: ["seen/\(signed.id)"]),
                "a refused transaction wrote \(changed)")
            // Looking every row up takes long.
            if index.isMultiple(of: 16) { checkRows() }
        }
        checkInvariants()
        return executed.receipt
    }

    /// Executes what must be applied.
    @discardableResult
    mutating func apply(
        _ action: any LabAction, by sender: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Receipt {
        let receipt = try execute(action, by: sender)
        #expect(receipt.refusal == nil, sourceLocation: sourceLocation)
        return receipt
    }

    /// Why an action is refused, in one line; `nil` where it is not.
    mutating func refusal(of action: any LabAction, by sender: String) throws -> String? {
        try execute(action, by: sender).refusal?.description
    }

    mutating func endBatch() {
        take(state.endBatch(size: index + 1, time: now))
        index += 1
        isAtBatchEnd = true
        checkRows()
    }

    /// Carries a change of the cosigners through, by the two certificates that it takes.
    mutating func certify() {
        for _ in 0..<2 {
            endBatch()
            state.certified(size: index, at: index)
        }
    }

    private mutating func take(_ writes: [StateWrite]) {
        for write in writes {
            rows[write.key] = write.row
        }
    }

    // MARK: - What always holds

    /// The rows that can be asked for are those that were written.
    func checkRows() {
        for (key, row) in rows where key != "outcomes" || isAtBatchEnd {
            let found = state.row(at: key)
            #expect(found == row, "\(key)")
        }
    }

    func checkInvariants() {
        var sums: [CurrencyCode: Int64] = [:]
        for (account, minorUnits) in state.accounts.all {
            #expect(minorUnits != 0, "account \(account)")
            #expect(
                minorUnits >= -state.accounts.limit(of: account).credit, "account \(account)")
            sums[account.currency, default: 0] += minorUnits
            switch account.holder {
            case .job(let id):
                let status = state.jobs[id]?.status
                #expect(status == .running || status == .paused, "account \(account)")
            case .contract(let id):
                #expect(state.agreements[id]?.hasEnded == false, "account \(account)")
            default: break
            }
        }
        for (code, currency) in state.accounts.currencies.sorted {
            #expect(sums[code, default: 0] == currency.issued, "\(code) is not conserved")
        }
        for licence in state.licences {
            guard let terms = licence.terms else { continue }
            #expect(licence.rounds <= terms.roundsMax, "licence \(licence.id) is overrun")
        }
    }

    // MARK: - A lab at work

    static let currency: CurrencyCode = {
        guard let code = CurrencyCode("CNY") else { preconditionFailure("CNY is a code") }
        return code
    }()

    func money(_ minorUnits: Int64) -> Money { Money(minorUnits, Self.currency) }

    func balance(of name: String) throws -> Int64 {
        state.accounts.balance(
            of: AccountID(holder: .member(try MemberID(name)), currency: Self.currency))
    }

    /// Money for `cy`: 1,000 CNY.
    mutating func issueMoney(_ minorUnits: Int64 = 1_000) throws {
        try registerCurrency()
        try apply(IssueMoney(amount: money(minorUnits), to: try MemberID("cy")), by: "ed")
    }

    mutating func registerCurrency() throws {
        guard state.accounts.currencies[Self.currency] == nil else { return }
        try apply(RegisterCurrency(currency: Self.currency, title: "Yuan", scale: 2), by: "ed")
    }

    /// What licences are made of: the library's document, and the currency of their fees.
    mutating func publishLicence() throws {
        try registerCurrency()
        try apply(
            PublishDocument(document: try LibraryDocument.datasetLicence.published()), by: "ada")
    }

    func dataset(_ owner: String, rows: Int64 = 100) throws -> RegisterDataset {
        RegisterDataset(
            dataset: try DatasetID("d-\(owner)"), title: "Data of \(owner)",
            schema: ["columns": []], rows: rows,
            commitment: BlobDigest(sha256: [UInt8](repeating: 7, count: 32)))
    }

    func terms(
        _ owner: String, fee: Int64 = 10, roundsMax: Int64 = 3, purposes: [String] = ["research"],
        licensee: String = "cy", expires: Timestamp? = nil
    ) throws -> LicenceTerms {
        LicenceTerms(
            dataset: try DatasetID("d-\(owner)"), licensee: try MemberID(licensee),
            purposes: purposes, roundsMax: roundsMax, feePerRound: money(fee),
            expires: expires ?? Self.start.advanced(byMilliseconds: Self.hour))
    }

    /// The offer of a licence on the owner's dataset.
    func offer(
        _ licence: String, of owner: String, fee: Int64 = 10, roundsMax: Int64 = 3,
        purposes: [String] = ["research"], licensee: String = "cy", expires: Timestamp? = nil
    ) throws -> OfferContract {
        try terms(
            owner, fee: fee, roundsMax: roundsMax, purposes: purposes, licensee: licensee,
            expires: expires
        ).offer(try LicenceID(licence), licensor: try MemberID(owner))
    }

    func rounds(of licence: String) throws -> Int64? {
        state.licence(try LicenceID(licence))?.rounds
    }

    /// What is set aside for a job.
    func escrow(of job: String = "j-1") throws -> Int64 {
        state.accounts.balance(
            of: AccountID(holder: .job(try JobID(job)), currency: Self.currency))
    }

    /// Datasets of `ada` and `bo`, and active licences on them for `cy`.
    mutating func license(
        fee: Int64 = 10, roundsMax: Int64 = 3, purposes: [String] = ["research"]
    ) throws {
        try publishLicence()
        try issueMoney()
        for owner in ["ada", "bo"] {
            try apply(dataset(owner), by: owner)
            try apply(
                offer("l-\(owner)", of: owner, fee: fee, roundsMax: roundsMax, purposes: purposes),
                by: owner)
            try apply(TakeContractAction.accept(try LicenceID("l-\(owner)")), by: "cy")
        }
    }

    func proposal(
        _ job: String = "j-1", licences: [String] = ["l-ada", "l-bo"], purpose: String = "research",
        participantsMin: Int = 2, model: String = "m-1", plan: [(RoundTask, Int)]? = nil,
        strategy: JSONValue? = nil, contributionsEnough: Int? = nil, lateRoundsMax: Int = 0,
        judgement: Judgement? = nil, base: ModelVersionID? = nil, weights: BlobDigest? = nil
    ) throws -> ProposeJob {
        ProposeJob(
            job: try JobID(job), model: try ModelID(model), purpose: purpose,
            licences: try licences.map { try LicenceID($0) }, trainer: ["kind": "test"],
            plan: JobPlan(
                (plan ?? [(.statistics, 1), (.train, 1), (.evaluate, 1)]).map {
                    JobPlan.Step(task: $0.0, rounds: $0.1)
                }), participantsMin: participantsMin, roundTimeoutMilliseconds: 1_000,
            strategy: strategy, contributionsEnough: contributionsEnough,
            lateRoundsMax: lateRoundsMax, judgement: judgement, base: base, weights: weights)
    }

    /// A running job of `cy` on both licences.
    mutating func startJob(
        fee: Int64 = 10, roundsMax: Int64 = 3, participantsMin: Int = 2
    ) throws {
        try license(fee: fee, roundsMax: roundsMax)
        try apply(proposal(participantsMin: participantsMin), by: "cy")
        try apply(StartJob(job: try JobID("j-1")), by: "cy")
    }

    static func round(_ number: Int, of job: String = "j-1") throws -> RoundID {
        RoundID(job: try JobID(job), number: number)
    }

    static func digest(_ byte: UInt8) -> BlobDigest {
        BlobDigest(sha256: [UInt8](repeating: byte, count: 32))
    }

    func open(
        _ number: Int, _ task: RoundTask = .statistics, base: BlobDigest? = nil,
        participants: [String] = ["ada", "bo"]
    ) throws -> OpenRound {
        OpenRound(
            round: try Self.round(number), task: task, base: base,
            participants: try participants.map { try MemberID($0) })
    }

    func contribution(
        _ name: String, to number: Int, weight: Int64 = 50, lab: LabID = id, job: String = "j-1",
        metricsMicro: [String: Int64] = [:], startedIn: Int? = nil, key: SigningKey? = nil,
        as payloadType: String? = nil
    ) throws -> Envelope {
        let member = try MemberID(name)
        let contribution = Contribution(
            lab: lab, round: try Self.round(number, of: job), member: member,
            update: Self.digest(9), weight: weight, metricsMicro: metricsMicro,
            startedIn: startedIn)
        let key = key ?? (keys[member] ?? MemberSecrets(name)).signing
        return Envelope(
            signing: contribution.json.canonicalBytes, as: payloadType ?? Contribution.payloadType,
            with: key)
    }

    func seal(_ number: Int, _ names: [String] = ["ada", "bo"]) throws -> SealRound {
        SealRound(
            round: try Self.round(number),
            contributions: try names.map { try contribution($0, to: number) })
    }

    /// Opens, seals and closes a round.
    mutating func runRound(_ number: Int, _ task: RoundTask, result: BlobDigest?) throws {
        let base = state.jobs[try JobID("j-1")]?.weights
        try apply(open(number, task, base: base), by: "coordinator")
        try apply(seal(number), by: "coordinator")
        try apply(
            CloseRound(round: try Self.round(number), result: result), by: "coordinator")
    }

    /// The whole job, whose result is `digest(2)`.
    mutating func runJob() throws {
        try startJob()
        try runRound(0, .statistics, result: Self.digest(1))
        try runRound(1, .train, result: Self.digest(2))
        try runRound(2, .evaluate, result: nil)
        try apply(CompleteJob(job: try JobID("j-1")), by: "coordinator")
    }

    static func version(_ number: Int = 1) throws -> ModelVersionID {
        ModelVersionID(model: try ModelID("m-1"), number: number)
    }

    /// Lets members vote until a proposal is decided.
    mutating func pass(_ proposal: String, by voters: [String]) throws {
        for voter in voters {
            try apply(CastVote(proposal: try ProposalID(proposal), approves: true), by: voter)
        }
    }
}
