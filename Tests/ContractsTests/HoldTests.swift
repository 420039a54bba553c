import Contracts
import Encodings
import Testing

/// Money that is set aside for a payee.
@Suite struct HoldTests {
    private static func hold(
        _ lab: TestLab, _ minorUnits: Int64 = 60, name: String = "h-1", to: String = "di"
    ) throws -> PlaceHold {
        PlaceHold(
            hold: try HoldID(name), amount: lab.money(minorUnits), to: try MemberID(to),
            expires: TestLab.start.advanced(byMilliseconds: 10_000))
    }

    @Test("What is held is the payer's no more, and the payee's when it takes it")
    func captureWhole() throws {
        var lab = try TestLab()
        try lab.issueMoney(100)
        let placed = try lab.apply(Self.hold(lab), by: "cy")
        #expect(try lab.balance(of: "cy") == 40)
        #expect(lab.rows["account/hold:h-1/CNY"] == ["minorUnits": 60])
        #expect(placed.moved.map(\.json) == [movement("cy", "hold:h-1", 60, "hold")])
        try lab.apply(CaptureHold(hold: try HoldID("h-1")), by: "di")
        #expect(try lab.balance(of: "di") == 60)
        #expect(lab.rows["account/hold:h-1/CNY"] == nil)
        #expect(lab.rows["hold/h-1"]?["status"] == "captured")
    }

    @Test("The payee takes a part, once, and the rest goes back")
    func capturePart() throws {
        var lab = try TestLab()
        try lab.issueMoney(100)
        try lab.apply(Self.hold(lab), by: "cy")
        let receipt = try lab.apply(
            CaptureHold(hold: try HoldID("h-1"), amount: lab.money(25)), by: "di")
        #expect(
            receipt.moved.map(\.json) == [
                movement("hold:h-1", "di", 25, "capture"),
                movement("hold:h-1", "cy", 35, "release"),
            ])
        #expect(try lab.balance(of: "cy") == 75)
        #expect(lab.rows["hold/h-1"]?["captured"] == 25)
        #expect(
            try lab.refusal(of: CaptureHold(hold: try HoldID("h-1")), by: "di")
                == "wrong_stage: the rule is `hold.status == held`; hold is h-1, "
                + "hold.status is captured")
    }

    @Test(
        "The payer has it back when the time is over, and not before; the payee lets it go before")
    func release() throws {
        var lab = try TestLab()
        try lab.issueMoney(200)
        try lab.apply(Self.hold(lab, name: "h-1"), by: "cy")
        try lab.apply(Self.hold(lab, name: "h-2"), by: "cy")
        #expect(
            try lab.refusal(of: ReleaseHold(hold: try HoldID("h-1")), by: "cy")
                == "wrong_stage: the rule is `the sender is hold.payee, or now >= hold.expires`; "
                + "sender is cy, hold.payee is di, now is 2026-01-01T00:00:00.000Z, "
                + "hold.expires is 2026-01-01T00:00:10.000Z")
        try lab.apply(ReleaseHold(hold: try HoldID("h-2")), by: "di")
        #expect(try lab.balance(of: "cy") == 140)
        lab.now = TestLab.start.advanced(byMilliseconds: 10_000)
        #expect(
            try lab.refusal(of: CaptureHold(hold: try HoldID("h-1")), by: "di")
                == "hold.expired: the rule is `now < hold.expires`; "
                + "now is 2026-01-01T00:00:10.000Z, hold.expires is 2026-01-01T00:00:10.000Z")
        try lab.apply(ReleaseHold(hold: try HoldID("h-1")), by: "cy")
        #expect(try lab.balance(of: "cy") == 200)
        #expect(lab.rows["hold/h-1"]?["status"] == "released")
    }

    @Test("A hold of another, of more than there is, or of nothing is refused")
    func refusals() throws {
        var lab = try TestLab()
        try lab.issueMoney(100)
        #expect(
            try lab.refusal(of: Self.hold(lab, 101), by: "cy")?.hasPrefix("account.overdrawn")
                == true)
        #expect(try lab.refusal(of: Self.hold(lab, 0), by: "cy")?.hasPrefix("wrong_value") == true)
        #expect(
            try lab.refusal(of: Self.hold(lab, to: "cy"), by: "cy")?.hasPrefix("wrong_value")
                == true)
        try lab.apply(Self.hold(lab), by: "cy")
        #expect(
            try lab.refusal(of: Self.hold(lab, 1), by: "cy")
                == "already_exists: the rule is `the hold's name is new`; hold is h-1")
        let capture = CaptureHold(hold: try HoldID("h-1"))
        #expect(try lab.refusal(of: capture, by: "cy")?.hasPrefix("wrong_sender") == true)
        #expect(
            try lab.refusal(of: ReleaseHold(hold: try HoldID("h-1")), by: "ada")?
                .hasPrefix("wrong_sender") == true)
        for wrong in [lab.money(61), lab.money(0), Money(1, try #require(CurrencyCode("EUR")))] {
            #expect(
                try lab.refusal(
                    of: CaptureHold(hold: try HoldID("h-1"), amount: wrong), by: "di")?
                    .hasPrefix("wrong_value") == true)
        }
        lab.now = TestLab.start.advanced(byMilliseconds: 10_000)
        #expect(
            try lab.refusal(of: Self.hold(lab, 1, name: "h-2"), by: "cy")?.hasPrefix("wrong_value")
                == true)
    }

    @Test(
        "The fee is set aside with the payment, is that of the day, and only what is due is taken")
    func fees() throws {
        var lab = try TestLab()
        try lab.issueMoney(1_000)
        let fee = SetTransferFee(
            currency: TestLab.currency,
            fee: TransferFee(flat: 3, basisPoints: 1_000, to: try MemberID("ed")))
        try lab.apply(fee, by: "ed")
        try lab.apply(Self.hold(lab, 100), by: "cy")
        #expect(lab.rows["account/hold:h-1/CNY"] == ["minorUnits": 113])
        try lab.apply(SetTransferFee(currency: TestLab.currency, fee: nil), by: "ed")
        let receipt = try lab.apply(
            CaptureHold(hold: try HoldID("h-1"), amount: lab.money(59)), by: "di")
        #expect(
            receipt.moved.map(\.json) == [
                movement("hold:h-1", "di", 59, "capture"),
                movement("hold:h-1", "ed", 8, "fee"),
                movement("hold:h-1", "cy", 46, "release"),
            ])
    }
}

func movement(_ from: String, _ to: String, _ minorUnits: Int64, _ kind: String) -> JSONValue {
    [
        "from": .string(from), "to": .string(to), "kind": .string(kind),
        "amount": ["currency": "CNY", "minorUnits": .integer(minorUnits)],
    ]
}
