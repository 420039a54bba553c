import ContractFiles
import ContractLanguage
import ContractLibrary
import Contracts
import Encodings
import Identity
import Policy
import Randomness
import Testing

/// A lab in which licences are traded. `ada` owns the data; `cy`, `di` and `eve` do research and trade;
/// `ed` issues money; `gus` is named in the terms for his share.
///
/// Actions are performed as the machine performs them, without the signatures around them.
struct TokenLab {
    static let start = Timestamp(milliseconds: 1_767_225_600_000)
    static let hour: Int64 = 3_600_000
    static let names = ["ada", "cy", "di", "ed", "eve", "gus"]
    static let traders = ["cy", "di", "eve"]

    static let currency: CurrencyCode = {
        guard let code = CurrencyCode("CNY") else { preconditionFailure("CNY is a code") }
        return code
    }()

    var state: LabState
    var now = Self.start
    private(set) var index: UInt64 = 1
    /// The movements of the last action that was applied.
    private(set) var moved: [Movement] = []
    let licence: BlobDigest
    private let keys: [MemberID: SigningKey]

    /// A licence as the library's, but every participant of a round costs 1,000 millionths of epsilon and
    /// the fee is nothing.
    static let text = """
        contract: traded-licence
        version: 1
        title: Licence
        parties: {licensor: member, licensee: member}
        terms:
          dataset: dataset
          maxRounds: int(1..100000)
          epsilonBudgetMicro: int(0..1000000000)
          expires: timestamp
          transferable: bool
          freely: bool
          resalePermille: int(0..1000)
          beneficiaries: map(member, int(1..10000), 16)
        state: {rounds: int(0..100000), epsilonMicro: int(0..1000000000), abandoned: int(0..100000)}
        stages: [offered, active, withdrawn, expired]
        final: [withdrawn, expired]
        actions:
          accept: {by: licensee, from: offered, to: active}
          train:
            by: lab
            from: active
            input: {participants: "int(1..1000)"}
            require:
              - {cel: "now < terms.expires", says: expired}
              - {cel: "state.rounds < terms.maxRounds", clause: "1", says: all rounds are used}
              - cel: "state.epsilonMicro + input.participants * 1000 <= terms.epsilonBudgetMicro"
                clause: "2"
                says: the budget is spent
            effects:
              rounds: {add: 1}
              epsilonMicro: {add: input.participants * 1000}
          abandon:
            by: lab
            from: active
            require: [{cel: "state.rounds > 0", says: nothing to give back}]
            effects:
              rounds: "state.abandoned < terms.maxRounds ? state.rounds - 1 : state.rounds"
              abandoned: "state.abandoned < terms.maxRounds ? state.abandoned + 1 : state.abandoned"
          note: {by: licensee, from: active}
          withdraw: {by: licensor, from: [offered, active], to: withdrawn}
          lapse:
            by: anyone
            from: [offered, active]
            require: [{cel: "now >= terms.expires", says: not yet}]
            to: expired
        clauses:
          "1": {title: Rounds, enforced: machine}
          "2": {title: Epsilon, enforced: machine}
        token:
          holder: licensee
          transfer: "terms.transferable && now < terms.expires"
          consent: {by: licensor, unless: "terms.freely"}
          divide: {rounds: maxRounds, abandoned: maxRounds, epsilonMicro: epsilonBudgetMicro}
          share: {permille: terms.resalePermille, to: terms.beneficiaries}
          ends: [withdrawn, expired]
        invariants:
          - "state.rounds <= terms.maxRounds"
          - "state.abandoned <= terms.maxRounds"
          - "state.epsilonMicro <= terms.epsilonBudgetMicro"
        """

    init() throws {
        var keys: [MemberID: SigningKey] = [:]
        var founders: [MemberCard] = []
        for (number, name) in Self.names.enumerated() {
            var random = SeededRandom(seed: UInt64(number))
            let signing = SigningKey(from: &random)
            let cosigner = SigningKey(from: &random)
            let id = try MemberID(name)
            keys[id] = signing
            founders.append(
                MemberCard(
                    member: id, title: name, category: .data,
                    roles: [.auditor, .dataOwner, .issuer, .researcher],
                    keys: MemberKeys(
                        signing: signing.publicKey, cosigner: cosigner.publicKey)))
        }
        self.keys = keys
        var random = SeededRandom(seed: 99)
        var rules = Rules()
        rules.participantsMin = 1
        let founding = try FoundLab(
            title: "Market", origin: try #require(LabOrigin(base: "lab.example/market")),
            coordinator: CoordinatorKeys(
                logKey: SigningKey(from: &random).publicKey,
                serviceKey: SigningKey(from: &random).publicKey),
            constitution: LibraryDocument.constitution.published(), rules: rules,
            founders: founders)
        state = try LabState(
            founding: founding, id: LabID(leafHash: [UInt8](repeating: 1, count: 32)),
            at: Self.start)
        let document = try ContractFile(text: Self.text, name: "traded-licence.yaml").document()
        licence = PublishDocument.digest(of: document)
        try apply(PublishDocument(document: document), by: "ada")
        try apply(RegisterCurrency(currency: Self.currency, title: "Yuan", scale: 2), by: "ed")
        for name in Self.traders {
            try apply(IssueMoney(amount: money(10_000), to: try MemberID(name)), by: "ed")
        }
        try apply(
            RegisterDataset(
                dataset: try DatasetID("d-1"), title: "Data", schema: ["columns": []], rows: 10,
                commitment: BlobDigest(sha256: [UInt8](repeating: 7, count: 32))), by: "ada")
    }

    // MARK: - Actions

    /// - Throws: `Refusal`.
    mutating func perform(_ action: any LabAction, by name: String) throws {
        index += 1
        var context = ActionContext(
            index: index, now: now,
            sender: name == "coordinator" ? .coordinator : .member(try MemberID(name)))
        moved = try state.perform(action, in: &context).moved
    }

    mutating func apply(
        _ action: any LabAction, by name: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        do {
            try perform(action, by: name)
        } catch let refusal as Refusal {
            Issue.record("\(refusal)", sourceLocation: sourceLocation)
            throw refusal
        }
    }

    /// Why an action is refused; `nil` where it is not.
    mutating func refusal(of action: any LabAction, by name: String) throws -> Refusal? {
        do {
            try perform(action, by: name)
            return nil
        } catch let refusal as Refusal {
            return refusal
        }
    }

    func money(_ minorUnits: Int64) -> Money { Money(minorUnits, Self.currency) }

    func balance(_ holder: AccountHolder) -> Int64 {
        state.accounts.balance(of: AccountID(holder: holder, currency: Self.currency))
    }

    func balance(of name: String) throws -> Int64 { balance(.member(try MemberID(name))) }

    var soon: Timestamp { now.advanced(byMilliseconds: Self.hour) }

    // MARK: - Licences

    /// An active licence of `cy`.
    mutating func license(
        _ name: String = "l", rounds: Int64 = 10, epsilon: Int64 = 20_000, freely: Bool = true,
        isTransferable: Bool = true, permille: Int64 = 100,
        beneficiaries: [String: Int64] = ["gus": 1]
    ) throws {
        try apply(
            offering(
                name, rounds: rounds, epsilon: epsilon, freely: freely,
                isTransferable: isTransferable, permille: permille, beneficiaries: beneficiaries),
            by: "ada")
        try apply(
            TakeContractAction(contract: try ContractID(name), action: "accept"), by: "cy")
    }

    /// The offer of a licence to `cy`.
    func offering(
        _ name: String, rounds: Int64 = 10, epsilon: Int64 = 20_000, freely: Bool = true,
        isTransferable: Bool = true, permille: Int64 = 100,
        beneficiaries: [String: Int64] = ["gus": 1]
    ) throws -> OfferContract {
        let id = try ContractID(name)
        let expires = Self.start.advanced(byMilliseconds: 1_000 * Self.hour)
        return OfferContract(
            contract: id, document: licence, parties: ["licensor": "ada", "licensee": "cy"],
            terms: [
                "dataset": "d-1", "maxRounds": .integer(rounds),
                "epsilonBudgetMicro": .integer(epsilon),
                "expires": .string(expires.instant.rfc3339),
                "transferable": .bool(isTransferable), "freely": .bool(freely),
                "resalePermille": .integer(permille),
                "beneficiaries": .object(
                    beneficiaries.reduce(into: JSONObject()) {
                        $0[$1.key] = .integer($1.value)
                    }),
            ], currency: nil)
    }

    func contract(_ name: String) throws -> Contract {
        try #require(state.agreements[try ContractID(name)])
    }

    func holder(_ name: String) throws -> String {
        try #require(try contract(name).member("licensee")).text
    }

    func left(_ name: String) throws -> [String: Int64] {
        let contract = try contract(name)
        return contract.compiled.quotasLeft(in: contract.instance)
    }

    func trade(_ name: String) throws -> Trade {
        try #require(state.market[try TradeID(name)])
    }

    mutating func divide(
        _ name: String, _ part: String, rounds: Int64, epsilon: Int64 = 0, by holder: String = "cy"
    ) throws {
        try apply(try division(name, part, rounds: rounds, epsilon: epsilon), by: holder)
    }

    func division(
        _ name: String, _ part: String, rounds: Int64, epsilon: Int64 = 0
    ) throws -> DivideToken {
        DivideToken(
            contract: try ContractID(name), part: try ContractID(part),
            limits: ["maxRounds": rounds, "epsilonBudgetMicro": epsilon])
    }

    func offer(
        _ trade: String = "t", of name: String = "l", price: Int64 = 1_000, to: String? = nil,
        least: [String: Int64]? = nil
    ) throws -> OfferToken {
        OfferToken(
            trade: try TradeID(trade), contract: try ContractID(name), price: money(price),
            to: try to.map { try MemberID($0) }, least: least, expires: soon)
    }

    func bid(
        _ trade: String = "t", for name: String = "l", price: Int64 = 1_000,
        least: [String: Int64]? = nil
    ) throws -> BidForToken {
        BidForToken(
            trade: try TradeID(trade), contract: try ContractID(name), price: money(price),
            least: least, expires: soon)
    }

    func transfer(
        _ trade: String = "t", of name: String = "l", to: String = "di"
    ) throws -> TransferToken {
        TransferToken(
            trade: try TradeID(trade), contract: try ContractID(name), to: try MemberID(to),
            expires: soon)
    }

    func accept(_ trade: String = "t") throws -> AcceptTrade {
        AcceptTrade(trade: try TradeID(trade))
    }

    func consent(_ trade: String = "t", agrees: Bool = true) throws -> ConsentToTrade {
        ConsentToTrade(trade: try TradeID(trade), agrees: agrees)
    }

    func withdrawal(_ trade: String = "t") throws -> WithdrawTrade {
        WithdrawTrade(trade: try TradeID(trade))
    }

    func act(_ name: String, _ action: String) throws -> TakeContractAction {
        TakeContractAction(contract: try ContractID(name), action: action)
    }

    // MARK: - Rounds

    /// A running job of many rounds under one licence.
    mutating func startJob(_ name: String, under licence: String, by owner: String) throws {
        try apply(
            ProposeJob(
                job: try JobID(name), model: try ModelID("m-\(owner)"), purpose: "research",
                licences: [try LicenceID(licence)], trainer: [:],
                plan: JobPlan([.init(task: .statistics, rounds: 1_000)]), participantsMin: 1,
                roundTimeoutMilliseconds: 1_000), by: owner)
        try apply(StartJob(job: try JobID(name)), by: owner)
    }

    func nextRound(of name: String) throws -> OpenRound {
        let job = try #require(state.jobs[try JobID(name)])
        return OpenRound(
            round: RoundID(job: job.id, number: job.opened), task: .statistics,
            base: job.weights, participants: job.participants.map(\.member))
    }

    /// Seals and closes the round that is open.
    mutating func close(roundOf name: String) throws {
        let job = try #require(state.jobs[try JobID(name)])
        let round = try #require(state.jobs.current(of: job))
        let member = try #require(round.participants.first).member
        let contribution = Contribution(
            lab: state.id, round: round.id, member: member,
            update: BlobDigest(sha256: [UInt8](repeating: 9, count: 32)), weight: 1,
            metricsMicro: [:])
        let envelope = Envelope(
            signing: contribution.json.canonicalBytes, as: Contribution.payloadType,
            with: try #require(keys[member]))
        try apply(SealRound(round: round.id, contributions: [envelope]), by: "coordinator")
        try apply(
            CloseRound(
                round: round.id, result: BlobDigest(sha256: [UInt8](repeating: 8, count: 32))),
            by: "coordinator")
    }

    func abandonment(ofRoundOf name: String) throws -> AbandonRound {
        let job = try #require(state.jobs[try JobID(name)])
        return AbandonRound(
            round: try #require(state.jobs.current(of: job)).id, reason: "a test")
    }

    // MARK: - Votes

    mutating func decide(_ change: Proposal.Change) throws {
        try apply(OpenProposal(change: change), by: "ada")
        let proposal = try #require(
            state.members.proposals.sorted.last {
                $0.row.change == change && $0.row.status == .open
            })
        for name in Self.names {
            guard state.members.proposals[proposal.key]?.status == .open else { return }
            try apply(CastVote(proposal: proposal.key, approves: true), by: name)
        }
    }
}
