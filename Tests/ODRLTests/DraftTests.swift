import ContractLanguage
import Encodings
import ODRL
import Policy
import Randomness
import Testing

@Suite struct DraftTests {
    @Test(
        "Every policy, however odd, becomes a document that passes its check",
        arguments: 0..<80 as Range<UInt64>)
    func draftsAreValid(seed: UInt64) throws {
        var drawn = RandomPolicy(seed: seed)
        let draft = ContractDraft(
            of: drawn.policy(), named: "odd", names: LabNames(),
            original: [], digest: "")
        do {
            _ = try CompiledContract(ContractDocument(draft.json))
        } catch {
            Issue.record("seed \(seed): \(error)\n\(draft.json.indentedText)")
        }
    }

    @Test(
        "A generated document permits only what its policy permits, and all of it where nothing is denied",
        arguments: 0..<80 as Range<UInt64>)
    func documentsDecideAsTheirPolicies(seed: UInt64) throws {
        var drawn = LabPolicy(seed: seed)
        let policy = drawn.policy()
        let draft = ContractDraft(
            of: policy, named: "drawn", names: LabNames(), original: [], digest: "")
        let report = try PolicyImport(reading: policy.json.canonicalBytes).report
        let isWhole = draft.report.denials.isEmpty && report.denials.isEmpty
        let run = try PatternRun(draft)
        for _ in 0..<12 {
            let moment = drawn.pick([
                "2026-06-01T09:00:00Z", "2026-06-20T00:00:00Z", "2026-07-01T00:00:00Z",
            ])
            let purpose = drawn.pick(["research", "care"])
            let licensee = drawn.pick(["clinic", "museum"])
            let uses = drawn.pick([0, 1, 2])
            var request = Requests.request(
                assignee: IRI("urn:jointlab:member:\(licensee)"),
                target: IRI("urn:jointlab:dataset:scans"), now: moment,
                concluded: "2026-06-01T09:00:00Z", purpose: purpose)
            request.facts.recipient = licensee
            var count: Int64 = 0
            // Earlier uses count only where they were permitted, in both.
            var earlier = request
            earlier.facts.now = Requests.instant("2026-06-01T09:00:00Z")
            var allEarlier = true
            for _ in 0..<uses {
                earlier.facts.count = count
                allEarlier = allEarlier && policy.decide(earlier).outcome == .permitted
                count += 1
            }
            request.facts.count = count
            let isPermitted = allEarlier && policy.decide(request).outcome == .permitted
            let cell = "for \(purpose), by \(licensee), after \(uses), at \(moment)"
            let refusal = try run.refusal(of: cell)
            let context = """
                seed \(seed): \(cell)
                \(policy.json.indentedText)
                \(draft.json.indentedText)
                \(refusal.map(\.description) ?? "")
                """
            if refusal == nil { #expect(isPermitted, "\(context)") }
            if isPermitted, isWhole { #expect(refusal == nil, "\(context)") }
        }
    }

    @Test(
        "A policy too large for a document becomes one that permits nothing, and says so",
        arguments: [
            (permissions: 300, duties: 0), (1, 40),
        ])
    func oversizedPoliciesPermitNothing(permissions: Int, duties: Int) throws {
        let owed = (0..<duties).map { number in
            Duty(
                uid: IRI("urn:duty:\(number)"), RuleScope(actions: [RefinedAction(.odrl("inform"))])
            )
        }
        let policy = UsagePolicy(
            uid: nil,
            permissions: (0..<permissions).map { number in
                Permission(
                    uid: IRI("urn:rule:\(number)"), RuleScope(actions: [RefinedAction(.use)]),
                    duties: owed)
            })
        let draft = ContractDraft(
            of: policy, named: "large", names: LabNames(), original: [], digest: "")
        #expect(!draft.report.denials.isEmpty)
        #expect(try PatternRun(draft).refusal(of: "") != nil)
    }

    @Test("The prose keeps the policy as it was, and a clause for each rule")
    func proseKeepsTheOriginal() throws {
        let file = try Fixture.bytes("Patterns/pc12-use-and-delete.jsonld")
        let source = try PolicyImport(reading: file)
        let digest = String(repeating: "ab", count: 32)
        let draft = ContractDraft(
            of: source.policy, named: "kept", names: LabNames(), original: file, digest: digest)
        #expect(draft.prose.map(\.language) == ["en", "zh"])
        for (_, text) in draft.prose {
            #expect(text.contains(String(decoding: file, as: UTF8.self)))
            let kept = try #require(ContractDraft.original(inProse: text))
            #expect(kept.digest == digest)
            #expect(kept.document == file)
            for clause in draft.json["clauses"]?.object?.members ?? [] {
                #expect(text.contains("\n## \(clause.key) "))
            }
        }
    }

    @Test("Of two permissions, one with a price and one without, only the free one is taken over")
    func pricedAlternativeIsListed() throws {
        var priced = try PolicyImport(reading: Fixture.bytes("Patterns/pc19-sale.jsonld")).policy
        let free = try PolicyImport(reading: Fixture.bytes("Patterns/pc06-purpose.jsonld")).policy
        priced.permissions += free.permissions
        let draft = ContractDraft(
            of: priced, named: "two", names: LabNames(), original: [], digest: "")
        #expect(draft.report.denials.count == 1)
        let run = try PatternRun(draft)
        #expect(try run.refusal(of: "for sepsis-research") == nil)
        #expect(try run.refusal(of: "for marketing") != nil)
    }

    @Test("A consequence is opened by what it is the consequence of")
    func consequenceFollows() throws {
        let document = """
            {"@context": "http://www.w3.org/ns/odrl.jsonld", "@type": "Agreement",
             "uid": "http://example.com/p", "permission": [{"action": "use", "duty": [{
               "action": "delete", "constraint": [
                 {"leftOperand": "elapsedTime", "operator": "lteq",
                  "rightOperand": {"@value": "P7D", "@type": "xsd:duration"}}],
               "consequence": [{"action": "inform"}]}]}]}
            """
        let source = try PolicyImport(reading: Array(document.utf8))
        let draft = ContractDraft(
            of: source.policy, named: "c", names: LabNames(), original: [], digest: "")
        let contract = try CompiledContract(ContractDocument(draft.json))
        let run = try PatternRun(draft)
        var instance = try run.concluded(by: "clinic", at: "2026-06-01T09:00:00Z")
        instance = try run.used(instance, for: "care", at: "2026-06-01T09:00:00Z")
        #expect(instance.obligations.count == 1)
        let remedy = try #require(
            contract.document.obligations.first { $0.name == "duty-2-1" }?.remedy)
        instance = try run.step(
            remedy, by: .member("hospital"), in: instance, at: "2026-06-09T09:00:00Z"
        ).instance
        #expect(instance.stage == "active")
        #expect(Array(instance.obligations.keys) == ["duty-2-1-c1-1"])
    }
}

/// Draws policies about training on one dataset, mostly in terms that the lab sees.
struct LabPolicy {
    private var random: SeededRandom

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
    }

    mutating func policy() -> UsagePolicy {
        UsagePolicy(
            uid: IRI("urn:policy"), kind: .agreement, conflict: pick(ConflictStrategy.allCases),
            permissions: (0..<pick([1, 1, 1, 2, 3])).map { _ in Permission(scope()) },
            prohibitions: (0..<pick([0, 0, 1, 2])).map { _ in Prohibition(scope()) })
    }

    private mutating func scope() -> RuleScope {
        RuleScope(
            actions: [
                RefinedAction(
                    pick([
                        .training, .use, .odrl("data-mining"), .odrl("read"), .generativeTraining,
                    ]),
                    refinement: chance(5) ? condition(depth: 2) : .always)
            ],
            targets: chance(3)
                ? []
                : [
                    AssetReference(IRI("urn:jointlab:dataset:\(pick(["scans", "scans", "other"]))"))
                ],
            parties: chance(2)
                ? []
                : [
                    PartyRole(
                        .assignee,
                        PartyReference(IRI("urn:jointlab:member:\(pick(["clinic", "museum"]))")))
                ],
            condition: .both((0..<pick([0, 1, 1, 2])).map { _ in condition(depth: 0) }))
    }

    private mutating func condition(depth: Int) -> Condition {
        guard depth < 2 else { return .comparison(comparison()) }
        let parts = [condition(depth: depth + 1), condition(depth: depth + 1)]
        switch pick(Array(0..<8)) {
        case 0: return .both(parts)
        case 1: return .either(parts)
        case 2: return .exclusively(parts)
        case 3 where chance(2): return .sequence(parts)
        default: return parts[0]
        }
    }

    private mutating func comparison() -> Comparison {
        let ordering = pick([Operator.eq, .neq, .lt, .lteq, .gt, .gteq])
        switch pick(Array(0..<12)) {
        case 0...2:
            let moment = pick([
                Literal("2026-06-20T00:00:00Z", .xsd("dateTime")),
                Literal("2026-06-20", .xsd("date")),
                Literal("2026-06-30T24:00", .xsd("dateTime")),
                Literal("2026-07-01T02:00:00+02:00", .xsd("dateTime")),
            ])
            return Comparison(.dateTime, ordering, .literal(moment))
        case 3...5: return Comparison(.count, ordering, .integer(pick([1, 2, 3])))
        case 6...8:
            return Comparison(
                .purpose, pick([.eq, .neq, .isAnyOf, .isNoneOf, .isA]),
                .text(pick(["research", "care"])))
        case 9:
            return Comparison(
                .elapsedTime, ordering,
                .literal(Literal(pick(["P19D", "P30D", "PT0S"]), .xsd("duration"))))
        case 10:
            return Comparison(.recipient, pick([.eq, .neq]), .text(pick(["clinic", "museum"])))
        default: return Comparison(.spatial, .eq, .name(IRI("http://example.com/DE")))
        }
    }

    private mutating func chance(_ one: Int) -> Bool {
        Int.random(in: 0..<one, using: &random) == 0
    }

    mutating func pick<Element>(_ choices: [Element]) -> Element {
        choices[Int.random(in: choices.indices, using: &random)]
    }
}
