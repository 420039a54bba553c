import ContractLanguage
import Contracts
import Encodings
import Identity

/// What a careful clerk would write down beside the ledger: licences, rounds and money, reckoned a
/// second time from the transactions that were applied, by the design's rules and not by the
/// contracts' code.
struct Books {
    struct Job {
        let owner: MemberID
        let purpose: String
        /// By the member whose data it is.
        let licences: [MemberID: LicenceID]
        let participantsMin: Int
        let planned: Int64
        var rounds = 0
        var current: RoundID?
    }

    struct Round {
        let base: BlobDigest?
        let index: UInt64
        let licences: [MemberID: LicenceID]
        var contributions: [Contribution] = []
        var isOpen = true
    }

    private var applied: Set<TransactionID> = []
    var datasets: [DatasetID: (owner: MemberID, rows: Int64)] = [:]
    var licences: [LicenceID: Licence] = [:]
    /// Contracts under other documents, and who is party to them.
    var others: [ContractID: Set<MemberID>] = [:]
    var trades: [TradeID: Trade] = [:]
    private(set) var jobs: [JobID: Job] = [:]
    private(set) var rounds: [RoundID: Round] = [:]
    var balances: [AccountHolder: [CurrencyCode: Int64]] = [:]
    private var issued: [CurrencyCode: Int64] = [:]
    var transfers: [UInt64: Transfer] = [:]
    var holds: [HoldID: Hold] = [:]
    var fees: [CurrencyCode: TransferFee] = [:]
    var limits: [AccountHolder: AccountLimit] = [:]
    /// What the transaction that is being read moved.
    var moved: [Moved] = []

    struct Transfer {
        let from: MemberID
        let to: MemberID
        let amount: Money
        var isReversed = false
    }

    struct Hold {
        let payer: MemberID
        let payee: MemberID
        let amount: Money
        let fee: TransferFee?
        let expires: Timestamp
        var isOpen = true
    }

    struct Moved: Hashable, Comparable {
        let text: String
        let minorUnits: Int64

        static func < (left: Self, right: Self) -> Bool {
            (left.text, left.minorUnits) < (right.text, right.minorUnits)
        }
    }

    init() {}

    /// Why a member's licence does not allow it to use its data for a round, going by what is
    /// written here.
    func objection(to member: MemberID, training round: RoundID, at index: UInt64) -> String? {
        guard let row = rounds[round], row.index == index, let id = row.licences[member] else {
            return "entry \(index) does not open round \(round) for \(member)"
        }
        guard row.isOpen else { return "round \(round) is over" }
        guard licences[id]?.stage == "active" || licences[id]?.stage == "exhausted" else {
            return "licence \(id) has ended"
        }
        return nil
    }

    // MARK: - Reading

    /// Reads a transaction that was applied.
    ///
    /// - Parameter state: What the contracts made of it.
    /// - Returns: What should not have been applied, if anything.
    mutating func read(
        _ transaction: Transaction, _ receipt: Receipt, state: LabState
    ) -> String? {
        guard applied.insert(receipt.transaction).inserted else { return "it is applied twice" }
        moved = []
        if let problem = enter(transaction, receipt, state) { return problem }
        let told = receipt.moved.map {
            Moved(
                text: "\($0.from) \($0.to) \($0.amount.currency)",
                minorUnits: $0.amount.minorUnits)
        }
        return told.sorted() == moved.sorted()
            ? nil : "the receipt tells of the movements \(told), and there were \(moved)"
    }

    private mutating func enter(
        _ transaction: Transaction, _ receipt: Receipt, _ state: LabState
    ) -> String? {
        guard case .member(let sender) = transaction.sender else {
            return readCoordinator(transaction.action, receipt, state)
        }
        switch transaction.action {
        case let action as RegisterDataset: datasets[action.dataset] = (sender, action.rows)
        case let action as OfferContract: return offer(action, by: sender)
        case let action as TakeContractAction: return take(action, receipt, by: sender)
        case let action as DivideToken: return divide(action, by: sender)
        case let action as MergeToken: return merge(action, by: sender)
        case let action as TransferToken:
            return open(
                action.trade,
                .init(
                    licence: action.contract, seller: sender, buyer: action.to, price: nil,
                    expires: action.expires), by: sender)
        case let action as OfferToken:
            return open(
                action.trade,
                .init(
                    licence: action.contract, seller: sender, buyer: action.to,
                    price: action.price, expires: action.expires), by: sender)
        case let action as BidForToken:
            return bid(action, by: sender)
        case let action as AcceptTrade: return accept(action.trade, receipt.time, by: sender)
        case let action as ConsentToTrade: return consent(action, receipt.time, by: sender)
        case let action as WithdrawTrade: return withdraw(action.trade)
        case let action as ProposeJob:
            var owners: [MemberID: LicenceID] = [:]
            for id in action.licences {
                guard let licence = licences[id], licence.licensee == sender else {
                    return "job \(action.job) names a licence of somebody else"
                }
                owners[licence.licensor] = id
            }
            jobs[action.job] = Job(
                owner: sender, purpose: action.purpose, licences: owners,
                participantsMin: action.participantsMin, planned: Int64(action.plan.rounds))
        case let action as StartJob: return start(action.job, receipt.time, state)
        case let action as AbandonJob: return end(action.job)
        case let action as IssueMoney:
            issued[action.amount.currency, default: 0] += action.amount.minorUnits
            return move(action.amount, from: nil, to: .member(action.to))
        case let action as RedeemMoney:
            issued[action.amount.currency, default: 0] -= action.amount.minorUnits
            return move(action.amount, from: .member(sender), to: nil)
        case let action as TransferMoney:
            transfers[receipt.index] = Transfer(
                from: sender, to: action.to, amount: action.amount)
            return move(action.amount, from: .member(sender), to: .member(action.to))
                ?? payFee(of: action.amount, by: sender)
        case let action as SetTransferFee: fees[action.currency] = action.fee
        case let action as SetAccountLimit: return limit(action)
        case let action as ReverseTransfer: return reverse(action, by: sender, state)
        case let action as SplitPayment:
            return split(action, by: sender) ?? payFee(of: action.amount, by: sender)
        case let action as PlaceHold:
            return place(action, by: sender)
        case let action as CaptureHold:
            return endHold(
                action.hold, paying: action.amount, receipt.time, by: sender)
        case let action as ReleaseHold: return endHold(action.hold, receipt.time, by: sender)
        default: break
        }
        return nil
    }

    private mutating func readCoordinator(
        _ action: any LabAction, _ receipt: Receipt, _ state: LabState
    ) -> String? {
        switch action {
        case let action as OpenRound: return open(action, receipt, state)
        case let action as SealRound: return seal(action, state)
        case let action as CloseRound:
            guard let round = rounds[action.round], !round.contributions.isEmpty else {
                return "round \(action.round) is closed without a seal"
            }
            let contributors = Set(round.contributions.map(\.member))
            return settle(action.round, contributors)
        case let action as AbandonRound: return abandon(action.round)
        case let action as AbandonJob: return end(action.job)
        case let action as CompleteJob: return end(action.job)
        default: return "the coordinator sent \(type(of: action).name)"
        }
    }

    private mutating func open(
        _ action: OpenRound, _ receipt: Receipt, _ state: LabState
    ) -> String? {
        let id = action.round
        guard var job = jobs[id.job], job.current == nil, job.rounds == id.number,
            action.participants.count >= job.participantsMin,
            state.agreements[.constitution]?.instance.stage == "in-force"
        else { return "round \(id) may not be opened" }
        var named: [MemberID: LicenceID] = [:]
        var fees: [Money] = []
        for member in action.participants {
            guard let licenceID = job.licences[member], let licence = licences[licenceID] else {
                return "round \(id) names \(member) without a licence"
            }
            guard licence.allows(job.purpose, at: receipt.time), isUsable(licence, state),
                licence.licensee == job.owner
            else {
                return "round \(id) overruns licence \(licenceID)"
            }
            licences[licenceID]?.train()
            named[member] = licenceID
            fees.append(licence.fee)
        }
        if let problem = setAside(fees, for: id.job, of: job.owner) { return problem }
        job.rounds += 1
        job.current = id
        jobs[id.job] = job
        rounds[id] = Round(base: action.base, index: receipt.index, licences: named)
        return nil
    }

    private mutating func seal(_ action: SealRound, _ state: LabState) -> String? {
        guard var round = rounds[action.round], round.isOpen, let job = jobs[action.round.job],
            action.contributions.count >= job.participantsMin
        else { return "round \(action.round) may not be sealed" }
        for envelope in action.contributions {
            guard let json = try? JSONValue(parsing: envelope.payload),
                let contribution = try? Contribution(json), contribution.round == action.round,
                let licence = round.licences[contribution.member].flatMap({ licences[$0] }),
                contribution.weight <= datasets[licence.dataset]?.rows ?? 0,
                state.members[contribution.member]?.status == .active,
                !round.contributions.contains(where: { $0.member == contribution.member })
            else { return "the seal of round \(action.round) counts what it must not" }
            round.contributions.append(contribution)
        }
        round.isOpen = false
        rounds[action.round] = round
        return nil
    }

    /// What a job has not spent goes back to its owner, and its open round comes to nothing.
    private mutating func end(_ id: JobID) -> String? {
        guard let job = jobs[id] else { return "there is no job \(id)" }
        if let current = job.current, let problem = abandon(current) { return problem }
        return release(id, to: job.owner)
    }

    private mutating func settle(_ id: RoundID, _ contributors: Set<MemberID>) -> String? {
        guard let round = end(round: id) else { return "round \(id) ends twice" }
        for (member, licence) in round.licences.sorted(by: { $0.key < $1.key })
        where contributors.contains(member) {
            guard let fee = licences[licence]?.fee else { return "no licence" }
            if let problem = move(fee, from: .job(id.job), to: .member(member)) { return problem }
        }
        return nil
    }

    private mutating func abandon(_ id: RoundID) -> String? {
        guard let round = end(round: id) else { return "round \(id) ends twice" }
        for licence in round.licences.values { licences[licence]?.giveBack() }
        return nil
    }

    private mutating func end(round id: RoundID) -> Round? {
        guard let round = rounds[id], jobs[id.job]?.current == id else { return nil }
        rounds[id]?.isOpen = false
        jobs[id.job]?.current = nil
        return round
    }

    // MARK: - Comparing

    /// Where the contracts' own books differ from these, if anywhere.
    func difference(from state: LabState) -> String? {
        var sums: [CurrencyCode: Int64] = [:]
        var accounts = 0
        for (account, minorUnits) in state.accounts.all {
            sums[account.currency, default: 0] += minorUnits
            accounts += 1
            let expected = balances[account.holder]?[account.currency] ?? 0
            if minorUnits != expected || minorUnits < -(limits[account.holder]?.credit ?? 0) {
                return "account \(account) has \(minorUnits), and should have \(expected)"
            }
        }
        guard accounts == balances.values.reduce(0, { $0 + $1.values.count { $0 != 0 } }) else {
            return "an account is empty that should not be"
        }
        for (code, currency) in state.accounts.currencies.sorted
        where currency.issued != issued[code, default: 0]
            || sums[code, default: 0] != currency.issued
        {
            return "\(sums[code, default: 0]) \(code) are there, and \(currency.issued) were issued"
        }
        for (id, licence) in licences {
            if let problem = licence.difference(from: state.licence(id)) { return problem }
        }
        if let problem = overrun { return problem }
        for version in state.models.all.flatMap({ state.models.versions(of: $0) })
        where version.status == .released {
            let trained = Set(version.lineage.map(\.member))
            let independent = version.validations.filter {
                $0.accepts && !trained.contains($0.member)
            }
            if independent.count < state.lab.rules.validationsMin {
                return "version \(version.id) was released without independent validation"
            }
        }
        return nil
    }
}
