import Contracts
import Encodings
import Testing

/// Splits, fees, limits, redemption and reversal.
@Suite struct PaymentTests {
    private static func split(_ lab: TestLab, _ minorUnits: Int64, _ shares: [(String, Int64)])
        throws -> SplitPayment
    {
        SplitPayment(
            amount: lab.money(minorUnits),
            shares: try shares.map { .init(to: try MemberID($0.0), weight: $0.1) })
    }

    private static func fee(_ flat: Int64, _ basisPoints: Int64, to: String = "flo") throws
        -> SetTransferFee
    {
        SetTransferFee(
            currency: TestLab.currency,
            fee: TransferFee(flat: flat, basisPoints: basisPoints, to: try MemberID(to)))
    }

    private static func limit(_ credit: Int64, _ most: Int64? = nil, of holder: String = "cy")
        throws
        -> SetAccountLimit
    {
        SetAccountLimit(
            holder: try MemberID(holder), currency: TestLab.currency,
            limit: AccountLimit(credit: credit, paymentMax: most))
    }

    // MARK: - Splits

    @Test("A split pays each by its weight, and a unit that is left to the earlier name")
    func split() throws {
        var lab = try TestLab()
        try lab.issueMoney(100)
        let receipt = try lab.apply(
            Self.split(lab, 100, [("di", 1), ("bo", 1), ("ada", 1)]), by: "cy")
        #expect(
            receipt.moved.map(\.json) == [
                movement("cy", "ada", 34, "split"), movement("cy", "bo", 33, "split"),
                movement("cy", "di", 33, "split"),
            ])
    }

    @Test("A split to oneself, of nothing, or of more than there is pays nobody")
    func splitRefusals() throws {
        var lab = try TestLab()
        try lab.issueMoney(100)
        for (action, code) in [
            (try Self.split(lab, 100, [("ada", 1), ("cy", 1)]), "wrong_value"),
            (try Self.split(lab, 0, [("ada", 1)]), "wrong_value"),
            (try Self.split(lab, 101, [("ada", 1), ("bo", 1)]), "account.overdrawn"),
            (try Self.split(lab, 100, [("ada", 1), ("zoe", 1)]), "unknown"),
        ] {
            #expect(try lab.refusal(of: action, by: "cy")?.hasPrefix(code) == true)
        }
        #expect(try lab.balance(of: "cy") == 100)
        // Twice the same member is no split.
        let twice = try Self.split(lab, 5, [("ada", 1), ("ada", 2)])
        #expect(throws: TransactionError.self) { try lab.signed(twice, by: "cy") }
    }

    // MARK: - Fees

    @Test("The payer bears the fee: a flat part and basis points, rounded down")
    func fees() throws {
        var lab = try TestLab()
        try lab.issueMoney(1_000)
        try lab.apply(Self.fee(2, 150), by: "ed")
        #expect(
            lab.rows["currency/CNY"]?["transferFee"]
                == ["flat": 2, "basisPoints": 150, "to": "flo"])
        let receipt = try lab.apply(
            TransferMoney(amount: lab.money(199), to: try MemberID("di")), by: "cy")
        #expect(
            receipt.moved.map(\.json) == [
                movement("cy", "di", 199, "transfer"), movement("cy", "flo", 4, "fee"),
            ])
        // The one that gets the fee pays none.
        try lab.apply(IssueMoney(amount: lab.money(10), to: try MemberID("flo")), by: "ed")
        try lab.apply(TransferMoney(amount: lab.money(14), to: try MemberID("di")), by: "flo")
        // A split is one payment.
        let split = try lab.apply(Self.split(lab, 200, [("ada", 1), ("bo", 1)]), by: "cy")
        #expect(split.moved.last?.json == movement("cy", "flo", 5, "fee"))
        #expect(try lab.balance(of: "cy") == 1_000 - 203 - 205)
    }

    @Test("A payment whose fee cannot be paid does not happen")
    func feeBeyondBalance() throws {
        var lab = try TestLab()
        try lab.issueMoney(100)
        try lab.apply(Self.fee(1, 0), by: "ed")
        let all = TransferMoney(amount: lab.money(100), to: try MemberID("di"))
        #expect(
            try lab.refusal(of: all, by: "cy")
                == "account.overdrawn: the rule is `payer.balance >= amount`; payer is cy, "
                + "payer.balance is 0, amount is 1 CNY minor units")
        #expect(try lab.balance(of: "cy") == 100)
        try lab.apply(Self.fee(.max, 10_000), by: "ed")
        #expect(try lab.refusal(of: all, by: "cy")?.hasPrefix("account.overflow") == true)
        try lab.apply(SetTransferFee(currency: TestLab.currency, fee: nil), by: "ed")
        try lab.apply(all, by: "cy")
    }

    @Test("Only a currency's issuer sets its fee")
    func feeRefusals() throws {
        var lab = try TestLab(TestLab.people + [("gus", [.issuer])])
        try lab.issueMoney(100)
        #expect(
            try lab.refusal(of: Self.fee(1, 0), by: "gus")
                == "wrong_sender: the rule is `the sender issues the currency`; sender is gus, "
                + "currency is CNY, issuer is ed")
        #expect(try lab.refusal(of: Self.fee(1, 0), by: "cy")?.hasPrefix("member.role") == true)
        #expect(
            try lab.refusal(of: Self.fee(1, 0, to: "zoe"), by: "ed")?.hasPrefix("unknown") == true)
        for basisPoints in [-1, 10_001] as [Int64] {
            let action = try Self.fee(1, basisPoints)
            #expect(throws: TransactionError.self) { try lab.signed(action, by: "ed") }
        }
    }

    // MARK: - Limits

    @Test("With credit a member pays what it does not have, and not a unit more")
    func credit() throws {
        var lab = try TestLab()
        try lab.issueMoney(100)
        try lab.apply(Self.limit(50), by: "ed")
        #expect(lab.rows["limit/cy/CNY"] == ["credit": 50])
        #expect(lab.rows["currency/CNY"]?["credit"] == 50)
        let di = try MemberID("di")
        try lab.apply(TransferMoney(amount: lab.money(130), to: di), by: "cy")
        #expect(lab.rows["account/cy/CNY"] == ["minorUnits": -30])
        #expect(
            try lab.refusal(of: TransferMoney(amount: lab.money(21), to: di), by: "cy")
                == "account.overdrawn: the rule is `payer.balance + payer.credit >= amount`; "
                + "payer is cy, payer.balance is -30, payer.credit is 50, "
                + "amount is 21 CNY minor units")
        // Credit that is used cannot be taken back.
        #expect(
            try lab.refusal(of: Self.limit(29), by: "ed")
                == "account.overdrawn: the rule is `account.balance >= -credit`; "
                + "account is cy/CNY, account.balance is -30, credit is 29")
        try lab.apply(Self.limit(30), by: "ed")
        try lab.apply(TransferMoney(amount: lab.money(30), to: try MemberID("cy")), by: "di")
        try lab.apply(Self.limit(0), by: "ed")
        #expect(lab.rows["limit/cy/CNY"] == nil)
        #expect(lab.rows["currency/CNY"]?["credit"] == nil)
    }

    @Test("A ceiling bounds transfers, splits and holds alike")
    func ceiling() throws {
        var lab = try TestLab()
        try lab.issueMoney(100)
        try lab.apply(Self.limit(0, 10), by: "ed")
        let di = try MemberID("di")
        #expect(
            try lab.refusal(of: TransferMoney(amount: lab.money(11), to: di), by: "cy")
                == "account.payment_too_large: the rule is `amount <= account.paymentMax`; "
                + "account is cy/CNY, amount is 11 CNY minor units, account.paymentMax is 10")
        for action in [
            try Self.split(lab, 11, [("ada", 1), ("bo", 1)]),
            PlaceHold(
                hold: try HoldID("h"), amount: lab.money(11), to: di,
                expires: lab.now.advanced(byMilliseconds: 1)),
        ] as [any LabAction] {
            #expect(
                try lab.refusal(of: action, by: "cy")?.hasPrefix("account.payment_too_large")
                    == true)
        }
        try lab.apply(TransferMoney(amount: lab.money(10), to: di), by: "cy")
    }

    @Test("Issued money and credit together can always be counted")
    func creditOverflow() throws {
        var lab = try TestLab()
        try lab.issueMoney(100)
        try lab.apply(Self.limit(.max - 100), by: "ed")
        #expect(
            try lab.refusal(of: Self.limit(1, of: "di"), by: "ed")?.hasPrefix("account.overflow")
                == true)
        #expect(
            try lab.refusal(
                of: IssueMoney(amount: lab.money(1), to: try MemberID("di")), by: "ed")?
                .hasPrefix("account.overflow") == true)
        // All of it in one account.
        try lab.apply(TransferMoney(amount: lab.money(.max), to: try MemberID("di")), by: "cy")
        #expect(try lab.balance(of: "di") == .max)
        #expect(try lab.balance(of: "cy") == 100 - .max)
    }

    @Test("Only the issuer grants credit, and none to who has left")
    func limitRefusals() throws {
        var lab = try TestLab()
        try lab.issueMoney(100)
        #expect(try lab.refusal(of: Self.limit(1), by: "cy")?.hasPrefix("member.role") == true)
        #expect(
            try lab.refusal(of: Self.limit(1, of: "zoe"), by: "ed")?.hasPrefix("unknown") == true)
        try lab.apply(Self.limit(10), by: "ed")
        try lab.apply(TransferMoney(amount: lab.money(105), to: try MemberID("di")), by: "cy")
        try lab.apply(LeaveLab(), by: "cy")
        #expect(
            try lab.refusal(of: Self.limit(11), by: "ed")?.hasPrefix("member.suspended") == true)
        try lab.apply(Self.limit(5), by: "ed")
    }

    // MARK: - Redemption

    @Test("What is redeemed is gone, and nobody redeems credit")
    func redemption() throws {
        var lab = try TestLab()
        try lab.issueMoney(100)
        let receipt = try lab.apply(RedeemMoney(amount: lab.money(30)), by: "cy")
        #expect(receipt.moved.map(\.json) == [movement("cy", "currency:CNY", 30, "redemption")])
        #expect(lab.rows["currency/CNY"]?["issued"] == 70)
        try lab.apply(Self.limit(1_000), by: "ed")
        #expect(
            try lab.refusal(of: RedeemMoney(amount: lab.money(71)), by: "cy")
                == "account.overdrawn: the rule is `amount <= holder.balance, "
                + "amount <= currency.issued`; amount is 71 CNY minor units, holder is cy, "
                + "holder.balance is 70, currency.issued is 70")
        // Nor what another got on credit.
        try lab.apply(TransferMoney(amount: lab.money(170), to: try MemberID("di")), by: "cy")
        #expect(
            try lab.refusal(of: RedeemMoney(amount: lab.money(71)), by: "di")?
                .hasPrefix("account.overdrawn") == true)
        try lab.apply(RedeemMoney(amount: lab.money(70)), by: "di")
        #expect(lab.rows["currency/CNY"]?["issued"] == 0)
        #expect(
            try lab.refusal(of: RedeemMoney(amount: lab.money(0)), by: "di")?
                .hasPrefix("wrong_value") == true)
    }

    // MARK: - Reversal

    @Test(
        "A transfer is undone by a new entry, once, by the payee or the issuer, and the fee stays")
    func reversal() throws {
        var lab = try TestLab()
        try lab.issueMoney(100)
        try lab.apply(Self.fee(1, 0), by: "ed")
        let pay = TransferMoney(amount: lab.money(20), to: try MemberID("di"))
        let first = try lab.apply(pay, by: "cy")
        let second = try lab.apply(pay, by: "cy")
        func reverse(_ receipt: Receipt) -> ReverseTransfer {
            ReverseTransfer(transfer: receipt.index, reason: "paid twice")
        }
        #expect(
            try lab.refusal(of: reverse(first), by: "cy")
                == "wrong_sender: the rule is `the sender is transfer.to, or issues the currency`; "
                + "sender is cy, transfer.to is di, issuer is ed")
        let undone = try lab.apply(reverse(first), by: "di")
        #expect(undone.moved.map(\.json) == [movement("di", "cy", 20, "reversal")])
        #expect(
            lab.rows["transfer/\(first.index)"]?["reversedBy"]
                == .integer(Int64(undone.index)))
        #expect(
            try lab.refusal(of: reverse(first), by: "ed")
                == "wrong_stage: the rule is `the transfer has not been reversed`; transfer is "
                + "\(first.index), transfer.reversedBy is \(undone.index)")
        // A reversal is no transfer, and cannot be reversed.
        #expect(try lab.refusal(of: reverse(undone), by: "di")?.hasPrefix("unknown") == true)
        try lab.apply(reverse(second), by: "ed")
        #expect(try lab.balance(of: "cy") == 98)
        #expect(try lab.balance(of: "flo") == 2)
    }

    @Test("What the payee no longer has cannot be taken from it")
    func reversalOfSpentMoney() throws {
        var lab = try TestLab()
        try lab.issueMoney(100)
        let receipt = try lab.apply(
            TransferMoney(amount: lab.money(20), to: try MemberID("di")), by: "cy")
        try lab.apply(TransferMoney(amount: lab.money(1), to: try MemberID("ada")), by: "di")
        #expect(
            try lab.refusal(
                of: ReverseTransfer(transfer: receipt.index, reason: "x"), by: "ed")?
                .hasPrefix("account.overdrawn") == true)
    }

    // MARK: - Movements

    @Test("A round's fees are movements too, and a refused transaction moves nothing")
    func roundMovements() throws {
        var lab = try TestLab()
        try lab.license()
        try lab.apply(lab.proposal(), by: "cy")
        let started = try lab.apply(StartJob(job: try JobID("j-1")), by: "cy")
        #expect(
            started.moved.map(\.json) == [
                movement("cy", "job:j-1", 30, "escrow"), movement("cy", "job:j-1", 30, "escrow"),
            ])
        let opened = try lab.apply(try lab.open(0), by: "coordinator")
        #expect(opened.moved.isEmpty)
        try lab.apply(try lab.seal(0), by: "coordinator")
        let closed = try lab.apply(
            CloseRound(round: try TestLab.round(0), result: TestLab.digest(1)), by: "coordinator")
        #expect(
            closed.moved.map(\.json) == [
                movement("job:j-1", "ada", 10, "payout"),
                movement("job:j-1", "bo", 10, "payout"),
            ])
        #expect(closed.json["moved"]?.array?.count == 2)
        let refused = try lab.execute(
            TransferMoney(amount: lab.money(.max), to: try MemberID("di")), by: "cy")
        #expect(refused.moved.isEmpty)
        #expect(refused.json["moved"] == nil)
        let issued = try lab.apply(
            IssueMoney(amount: lab.money(5), to: try MemberID("cy")), by: "ed")
        #expect(issued.moved.map(\.json) == [movement("currency:CNY", "cy", 5, "issue")])
    }

    /// Two entries that are applied, in the same place: only what moved tells them apart.
    @Test("The chain of outcomes commits to what moved")
    func movementsAreChained() throws {
        var first = try TestLab()
        var second = try TestLab()
        for shares in [true, false] {
            var lab = try TestLab()
            try lab.issueMoney(100)
            let di = try MemberID("di")
            try lab.apply(
                shares
                    ? try Self.split(lab, 20, [("di", 1)])
                    : PlaceHold(
                        hold: try HoldID("h"), amount: lab.money(20), to: di,
                        expires: lab.now.advanced(byMilliseconds: 9)), by: "cy")
            lab.endBatch()
            if shares { first = lab } else { second = lab }
        }
        #expect(first.rows["outcomes"]?["transactions"] == second.rows["outcomes"]?["transactions"])
        #expect(first.rows["outcomes"]?["digest"] != second.rows["outcomes"]?["digest"])
    }

    @Test("Whoever asks to reverse a split is told how it is paid back")
    func splitReversal() throws {
        var lab = try TestLab()
        try lab.issueMoney()
        let split = try lab.apply(Self.split(lab, 100, [("di", 1), ("bo", 1)]), by: "cy")
        let refusal = try lab.execute(
            ReverseTransfer(transfer: split.index, reason: "a mistake"), by: "di"
        ).refusal
        #expect(refusal?.code == .unknown)
        #expect(refusal?.rule.contains("a split") == true)
        #expect(refusal?.rule.contains("by a transfer") == true)
    }
}
