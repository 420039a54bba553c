import Contracts
import Encodings
import Testing

@Suite struct MoneyTests {
    @Test("An issuer brings a currency in, makes money and members pay with it")
    func issueAndPay() throws {
        var lab = try TestLab()
        let receipt = try lab.apply(
            RegisterCurrency(currency: TestLab.currency, title: "Yuan", scale: 2), by: "ed")
        #expect(lab.rows["currency/CNY"]?["issuer"] == "ed")
        guard case .applied(_, let changed, _) = receipt.outcome else { return }
        #expect(changed == ["currency/CNY"])
        try lab.apply(IssueMoney(amount: lab.money(100), to: try MemberID("cy")), by: "ed")
        #expect(lab.rows["currency/CNY"]?["issued"] == 100)
        #expect(lab.rows["account/cy/CNY"] == ["minorUnits": 100])
        try lab.apply(TransferMoney(amount: lab.money(60), to: try MemberID("di")), by: "cy")
        #expect(try lab.balance(of: "cy") == 40)
        #expect(try lab.balance(of: "di") == 60)
        // An empty account is no row.
        try lab.apply(TransferMoney(amount: lab.money(40), to: try MemberID("di")), by: "cy")
        #expect(lab.rows["account/cy/CNY"] == nil)
        #expect(lab.state.row(at: "account/cy/CNY") == nil)
        #expect(lab.rows["account/di/CNY"] == ["minorUnits": 100])
    }

    @Test("Only an issuer registers a currency, once")
    func registrationRefusals() throws {
        var lab = try TestLab()
        let yuan = RegisterCurrency(currency: TestLab.currency, title: "Yuan", scale: 2)
        #expect(
            try lab.refusal(of: yuan, by: "ada")
                == "member.role: the rule is `sender.roles contains issuer`; sender is ada, "
                + "sender.roles is data-owner")
        try lab.apply(yuan, by: "ed")
        #expect(
            try lab.refusal(of: yuan, by: "ed")
                == "already_exists: the rule is `the currency is new`; currency is CNY")
    }

    @Test("Money is made by its issuer, for active members, and never beyond what can be counted")
    func issueRefusals() throws {
        var lab = try TestLab(TestLab.people + [("gus", [.issuer])])
        let cy = try MemberID("cy")
        #expect(
            try lab.refusal(of: IssueMoney(amount: lab.money(1), to: cy), by: "ed")
                == "wrong_sender: the rule is `the sender issues the currency`; sender is ed, "
                + "currency is CNY, issuer is (not registered)")
        try lab.issueMoney(1)
        #expect(
            try lab.refusal(of: IssueMoney(amount: lab.money(1), to: cy), by: "gus")
                == "wrong_sender: the rule is `the sender issues the currency`; sender is gus, "
                + "currency is CNY, issuer is ed")
        #expect(
            try lab.refusal(of: IssueMoney(amount: lab.money(1), to: cy), by: "cy")
                == "member.role: the rule is `sender.roles contains issuer`; sender is cy, "
                + "sender.roles is researcher")
        #expect(
            try lab.refusal(of: IssueMoney(amount: lab.money(0), to: cy), by: "ed")
                == "wrong_value: the rule is `amount > 0`; amount is 0 CNY minor units")
        #expect(
            try lab.refusal(of: IssueMoney(amount: lab.money(1), to: try MemberID("zoe")), by: "ed")
                == "unknown: the rule is `the member exists`; member is zoe")
        try lab.apply(IssueMoney(amount: lab.money(.max - 1), to: cy), by: "ed")
        #expect(
            try lab.refusal(of: IssueMoney(amount: lab.money(1), to: try MemberID("di")), by: "ed")
                == "account.overflow: the rule is `currency.issued + amount <= 2^63 - 1`; "
                + "currency.issued is \(Int64.max), amount is 1 CNY minor units")
        // All the money there is can be moved at once.
        try lab.apply(TransferMoney(amount: lab.money(.max), to: try MemberID("di")), by: "cy")
    }

    @Test("A member pays what it has, to another active member")
    func transferRefusals() throws {
        var lab = try TestLab()
        try lab.issueMoney(100)
        let di = try MemberID("di")
        #expect(
            try lab.refusal(of: TransferMoney(amount: lab.money(101), to: di), by: "cy")
                == "account.overdrawn: the rule is `payer.balance >= amount`; payer is cy, "
                + "payer.balance is 100, amount is 101 CNY minor units")
        #expect(
            try lab.refusal(of: TransferMoney(amount: lab.money(0), to: di), by: "cy")
                == "wrong_value: the rule is `amount > 0, to another member`; "
                + "amount is 0 CNY minor units, sender is cy, to is di")
        #expect(
            try lab.refusal(
                of: TransferMoney(amount: lab.money(1), to: try MemberID("cy")), by: "cy")
                == "wrong_value: the rule is `amount > 0, to another member`; "
                + "amount is 1 CNY minor units, sender is cy, to is cy")
        #expect(
            try lab.refusal(of: TransferMoney(amount: lab.money(1), to: di), by: "coordinator")
                == "wrong_sender: the rule is `the sender is a member`; sender is coordinator")
        try lab.apply(LeaveLab(), by: "di")
        #expect(
            try lab.refusal(of: TransferMoney(amount: lab.money(1), to: di), by: "cy")
                == "member.suspended: the rule is `member.status == active`; member is di, "
                + "member.status is left")
        // In a currency of which it has none.
        let euro = try #require(CurrencyCode("EUR"))
        #expect(
            try lab.refusal(
                of: TransferMoney(amount: Money(1, euro), to: try MemberID("bo")), by: "cy")
                == "account.overdrawn: the rule is `payer.balance >= amount`; payer is cy, "
                + "payer.balance is 0, amount is 1 EUR minor units")
    }

    @Test(
        "A currency's code is 3 to 8 capitals and digits",
        arguments: [
            ("CNY", true), ("AB1", true), ("ABCDEFGH", true), ("AB", false), ("ABCDEFGHI", false),
            ("cny", false), ("CN-Y", false), ("CN\u{DD}", false), ("", false),
            ("H\u{212A}D", false),
        ])
    func currencyCodes(text: String, valid: Bool) {
        #expect((CurrencyCode(text) != nil) == valid)
    }
}
