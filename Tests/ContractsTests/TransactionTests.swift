import ContractLibrary
import Contracts
import Encodings
import Identity
import Randomness
import Testing

/// Transactions as bytes.
@Suite struct TransactionTests {
    /// One of each action, with every optional field both ways.
    static func samples() throws -> [any LabAction] {
        let lab = try TestLab()
        let keys = TestLab.MemberSecrets("gil").keys
        let round = try TestLab.round(3)
        let member = try MemberID("gil")
        let later = TestLab.start.advanced(byMilliseconds: 1)
        var rules = Rules()
        rules.faults = .exactly(2)
        return [
            try TestLab.founding(), try TestLab.founding(rules: rules),
            InviteMember(member: member, title: "Gil & Söhne", expires: later),
            ApplyForMembership(card: try TestLab.card("gil", [.researcher, .auditor])),
            ApplyForMembership(card: try TestLab.card("gil", [])),
            RotateKeys(
                signing: TestLab.MemberSecrets("x").signing,
                cosigner: TestLab.MemberSecrets("x").cosigner, member: member, lab: TestLab.id),
            LeaveLab(),
            OpenProposal(change: .suspend(member)),
            OpenProposal(change: .reinstate(member, keys: nil)),
            OpenProposal(change: .reinstate(member, keys: keys)),
            OpenProposal(change: .amend(rules)),
            CastVote(proposal: try ProposalID("p-1"), approves: true),
            CastVote(proposal: try ProposalID("p-1"), approves: false),
            try lab.dataset("ada"), RetireDataset(dataset: try DatasetID("d-ada")),
            PublishDocument(document: try LibraryDocument.datasetLicence.published()),
            try lab.offer("l-1", of: "ada", purposes: ["研究", "b"]),
            OfferContract(
                contract: try ContractID("c-1"), document: TestLab.digest(1),
                parties: ["a": "ada"], terms: [:], currency: nil),
            TakeContractAction.accept(try LicenceID("l-1")),
            TakeContractAction.withdraw(try LicenceID("l-1"), reason: "because"),
            try lab.proposal(), StartJob(job: try JobID("j-1")), CompleteJob(job: try JobID("j-1")),
            AbandonJob(job: try JobID("j-1"), reason: "because"),
            PauseJob(job: try JobID("j-1"), reason: "because"), ResumeJob(job: try JobID("j-1")),
            try lab.proposal(
                licences: ["l-ada", "l-bo", "l-di"], plan: [(.train, 4)],
                strategy: ["kind": "fedbuff"], contributionsEnough: 2, lateRoundsMax: 3,
                judgement: Judgement(
                    metric: "auc", better: .larger, every: 2, patience: 5, deltaMicroMin: 7,
                    choosesBest: false), base: TestLab.version()),
            try lab.open(0), try lab.open(1, .train, base: TestLab.digest(1)),
            try lab.seal(0), CloseRound(round: round, result: nil),
            CloseRound(round: round, result: TestLab.digest(1)),
            CloseRound(
                round: round, result: TestLab.digest(1), strategyState: TestLab.digest(2)),
            AbandonRound(round: round, reason: "because"),
            RegisterModelVersion(job: try JobID("j-1"), weights: TestLab.digest(1)),
            ValidateModelVersion(
                version: try TestLab.version(), rows: 5, metricsMicro: ["auc": -1, "loss": 2],
                accepts: false),
            ReleaseModelVersion(version: try TestLab.version()),
            WithdrawModelVersion(version: try TestLab.version(), reason: "because"),
            RegisterCurrency(currency: TestLab.currency, title: "Yuan", scale: 2),
            IssueMoney(amount: lab.money(5), to: member),
            TransferMoney(amount: lab.money(5), to: member),
            RedeemMoney(amount: lab.money(5)), ReverseTransfer(transfer: 7, reason: "because"),
            SplitPayment(
                amount: lab.money(5),
                shares: [.init(to: member, weight: 2), .init(to: try MemberID("ada"), weight: 1)]),
            PlaceHold(
                hold: try HoldID("h-1"), amount: lab.money(5), to: member, expires: later),
            CaptureHold(hold: try HoldID("h-1")),
            CaptureHold(hold: try HoldID("h-1"), amount: lab.money(4)),
            ReleaseHold(hold: try HoldID("h-1")),
            SetTransferFee(
                currency: TestLab.currency,
                fee: TransferFee(flat: 1, basisPoints: 10, to: member)),
            SetTransferFee(currency: TestLab.currency, fee: nil),
            SetAccountLimit(
                holder: member, currency: TestLab.currency,
                limit: AccountLimit(credit: 10, paymentMax: nil)),
            SetAccountLimit(
                holder: member, currency: TestLab.currency,
                limit: AccountLimit(credit: 0, paymentMax: 10)),
            OpenProposal(change: .appoint(member)), OpenProposal(change: .dismiss(member)),
            OpenProposal(change: .stop(reason: "why")),
            OpenProposal(change: .resume(reason: "why")),
            OpenProposal(change: .freeze(try ContractID("l-1"), reason: "an order")),
            OpenProposal(change: .unfreeze(try ContractID("l-1"), reason: "why")),
            OpenProposal(
                change: .replaceConstitution(
                    try LibraryDocument.constitution.published(), Rules())),
            TransferToken(
                trade: try TradeID("t-1"), contract: try ContractID("l-1"), to: member,
                expires: later),
            DivideToken(
                contract: try ContractID("l-1"), part: try ContractID("l-2"),
                limits: ["rounds": 3]),
            MergeToken(part: try ContractID("l-2")),
            OfferToken(
                trade: try TradeID("t-2"), contract: try ContractID("l-1"), price: lab.money(5),
                expires: later),
            OfferToken(
                trade: try TradeID("t-2"), contract: try ContractID("l-1"), price: lab.money(5),
                to: member, least: ["rounds": 1], expires: later),
            BidForToken(
                trade: try TradeID("t-3"), contract: try ContractID("l-1"), price: lab.money(5),
                least: ["rounds": 2], expires: later),
            AcceptTrade(trade: try TradeID("t-2")), WithdrawTrade(trade: try TradeID("t-3")),
            ConsentToTrade(trade: try TradeID("t-1"), agrees: true),
        ]
    }

    private static func transaction(_ action: any LabAction) -> Transaction {
        Transaction(
            lab: TestLab.id, sender: .coordinator, nonce: "test-nonce",
            validUntil: TestLab.start, action: action)
    }

    @Test("Every action is in the samples, and in the catalogue under one name")
    func samplesAreComplete() throws {
        let sampled = Set(try Self.samples().map { type(of: $0).name })
        let catalogue = ActionCatalogue.actions.map { $0.name }
        #expect(sampled == Set(catalogue))
        #expect(Set(catalogue).count == catalogue.count)
    }

    @Test("What an action prints, it reads back", arguments: 0..<80)
    func roundTrip(number: Int) throws {
        let samples = try Self.samples()
        guard number < samples.count else { return }
        let payload = Self.transaction(samples[number]).payload
        let read = try Transaction(payload: payload)
        #expect(read.payload == payload)
        #expect(type(of: read.action) == type(of: samples[number]))
        #expect(read.nonce == "test-nonce")
        #expect(read.lab == TestLab.id)
        #expect(read.sender == .coordinator)
        #expect(read.validUntil == TestLab.start)
    }

    @Test(
        "A field that is missing, of another kind, or unknown is refused in every action",
        arguments: 0..<80)
    func strictness(number: Int) throws {
        let samples = try Self.samples()
        guard number < samples.count else { return }
        let json = try JSONValue(parsing: Self.transaction(samples[number]).payload)
        guard case .object(let fields) = json, case .object(let input)? = json["input"] else {
            return
        }
        func refuse(_ changed: JSONObject, _ what: String) {
            #expect(throws: TransactionError.self, "\(type(of: samples[number]).name): \(what)") {
                try Transaction(payload: JSONValue.object(changed).canonicalBytes)
            }
        }
        for member in fields.members where member.key != "lab" {
            var changed = fields
            changed[member.key] = nil
            refuse(changed, "without \(member.key)")
            changed[member.key] = .bool(true)
            refuse(changed, "\(member.key) is true")
        }
        var more = fields
        more["extra"] = 1
        refuse(more, "with an extra field")
        more["extra"] = .null
        refuse(more, "with an extra null")

        var optional: Set<String> = ["base", "fee", "keys", "paymentMax", "result"]
        if samples[number] is ProposeJob {
            optional.formUnion(["strategy", "contributionsEnough", "lateRoundsMax", "judgement"])
        }
        if samples[number] is CloseRound { optional.insert("strategyState") }
        if samples[number] is CaptureHold { optional.insert("amount") }
        if samples[number] is OfferContract { optional.insert("currency") }
        if samples[number] is OfferToken { optional.formUnion(["to", "least"]) }
        if samples[number] is BidForToken { optional.insert("least") }
        for member in input.members {
            var changed = fields
            var inner = input
            inner[member.key] = .number(1.5)
            changed["input"] = .object(inner)
            refuse(changed, "input.\(member.key) is 1.5")
            guard !optional.contains(member.key) else { continue }
            inner[member.key] = nil
            changed["input"] = .object(inner)
            refuse(changed, "without input.\(member.key)")
        }
        var inner = input
        inner["extra"] = 1
        var changed = fields
        changed["input"] = .object(inner)
        refuse(changed, "with an extra input")
    }

    @Test(
        "Damaged transactions are refused or read, and never crash",
        arguments: 0..<400 as Range<UInt64>)
    func damage(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let samples = try Self.samples()
        let sample = samples[Int(random.uniformInteger(below: UInt64(samples.count)))]
        for _ in 0..<10 {
            var payload = Self.transaction(sample).payload
            for _ in 0...random.uniformInteger(below: 3) {
                let place = Int(random.uniformInteger(below: UInt64(payload.count)))
                switch random.uniformInteger(below: 5) {
                case 0: payload.remove(at: place)
                case 1: payload.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
                case 2: payload[place] ^= 1 << random.uniformInteger(below: 8)
                case 3: payload.insert(contentsOf: Array("99999999999999999999".utf8), at: place)
                default: payload.insert(contentsOf: Array("\\ud800\\u0041".utf8), at: place)
                }
            }
            guard let transaction = try? Transaction(payload: payload) else { continue }
            let printed = transaction.payload
            #expect(try Transaction(payload: printed).payload == printed, "seed \(seed)")
        }
    }

    static let envelopes: [(String, @Sendable (Envelope) -> Envelope, String)] = [
        (
            "another type",
            { Envelope(payloadType: "text/plain", payload: $0.payload, signatures: $0.signatures) },
            "the payload type should be application/vnd.jointlab.transaction+json, and is "
                + "“text/plain”"
        ),
        (
            "no signature",
            { Envelope(payloadType: $0.payloadType, payload: $0.payload, signatures: []) },
            "a transaction has one signature, and this one 0"
        ),
        (
            "two signatures",
            {
                Envelope(
                    payloadType: $0.payloadType, payload: $0.payload,
                    signatures: $0.signatures + $0.signatures)
            },
            "a transaction has one signature, and this one 2"
        ),
        (
            "no JSON",
            { Envelope(payloadType: $0.payloadType, payload: [0x7B], signatures: $0.signatures) },
            "the payload is not JSON: line 1, column 2: a key in quotes should stand here"
        ),
        (
            "no transaction",
            {
                Envelope(
                    payloadType: $0.payloadType, payload: Array("{}".utf8),
                    signatures: $0.signatures)
            },
            "the transaction is not well formed: action is missing"
        ),
        (
            "a changed payload",
            {
                Envelope(
                    payloadType: $0.payloadType, payload: $0.payload + [0x20],
                    signatures: $0.signatures)
            },
            "the signature is not one of ada's present key"
        ),
    ]

    @Test(
        "An envelope that holds no signed transaction is refused with the reason",
        arguments: envelopes)
    func envelopeErrors(what: String, change: @Sendable (Envelope) -> Envelope, message: String)
        throws
    {
        var lab = try TestLab()
        let signed = try lab.signed(LeaveLab(), by: "ada")
        let error = #expect(throws: TransactionError.self) {
            try SignedTransaction(change(signed.envelope)) { _ in signed.signer }
        }
        #expect(error?.description == message)
        #expect(throws: TransactionError.unknownSender(.member(try MemberID("ada")))) {
            try SignedTransaction(signed.envelope) { _ in nil }
        }
    }

    static let shapes: [(String, String)] = [
        (#""action":"none.such""#, "action is “none.such”, which is no action"),
        (#""by":"-ada""#, "by is wrong: “-ada” is not a name here"),
        (#""by":"Ada""#, "by is wrong: “Ada” is not a name here"),
        (#""lab":"abc""#, "lab should be 64 lower-case hexadecimal digits"),
        (#""nonce":"short""#, "nonce should be 8 to 64 printable ASCII characters"),
        (#""nonce":"with a blank""#, "nonce should be 8 to 64 printable ASCII characters"),
        (#""nonce":"ünprintable""#, "nonce should be 8 to 64 printable ASCII characters"),
        (#""validUntil":-1"#, "validUntil should be from 0 to 253402300799999, and is -1"),
        (#""validUntil":253402300800000"#, "validUntil should be from 0 to"),
        (#""input":[]"#, "input should be an object, and is an array"),
    ]

    @Test(
        "A transaction of another form is told what is wrong with it, and where", arguments: shapes)
    func wrongShapes(field: String, message: String) throws {
        let change = try JSONValue(parsing: "{\(field)}")
        guard
            case .object(var fields) = try JSONValue(parsing: Self.transaction(LeaveLab()).payload),
            let member = change.object?.members.first
        else { return }
        fields[member.key] = member.value
        let error = #expect(throws: TransactionError.self) {
            try Transaction(payload: JSONValue.object(fields).canonicalBytes)
        }
        #expect(
            error?.description.hasPrefix("the transaction is not well formed: \(message)") == true,
            "\(error?.description ?? "")")
    }

    @Test(
        "Texts for people have 1 to 200 bytes and no control characters",
        arguments: [
            ("", false), ("x", true), (String(repeating: "x", count: 200), true),
            (String(repeating: "x", count: 201), false), (String(repeating: "研", count: 66), true),
            (String(repeating: "研", count: 67), false), ("a\nb", false), ("a\u{1B}[31m", false),
        ])
    func titles(title: String, valid: Bool) throws {
        let payload = Self.transaction(
            InviteMember(member: try MemberID("gil"), title: title, expires: TestLab.start)
        ).payload
        #expect(((try? Transaction(payload: payload)) != nil) == valid)
    }

    @Test("A schema or a trainer's settings are bounded in size and in depth")
    func freeFormsAreBounded() throws {
        func schema(_ value: JSONValue) -> Bool {
            guard let lab = try? TestLab(), let dataset = try? lab.dataset("ada") else {
                return false
            }
            let action = RegisterDataset(
                dataset: dataset.dataset, title: "x", schema: value, rows: 1,
                commitment: dataset.commitment)
            return (try? Transaction(payload: Self.transaction(action).payload)) != nil
        }
        func trainer(_ value: JSONValue) throws -> Bool {
            guard case .object(var input) = try TestLab().proposal().input else { return false }
            input["trainer"] = value
            var fields = try JSONFields(.object(input))
            return (try? ProposeJob(&fields)) != nil
        }
        for (value, fine) in [
            (["k": 1], true), ([1], false), ("text", false),
            (["k": .string(String(repeating: "x", count: 39_990))], true),
            (["k": .string(String(repeating: "x", count: 39_999))], false),
            (Self.nested(16), true), (Self.nested(17), false), (Self.nested(60), false),
        ] as [(JSONValue, Bool)] {
            #expect(schema(value) == fine)
            #expect(try trainer(value) == fine)
        }
    }

    private static func nested(_ levels: Int) -> JSONValue {
        levels == 1 ? ["k": 1] : ["k": nested(levels - 1)]
    }
}
