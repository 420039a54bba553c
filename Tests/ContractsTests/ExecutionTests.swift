import ContractLibrary
import Contracts
import Encodings
import Identity
import Testing

/// What holds of every transaction, whatever it asks for.
@Suite struct ExecutionTests {
    // MARK: - Who, where and when

    @Test("A transaction of another lab, or of no lab, is not taken")
    func foreignLabs() throws {
        var lab = try TestLab()
        for other in [LabID(leafHash: [UInt8](repeating: 1, count: 32)), nil] {
            let key = TestLab.MemberSecrets("ada").signing
            let transaction = Transaction(
                lab: other, sender: .member(try MemberID("ada")), nonce: "test-nonce",
                validUntil: lab.now, action: LeaveLab())
            let signed = try SignedTransaction(transaction.signed(with: key)) { _ in key.publicKey }
            #expect(throws: TransactionError.foreignLab(other)) { try lab.execute(signed) }
        }
    }

    @Test("A transaction counts under its sender's present key alone")
    func presentKeys() throws {
        var lab = try TestLab()
        let forged = try lab.signed(
            LeaveLab(), by: "ada", with: TestLab.MemberSecrets("bo").signing)
        #expect(throws: TransactionError.wrongSignature(.member(try MemberID("ada")))) {
            try lab.execute(forged)
        }
        let asCoordinator = try lab.signed(
            CompleteJob(job: try JobID("j-1")), by: "coordinator",
            with: TestLab.MemberSecrets("ada").signing)
        #expect(throws: TransactionError.wrongSignature(.coordinator)) {
            try lab.execute(asCoordinator)
        }
        #expect(lab.rows.keys.allSatisfy { !$0.hasPrefix("seen/") })
    }

    @Test("A transaction is taken until its time, and for so far ahead as the rules allow")
    func validity() throws {
        var lab = try TestLab()
        let most = Rules().transactionLifetimeMaxMilliseconds
        for (lifetime, code) in [
            (0, nil), (most, nil), (most + 1, "transaction.lifetime"), (-1, "transaction.expired"),
        ] as [(Int64, String?)] {
            let receipt = try lab.execute(
                try lab.dataset("x\(lifetime)"), by: "ada", validFor: lifetime)
            #expect(receipt.refusal?.code.rawValue == code)
        }
        let late = try lab.execute(LeaveLab(), by: "bo", validFor: -1)
        #expect(
            late.refusal?.description
                == "transaction.expired: the rule is `now <= validUntil`; now is \(lab.now), "
                + "validUntil is \(lab.now.advanced(byMilliseconds: -1))")
        let long = try lab.execute(LeaveLab(), by: "bo", validFor: most + 1)
        #expect(
            long.refusal?.description
                == "transaction.lifetime: the rule is `validUntil - now <= transactionLifetimeMax`; "
                + "validUntil is \(lab.now.advanced(byMilliseconds: most + 1)), now is \(lab.now), "
                + "transactionLifetimeMax is 3600000 ms")
        // The end of all time does not overflow.
        let forever = try lab.execute(LeaveLab(), by: "bo", validFor: .max)
        #expect(forever.refusal?.code == .transactionLifetime)
    }

    // MARK: - Once

    @Test(
        "A transaction is taken once, applied or refused, until it runs out",
        arguments: [true, false])
    func takenOnce(applied: Bool) throws {
        var lab = try TestLab()
        let action: any LabAction =
            applied ? try lab.dataset("ada") : CompleteJob(job: try JobID("j"))
        let signed = try lab.signed(action, by: "ada", validFor: 600_000)
        let first = try lab.execute(signed)
        #expect((first.refusal == nil) == applied)
        // At every minute, with and without the ends of batches in between.
        for minute in 0..<11 as Range<Int64> {
            lab.now = TestLab.start.advanced(byMilliseconds: min(minute * 60_000, 600_000))
            if minute.isMultiple(of: 2) { lab.endBatch() }
            let again = try lab.execute(signed)
            #expect(
                again.refusal?.description
                    == "transaction.replayed: the rule is `each transaction is taken once`; "
                    + "transaction is \(signed.id)")
        }
        lab.now = TestLab.start.advanced(byMilliseconds: 600_001)
        lab.endBatch()
        let late = try lab.execute(signed)
        #expect(late.refusal?.code == .transactionExpired)
    }

    @Test(
        "What is remembered of a transaction goes when it has run out, and not before",
        arguments: [0, 1, 59_999, 60_000, 60_001, 119_999, 120_000] as [Int64])
    func forgetting(validFor: Int64) throws {
        var lab = try TestLab()
        let signed = try lab.signed(try lab.dataset("ada"), by: "ada", validFor: validFor)
        _ = try lab.execute(signed)
        let key = "seen/\(signed.id)"
        #expect(lab.rows[key] == ["validUntil": signed.transaction.validUntil.json])
        for elapsed in stride(from: 0 as Int64, through: 300_000, by: 7_499) {
            lab.now = TestLab.start.advanced(byMilliseconds: elapsed)
            lab.endBatch()
            if elapsed <= validFor {
                #expect(lab.rows[key] != nil, "forgotten after \(elapsed) ms")
            }
            let again = try lab.execute(signed)
            #expect(
                again.refusal?.code
                    == (elapsed <= validFor ? .transactionReplayed : .transactionExpired))
        }
        // A minute after its time it is gone.
        #expect(lab.rows[key] == nil)
        #expect(lab.state.row(at: key) == nil)
    }

    @Test("Two requests that differ in their nonce alone are two transactions")
    func noncesMakeTransactions() throws {
        var lab = try TestLab()
        try lab.issueMoney(100)
        let pay = TransferMoney(amount: lab.money(10), to: try MemberID("di"))
        try lab.apply(pay, by: "cy")
        try lab.apply(pay, by: "cy")
        #expect(try lab.balance(of: "di") == 20)
    }

    @Test("A second envelope around the same payload is the same transaction")
    func identity() throws {
        var lab = try TestLab()
        let signed = try lab.signed(try lab.dataset("ada"), by: "ada")
        let envelope = signed.envelope
        let other = Envelope(
            payloadType: envelope.payloadType, payload: envelope.payload,
            signatures: [.init(keyID: signed.signer.id, bytes: [])])
        #expect(TransactionID(of: other) == signed.id)
        let retyped = Envelope(
            payloadType: "other", payload: envelope.payload, signatures: envelope.signatures)
        #expect(TransactionID(of: retyped) != signed.id)
    }

    // MARK: - Receipts

    @Test("A receipt says what was decided, by which rule, and what changed")
    func receipts() throws {
        var lab = try TestLab()
        try lab.issueMoney(100)
        let receipt = try lab.apply(
            TransferMoney(amount: lab.money(60), to: try MemberID("di")), by: "cy")
        #expect(
            receipt.json.canonicalText
                == #"{"action":"account.transfer","by":"cy","index":\#(receipt.index),"moved":"#
                + #"[{"amount":{"currency":"CNY","minorUnits":60},"from":"cy","kind":"transfer","#
                + #""to":"di"}],"outcome":{"applied":true,"changed":["account/cy/CNY","#
                + #""account/di/CNY","transfer/\#(receipt.index)"],"decisions":[{"rule":"#
                + #""amount > 0, to another member","saw":[{"name":"amount","value":"60 CNY minor units"},"#
                + #"{"name":"sender","value":"cy"},{"name":"to","value":"di"}]}]},"#
                + #""time":1767225600000,"transaction":"\#(receipt.transaction)"}"#)
        let refused = try lab.execute(
            TransferMoney(amount: lab.money(60), to: try MemberID("di")), by: "cy")
        #expect(
            refused.json["outcome"]?.canonicalText
                == #"{"applied":false,"refusal":{"code":"account.overdrawn","rule":"#
                + #""payer.balance >= amount","saw":[{"name":"payer","value":"cy"},"#
                + #"{"name":"payer.balance","value":"40"},{"name":"amount","value":"60 CNY minor units"}]}}"#
        )
    }

    @Test("Every refusal has a code of its own, which is never renamed")
    func refusalCodes() {
        #expect(
            Refusal.Code.allCases.map(\.rawValue).sorted() == [
                "account.overdrawn", "account.overflow", "account.payment_too_large",
                "already_exists", "contract.ancestor_ended", "contract.bounds", "contract.frozen",
                "contract.invalid_document", "contract.invariant", "contract.obligation",
                "contract.payment", "contract.rule", "contract.signature", "contract.token",
                "coordinator.handover", "coordinator.replaced", "hold.expired", "licence.form",
                "limit", "member.role",
                "member.suspended", "model.not_independent", "model.validations_too_few",
                "proposal.already_voted", "round.contribution_invalid",
                "round.participants_too_few", "round.wrong_number", "trade.expired",
                "transaction.expired",
                "transaction.lifetime", "transaction.replayed", "unknown", "wrong_sender",
                "wrong_stage", "wrong_value",
            ])
    }

    // MARK: - The state's rows

    @Test("Every row that can be asked for is one that was written, from the first batch on")
    func rowsAreWhatWasWritten() throws {
        var lab = try TestLab()
        let members = TestLab.people.map { "member/\($0.name)" }
        let constitution = PublishDocument.digest(of: try LibraryDocument.constitution.published())
        let founded = ["lab", "cosigners", "contract/constitution", "document/\(constitution)"]
        #expect(Set(lab.rows.keys) == Set(members + founded))
        #expect(lab.state.row(at: "outcomes") == nil)
        try lab.runJob()
        try lab.apply(
            RegisterModelVersion(job: try JobID("j-1"), weights: TestLab.digest(2)), by: "cy")
        try lab.apply(
            InviteMember(
                member: try MemberID("gil"), title: "Gil",
                expires: lab.now.advanced(byMilliseconds: 1)), by: "ada")
        try lab.apply(ApplyForMembership(card: try TestLab.card("gil")), by: "gil")
        lab.endBatch()
        let tables = Set(lab.rows.keys.map { $0.prefix { $0 != "/" } })
        #expect(
            tables == [
                "account", "application", "contract", "cosigners", "currency", "dataset",
                "document", "invitation", "job", "lab", "member", "model", "outcomes", "proposal",
                "round", "seen", "version",
            ])
        lab.checkRows()
    }

    @Test(
        "A key that names nothing has no row",
        arguments: [
            "", "/", "lab/", "none", "member", "member/", "member/none", "none/x", "seen/x",
            "account/cy", "account/cy/EUR", "round/j-1", "round/j-1/9", "version/m-1/0",
            "currency/H\u{212A}D", "lab/x", "outcomes/",
        ])
    func absentRows(key: String) throws {
        var lab = try TestLab()
        let code = try #require(CurrencyCode("HKD"))
        try lab.apply(RegisterCurrency(currency: code, title: "Dollar", scale: 2), by: "ed")
        #expect(lab.state.row(at: "currency/HKD") != nil)
        #expect(lab.state.row(at: key) == nil)
    }

    @Test("The outcome of every transaction is part of the state, refusals too")
    func outcomesAreChained() throws {
        var first = try TestLab()
        var second = try TestLab()
        _ = try first.execute(CompleteJob(job: try JobID("j")), by: "ada")
        _ = try second.execute(StartJob(job: try JobID("j")), by: "ada")
        first.endBatch()
        second.endBatch()
        #expect(first.rows["outcomes"]?["transactions"] == 1)
        #expect(first.rows["outcomes"] != second.rows["outcomes"])
    }
}
