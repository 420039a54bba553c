import Contracts
import Encodings
import Policy

// Licences under the library's document, by the clauses of its prose.
extension Books {
    struct Licence {
        let id: LicenceID
        let licensor: MemberID
        /// Who holds the place now.
        var licensee: MemberID
        let dataset: DatasetID
        let purposes: [String]
        let roundsMax: Int64
        let fee: Money
        let expires: Timestamp
        let offeredBy: MemberID
        var isConcluded = false
        /// How it ended, if it has.
        var end: String?
        var rounds: Int64 = 0
        var givenBack: Int64 = 0
        /// Rounds that were opened under it and not given back, without what was divided off.
        var trained: Int64 = 0
        /// Its last round was opened; a licence all of whose rounds were divided off was not used up.
        var isExhausted = false
        let isTransferable: Bool
        let isFree: Bool
        /// Thousandths of a price that go to the licensor.
        let permille: Int64
        /// What it was divided off from.
        var parent: LicenceID?
        var isMerged = false

        var stage: String {
            end ?? (!isConcluded ? "offered" : isExhausted ? "exhausted" : "active")
        }

        /// Clauses 2, 3.1 and 4.1.
        func allows(_ purpose: String, at time: Timestamp) -> Bool {
            stage == "active" && rounds < roundsMax && time < expires && purposes.contains(purpose)
        }

        mutating func train() {
            rounds += 1
            trained += 1
            isExhausted = rounds >= roundsMax
        }

        /// Clause 4.2: an abandoned round does not count, as often as there are licensed rounds.
        mutating func giveBack() {
            guard end == nil, givenBack < roundsMax else { return }
            givenBack += 1
            rounds -= 1
            trained -= 1
            isExhausted = false
        }

        func difference(from other: Contracts.Licence?) -> String? {
            guard let other, let state = other.contract.json["state"] else {
                return "licence \(id) is gone"
            }
            return other.licensee == licensee && state["rounds"] == .integer(rounds)
                && state["abandoned"] == .integer(givenBack)
                && other.stage == stage
                ? nil
                : "licence \(id) is \(other.stage) with \(state), and should be \(stage) with "
                    + "\(rounds) rounds and \(givenBack) given back"
        }
    }

    mutating func offer(_ action: OfferContract, by sender: MemberID) -> String? {
        guard action.terms["maxRounds"] != nil else {
            others[action.contract] = Set(
                (action.parties.object?.members ?? []).flatMap { party in
                    (party.value.array ?? [party.value]).compactMap(\.string)
                }.compactMap { try? MemberID($0) })
            return nil
        }
        func name(_ party: String) -> MemberID? {
            action.parties[party]?.string.flatMap { try? MemberID($0) }
        }
        guard let licensor = name("licensor"), let licensee = name("licensee"),
            let dataset = action.terms["dataset"]?.string.flatMap({ try? DatasetID($0) }),
            let roundsMax = action.terms["maxRounds"]?.integer,
            let fee = action.terms["feePerRound"]?.integer, let currency = action.currency,
            let expires = action.terms["expires"]?.string.flatMap({ Instant(rfc3339: $0) }),
            datasets[dataset]?.owner == licensor, [licensor, licensee].contains(sender),
            licences[action.contract] == nil
        else { return "\(action.contract) may not be offered" }
        licences[action.contract] = Licence(
            id: action.contract, licensor: licensor, licensee: licensee, dataset: dataset,
            purposes: (action.terms["purposes"]?.array ?? []).compactMap(\.string),
            roundsMax: roundsMax, fee: Money(fee, currency), expires: Timestamp(expires),
            offeredBy: sender, isTransferable: action.terms["transferable"]?.bool ?? false,
            isFree: action.terms["freely"]?.bool ?? false,
            permille: action.terms["resalePermille"]?.integer ?? 0)
        return nil
    }

    mutating func take(
        _ action: TakeContractAction, _ receipt: Receipt, by sender: MemberID
    ) -> String? {
        let time = receipt.time
        if let parties = others[action.contract] {
            return take(action, moving: receipt.moved, between: parties)
        }
        guard var licence = licences[action.contract], licence.end == nil,
            !isBound(licence.id)
        else {
            return "\(sender) acts on a licence that is none, or has ended"
        }
        let isOffered = !licence.isConcluded
        let answers =
            [licence.licensor, licence.licensee].contains(sender)
            && sender != licence.offeredBy
        switch action.action {
        case "accept" where isOffered && answers && time < licence.expires:
            licence.isConcluded = true
        case "decline" where isOffered && answers: licence.end = "declined"
        case "withdraw" where sender == licence.licensor: licence.end = "withdrawn"
        case "lapse" where time >= licence.expires: licence.end = "expired"
        default: return "\(sender) may not take \(action.action) of \(licence.id)"
        }
        licences[licence.id] = licence
        return nil
    }

    /// Whether data and parties are still there.
    func isUsable(_ licence: Licence, _ state: LabState) -> Bool {
        !isBound(licence.id) && state.agreements[licence.id]?.frozen == nil
            && state.datasets[licence.dataset]?.status == .registered
            && state.members[licence.licensor]?.status == .active
            && state.members[licence.licensee]?.status == .active
    }

    // MARK: - A job's escrow

    /// All planned rounds of the licences that allow them today.
    mutating func start(_ id: JobID, _ time: Timestamp, _ state: LabState) -> String? {
        guard let job = jobs[id] else { return "there is no job \(id)" }
        for (_, name) in job.licences.sorted(by: { $0.key < $1.key }) {
            guard let licence = licences[name], licence.licensee == job.owner,
                licence.allows(job.purpose, at: time), isUsable(licence, state)
            else { continue }
            let fees = Money(licence.fee.minorUnits * job.planned, licence.fee.currency)
            if let problem = move(fees, from: .member(job.owner), to: .job(id)) { return problem }
        }
        return nil
    }

    /// A round's fees, where they have not been set aside at the start.
    mutating func setAside(_ fees: [Money], for id: JobID, of owner: MemberID) -> String? {
        let sums = Dictionary(fees.map { ($0.currency, $0.minorUnits) }, uniquingKeysWith: +)
        for (currency, sum) in sums {
            let missing = sum - (balances[.job(id)]?[currency] ?? 0)
            guard missing > 0 else { continue }
            let problem = move(Money(missing, currency), from: .member(owner), to: .job(id))
            if let problem { return problem }
        }
        return nil
    }

    mutating func release(_ id: JobID, to owner: MemberID) -> String? {
        for (currency, rest) in balances[.job(id)] ?? [:] {
            let problem = move(Money(rest, currency), from: .job(id), to: .member(owner))
            if let problem { return problem }
        }
        return nil
    }
}
