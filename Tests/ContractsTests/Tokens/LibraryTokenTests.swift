import ContractLanguage
import ContractLibrary
import Contracts
import Encodings
import Policy
import Testing

@Suite
struct LibraryTokenTests {
    @Test("The library's dataset licence is divided with the abandoned rounds that it gives back")
    func divide() throws {
        let document = try CompiledContract(LibraryDocument.datasetLicence.published())
        var terms = LicenceTerms(
            dataset: try DatasetID("d"), licensee: try MemberID("cy"), purposes: ["research"],
            roundsMax: 10, feePerRound: Money(5, TokenLab.currency),
            expires: TokenLab.start.advanced(byMilliseconds: TokenLab.hour))
        terms.isTransferable = true
        terms.epsilonBudgetMicro = 1_000
        terms.resalePermille = 500
        terms.beneficiaries = [try MemberID("gus"): 1, try MemberID("ada"): 2]
        let now = TokenLab.start.instant
        let offered = try document.conclude(
            ContractOffer(
                name: "l", offeredBy: "ada", parties: ["licensor": "ada", "licensee": "cy"],
                terms: terms.json, currency: "CNY"), now: now)
        #expect(throws: ContractRefusal.self) {
            try document.consenter(toHandoverOf: offered, escrow: 0, now: now)
        }
        let licence = try document.take(
            ContractCall(action: "accept", sender: .member("cy"), input: [:], now: now, escrow: 0),
            on: offered
        ).instance
        #expect(try document.consenter(toHandoverOf: licence, escrow: 0, now: now) == "ada")
        let shares = try document.shares(of: 101, for: licence, escrow: 0, now: now)
        #expect(shares.map(\.member) == ["ada", "gus"])
        #expect(shares.map(\.amount) == [33, 17])

        let (rest, part) = try document.divide(
            licence, into: "l-1", limits: ["maxRounds": 4, "epsilonBudgetMicro": 250], escrow: 0,
            now: now)
        #expect(
            document.quotasLeft(in: rest) == ["rounds": 6, "abandoned": 6, "epsilonMicro": 750])
        #expect(
            document.quotasLeft(in: part) == ["rounds": 4, "abandoned": 4, "epsilonMicro": 250])
        let late = TokenLab.start.advanced(byMilliseconds: TokenLab.hour).instant
        #expect(throws: ContractRefusal.self) {
            try document.consenter(toHandoverOf: part, escrow: 0, now: late)
        }
        #expect(try document.merge(part, into: rest, escrow: 0, now: now) == licence)
    }

    @Test("Who made the offer and passes its place on is no counterparty of itself")
    func offeror() throws {
        let document = try CompiledContract(LibraryDocument.datasetLicence.published())
        var terms = LicenceTerms(
            dataset: try DatasetID("d"), licensee: try MemberID("cy"), purposes: ["research"],
            roundsMax: 10, feePerRound: Money(5, TokenLab.currency),
            expires: TokenLab.start.advanced(byMilliseconds: TokenLab.hour))
        terms.isTransferable = true
        let now = TokenLab.start.instant
        let offered = try document.conclude(
            ContractOffer(
                name: "l", offeredBy: "cy", parties: ["licensor": "ada", "licensee": "cy"],
                terms: terms.json, currency: "CNY"), now: now)
        let licence = try document.take(
            ContractCall(
                action: "accept", sender: .member("ada"), input: [:], now: now, escrow: 0),
            on: offered
        ).instance
        let passed = try document.handedOver(licence, to: "di", escrow: 0, now: now)
        #expect(passed.members("licensee", in: document) == ["di"])
        #expect(passed.offeredBy == "di")
    }

    @Test(
        "A part is merged into a licence whose own rounds are used up, which is active again then")
    func mergeIntoExhausted() throws {
        let document = try CompiledContract(LibraryDocument.datasetLicence.published())
        var terms = LicenceTerms(
            dataset: try DatasetID("d"), licensee: try MemberID("cy"), purposes: ["research"],
            roundsMax: 3, feePerRound: Money(5, TokenLab.currency),
            expires: TokenLab.start.advanced(byMilliseconds: TokenLab.hour))
        terms.isTransferable = true
        let now = TokenLab.start.instant
        let offered = try document.conclude(
            ContractOffer(
                name: "l", offeredBy: "ada", parties: ["licensor": "ada", "licensee": "cy"],
                terms: terms.json, currency: "CNY"), now: now)
        let licence = try document.take(
            ContractCall(action: "accept", sender: .member("cy"), input: [:], now: now, escrow: 0),
            on: offered
        ).instance
        var (rest, part) = try document.divide(
            licence, into: "l-1", limits: ["maxRounds": 2, "epsilonBudgetMicro": 0], escrow: 0,
            now: now)
        rest = try document.take(
            ContractCall(
                action: "train", sender: .lab, input: ["purpose": "research", "epsilonMicro": 0],
                now: now, escrow: 0), on: rest
        ).instance
        #expect(rest.stage == "exhausted")
        let whole = try document.merge(part, into: rest, escrow: 0, now: now)
        #expect(whole.stage == "active")
        #expect(document.quotasLeft(in: whole)["rounds"] == 2)

        // What ended otherwise than by use stays as it ended.
        let withdrawn = try document.take(
            ContractCall(
                action: "withdraw", sender: .member("ada"), input: ["reason": "revoked"], now: now,
                escrow: 0), on: rest
        ).instance
        #expect(throws: ContractRefusal.self) {
            try document.merge(part, into: withdrawn, escrow: 0, now: now)
        }
    }
}
