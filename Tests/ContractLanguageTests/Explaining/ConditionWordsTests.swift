import ContractLanguage
import Testing

/// Conditions in words, as they stand in the explanation of a document that has them as rules.
@Suite struct ConditionWordsTests {
    struct Phrase: CustomTestStringConvertible, Sendable {
        let condition: String
        let english: String
        let chinese: String

        init(_ condition: String, _ english: String, _ chinese: String) {
            self.condition = condition
            self.english = english
            self.chinese = chinese
        }

        var testDescription: String { condition }
    }

    static let phrases = [
        Phrase(
            "!(state.extensions >= 3)", "The current `extensions` is less than 3",
            "当前 `extensions` 小于 3"),
        Phrase(
            "now >= terms.until + duration('36h')",
            "The current time is not before 1 day and 12 hours after the agreed `until`",
            "当前时间不早于自约定的 `until` 起满 1 日 12 小时之时"),
        Phrase(
            "now - terms.until > duration('90s')",
            "The time from the agreed `until` to the current time is longer than 1 minute and 30 seconds",
            "自约定的 `until` 至当前时间的时长长于 1 分钟 30 秒"),
        Phrase(
            "stage in ['lent', 'offered'] && !(sender == offeredBy)",
            "The contract is in stage “lent” or “offered” and the one who acts is not the party that made the offer",
            "合约处于“已出借”或“offered”阶段，且操作方并非要约方"),
        Phrase(
            "parties.lender != parties.borrower",
            "The lender and the borrower are different members",
            "出借方与借用方为不同成员"),
        Phrase(
            "(state.extensions == 0 || escrow > 5) && escrow < 9",
            "(the current `extensions` equals 0 or the money in escrow is more than 5) and the money in escrow is less than 9",
            "（当前 `extensions` 等于 0，或托管金额大于 5），且托管金额小于 9"),
        Phrase(
            "(terms.deposit + 1) * 2 <= escrow",
            "(the agreed `deposit` plus 1) times 2 is at most the money in escrow",
            "（约定的押金加 1）乘以 2 不超过托管金额"),
        Phrase(
            "[1, 2].all(x, x > state.extensions)",
            "For each `x` of 1 and 2: `x` is more than the current `extensions`",
            "1 和 2 中的每一项 `x` 均满足：`x` 大于当前 `extensions`"),
        Phrase(
            "[1, 2].exists(x, x > 1) && escrow > 0",
            "(for at least one `x` of 1 and 2: `x` is more than 1) and the money in escrow is more than 0",
            "（1 和 2 中至少有一项 `x` 满足：`x` 大于 1），且托管金额大于 0"),
        Phrase(
            "size([parties.lender].filter(m, m == sender)) == 1",
            "The number of entries `m` of the lender for which `m` is the one who acts equals 1",
            "出借方中满足“`m` 即为操作方”的 `m` 的数目等于 1"),
        Phrase(
            "cel.bind(x, state.extensions + 1, x < 3)",
            "`x` is less than 3; here `x` is the current `extensions` plus 1",
            "`x` 小于 3；其中 `x` 为当前 `extensions` 加 1"),
        Phrase(
            "math.greatest(escrow, 7) == 7", "The greater of the money in escrow and 7 equals 7",
            "托管金额和 7 中的较大者等于 7"),
        Phrase(
            "state.extensions > 1 ? escrow > 0 : true",
            "If the current `extensions` is more than 1, the money in escrow is more than 0; otherwise always",
            "若当前 `extensions` 大于 1，则托管金额大于 0；否则始终成立"),
    ]

    @Test(
        "Conditions are put into words in both languages, with the expression beside them",
        arguments: phrases)
    func condition(_ phrase: Phrase) throws {
        let contract = try LendingDocument.contract([("state.extensions < 3", phrase.condition)])
        let english = ContractExplanation(contract, in: .english).text.markdown
        #expect(
            english.contains("1. \(phrase.english) (`\(phrase.condition)`; clause 2)"),
            "\(line(in: english, phrase))")
        let chinese = ContractExplanation(contract, in: .chinese).text.markdown
        let spelled = chinese.replacing("约定的 `deposit`", with: "约定的押金")
        #expect(
            spelled.contains("1. \(phrase.chinese)（`\(phrase.condition)`；第 2 条）"),
            "\(line(in: chinese, phrase))")
    }

    private func line(in text: String, _ phrase: Phrase) -> String {
        text.split(separator: "\n").first { $0.contains("`\(phrase.condition)`") }.map(String.init)
            ?? text
    }
}
