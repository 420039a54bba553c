import ContractFiles
import ContractLanguage
import Encodings
import NaiveContracts
import Testing

@Suite struct ExplanationTests {
    @Test("An explanation says who may act, when, on which condition and what follows")
    func sentences() throws {
        let text = ContractExplanation(try LendingDocument.contract(), in: .english).text.markdown
        for sentence in [
            "The borrower may take this action in stage “offered”.",
            "The current time is before the agreed `until` (`now < terms.until`; clause 1). Otherwise: “the offer has expired”.",
            "The borrower pays the agreed `deposit` into escrow (`terms.deposit`).",
            "The obligation “return” begins: the borrower must bring the machine back, within 30 days.",
            "`extensions` goes up by 1",
            "The event “returned” is announced, with the current `extensions`.",
            "The borrower receives all that is left in escrow.",
            "Anybody may take this action in stage “lent” once the obligation “return” is overdue, and only then.",
            "If the contract is in stage “lent”, then the money in escrow equals the agreed `deposit`",
            "It ends in stage “returned” or “lost”.",
        ] { #expect(text.contains(sentence), "no “\(sentence)” in\n\(text)") }
    }

    @Test("In Chinese an explanation uses the document's Chinese words")
    func chinese() throws {
        let text = ContractExplanation(try LendingDocument.contract(), in: .chinese).text.markdown
        for sentence in [
            "借用方可在“offered”阶段执行此操作。",
            "当前时间早于约定的 `until`（`now < terms.until`；第 1 条）。否则拒绝，理由：“要约已过期”。",
            "借用方将约定的押金存入托管（`terms.deposit`）。",
            "产生义务“return”：借用方须在 30 日内归还机器。",
            "将托管余额全部支付给借用方。",
            "若合约处于“已出借”阶段，则托管金额等于约定的押金",
        ] { #expect(text.contains(sentence), "no “\(sentence)” in\n\(text)") }
    }

    @Test("A word for a name that the document does not have is refused where it stands")
    func unknownWord() throws {
        let text = try LendingDocument.text([("deposit: {zh: 押金}", "deposits: {zh: 押金}")])
        let error = #expect(throws: ContractFileError.self) {
            try ContractFile(text: text, name: "lending.yaml").compiled()
        }
        let message = try #require(error?.description)
        #expect(message.hasPrefix("lending.yaml:8:") && message.contains("did you mean `deposit`?"))
    }

    @Test("Every decision table has a row for each rule, in their order, and one for acceptance")
    func decisionTables() throws {
        let contract = try LendingDocument.contract()
        let sections = ContractExplanation(contract, in: .english).text.sections
        let section = try #require(sections.first { $0.title.hasPrefix("extend:") })
        guard case .table(_, let rows)? = section.blocks.first else {
            Issue.record("no table")
            return
        }
        try #require(rows.count == 2)
        #expect(rows[0][2] == "state.extensions" && rows[0][3] == "2")
        #expect(rows[0][4] == "refused: “three extensions are enough”")
        #expect(
            rows[1][4].contains("goes up by 1") && rows[1][4].contains("The stage does not change"))
    }

    @Test("Whatever a document says, its explanation is the same each time and leaves out no rule")
    func randomDocuments() throws {
        var explained = 0
        for seed in UInt64(0)..<60 {
            let json = RandomContract.document(seed: seed)
            guard let document = try? ContractDocument(json),
                let contract = try? CompiledContract(document)
            else { continue }
            explained += 1
            for language in ReadingLanguage.allCases {
                let text = ContractExplanation(contract, in: language).markdown
                #expect(
                    text == ContractExplanation(contract, in: language).markdown, "seed \(seed)")
                for rule in document.actions.flatMap(\.rules) {
                    #expect(
                        text.contains("`\(rule.condition.text)`"),
                        "seed \(seed): \(rule.condition.text)")
                }
            }
        }
        #expect(explained > 20)
    }

    @Test("Lines for a terminal keep to its width and lose no word")
    func width() throws {
        for language in ReadingLanguage.allCases {
            let text = ContractExplanation(try LendingDocument.contract(), in: language).text
            let narrow = text.plain(width: 60)
            let tooLong = narrow.split(separator: "\n").filter {
                // A long expression is one word.
                String($0).terminalWidth > 60
            }
            #expect(tooLong.isEmpty, "\(tooLong)")
            #expect(
                narrow.filter { !$0.isWhitespace && $0 != "-" && $0 != "=" }.count
                    == text.plain(width: 4_000).filter {
                        !$0.isWhitespace && $0 != "-" && $0 != "="
                    }.count)
        }
    }
}
