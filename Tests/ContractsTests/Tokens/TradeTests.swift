import Contracts
import Encodings
import Testing

@Suite
struct TradeTests {
    @Test("An offer that is taken delivers the place against the price in one transaction")
    func offer() throws {
        var lab = try TokenLab()
        try lab.license(permille: 100, beneficiaries: ["gus": 2, "ada": 1])
        try lab.apply(lab.offer(price: 1_005), by: "cy")
        try lab.apply(lab.accept(), by: "di")
        #expect(try lab.holder("l") == "di")
        #expect(try lab.trade("t").status == .delivered)
        #expect(try lab.balance(of: "di") == 10_000 - 1_005)
        // A tenth is 100, of which two thirds are 66 and the larger remainder.
        #expect(try lab.balance(of: "gus") == 67)
        #expect(try lab.balance(of: "ada") == 33)
        #expect(try lab.balance(of: "cy") == 10_000 + 905)
        #expect(lab.balance(.trade(try TradeID("t"))) == 0)
    }

    @Test("An offer to one member is taken by nobody else")
    func offerToOne() throws {
        var lab = try TokenLab()
        try lab.license()
        try lab.apply(lab.offer(to: "di"), by: "cy")
        #expect(try lab.refusal(of: lab.accept(), by: "eve")?.code == .wrongSender)
        try lab.apply(lab.accept(), by: "di")
        #expect(try lab.holder("l") == "di")
    }

    @Test("A bid puts its money aside, and the holder takes it")
    func bid() throws {
        var lab = try TokenLab()
        try lab.license(permille: 0, beneficiaries: [:])
        try lab.apply(lab.bid(price: 700), by: "eve")
        #expect(try lab.balance(of: "eve") == 9_300)
        #expect(lab.balance(.trade(try TradeID("t"))) == 700)
        #expect(try lab.refusal(of: lab.accept(), by: "di")?.code == .wrongSender)
        try lab.apply(lab.accept(), by: "cy")
        #expect(try lab.holder("l") == "eve")
        #expect(try lab.balance(of: "cy") == 10_700)
    }

    @Test("Where the terms ask for consent, the price waits in escrow until it is given")
    func consent() throws {
        var lab = try TokenLab()
        try lab.license(freely: false)
        try lab.apply(lab.offer(), by: "cy")
        try lab.apply(lab.accept(), by: "di")
        #expect(try lab.trade("t").status == .agreed)
        #expect(try lab.trade("t").awaits == MemberID("ada"))
        #expect(try lab.holder("l") == "cy")
        #expect(lab.balance(.trade(try TradeID("t"))) == 1_000)
        // Neither side gets out of what both have agreed on, and nobody else consents.
        #expect(try lab.refusal(of: lab.withdrawal(), by: "cy")?.code == .wrongStage)
        #expect(try lab.refusal(of: lab.withdrawal(), by: "di")?.code == .wrongStage)
        #expect(try lab.refusal(of: lab.consent(), by: "cy")?.code == .wrongSender)
        try lab.apply(lab.consent(), by: "ada")
        #expect(try lab.holder("l") == "di")
        #expect(try lab.balance(of: "cy") == 10_900)
    }

    @Test("A consent that is refused returns the money, and leaves the place where it was")
    func refusedConsent() throws {
        var lab = try TokenLab()
        try lab.license(freely: false)
        try lab.apply(lab.bid(), by: "di")
        try lab.apply(lab.accept(), by: "cy")
        try lab.apply(lab.consent(agrees: false), by: "ada")
        #expect(try lab.trade("t").status == .refused)
        #expect(try lab.holder("l") == "cy")
        #expect(try lab.balance(of: "di") == 10_000)
        #expect(try lab.refusal(of: lab.consent(), by: "ada")?.code == .wrongStage)
    }

    @Test("Nobody is given a place unasked, for it brings duties with it")
    func transfer() throws {
        var lab = try TokenLab()
        try lab.license()
        try lab.apply(lab.transfer(to: "di"), by: "cy")
        #expect(try lab.holder("l") == "cy")
        #expect(try lab.refusal(of: lab.accept(), by: "eve")?.code == .wrongSender)
        try lab.apply(lab.accept(), by: "di")
        #expect(try lab.holder("l") == "di")
        #expect(try lab.balance(of: "di") == 10_000)
    }

    @Test("The one that something is offered to may decline, and the one that offers may withdraw")
    func withdrawal() throws {
        var lab = try TokenLab()
        try lab.license()
        try lab.apply(lab.transfer("t-1", to: "di"), by: "cy")
        #expect(try lab.refusal(of: lab.withdrawal("t-1"), by: "eve")?.code == .wrongSender)
        try lab.apply(lab.withdrawal("t-1"), by: "di")
        try lab.apply(lab.offer("t-2"), by: "cy")
        try lab.apply(lab.withdrawal("t-2"), by: "cy")
        #expect(try lab.refusal(of: lab.accept("t-2"), by: "di")?.code == .wrongStage)
        try lab.apply(lab.bid("t-3"), by: "di")
        #expect(try lab.refusal(of: lab.withdrawal("t-3"), by: "cy")?.code == .wrongSender)
        try lab.apply(lab.withdrawal("t-3"), by: "di")
        #expect(try lab.balance(of: "di") == 10_000)
    }

    @Test("What has expired is neither taken nor consented to, and anybody may return its money")
    func expiry() throws {
        var lab = try TokenLab()
        try lab.license(freely: false)
        try lab.apply(lab.bid("t-1"), by: "di")
        try lab.apply(lab.bid("t-2"), by: "eve")
        try lab.apply(lab.accept("t-2"), by: "cy")
        lab.now = lab.soon
        #expect(try lab.refusal(of: lab.accept("t-1"), by: "cy")?.code == .tradeExpired)
        #expect(try lab.refusal(of: lab.consent("t-2"), by: "ada")?.code == .tradeExpired)
        try lab.apply(lab.withdrawal("t-1"), by: "gus")
        try lab.apply(lab.withdrawal("t-2"), by: "gus")
        #expect(try lab.balance(of: "di") == 10_000)
        #expect(try lab.balance(of: "eve") == 10_000)
    }

    @Test("Only the holder offers a place, and only where the terms let it pass on")
    func whoOffers() throws {
        var lab = try TokenLab()
        try lab.license("l-1")
        try lab.license("l-2", isTransferable: false)
        #expect(try lab.refusal(of: lab.offer(of: "l-1"), by: "di")?.code == .wrongSender)
        #expect(try lab.refusal(of: lab.offer(of: "l-1"), by: "ada")?.code == .wrongSender)
        #expect(try lab.refusal(of: lab.offer(of: "l-2"), by: "cy")?.code == .contractToken)
        #expect(try lab.refusal(of: lab.transfer(of: "l-2"), by: "cy")?.code == .contractToken)
        #expect(try lab.refusal(of: lab.bid(for: "l-2"), by: "di")?.code == .contractToken)
        #expect(try lab.refusal(of: lab.offer(of: "l-3"), by: "cy")?.code == .unknown)
    }

    @Test(
        "Parties are different members: a place goes to no party, and to nobody who holds it already"
    )
    func parties() throws {
        var lab = try TokenLab()
        try lab.license()
        #expect(try lab.refusal(of: lab.transfer(to: "ada"), by: "cy")?.code == .contractToken)
        #expect(try lab.refusal(of: lab.offer(to: "cy"), by: "cy")?.code == .contractToken)
        #expect(try lab.refusal(of: lab.bid(), by: "ada")?.code == .contractToken)
        #expect(try lab.refusal(of: lab.bid(), by: "cy")?.code == .contractToken)
        try lab.apply(lab.offer(), by: "cy")
        #expect(try lab.refusal(of: lab.accept(), by: "ada")?.code == .contractToken)
        #expect(try lab.refusal(of: lab.accept(), by: "cy")?.code == .contractToken)
    }

    @Test("A place in a contract that has not been accepted is not traded")
    func unsigned() throws {
        var lab = try TokenLab()
        try lab.license()
        let signed = try lab.contract("l")
        try lab.apply(
            OfferContract(
                contract: try ContractID("l-2"), document: lab.licence,
                parties: ["licensor": "ada", "licensee": "cy"],
                terms: signed.json["terms"] ?? .null, currency: nil), by: "ada")
        #expect(try lab.refusal(of: lab.offer(of: "l-2"), by: "cy")?.code == .contractSignature)
    }

    @Test(
        "A price is above nothing, in a registered currency, from one who has it, for a time ahead")
    func price() throws {
        var lab = try TokenLab()
        try lab.license()
        #expect(try lab.refusal(of: lab.offer(price: 0), by: "cy")?.code == .wrongValue)
        #expect(try lab.refusal(of: lab.bid(price: 0), by: "di")?.code == .wrongValue)
        #expect(try lab.refusal(of: lab.bid(price: 10_001), by: "di")?.code == .overdrawn)
        let foreign = BidForToken(
            trade: try TradeID("t"), contract: try ContractID("l"),
            price: Money(1, try #require(CurrencyCode("EUR"))), expires: lab.soon)
        #expect(try lab.refusal(of: foreign, by: "di")?.code == .unknown)
        let past = BidForToken(
            trade: try TradeID("t"), contract: try ContractID("l"), price: lab.money(1),
            expires: lab.now)
        #expect(try lab.refusal(of: past, by: "di")?.code == .wrongValue)
        try lab.apply(lab.bid(), by: "di")
        #expect(try lab.refusal(of: lab.bid(), by: "di")?.code == .alreadyExists)
        try lab.apply(lab.offer("t-2", price: 9_001), by: "cy")
        #expect(try lab.refusal(of: lab.accept("t-2"), by: "di")?.code == .overdrawn)
    }

    @Test("A share of the price that nobody is to have stops a sale, and no gift")
    func shareOfNobody() throws {
        var lab = try TokenLab()
        try lab.license(permille: 100, beneficiaries: [:])
        try lab.apply(lab.offer("t-1"), by: "cy")
        #expect(try lab.refusal(of: lab.accept("t-1"), by: "di")?.code == .contractPayment)
        try lab.apply(lab.transfer("t-2"), by: "cy")
        try lab.apply(lab.accept("t-2"), by: "di")
        #expect(try lab.holder("l") == "di")
    }

    @Test(
        "A holder cannot use up what it has sold: the buyer gets what was left, or its money back")
    func nothingLess() throws {
        var lab = try TokenLab()
        try lab.license(rounds: 10, freely: false)
        try lab.apply(lab.offer("t-1"), by: "cy")
        try lab.apply(lab.bid("t-2"), by: "di")
        try lab.apply(lab.bid("t-3", least: ["rounds": 3]), by: "eve")
        try lab.apply(lab.accept("t-2"), by: "cy")
        try lab.divide("l", "l-part", rounds: 6)
        #expect(try lab.refusal(of: lab.accept("t-1"), by: "di")?.code == .contractToken)
        #expect(try lab.refusal(of: lab.consent("t-2"), by: "ada")?.code == .contractToken)
        try lab.apply(lab.withdrawal("t-2"), by: "di")
        #expect(try lab.balance(of: "di") == 10_000)
        try lab.apply(lab.accept("t-3"), by: "cy")
        try lab.apply(lab.consent("t-3"), by: "ada")
        #expect(try lab.holder("l") == "eve")
    }

    @Test("A quota that is asked for is one that the document divides, and there is as much of it")
    func least() throws {
        var lab = try TokenLab()
        try lab.license(rounds: 10)
        #expect(try lab.refusal(of: lab.bid(least: ["days": 1]), by: "di")?.code == .unknown)
        #expect(
            try lab.refusal(of: lab.bid(least: ["rounds": 11]), by: "di")?.code == .contractToken)
    }

    @Test("What a holder offered before it sold is not for sale when it holds the place again")
    func stale() throws {
        var lab = try TokenLab()
        try lab.license()
        try lab.apply(lab.offer("t-old", price: 1), by: "cy")
        try lab.apply(lab.offer("t-1"), by: "cy")
        try lab.apply(lab.accept("t-1"), by: "di")
        #expect(try lab.refusal(of: lab.accept("t-old"), by: "eve")?.code == .wrongStage)
        try lab.apply(lab.offer("t-2"), by: "di")
        try lab.apply(lab.accept("t-2"), by: "cy")
        #expect(try lab.refusal(of: lab.accept("t-old"), by: "eve")?.code == .wrongStage)
        #expect(try lab.holder("l") == "cy")
    }

    @Test("Of two bids that a holder takes one is delivered, and the other's money goes back")
    func twoBids() throws {
        var lab = try TokenLab()
        try lab.license(freely: false)
        try lab.apply(lab.bid("t-1"), by: "di")
        try lab.apply(lab.bid("t-2"), by: "eve")
        try lab.apply(lab.accept("t-1"), by: "cy")
        try lab.apply(lab.accept("t-2"), by: "cy")
        try lab.apply(lab.consent("t-1"), by: "ada")
        #expect(try lab.refusal(of: lab.consent("t-2"), by: "ada")?.code == .wrongStage)
        try lab.apply(lab.withdrawal("t-2"), by: "eve")
        #expect(try lab.balance(of: "eve") == 10_000)
        #expect(try lab.holder("l") == "di")
    }

    @Test("A suspended buyer's bid is not taken, and its money comes back once it has expired")
    func suspended() throws {
        var lab = try TokenLab()
        try lab.license()
        try lab.apply(lab.bid(), by: "di")
        try lab.decide(.suspend(try MemberID("di")))
        #expect(try lab.refusal(of: lab.accept(), by: "cy")?.code == .memberSuspended)
        lab.now = lab.soon
        try lab.apply(lab.withdrawal(), by: "gus")
        #expect(try lab.balance(of: "di") == 10_000)
    }

    @Test("A job whose owner has sold the licence opens no further round, and the buyer's own does")
    func jobOfTheSeller() throws {
        var lab = try TokenLab()
        try lab.license()
        try lab.startJob("j-cy", under: "l", by: "cy")
        try lab.apply(lab.nextRound(of: "j-cy"), by: "coordinator")
        try lab.close(roundOf: "j-cy")
        try lab.apply(lab.offer(), by: "cy")
        try lab.apply(lab.accept(), by: "di")
        let refusal = try lab.refusal(of: lab.nextRound(of: "j-cy"), by: "coordinator")
        #expect(refusal?.code == .wrongSender)
        #expect(refusal?.rule == "the job's owner holds the licence")
        try lab.startJob("j-di", under: "l", by: "di")
        try lab.apply(lab.nextRound(of: "j-di"), by: "coordinator")
        #expect(try lab.left("l")["rounds"] == 8)
    }
}
