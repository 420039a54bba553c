import Contracts
import Encodings
import Testing

/// Datasets, and the licences on them.
@Suite struct LicenceTests {
    private let l1: LicenceID

    init() throws {
        l1 = try LicenceID("l-1")
    }

    // MARK: - Datasets

    @Test("An owner registers a dataset, and the lab holds what it says of it")
    func registration() throws {
        var lab = try TestLab()
        try lab.apply(lab.dataset("ada"), by: "ada")
        let row = try #require(lab.rows["dataset/d-ada"])
        #expect(row["owner"] == "ada")
        #expect(row["rows"] == 100)
        #expect(row["schema"] == ["columns": []])
        #expect(row["status"] == "registered")
        #expect(row["registered"] == TestLab.start.json)
        #expect(
            try lab.refusal(of: lab.dataset("ada"), by: "bo")
                == "already_exists: the rule is `the name is free`; dataset is d-ada")
        #expect(
            try lab.refusal(of: lab.dataset("cy"), by: "cy")
                == "member.role: the rule is `sender.roles contains data-owner`; sender is cy, "
                + "sender.roles is researcher")
    }

    @Test("A dataset is retired by its owner, once")
    func retirement() throws {
        var lab = try TestLab()
        try lab.apply(lab.dataset("ada"), by: "ada")
        let d = try DatasetID("d-ada")
        #expect(
            try lab.refusal(of: RetireDataset(dataset: d), by: "bo")
                == "wrong_sender: the rule is `the sender owns the dataset`; sender is bo, "
                + "dataset.owner is ada")
        try lab.apply(RetireDataset(dataset: d), by: "ada")
        #expect(lab.rows["dataset/d-ada"]?["status"] == "retired")
        #expect(
            try lab.refusal(of: RetireDataset(dataset: d), by: "ada")
                == "wrong_stage: the rule is `dataset.status == registered`; dataset is d-ada, "
                + "dataset.status is retired")
        #expect(
            try lab.refusal(of: RetireDataset(dataset: try DatasetID("none")), by: "ada")
                == "unknown: the rule is `the dataset exists`; dataset is none")
    }

    // MARK: - Offers

    @Test(
        "Owner and user agree on a licence, whichever of them writes it", arguments: ["ada", "cy"])
    func agreement(writer: String) throws {
        var lab = try TestLab()
        try lab.apply(lab.dataset("ada"), by: "ada")
        try lab.apply(OfferLicence(licence: l1, terms: lab.terms("ada", fee: 0)), by: writer)
        #expect(lab.rows["licence/l-1"]?["stage"] == "offered")
        #expect(lab.rows["licence/l-1"]?["licensor"] == "ada")
        #expect(lab.rows["licence/l-1"]?["offeredBy"] == .string(writer))
        let other = writer == "ada" ? "cy" : "ada"
        for sender in [writer, "bo"] {
            for action in [AcceptLicence(licence: l1), DeclineLicence(licence: l1)]
                as [any LabAction]
            {
                #expect(
                    try lab.refusal(of: action, by: sender)
                        == "wrong_sender: the rule is `the party that did not write the terms "
                        + "answers them`; sender is \(sender), licensor is ada, licensee is cy, "
                        + "offeredBy is \(writer)")
            }
        }
        try lab.apply(AcceptLicence(licence: l1), by: other)
        #expect(lab.rows["licence/l-1"]?["stage"] == "active")
        #expect(
            try lab.refusal(of: DeclineLicence(licence: l1), by: other)
                == "wrong_stage: the rule is `licence.stage == offered`; licence is l-1, "
                + "licence.stage is active")
    }

    @Test("An offer can be declined, and is not taken up after that")
    func declining() throws {
        var lab = try TestLab()
        try lab.apply(lab.dataset("ada"), by: "ada")
        try lab.apply(OfferLicence(licence: l1, terms: lab.terms("ada", fee: 0)), by: "ada")
        try lab.apply(DeclineLicence(licence: l1), by: "cy")
        #expect(
            try lab.refusal(of: AcceptLicence(licence: l1), by: "cy")
                == "wrong_stage: the rule is `licence.stage == offered`; licence is l-1, "
                + "licence.stage is declined")
        #expect(
            try lab.refusal(of: AcceptLicence(licence: try LicenceID("none")), by: "cy")
                == "unknown: the rule is `the licence exists`; licence is none")
    }

    @Test("An offer that has run out is not accepted")
    func expiredOffer() throws {
        var lab = try TestLab()
        try lab.apply(lab.dataset("ada"), by: "ada")
        let terms = try lab.terms("ada", fee: 0)
        try lab.apply(OfferLicence(licence: l1, terms: terms), by: "ada")
        lab.now = terms.expires
        #expect(
            try lab.refusal(of: AcceptLicence(licence: l1), by: "cy")
                == "licence.expired: the rule is `now < terms.expires`; now is \(lab.now), "
                + "terms.expires is \(terms.expires)")
        #expect(lab.rows["licence/l-1"]?["stage"] == "offered")
        #expect(
            try lab.refusal(
                of: OfferLicence(licence: try LicenceID("l-2"), terms: terms), by: "ada")
                == "licence.expired: the rule is `now < terms.expires`; now is \(lab.now), "
                + "terms.expires is \(terms.expires)")
    }

    @Test("An offer names a registered dataset, two parties and money that exists")
    func offerRefusals() throws {
        var lab = try TestLab()
        try lab.apply(lab.dataset("ada"), by: "ada")
        try lab.apply(OfferLicence(licence: l1, terms: lab.terms("ada", fee: 0)), by: "ada")
        let l2 = try LicenceID("l-2")
        #expect(
            try lab.refusal(
                of: OfferLicence(licence: l1, terms: lab.terms("ada", fee: 0)), by: "ada")
                == "already_exists: the rule is `the name is free`; licence is l-1")
        #expect(
            try lab.refusal(of: OfferLicence(licence: l2, terms: lab.terms("bo", fee: 0)), by: "bo")
                == "unknown: the rule is `the dataset exists`; dataset is d-bo")
        #expect(
            try lab.refusal(
                of: OfferLicence(licence: l2, terms: lab.terms("ada", fee: 0)), by: "bo")
                == "wrong_sender: the rule is `the sender is a party: the dataset's owner or the "
                + "licensee`; sender is bo, dataset.owner is ada, terms.licensee is cy")
        #expect(
            try lab.refusal(
                of: OfferLicence(licence: l2, terms: lab.terms("ada", fee: 0, licensee: "ada")),
                by: "ada")
                == "wrong_value: the rule is `the parties are two members`; terms.licensee is ada")
        #expect(
            try lab.refusal(
                of: OfferLicence(licence: l2, terms: lab.terms("ada", fee: 0, licensee: "zoe")),
                by: "ada") == "unknown: the rule is `the member exists`; member is zoe")
        #expect(
            try lab.refusal(
                of: OfferLicence(licence: l2, terms: lab.terms("ada", fee: 1)), by: "ada")
                == "unknown: the rule is `the currency is registered`; currency is CNY")
        try lab.apply(RetireDataset(dataset: try DatasetID("d-ada")), by: "ada")
        #expect(
            try lab.refusal(
                of: OfferLicence(licence: l2, terms: lab.terms("ada", fee: 0)), by: "ada")
                == "wrong_stage: the rule is `dataset.status == registered`; dataset is d-ada, "
                + "dataset.status is retired")
    }

    @Test("The licensor withdraws a licence or an offer, once; nobody else does")
    func withdrawal() throws {
        for accepted in [true, false] {
            var lab = try TestLab()
            try lab.apply(lab.dataset("ada"), by: "ada")
            try lab.apply(OfferLicence(licence: l1, terms: lab.terms("ada", fee: 0)), by: "ada")
            if accepted { try lab.apply(AcceptLicence(licence: l1), by: "cy") }
            let withdraw = WithdrawLicence(licence: l1, reason: "changed our mind")
            #expect(
                try lab.refusal(of: withdraw, by: "cy")
                    == "wrong_sender: the rule is `the licensor withdraws`; sender is cy, "
                    + "licensor is ada")
            try lab.apply(withdraw, by: "ada")
            #expect(lab.rows["licence/l-1"]?["stage"] == "withdrawn")
            #expect(
                try lab.refusal(of: withdraw, by: "ada")
                    == "wrong_stage: the rule is `licence.stage is offered or active`; "
                    + "licence is l-1, licence.stage is withdrawn")
        }
    }

    // MARK: - Use

    @Test("A round is charged to every licence: one use, and the fee put aside")
    func trainCharges() throws {
        var lab = try TestLab()
        try lab.startJob()
        let receipt = try lab.apply(lab.open(0), by: "coordinator")
        #expect(lab.state.licences[try LicenceID("l-ada")]?.rounds == 1)
        #expect(try lab.balance(of: "cy") == 980)
        #expect(lab.rows["account/round:j-1:0/CNY"] == ["minorUnits": 20])
        guard case .applied(let decisions, let changed) = receipt.outcome else { return }
        #expect(
            changed == [
                "licence/l-ada", "licence/l-bo", "job/j-1", "round/j-1/0", "account/cy/CNY",
                "account/round:j-1:0/CNY",
            ])
        #expect(
            decisions.map(\.description).contains(
                "`licence l-ada, action train: rounds < roundsMax` holds; rounds is 0, "
                    + "roundsMax is 3"))
    }

    /// What stands in the way of a round, and what the refusal says.
    static let obstacles: [(String, @Sendable (inout TestLab) throws -> Void, String)] = [
        (
            "withdrawn",
            {
                try $0.apply(
                    WithdrawLicence(licence: try LicenceID("l-bo"), reason: "x"), by: "bo")
            },
            "licence.not_active: the rule is `licence l-bo, action train: stage == active`; "
                + "stage is withdrawn"
        ),
        (
            "expired", { $0.now = TestLab.start.advanced(byMilliseconds: TestLab.hour) },
            "licence.expired: the rule is `licence l-ada, action train: now < terms.expires`; "
                + "now is 2026-01-01T01:00:00.000Z, terms.expires is 2026-01-01T01:00:00.000Z"
        ),
        (
            "retired", { try $0.apply(RetireDataset(dataset: try DatasetID("d-bo")), by: "bo") },
            "wrong_stage: the rule is `dataset.status == registered`; dataset is d-bo, "
                + "dataset.status is retired"
        ),
        (
            "licensor gone", { try $0.apply(LeaveLab(), by: "bo") },
            "member.suspended: the rule is `member.status == active`; member is bo, "
                + "member.status is left"
        ),
        (
            "licensee gone", { try $0.apply(LeaveLab(), by: "cy") },
            "member.suspended: the rule is `member.status == active`; member is cy, "
                + "member.status is left"
        ),
        (
            "no money",
            {
                try $0.apply(
                    TransferMoney(amount: $0.money(981), to: try MemberID("di")), by: "cy")
            },
            "account.overdrawn: the rule is `payer.balance >= amount`; payer is cy, "
                + "payer.balance is 9, amount is 10 CNY minor units"
        ),
    ]

    @Test("A round is charged to all licences or to none", arguments: obstacles)
    func trainIsAllOrNothing(
        what: String, obstruct: @Sendable (inout TestLab) throws -> Void, refusal: String
    ) throws {
        var lab = try TestLab()
        try lab.startJob()
        try obstruct(&lab)
        #expect(try lab.refusal(of: lab.open(0), by: "coordinator") == refusal, "\(what)")
        #expect(lab.state.licences[try LicenceID("l-ada")]?.rounds == 0)
        #expect(lab.rows["account/round:j-1:0/CNY"] == nil)
    }

    @Test("A licence is used as often as agreed, by however many jobs, and not once more")
    func roundsAreCounted() throws {
        var lab = try TestLab()
        try lab.startJob(roundsMax: 2)
        try lab.apply(lab.proposal("j-2", model: "m-2"), by: "cy")
        try lab.apply(StartJob(job: try JobID("j-2")), by: "cy")
        try lab.apply(lab.open(0), by: "coordinator")
        // An abandoned round is not a way to get one for nothing.
        try lab.apply(
            AbandonRound(round: try TestLab.round(0), reason: "too few"), by: "coordinator")
        try lab.apply(
            OpenRound(
                round: try TestLab.round(0, of: "j-2"), task: .statistics, base: nil,
                participants: [try MemberID("ada"), try MemberID("bo")]), by: "coordinator")
        #expect(
            try lab.refusal(of: lab.open(1), by: "coordinator")
                == "licence.exhausted: the rule is `licence l-ada, action train: "
                + "rounds < roundsMax`; rounds is 2, roundsMax is 2")
    }

    @Test("A purpose that is not licensed is refused, however alike it looks")
    func purposes() throws {
        var lab = try TestLab()
        try lab.license(purposes: ["caf\u{E9}", "science"])
        // Canonically equivalent to the first, and not the same text.
        try lab.apply(lab.proposal(purpose: "cafe\u{301}"), by: "cy")
        try lab.apply(StartJob(job: try JobID("j-1")), by: "cy")
        #expect(
            try lab.refusal(of: lab.open(0), by: "coordinator")
                == "licence.purpose: the rule is `licence l-ada, action train: purpose in "
                + "terms.purposes`; purpose is cafe\u{301}, "
                + "terms.purposes is caf\u{E9} | science")
        // And two that look alike are two purposes.
        _ = try lab.signed(
            OfferLicence(
                licence: l1, terms: lab.terms("ada", purposes: ["caf\u{E9}", "cafe\u{301}"])),
            by: "ada")
    }

    @Test(
        "Terms are 1 to 16 different purposes in plain text",
        arguments: [
            ([], false), ([""], false), (["a", "a"], false), (["line\nbreak"], false),
            (["\u{7}"], false), ([String(repeating: "x", count: 65)], false),
            ([String(repeating: "x", count: 64)], true), ((1...16).map { "p\($0)" }, true),
            ((1...17).map { "p\($0)" }, false),
        ])
    func termsOfPurpose(purposes: [String], valid: Bool) throws {
        var lab = try TestLab()
        let offer = OfferLicence(licence: l1, terms: try lab.terms("ada", purposes: purposes))
        if valid {
            _ = try lab.signed(offer, by: "ada")
        } else {
            #expect(throws: TransactionError.self) { try lab.signed(offer, by: "ada") }
        }
    }
}
