import ContractLanguage
import Encodings
import ODRL
import Policy
import Randomness
import Testing

@Suite struct TermsTests {
    @Test(
        "Terms written as a policy and imported are the same terms",
        arguments: 0..<200 as Range<UInt64>)
    func exportThenImportIsTheIdentity(seed: UInt64) throws {
        let terms = Self.terms(seed: seed)
        let policy = terms.policy(uid: IRI("urn:jointlab:licence:l-\(seed)"))
        let source = try PolicyImport(reading: policy.json.canonicalBytes)
        #expect(source.policy == policy, "seed \(seed)")
        #expect(source.report.findings.isEmpty, "seed \(seed): \(source.report.findings)")
        #expect(try DatasetLicenceTerms(source.policy) == terms, "seed \(seed)")
        #expect(try DatasetLicenceTerms(terms.json) == terms, "seed \(seed)")
    }

    @Test("A policy's terms permit what the policy permits", arguments: 0..<100 as Range<UInt64>)
    func termsDecideAsThePolicy(seed: UInt64) throws {
        var terms = Self.terms(seed: seed)
        terms.licensee = "clinic"
        let policy = terms.policy(uid: nil)
        var random = SeededRandom(seed: seed)
        for _ in 0..<20 {
            let purpose = (terms.purposes + ["marketing"]).randomElement(using: &random) ?? ""
            let rounds = terms.maxRounds - Int64.random(in: 0...1, using: &random)
            let now = terms.expires.seconds - Int64.random(in: 0...1, using: &random)
            var request = Requests.request(
                assignee: IRI("urn:jointlab:member:clinic"),
                target: IRI("urn:jointlab:dataset:\(terms.dataset)"), purpose: purpose,
                count: rounds)
            request.facts.now = try #require(Instant(seconds: now, nanoseconds: 0))
            request.facts.others[.epsilonMicro] = .integer(terms.epsilonBudgetMicro)
            let isLicensed =
                purpose != "marketing" && rounds < terms.maxRounds
                && request.facts.now < terms.expires
            #expect(
                (policy.decide(request).outcome == .permitted) == isLicensed, "seed \(seed)")
        }
    }

    @Test(
        "What a dataspace calls a licence becomes terms",
        arguments: [
            ("2026-12-31", "2027-01-01T00:00:00Z"),
            ("2026-12-31T06:00Z", "2026-12-31T06:00:00.000000001Z"),
        ])
    func foreignPolicyBecomesTerms(limit: String, expires: String) throws {
        let document = """
            {"@context": "http://www.w3.org/ns/odrl.jsonld", "@type": "Agreement",
             "uid": "http://example.com/policy/7", "assigner": "http://example.com/hospital",
             "assignee": "http://example.com/clinic", "target": "http://example.com/data/scans",
             "permission": [{"action": "use", "constraint": [
               {"leftOperand": "purpose", "operator": "eq", "rightOperand": "sepsis"},
               {"leftOperand": "count", "operator": "lt", "rightOperand": 11},
               {"leftOperand": "dateTime", "operator": "lteq", "rightOperand": "\(limit)"}]}]}
            """
        let source = try PolicyImport(reading: Array(document.utf8))
        let names = try LabNames(
            for: source.policy, licensor: "hospital", licensee: "clinic", dataset: "scans")
        let terms = try DatasetLicenceTerms(source.policy, names: names)
        #expect(terms.maxRounds == 10)
        #expect(terms.purposes == ["sepsis"])
        #expect(terms.fee == nil)
        #expect(terms.expires.rfc3339 == expires)
        #expect(throws: TermsMismatch.self) { try DatasetLicenceTerms(source.policy) }
    }

    @Test("A name that could mean several parties of a policy is refused, with all of them")
    func ambiguousNamesAreRefused() throws {
        func permission(_ assignee: String) -> Permission {
            Permission(
                RuleScope(
                    actions: [RefinedAction(.use)],
                    parties: [PartyRole(.assignee, PartyReference(IRI(assignee)))]))
        }
        let policy = UsagePolicy(
            uid: nil,
            permissions: [permission("http://example.com/a"), permission("http://example.com/b")])
        let error = #expect(throws: ImportError.self) {
            try LabNames(for: policy, licensee: "clinic")
        }
        #expect(error?.problem.contains("http://example.com/a, http://example.com/b") == true)
    }

    @Test(
        "A policy that says more than terms can is no terms",
        arguments: [
            #""prohibition": [{"action": "sell"}]"#, #""obligation": [{"action": "inform"}]"#,
            #""profile": "http://example.com/profile""#,
            #""inheritFrom": "http://example.com/parent""#,
        ])
    func moreThanTermsIsADocument(addition: String) throws {
        let terms = Self.terms(seed: 1).policy(uid: nil).json.canonicalText.dropLast()
        let source = try PolicyImport(
            reading: Array(
                "\(terms),\(addition)}"
                    .replacing(#""profile":["urn:jointlab:licence"],"#, with: "").utf8))
        #expect(throws: TermsMismatch.self) { try DatasetLicenceTerms(source.policy) }
    }

    @Test(
        "What may be watched is in the policy, and only as the lab's words say it",
        arguments: [("progress", "progress"), ("everything", nil), ("stages", "stages")])
    func watching(word: String, reports: String?) throws {
        var terms = Self.terms(seed: 1)
        terms.reports = "messages"
        let policy = terms.policy(uid: nil).json.canonicalText
        #expect(policy.contains("urn:jointlab:reports:messages"))
        let source = try PolicyImport(
            reading: Array(policy.replacing(":messages\"", with: ":\(word)\"").utf8))
        #expect((try? DatasetLicenceTerms(source.policy))?.reports == reports)
    }

    @Test("Terms that name no extent of the reports that the lab knows are refused")
    func unknownReports() throws {
        let terms = Self.terms(seed: 1).json.canonicalText
        let wrong = terms.replacing(
            /"reports":"[a-z]+"/, with: #""reports":"everything""#)
        #expect(terms != wrong)
        #expect(throws: JSONShapeError.self) {
            try DatasetLicenceTerms(try JSONValue(parsing: Array(wrong.utf8)))
        }
    }

    static func terms(seed: UInt64) -> DatasetLicenceTerms {
        var random = SeededRandom(seed: seed)
        func number(_ range: ClosedRange<Int64>) -> Int64 {
            Int64.random(in: range, using: &random)
        }
        func one(_ texts: [String]) -> String { texts[Int(number(0...Int64(texts.count - 1)))] }
        let currencies = ["CNY", "EUR", "JPY", "KWD", "TOKEN"]
        let expires = Instant(
            seconds: number(1_700_000_000...4_000_000_000),
            nanoseconds: Int32(number(0...1) * 123_000_000))
        var transfer = DatasetLicenceTerms.Transfer.none
        if number(0...1) == 1 {
            var beneficiaries: [String: Int64] = [:]
            for name in ["fund", "owner"].prefix(Int(number(0...2))) {
                beneficiaries[name] = number(1...10_000)
            }
            transfer = .allowed(
                freely: number(0...1) == 1, permille: number(0...1_000),
                beneficiaries: beneficiaries)
        }
        return DatasetLicenceTerms(
            licensor: number(0...3) == 0 ? nil : "hospital",
            licensee: number(0...3) == 0 ? nil : one(["clinic", "lab-2"]),
            dataset: one(["scans", "x-1"]),
            purposes: (0...Int(number(0...3))).map { "purpose \"\($0)\" 研究" },
            maxRounds: number(1...100_000), epsilonBudgetMicro: number(0...1_000_000_000),
            fee: number(0...2) == 0
                ? nil : Fee(minorUnits: number(0...1_000_000), currency: one(currencies)),
            expires: expires ?? Requests.instant("2027-01-01T00:00:00Z"), transfer: transfer,
            reports: one(DatasetLicenceTerms.reports))
    }
}
