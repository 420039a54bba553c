import ContractLanguage
import ContractLibrary
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

    /// A lab in which `ada` can license her data to `cy`.
    private func prepared() throws -> TestLab {
        var lab = try TestLab()
        try lab.publishLicence()
        try lab.apply(lab.dataset("ada"), by: "ada")
        return lab
    }

    @Test(
        "A licence says how much of its rounds may be watched", arguments: SiteDisclosure.allCases)
    func reports(disclosure: SiteDisclosure) throws {
        var lab = try prepared()
        var terms = try lab.terms("ada")
        #expect(terms.reports == .stages)
        terms.reports = disclosure
        try lab.apply(terms.offer(l1, licensor: try MemberID("ada")), by: "ada")
        let licence = try #require(lab.state.licence(l1))
        #expect(SiteDisclosure(licence) == disclosure)
    }

    @Test(
        "A member's own licence lets the stages be watched, or what its term says, and nothing for an unknown word",
        arguments: [
            (nil, SiteDisclosure.stages), ("progress", .progress), ("whatever", .none),
        ] as [(String?, SiteDisclosure)])
    func ownReports(word: String?, disclosure: SiteDisclosure) throws {
        var lab = try TestLab()
        try lab.apply(lab.dataset("bo"), by: "bo")
        try lab.issueMoney()
        let document =
            word == nil
            ? MemberDocument.weekdays
            : MemberDocument.weekdays.replacing(
                "terms: {dataset: dataset,", with: "terms: {dataset: dataset, reports: string(20),")
        try lab.publish(document, by: "bo")
        var terms: JSONValue = ["dataset": "d-bo", "fee": 1, "bonus": 0]
        if case .object(var object) = terms, let word {
            object["reports"] = .string(word)
            terms = .object(object)
        }
        try lab.apply(
            OfferContract(
                contract: l1, document: try MemberDocument.digest(of: document),
                parties: ["licensor": "bo", "licensee": "cy"], terms: terms,
                currency: TestLab.currency), by: "bo")
        let licence = try #require(lab.state.licence(l1))
        #expect(SiteDisclosure(licence) == disclosure)
    }

    @Test(
        "Owner and user agree on a licence, whichever of them writes it", arguments: ["ada", "cy"])
    func agreement(writer: String) throws {
        var lab = try prepared()
        try lab.apply(lab.offer("l-1", of: "ada"), by: writer)
        let row = try #require(lab.rows["contract/l-1"])
        #expect(row["stage"] == "offered")
        #expect(row["parties"] == ["licensor": "ada", "licensee": "cy"])
        #expect(row["offeredBy"] == .string(writer))
        let (other, role) = writer == "ada" ? ("cy", "licensee") : ("ada", "licensor")
        for sender in [writer, "bo"] {
            for action in [TakeContractAction.accept(l1), .decline(l1)] {
                #expect(
                    try lab.refusal(of: action, by: sender)
                        == "wrong_sender: the rule is `licence l-1, action \(action.action): the "
                        + "action is taken by the \(role) (\(other))`; sender is \(sender)")
            }
        }
        try lab.apply(TakeContractAction.accept(l1), by: other)
        #expect(lab.rows["contract/l-1"]?["stage"] == "active")
        #expect(lab.rows["contract/l-1"]?["signed"] == ["licensee", "licensor"])
        #expect(
            try lab.refusal(of: TakeContractAction.decline(l1), by: other)
                == "wrong_stage: the rule is `licence l-1, action decline: stage is offered`; "
                + "stage is active")
    }

    @Test("An offer can be declined, and is not taken up after that")
    func declining() throws {
        var lab = try prepared()
        try lab.apply(lab.offer("l-1", of: "ada"), by: "ada")
        try lab.apply(TakeContractAction.decline(l1), by: "cy")
        #expect(
            try lab.refusal(of: TakeContractAction.accept(l1), by: "cy")
                == "wrong_stage: the rule is `licence l-1, action accept: stage is offered`; "
                + "stage is declined")
        #expect(
            try lab.refusal(of: TakeContractAction.accept(try LicenceID("none")), by: "cy")
                == "unknown: the rule is `the contract exists`; contract is none")
    }

    @Test("An offer that has run out is not accepted")
    func expiredOffer() throws {
        var lab = try prepared()
        try lab.apply(lab.offer("l-1", of: "ada"), by: "ada")
        lab.now = TestLab.start.advanced(byMilliseconds: TestLab.hour)
        #expect(
            try lab.refusal(of: TakeContractAction.accept(l1), by: "cy")
                == "contract.rule: the offer has expired (clause 3.1); the rule is `licence l-1, "
                + "action accept: now < terms.expires`; terms.expires is "
                + "timestamp(\"2026-01-01T01:00:00Z\"), now is timestamp(\"2026-01-01T01:00:00Z\")")
        #expect(lab.rows["contract/l-1"]?["stage"] == "offered")
    }

    @Test("An offer names a registered dataset, two parties and money that exists")
    func offerRefusals() throws {
        var lab = try prepared()
        try lab.apply(lab.offer("l-1", of: "ada"), by: "ada")
        #expect(
            try lab.refusal(of: lab.offer("l-1", of: "ada"), by: "ada")
                == "already_exists: the rule is `the name is free`; contract is l-1")
        #expect(
            try lab.refusal(of: lab.offer("l-2", of: "bo"), by: "bo")
                == "unknown: the rule is `the dataset exists`; dataset is d-bo")
        #expect(
            try lab.refusal(of: lab.offer("l-2", of: "ada"), by: "bo")
                == "wrong_sender: the rule is `licence l-2, action offer: the offer is made by the "
                + "licensee or the licensor`; offeredBy is bo")
        #expect(
            try lab.refusal(
                of: lab.terms("ada").offer(
                    try LicenceID("l-2"), licensor: try MemberID("bo")), by: "bo")
                == "wrong_sender: the rule is `the licensor owns the dataset`; licensor is bo, "
                + "dataset.owner is ada")
        #expect(
            try lab.refusal(of: lab.offer("l-2", of: "ada", licensee: "ada"), by: "ada")
                == "wrong_value: the rule is `licence l-2, action offer: the offer has the form "
                + "that dataset-licence@1 asks for`; problem is parties.licensor is ada, who is "
                + "the licensee already; parties are different members")
        #expect(
            try lab.refusal(of: lab.offer("l-2", of: "ada", licensee: "zoe"), by: "ada")
                == "unknown: the rule is `the member exists`; member is zoe")
        #expect(
            try lab.refusal(of: lab.offer("l-2", of: "ada", fee: -1), by: "ada")
                == "wrong_value: the rule is `licence l-2, action offer: the offer has the form "
                + "that dataset-licence@1 asks for`; problem is terms.feePerRound should not be "
                + "below 0, and is -1")
        let dollars = OfferContract(
            contract: try ContractID("l-2"), document: try lab.offer("l-2", of: "ada").document,
            parties: ["licensor": "ada", "licensee": "cy"], terms: try lab.terms("ada").json,
            currency: CurrencyCode("HKD"))
        #expect(
            try lab.refusal(of: dollars, by: "ada")
                == "unknown: the rule is `the currency is registered`; currency is HKD")
        try lab.apply(RetireDataset(dataset: try DatasetID("d-ada")), by: "ada")
        #expect(
            try lab.refusal(of: lab.offer("l-2", of: "ada"), by: "ada")
                == "wrong_stage: the rule is `dataset.status == registered`; dataset is d-ada, "
                + "dataset.status is retired")
    }

    @Test("The licensor withdraws a licence or an offer, once; nobody else does")
    func withdrawal() throws {
        for accepted in [true, false] {
            var lab = try prepared()
            try lab.apply(lab.offer("l-1", of: "ada"), by: "ada")
            if accepted { try lab.apply(TakeContractAction.accept(l1), by: "cy") }
            let withdraw = TakeContractAction.withdraw(l1, reason: "changed our mind")
            #expect(
                try lab.refusal(of: withdraw, by: "cy")
                    == "wrong_sender: the rule is `licence l-1, action withdraw: the action is "
                    + "taken by the licensor (ada)`; sender is cy")
            let receipt = try lab.apply(withdraw, by: "ada")
            #expect(lab.rows["contract/l-1"]?["stage"] == "withdrawn")
            #expect(
                receipt.json["outcome"]?["events"]
                    == [
                        [
                            "contract": "l-1", "event": "withdrawn",
                            "data": ["reason": "changed our mind"],
                        ]
                    ])
            #expect(
                try lab.refusal(of: withdraw, by: "ada")
                    == "wrong_stage: the rule is `licence l-1, action withdraw: stage is offered or "
                    + "active or exhausted`; stage is withdrawn")
        }
    }

    @Test("Anybody notes that a licence has expired, and nobody before it has")
    func lapsing() throws {
        var lab = try prepared()
        try lab.apply(lab.offer("l-1", of: "ada"), by: "ada")
        let lapse = TakeContractAction(contract: l1, action: "lapse")
        #expect(
            try lab.refusal(of: lapse, by: "flo")
                == "contract.rule: the licence has not expired yet (clause 3.1); the rule is "
                + "`licence l-1, action lapse: now >= terms.expires`; terms.expires is "
                + "timestamp(\"2026-01-01T01:00:00Z\"), now is timestamp(\"2026-01-01T00:00:00Z\")")
        lab.now = TestLab.start.advanced(byMilliseconds: TestLab.hour)
        try lab.apply(lapse, by: "flo")
        #expect(lab.rows["contract/l-1"]?["stage"] == "expired")
    }

    // MARK: - Use

    @Test("A round is charged to every licence: one use, and the fee out of the job's escrow")
    func trainCharges() throws {
        var lab = try TestLab()
        try lab.startJob()
        #expect(try lab.balance(of: "cy") == 940)
        #expect(lab.rows["account/job:j-1/CNY"] == ["minorUnits": 60])
        let receipt = try lab.apply(lab.open(0), by: "coordinator")
        #expect(try lab.rounds(of: "l-ada") == 1)
        #expect(receipt.moved.isEmpty)
        #expect(
            lab.rows["round/j-1/0"]?["fees"]
                == [
                    [["from": "cy", "to": "ada", "amount": lab.money(10).json]],
                    [["from": "cy", "to": "bo", "amount": lab.money(10).json]],
                ])
        guard case .applied(let decisions, let changed, _) = receipt.outcome else { return }
        #expect(changed == ["contract/l-ada", "contract/l-bo", "job/j-1", "round/j-1/0"])
        #expect(
            decisions.map(\.description).contains(
                "`licence l-ada, action train: state.rounds < terms.maxRounds` holds; "
                    + "terms.maxRounds is 3, state.rounds is 0"))
        try lab.apply(lab.seal(0), by: "coordinator")
        try lab.apply(
            CloseRound(round: try TestLab.round(0), result: TestLab.digest(1)), by: "coordinator")
        #expect(lab.rows["account/job:j-1/CNY"] == ["minorUnits": 40])
        #expect(try lab.balance(of: "ada") == 10)
    }

    /// What stands in the way of a round, and what the refusal says.
    static let obstacles: [(String, @Sendable (inout TestLab) throws -> Void, String)] = [
        (
            "withdrawn",
            {
                try $0.apply(
                    TakeContractAction.withdraw(try LicenceID("l-bo"), reason: "x"), by: "bo")
            },
            "wrong_stage: the rule is `licence l-bo, action train: stage is active or exhausted`; "
                + "stage is withdrawn"
        ),
        (
            "expired", { $0.now = TestLab.start.advanced(byMilliseconds: TestLab.hour) },
            "contract.rule: the licence has expired (clause 3.1); the rule is `licence l-ada, "
                + "action train: now < terms.expires`; terms.expires is "
                + "timestamp(\"2026-01-01T01:00:00Z\"), now is timestamp(\"2026-01-01T01:00:00Z\")"
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
    ]

    @Test("A round is charged to all licences or to none", arguments: obstacles)
    func trainIsAllOrNothing(
        what: String, obstruct: @Sendable (inout TestLab) throws -> Void, refusal: String
    ) throws {
        var lab = try TestLab()
        try lab.startJob()
        try obstruct(&lab)
        #expect(try lab.refusal(of: lab.open(0), by: "coordinator") == refusal, "\(what)")
        #expect(try lab.rounds(of: "l-ada") == 0)
        #expect(try lab.escrow() == 60)
    }

    @Test("A licence that is offered and not accepted opens no round")
    func unsignedLicence() throws {
        var lab = try TestLab()
        try lab.license()
        try lab.apply(lab.offer("l-new", of: "bo"), by: "bo")
        try lab.apply(lab.proposal(licences: ["l-ada", "l-new"]), by: "cy")
        try lab.apply(StartJob(job: try JobID("j-1")), by: "cy")
        #expect(
            try lab.refusal(of: lab.open(0), by: "coordinator")
                == "wrong_stage: the rule is `licence l-new, action train: stage is active or "
                + "exhausted`; stage is offered")
    }

    @Test("A licence is used as often as agreed, by however many jobs, and not once more")
    func roundsAreCounted() throws {
        var lab = try TestLab()
        try lab.startJob(roundsMax: 2)
        try lab.apply(lab.proposal("j-2", model: "m-2"), by: "cy")
        try lab.apply(StartJob(job: try JobID("j-2")), by: "cy")
        try lab.apply(lab.open(0), by: "coordinator")
        try lab.apply(
            OpenRound(
                round: try TestLab.round(0, of: "j-2"), task: .statistics, base: nil,
                participants: [try MemberID("ada"), try MemberID("bo")]), by: "coordinator")
        #expect(lab.rows["contract/l-ada"]?["stage"] == "exhausted")
        try lab.apply(lab.seal(0), by: "coordinator")
        try lab.apply(
            CloseRound(round: try TestLab.round(0), result: TestLab.digest(1)), by: "coordinator")
        #expect(
            try lab.refusal(
                of: lab.open(1, .train, base: TestLab.digest(1)), by: "coordinator")
                == "contract.rule: all licensed rounds are used (clause 4.1); the rule is `licence "
                + "l-ada, action train: state.rounds < terms.maxRounds`; terms.maxRounds is 2, "
                + "state.rounds is 2")
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
                == "contract.rule: this purpose is not licensed (clause 2); the rule is `licence "
                + "l-ada, action train: input.purpose in terms.purposes`; "
                + "terms.purposes is [\"caf\u{E9}\", \"science\"], "
                + "input.purpose is \"cafe\u{301}\"")
    }

    @Test(
        "Terms have at most 16 purposes of at most 64 bytes",
        arguments: [
            ([String(repeating: "x", count: 65)], false),
            ([String(repeating: "x", count: 64)], true),
            ([String(repeating: "中", count: 22)], false), ((1...16).map { "p\($0)" }, true),
            ((1...17).map { "p\($0)" }, false),
        ])
    func termsOfPurpose(purposes: [String], valid: Bool) throws {
        var lab = try prepared()
        let receipt = try lab.execute(lab.offer("l-1", of: "ada", purposes: purposes), by: "ada")
        #expect(receipt.refusal?.code == (valid ? nil : .wrongValue))
    }

    @Test("An offer without a purpose is not accepted")
    func noPurpose() throws {
        var lab = try prepared()
        try lab.apply(lab.offer("l-1", of: "ada", purposes: []), by: "ada")
        let refusal = try lab.execute(TakeContractAction.accept(l1), by: "cy").refusal
        #expect(refusal?.clauses == ["2"])
        #expect(refusal?.says?.description == "the terms name no purpose")
    }
}
