import Encodings
import ODRL
import Testing

@Suite struct ReadingTests {
    private static let head =
        #""@context": "http://www.w3.org/ns/odrl.jsonld", "@type": "Set", "uid": "http://example.com/p""#

    private func read(_ body: String) throws -> PolicyImport {
        try PolicyImport(reading: Array("{\(Self.head), \(body)}".utf8))
    }

    private func finding(_ body: String) throws -> ImportReport.Finding {
        let source = try read(body)
        let finding = try #require(source.report.denials.first)
        #expect(source.report.denials.count == 1, "\(source.report.denials)")
        #expect(source.policy.decide(Requests.request()).outcome != .permitted)
        return finding
    }

    @Test(
        "What cannot be enforced is a denial, listed by name, place and reason",
        arguments: [
            (
                #""leftOperand": "http://example.com/mood", "operator": "eq", "rightOperand": "x""#,
                "http://example.com/mood"
            ),
            (
                #""leftOperand": "purpose", "operator": "http://example.com/like", "rightOperand": "x""#,
                "http://example.com/like"
            ),
            (#""leftOperand": "spatial", "operator": "eq", "rightOperand": "x""#, "spatial"),
            (#""leftOperand": "purpose", "operator": "lt", "rightOperand": "x""#, "lt"),
            (
                #""leftOperand": "purpose", "operator": "eq", "rightOperandReference": "http://example.com/x""#,
                "rightOperandReference"
            ),
            (#""leftOperand": "elapsedTime", "operator": "lteq", "rightOperand": "P3M""#, "P3M"),
            (
                #""leftOperand": "dateTime", "operator": "lteq", "rightOperand": "tomorrow""#,
                "tomorrow"
            ),
            (#""leftOperand": "count", "operator": "lteq", "rightOperand": "1.5""#, "count"),
            (#""leftOperand": "count", "operator": "lteq", "rightOperand": ["1", "2"]"#, "lteq"),
            (
                #""leftOperand": "count", "operator": "lteq", "rightOperand": 1, "unit": "http://example.com/dozen""#,
                "http://example.com/dozen"
            ),
            (
                #""leftOperand": "purpose", "operator": "eq", "rightOperand": "x", "mood": "good""#,
                "mood"
            ),
            (#""leftOperand": "partner", "operator": "eq", "rightOperand": "gold""#, "partner"),
            (#""leftOperand": "purpose", "operator": "eq""#, "rightOperand"),
            (#""operator": "eq", "rightOperand": "x""#, "leftOperand"),
            (#""and": []"#, "and"),
            (#""and": [{"@id": "http://example.com/elsewhere"}]"#, "http://example.com/elsewhere"),
        ])
    func unenforceableConstraints(constraint: String, term: String) throws {
        let finding = try finding(
            #""permission": [{"action": "use", "constraint": [{\#(constraint)}]}]"#)
        #expect(finding.term == term)
        #expect(finding.path.hasPrefix("$.permission[0].constraint"))
        let opposite = try read(
            #""permission": [{"action": "use"}], "prohibition": [{"action": "use", "constraint": [{\#(constraint)}]}]"#
        )
        #expect(opposite.policy.decide(Requests.request()).outcome == .prohibited)
        #expect(opposite.report.denials.map(\.term).contains(term))
    }

    @Test("What describes a policy can change a rule when it stands in one")
    func frequencyIsNoAnnotation() throws {
        let finding = try finding(
            #""dct:frequency": "monthly", "permission": [{"action": "use", "dct:frequency": "monthly"}]"#
        )
        #expect(finding.path == "$.permission[0].dct:frequency")
    }

    @Test(
        "Rules and policies that are not understood are denials",
        arguments: [
            (
                #""permission": [{"action": "http://example.com/juggle"}]"#,
                "http://example.com/juggle", "$.permission[0].action"
            ),
            (
                #""permission": [{"action": {"rdf:value": {"@id": "delete"}}}]"#, "delete",
                "$.permission[0].action"
            ),
            (#""permission": [{"target": "http://example.com/t"}]"#, "action", "$.permission[0]"),
            (
                #""permission": [{"action": "use", "http://example.com/unless": 1}]"#,
                "http://example.com/unless", #"$.permission[0]["http://example.com/unless"]"#
            ),
            (
                #""permission": [{"action": "use", "assignee": "clinic"}]"#, "clinic",
                "$.permission[0].assignee"
            ),
            (
                #""permission": ["http://example.com/rule"]"#, "http://example.com/rule",
                "$.permission[0]"
            ),
            (
                #""profile": "http://example.com/profile", "permission": [{"action": "use"}]"#,
                "http://example.com/profile", "$"
            ),
            (
                #""inheritFrom": "http://example.com/parent", "permission": [{"action": "use"}]"#,
                "http://example.com/parent", "$.inheritFrom"
            ),
            (
                #""conflict": "http://example.com/dice", "permission": [{"action": "use"}]"#,
                "conflict", "$"
            ),
            (
                #""permission": [{"action": "use", "duty": [{"action": "http://example.com/dance"}]}]"#,
                "http://example.com/dance", "$.permission[0].duty[0].action"
            ),
        ])
    func unenforceableRules(body: String, term: String, path: String) throws {
        let finding = try finding(body)
        #expect(finding.term == term)
        #expect(finding.path == path)
    }

    @Test("What only describes is listed and changes nothing")
    func annotationsAreIgnored() throws {
        let source = try read(
            #""dct:creator": "A", "permission": [{"action": "use", "rdfs:label": "free"}]"#)
        #expect(source.report.denials.isEmpty)
        #expect(source.report.findings.map(\.effect) == [.ignored, .ignored])
        #expect(source.policy.decide(Requests.request()).outcome == .permitted)
    }

    @Test("What a policy says beside its rules holds for each, and so does what it inherits")
    func sharedAndInherited() throws {
        let document = """
            {"@context": "http://www.w3.org/ns/odrl.jsonld", "@graph": [
              {"@type": "Offer", "uid": "http://example.com/child", "inheritFrom": "http://example.com/base",
               "target": "http://example.com/t", "permission": [{"action": "read"}]},
              {"@type": "Set", "@id": "http://example.com/base", "prohibition": [{"action": "sell"}]}]}
            """
        let policy = try PolicyImport(reading: Array(document.utf8)).policy
        #expect(policy.unresolvedParents.isEmpty)
        #expect(
            policy.permissions.first?.scope.targets == [AssetReference(IRI("http://example.com/t"))]
        )
        #expect(policy.prohibitions.count == 1)
        #expect(policy.decide(Requests.request(action: .odrl("sell"))).outcome == .prohibited)
    }

    @Test(
        "What is no policy is refused with the place",
        arguments: [
            ("{", "$"), ("[1]", "$[0]"), ("7", "$"), ("{}", "$"),
            (#"{"@context": "http://example.com/context", "@type": "Set"}"#, "$.@context"),
            (#"{"@context": {"a": {"@container": "@index"}}}"#, "$.@context.a.@container"),
            (#"{"@context": {"@import": "x"}}"#, "$.@context.@import"),
            (#"{"@nest": {}}"#, "$.@nest"), (#"{"@id": 7}"#, "$.@id"),
            (#"{"@graph": [{"@type": [7]}]}"#, "$.@graph[0].@type"),
            (
                #"{"http://www.w3.org/ns/odrl/2/permission": [{"http://www.w3.org/ns/odrl/2/target": {"@value": []}}]}"#,
                #"$["http://www.w3.org/ns/odrl/2/permission"][0]["http://www.w3.org/ns/odrl/2/target"]"#
            ),
        ])
    func refusedDocuments(document: String, path: String) throws {
        let error = #expect(throws: ImportError.self) {
            try PolicyImport(reading: Array(document.utf8))
        }
        #expect(error?.path == path, "\(document): \(String(describing: error))")
    }

    @Test(
        "A policy that contains itself is refused",
        arguments: [
            #"{"@id": "_:c", "and": {"@list": [{"@id": "_:c"}]}}"#,
            #"{"@id": "_:a", "or": {"@list": [{"@id": "_:b", "xone": {"@list": [{"@id": "_:a"}]}}]}}"#,
        ])
    func cyclesAreRefused(constraint: String) throws {
        let error = #expect(throws: ImportError.self) {
            try read(#""permission": [{"action": "use", "constraint": [\#(constraint)]}]"#)
        }
        #expect(error?.problem.contains("contains itself") == true)
        #expect(throws: ImportError.self) {
            try PolicyImport(
                reading: Array(#"{\#(Self.head), "inheritFrom": "http://example.com/p"}"#.utf8))
        }
    }

    @Test("Constraints that share parts cannot make the reading explode")
    func sharedPartsAreBounded() throws {
        let levels = (0..<30).map { level in
            #"{"@id": "_:c\#(level)", "and": {"@list": [{"@id": "_:c\#(level + 1)"}, {"@id": "_:d\#(level + 1)"}]}}, {"@id": "_:d\#(level)", "or": {"@list": [{"@id": "_:c\#(level + 1)"}, {"@id": "_:d\#(level + 1)"}]}}"#
        }
        let document = """
            {"@context": "http://www.w3.org/ns/odrl.jsonld", "@graph": [
             {"@type": "Set", "uid": "http://example.com/p", "permission": [{"action": "use", "constraint": {"@id": "_:c0"}}]},
             \(levels.joined(separator: ","))]}
            """
        #expect(throws: ImportError.self) { try PolicyImport(reading: Array(document.utf8)) }
    }

    @Test("Ten thousand levels and more bytes than allowed are refused at once")
    func hugeDocumentsAreRefused() throws {
        let deep = String(repeating: #"{"a":["#, count: 10_000)
        #expect(throws: ImportError.self) { try PolicyImport(reading: Array(deep.utf8)) }
        let long = [UInt8](repeating: UInt8(ascii: " "), count: PolicyImport.bytesMax + 1)
        #expect(throws: ImportError.self) { try PolicyImport(reading: long) }
    }

    @Test("Of several policies one is asked for by name")
    func severalPolicies() throws {
        let document = Array(
            """
            {"@context": "http://www.w3.org/ns/odrl.jsonld", "@graph": [
              {"@type": "Set", "uid": "http://example.com/a", "permission": [{"action": "read"}]},
              {"@type": "Set", "uid": "http://example.com/b", "permission": [{"action": "use"}]}]}
            """.utf8)
        let error = #expect(throws: ImportError.self) { try PolicyImport(reading: document) }
        #expect(error?.problem.contains("http://example.com/a, http://example.com/b") == true)
        let second = try PolicyImport(reading: document, uid: IRI("http://example.com/b"))
        #expect(second.policy.decide(Requests.request()).outcome == .permitted)
    }

    @Test(
        "The policy in a message of the Dataspace Protocol is read, and its own operands are denials"
    )
    func dataspaceMessage() throws {
        let message = """
            {"@context": ["https://w3id.org/dspace/2025/1/context.jsonld"],
             "@type": "ContractAgreementMessage", "providerPid": "urn:p", "consumerPid": "urn:c",
             "agreement": {"@id": "urn:a", "@type": "Agreement", "target": "urn:jointlab:dataset:scans",
              "timestamp": "2026-01-01T01:00:00Z", "assigner": "http://example.com/provider",
              "assignee": "http://example.com/consumer", "permission": [
               {"action": "use", "constraint": [
                 {"leftOperand": "dateTime", "operator": "lteq", "rightOperand": "2026-12-31T06:00Z"}]},
               {"action": "use", "constraint": [{"or": [
                 {"leftOperand": "partner", "operator": "eq", "rightOperand": "gold"},
                 {"leftOperand": "partner", "operator": "eq", "rightOperand": "silver"}]}]}]}}
            """
        let source = try PolicyImport(reading: Array(message.utf8))
        #expect(source.policy.kind == .agreement)
        #expect(source.report.denials.map(\.term) == ["partner", "partner"])
        #expect(
            source.report.findings.contains {
                $0.effect == .ignored && $0.term.hasSuffix("timestamp")
            })
        let request = Requests.request(
            assignee: IRI("http://example.com/consumer"), target: IRI("urn:jointlab:dataset:scans"))
        #expect(
            source.policy.decide(request).activations.map(\.isActive).sorted { $0 && !$1 } == [
                true, false,
            ])
        #expect(source.policy.decide(request).outcome == .permitted)
    }

    @Test("What processors make of a policy with W3C's own context, slips and all, means the same")
    func publishedContext() throws {
        let compact = try read(
            #""permission": [{"action": "use", "constraint": [{"leftOperand": "payAmount", "operator": "neq", "rightOperand": "5.00", "dataType": "xsd:decimal", "unit": "http://dbpedia.org/resource/Euro"}]}]"#
        )
        let o = "http://www.w3.org/ns/odrl/2/"
        let expanded = """
            [{"@id": "http://example.com/p", "@type": ["\(o)Set"], "\(o)permission": [{
              "\(o)action": [{"@id": "\(o)use"}], "\(o)constraint": [{
                "\(o)leftOperand": [{"@id": "\(o)payAmount"}], "\(o)operator": [{"@id": "\(o)neg"}],
                "\(o)rightOperand": [{"@value": "5.00"}],
                "\(o)datatype": [{"@value": "xsd:decimal", "@type": "http://www.w3.org/2001/XMLSchema#anyType"}],
                "\(o)unit": [{"@value": "http://dbpedia.org/resource/Euro"}]}]}]}]
            """
        let read = try PolicyImport(reading: Array(expanded.utf8))
        #expect(read.policy == compact.policy)
    }
}
