import ContractLanguage
import NaiveContracts
import Testing

@Suite struct ComparisonTests {
    private func differences(
        _ changes: [(String, String)], sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> [DocumentDifference] {
        DocumentComparison(
            try LendingDocument.contract(sourceLocation: sourceLocation),
            try LendingDocument.contract(changes, sourceLocation: sourceLocation), in: .english
        ).differences
    }

    @Test("A document written in another way is no different")
    func same() throws {
        let found = try differences([
            ("state.extensions < 3", "((3 > (state.extensions)))"),
            ("{extensions: \"state.extensions + 1\"}", "{extensions: {add: 1}}"),
            ("from: offered", "from: [offered]"),
            (
                "pay: {from: borrower, to: escrow, amount: terms.deposit}",
                "pay: [{amount: terms.deposit, to: escrow, from: borrower}]"
            ),
            (
                "stage != 'lent' || escrow == terms.deposit",
                "terms.deposit==escrow || \\\"lent\\\" != stage"
            ),
            ("within: \"720h\"", "within: \"duration('720h')\""),
        ])
        #expect(found.isEmpty, "\(found)")
    }

    @Test("No document differs from itself")
    func itself() throws {
        var compared = 0
        for seed in UInt64(0)..<100 {
            let json = RandomContract.document(seed: seed)
            guard let document = try? ContractDocument(json),
                let contract = try? CompiledContract(document)
            else { continue }
            compared += 1
            let found = DocumentComparison(contract, contract, in: .english).differences
            #expect(found.isEmpty, "seed \(seed): \(found)")
        }
        #expect(compared > 30)
    }

    @Test("A removed rule allows more, and an added one less")
    func removedRule() throws {
        let rule =
            "      - {cel: \"state.extensions < 3\", clause: \"2\", says: {en: three extensions are enough, zh: 最多延长三次}}\n"
        let without = [("    require:\n\(rule)", "")]
        let found = try differences(without)
        #expect(found.map(\.kind) == [.allows])
        #expect(
            found[0].text.contains(
                "does not need any more that the current `extensions` is less than 3"))
        let reverse = DocumentComparison(
            try LendingDocument.contract(without), try LendingDocument.contract(), in: .english)
        #expect(reverse.differences.map(\.kind) == [.refuses])
    }

    @Test(
        "A changed rule is reported with a case that it decides otherwise",
        arguments: [
            ("state.extensions < 2", [DocumentDifference.Kind.refuses], "state.extensions = 2"),
            ("state.extensions <= 3", [.allows], "state.extensions = 3"),
            ("state.extensions != 1", [.allows, .refuses], "state.extensions = 1"),
            ("state.extensions + 1 <= 3", [.differs], "none was found"),
        ])
    func changedRule(_ rule: String, _ kinds: [DocumentDifference.Kind], _ example: String) throws {
        let found = try differences([("state.extensions < 3", rule)])
        #expect(found.map(\.kind) == kinds, "\(found)")
        #expect(found.contains { $0.text.contains(example) }, "\(found)")
    }

    @Test("Rules over times are tried just before and after")
    func times() throws {
        let found = try differences([("now < terms.until", "now <= terms.until")])
        #expect(found.map(\.kind) == [.allows])
        #expect(found[0].text.contains("for example where now = timestamp("))
    }

    @Test(
        "Types, actors, stages, payments and deadlines are compared by what they allow",
        arguments: [
            ("int(0..3)", "int(0..5)", DocumentDifference.Kind.allows, "may be more than before"),
            ("extensions: int(0..3)", "extensions: int(1..3)", .refuses, "may be less than before"),
            (
                "by: lender\n    from: lent\n    require",
                "by: [lender, borrower]\n    from: lent\n    require", .allows,
                "The borrower may take “extend” now"
            ),
            ("amount: terms.deposit", "amount: terms.deposit * 2", .differs, "pays more"),
            (
                "within: \"720h\"", "within: \"240h\"", .refuses,
                "less time for the obligation “return”: it was 30 days, and is 10 days"
            ),
            ("within: \"720h\"", "within: \"721h\"", .allows, "more time"),
            (
                "lending-en.md", "other.md", .differs,
                "the English text that the parties sign is another one"
            ),
            ("title: {en: Courtesy", "title: {en: Manners", .differs, "Manners"),
            ("lender: {zh: 出借方}", "lender: {en: owner, zh: 出借方}", .differs, "is called “owner”"),
        ])
    func differences(_ old: String, _ new: String, _ kind: DocumentDifference.Kind, _ text: String)
        throws
    {
        // A doubled deposit breaks the invariant's words, and nothing that is checked.
        let found = try differences([(old, new)])
        #expect(
            found.contains { $0.kind == kind && $0.text.lowercased().contains(text.lowercased()) },
            "\(found)")
    }

    @Test("What anyone may do, each party may do already")
    func anyone() throws {
        let before = try LendingDocument.contract([
            ("by: lender\n    from: lent\n    require", "by: anyone\n    from: lent\n    require")
        ])
        let after = try LendingDocument.contract()
        let found = DocumentComparison(before, after, in: .english).differences
        #expect(found.map(\.kind) == [.refuses])
        #expect(
            found[0].text
                == "Not any member of the lab may take “extend” any more, but only the lender.")
        #expect(
            DocumentComparison(after, before, in: .english).differences.map(\.kind) == [.allows])
    }

    @Test("A trade that is allowed under more conditions is one that was not allowed")
    func token() throws {
        func contract(_ transfer: String) throws -> CompiledContract {
            try LendingDocument.contract([
                ("examples: []", "token: {holder: borrower, transfer: \"\(transfer)\"}")
            ])
        }
        let none = try LendingDocument.contract()
        let kinds = { (old: CompiledContract, new: CompiledContract) in
            DocumentComparison(old, new, in: .english).differences.map(\.kind)
        }
        #expect(kinds(none, try contract("true")) == [.allows])
        #expect(kinds(try contract("true"), none) == [.refuses])
        let late = try contract("now < terms.until")
        #expect(kinds(late, try contract("now <= terms.until")) == [.allows])
        #expect(kinds(late, try contract("terms.until > now")).isEmpty)
    }

    @Test("In Chinese a comparison says the same")
    func chinese() throws {
        let comparison = DocumentComparison(
            try LendingDocument.contract(),
            try LendingDocument.contract([("within: \"720h\"", "within: \"240h\"")]), in: .chinese)
        #expect(comparison.differences.map(\.text) == ["义务“return”的期限缩短：原为 30 日，现为 10 日。"])
    }
}
