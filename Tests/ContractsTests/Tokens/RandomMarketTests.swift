import ContractLanguage
import Contracts
import Encodings
import Randomness
import Testing

@Suite
struct RandomMarketTests {
    @Test(
        "Whatever is divided, sold, trained, abandoned, withdrawn and frozen: no parts exceed their whole, no place moves without the consents that it takes, and no money is lost",
        arguments: 0..<48 as Range<UInt64>)
    func market(seed: UInt64) throws {
        var market = try RandomMarket(seed: seed)
        for _ in 0..<600 { try market.step() }
        try market.finish()
        // The sequence did something.
        #expect(market.applied > 75, "seed \(seed)")
    }
}

/// A market in which everybody does anything, and what was really done is counted beside the machine.
private struct RandomMarket {
    static let rounds: [String: Int64] = ["l-asked": 12, "l-free": 5]
    /// In one the budget ends first, in the other the rounds.
    static let epsilon: [String: Int64] = ["l-asked": 20_000, "l-free": 60_000]

    let seed: UInt64
    var random: SeededRandom
    var lab: TokenLab
    private(set) var applied = 0
    var names = ["l-asked", "l-free"]
    let isFree: [String: Bool] = ["l-asked": false, "l-free": true]
    var trades: [String] = []
    /// With the licence.
    var jobs: [(name: String, licence: String)] = []
    /// By root: rounds that were opened, and those of them that were abandoned.
    var opened: [String: Int64] = [:]
    var abandoned: [String: Int64] = [:]
    /// Who has agreed to a trade, one way or the other, in the trade's place.
    var agreed: [String: Set<String>] = [:]
    private var number = 0

    init(seed: UInt64) throws {
        self.seed = seed
        random = SeededRandom(seed: seed)
        lab = try TokenLab()
        for name in names {
            try lab.license(
                name, rounds: Self.rounds[name] ?? 0, epsilon: Self.epsilon[name] ?? 0,
                freely: isFree[name] ?? false, permille: 50, beneficiaries: ["ada": 1, "gus": 2])
        }
    }

    // MARK: - Anything

    mutating func step() throws {
        number += 1
        lab.now = lab.now.advanced(byMilliseconds: Int64(pick(0...120_000)))
        let name = one(of: names)
        let trade = trades.isEmpty ? "none" : one(of: trades)
        switch pick(0...99) {
        case 0..<12: try divide(name)
        case 12..<15: try attempt(MergeToken(part: try ContractID(name)), by: holder(name))
        case 15..<22:
            try propose(lab.transfer(next("t"), of: name, to: trader()), by: seller(of: name))
        case 22..<32:
            try propose(
                lab.offer(
                    next("t"), of: name, price: price(), to: pick(0...2) == 0 ? trader() : nil,
                    least: least()), by: seller(of: name))
        case 32..<42:
            try propose(
                lab.bid(next("t"), for: name, price: price(), least: least()), by: trader())
        case 42..<58: try accept(trade)
        case 58..<66:
            try attempt(
                lab.consent(trade, agrees: pick(0...3) > 0),
                by: pick(0...9) == 0 ? anybody() : "ada")
        case 66..<72: try attempt(lab.withdrawal(trade), by: anybody())
        case 72..<77: try startJob(name)
        case 77..<94: try train()
        case 94..<96: try freeze(name)
        case 96: try withdrawLicence(name)
        default: try attempt(lab.act(name, "note"), by: holder(name))
        }
        try check()
    }

    private mutating func divide(_ name: String) throws {
        let part = next("p")
        let action = try lab.division(
            name, part, rounds: Int64(pick(1...5)), epsilon: Int64(pick(0...6)) * 1_000)
        if try attempt(action, by: seller(of: name)) { names.append(part) }
    }

    private mutating func propose(_ action: any LabAction, by sender: String) throws {
        let trade = "t-\(number)"
        if try attempt(action, by: sender) {
            trades.append(trade)
            agreed[trade] = [sender]
        }
    }

    private mutating func accept(_ trade: String) throws {
        guard trades.contains(trade) else { return }
        let row = try lab.trade(trade)
        let sender =
            pick(0...3) == 0
            ? anybody()
            : row.kind == .bid ? try holder(row.contract.text) : row.buyer?.text ?? trader()
        let before = agreed[trade]
        agreed[trade, default: []].insert(sender)
        if try !attempt(lab.accept(trade), by: sender) { agreed[trade] = before }
    }

    private mutating func startJob(_ name: String) throws {
        let job = next("j")
        let owner = try holder(name)
        do {
            try lab.startJob(job, under: name, by: owner)
            jobs.append((job, name))
        } catch is Refusal {}
    }

    private mutating func train() throws {
        guard !jobs.isEmpty else { return }
        // Mostly a job that can go on.
        let able = try jobs.filter { job in
            let owner = lab.state.jobs[try JobID(job.name)]?.owner.text
            return try owner == holder(job.licence) && !isBound(job.licence)
                && lab.left(job.licence)["rounds"] != 0
        }
        let (job, licence) = one(of: able.isEmpty || pick(0...3) == 0 ? jobs : able)
        let row = try #require(lab.state.jobs[try JobID(job)])
        let root = try root(of: licence)
        if lab.state.jobs.current(of: row) == nil {
            let isHeld = try holder(licence) == row.owner.text
            let isBound = try isBound(licence)
            if try attempt(lab.nextRound(of: job), by: "coordinator") {
                opened[root, default: 0] += 1
                #expect(isHeld && !isBound, "seed \(seed), step \(number)")
            }
        } else if pick(0...3) == 0 {
            try lab.close(roundOf: job)
        } else if try attempt(lab.abandonment(ofRoundOf: job), by: "coordinator") {
            abandoned[root, default: 0] += 1
        }
    }

    private mutating func freeze(_ name: String) throws {
        let frozen = try names.filter { try lab.contract($0).frozen != nil }
        if !frozen.isEmpty, pick(0...3) > 0 {
            try lab.decide(.unfreeze(try ContractID(one(of: frozen)), reason: "lifted"))
        } else if !frozen.contains(name) {
            try lab.decide(.freeze(try ContractID(name), reason: "an order"))
        }
    }

    private mutating func withdrawLicence(_ name: String) throws {
        // A root that is withdrawn ends the game for all its parts.
        guard try lab.contract(name).parent != nil || number > 500 else { return }
        try attempt(lab.act(name, "withdraw"), by: "ada")
    }

    // MARK: - What must hold

    @discardableResult
    private mutating func attempt(_ action: any LabAction, by sender: String) throws -> Bool {
        let before = lab
        guard try lab.refusal(of: action, by: sender) == nil else { return false }
        applied += 1
        try checkBinding(action, before)
        try checkHandovers(action, by: sender, before)
        try checkMoney(before)
        return true
    }

    /// Nothing happens under a contract that is frozen, or whose whole has ended or is frozen.
    private func checkBinding(_ action: any LabAction, _ before: TokenLab) throws {
        let contract: ContractID? =
            switch action {
            case let action as TakeContractAction: action.contract
            case let action as DivideToken: action.contract
            case let action as OfferToken: action.contract
            case let action as BidForToken: action.contract
            case let action as TransferToken: action.contract
            case let action as AcceptTrade: before.state.market[action.trade]?.contract
            default: nil
            }
        if let contract {
            #expect(try !Self.isBound(contract.text, in: before), "seed \(seed), step \(number)")
        }
    }

    /// A place goes from one who agreed to one who agreed, with the licensor's consent where the terms
    /// ask for it.
    private func checkHandovers(
        _ action: any LabAction, by sender: String, _ before: TokenLab
    ) throws {
        for name in names {
            guard let old = try? before.holder(name) else { continue }
            let new = try lab.holder(name)
            guard new != old else { continue }
            let trade: TradeID? =
                switch action {
                case let action as AcceptTrade: action.trade
                case let action as ConsentToTrade: action.trade
                default: nil
                }
            let agreed = trade.flatMap { self.agreed[$0.text] } ?? []
            #expect(agreed.contains(old) && agreed.contains(new), "seed \(seed), step \(number)")
            if try isFree[root(of: name)] == false {
                #expect(
                    action is ConsentToTrade && sender == "ada", "seed \(seed), step \(number)")
            }
            #expect(trade.flatMap { before.state.market[$0] }?.contract.text == name)
        }
    }

    /// A buyer's money is in its account, in the trade's escrow, or paid for a place that it got.
    private func checkMoney(_ before: TokenLab) throws {
        for row in lab.state.market.all {
            guard let price = row.price?.minorUnits else { continue }
            let isPutAside = row.status == .agreed || row.status == .open && row.kind == .bid
            let held = lab.balance(.trade(row.id))
            #expect(held == (isPutAside ? price : 0), "seed \(seed), step \(number)")
            let was = before.balance(.trade(row.id))
            guard was > held, let buyer = row.buyer else { continue }
            let balances = (before.balance(.member(buyer)), lab.balance(.member(buyer)))
            let isPaid = row.status == .delivered
            #expect(
                balances.1 - balances.0 == (isPaid ? 0 : price), "seed \(seed), step \(number)")
        }
    }

    private func check() throws {
        var sum: Int64 = 0
        for (_, minorUnits) in lab.state.accounts.all {
            sum += minorUnits
            #expect(minorUnits > 0, "seed \(seed), step \(number)")
        }
        #expect(sum == 30_000, "seed \(seed), step \(number)")
        for (root, budget) in Self.epsilon {
            let rounds = Self.rounds[root] ?? 0
            let opened = opened[root] ?? 0
            let trained = opened - (abandoned[root] ?? 0)
            #expect(trained <= rounds, "seed \(seed), step \(number), \(root)")
            #expect(opened <= 2 * rounds, "seed \(seed), step \(number), \(root)")
            // The epsilon of an abandoned round is spent all the same.
            #expect(opened * 1_000 <= budget, "seed \(seed), step \(number), \(root)")
        }
    }

    /// All trades run out: whatever was put aside comes back.
    mutating func finish() throws {
        lab.now = lab.soon
        for trade in trades where try lab.trade(trade).isPending {
            try attempt(lab.withdrawal(trade), by: "gus")
        }
        for trade in trades { #expect(lab.balance(.trade(try TradeID(trade))) == 0) }
        try check()
    }

    // MARK: - Choices

    private func isBound(_ name: String) throws -> Bool { try Self.isBound(name, in: lab) }

    private static func isBound(_ name: String, in lab: TokenLab) throws -> Bool {
        var contract = try lab.contract(name)
        if contract.isMerged || contract.frozen != nil { return true }
        while let parent = contract.parent {
            contract = try lab.contract(parent.text)
            if contract.frozen != nil || contract.instance.stage == "withdrawn" { return true }
        }
        return false
    }

    private func root(of name: String) throws -> String {
        var contract = try lab.contract(name)
        while let parent = contract.parent { contract = try lab.contract(parent.text) }
        return contract.id.text
    }

    private func holder(_ name: String) throws -> String { try lab.holder(name) }

    /// Mostly one who may.
    private mutating func seller(of name: String) throws -> String {
        pick(0...9) == 0 ? anybody() : try holder(name)
    }

    private mutating func trader() -> String { one(of: TokenLab.traders) }
    private mutating func anybody() -> String { one(of: TokenLab.names) }
    private mutating func price() -> Int64 { Int64(pick(1...4_000)) }

    private mutating func least() -> [String: Int64]? {
        pick(0...1) == 0 ? nil : ["rounds": Int64(pick(0...3))]
    }

    private mutating func next(_ kind: String) -> String { "\(kind)-\(number)" }
    private mutating func one<Item>(of items: [Item]) -> Item { items[pick(0...items.count - 1)] }

    private mutating func pick(_ range: ClosedRange<Int>) -> Int {
        random.uniformInteger(in: range)
    }
}
