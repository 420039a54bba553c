import ContractFiles
import ContractLanguage
import Testing

/// Each mistake is refused where it stands: `▸` marks the place that the message must name.
@Suite struct IllFormedTests {
    struct Mistake: CustomTestStringConvertible, Sendable {
        let old: String
        let new: String
        let problem: String

        init(_ old: String, _ new: String, _ problem: String) {
            self.old = old
            self.new = new
            self.problem = problem
        }

        var testDescription: String { "\(new.prefix(60)): \(problem)" }
    }

    static let formMistakes: [Mistake] = [
        .init("contract: lending", "contract: ▸Lending machine", "should be a name"),
        .init("contract: lending", "contract: ▸7", "should be a string"),
        .init("contract: lending\n", "▸", "contract: is missing"),
        .init("contract: lending", "contract:▸", "contract: is missing"),
        .init("version: 1", "version: ▸0", "should be from 1"),
        .init("version: 1", "version: ▸1.5", "should be an integer"),
        .init("version: 1", "version: ▸99999999999999999999", "should be an integer"),
        .init("version: 1", "▸verson: 1\nversion: 1", "is not a known field"),
        .init("version: 1", "version: 1\nlanguage: ▸2", "this program knows 1"),
        .init("title: {en: Lending a machine, zh: 出借机器}", "title: ▸[a]", "should be a text"),
        .init("zh: 出借机器", "fr: ▸Prêter", "is no language here"),
        .init("en: Lending a machine", "en: ▸\"\\u202Egnidnel\"", "marks that reorder it"),
        .init("en: Lending a machine", "en: ▸\"a\\u001B[31mb\"", "without control characters"),
        .init("zh: lending-zh.md", "zh: ▸7", "should be a file's name"),
        .init("enforced: machine", "enforced: ▸machin", "should be machine, obligation or none"),
        .init("enforced: machine", "▸enforcd: machine, enforced: none", "is not a known field"),
        .init("lender: member\n", "lender: ▸members\n", "should be `member`, or `members(n)`"),
        .init("lender: member\n", "lender: ▸members(64)\n", "should be `member`, or `members(n)`"),
        .init("lender: member\n", "escrow: ▸member\n", "should be a name that expressions can use"),
        .init(
            "lender: member\n", "the-lender: ▸member\n", "should be a name that expressions can use"
        ),
        .init("lender: member\n", "while: ▸member\n", "no word of the language"),
        .init("deposit: money", "deposit: ▸mony", "there is no type `mony`"),
        .init("deposit: money", "deposit: ▸double", "there is no type `double`"),
        .init("deposit: money", "deposit: ▸int", "an int needs bounds"),
        .init("deposit: money", "deposit: ▸int(5..1)", "hold no number"),
        .init("deposit: money", "deposit: ▸int(0..9223372036854775808)", "an integer of 64 bits"),
        .init("deposit: money", "deposit: ▸list(int(0..1))", "a list needs a bound"),
        .init("deposit: money", "deposit: ▸string", "a string needs a bound"),
        .init("deposit: money", "deposit: ▸string(5000)", "is from 1 to 4096"),
        .init(
            "deposit: money", "deposit: ▸map(list(bool, 1), bool, 2)", "cannot be the key of a map"),
        .init(
            "deposit: money", "deposit: ▸list(list(list(list(list(bool,1),1),1),1),1)",
            "levels deep"),
        .init("deposit: money", "deposit: ▸choice(a, a)", "different words"),
        .init("deposit: money", "deposit: ▸dyn", "there is no type `dyn`"),
        .init("deposit: money", "deposit: ▸[money]", "should be a type"),
        .init("until: timestamp", "in: ▸timestamp", "no word of the language"),
        .init("stages: [offered, lent, returned, lost]", "stages: ▸[]", "should name 1 to 32"),
        .init(
            "[offered, lent, returned, lost]", "[offered, lent, returned, lost, ▸lent]",
            "comes twice"),
        .init(
            "by: borrower\n    from: offered", "by: borrower\n    from: ▸{a: b}", "should be a name"
        ),
        .init("    open: return", "    ▸opens: return", "is not a known field"),
        .init("cel: \"now < terms.until\", ", "cell: \"now < terms.until\", ", "cel: is missing"),
    ]

    @Test("What has the wrong form is refused where it stands", arguments: formMistakes)
    func form(_ mistake: Mistake) throws { try check(mistake) }

    static let meaningMistakes: [Mistake] = [
        .init(
            "  - \"stage != 'lent' || escrow",
            "  - ▸\"state.extensions == 1\"\n  - \"stage != 'lent' || escrow",
            "does not hold at the beginning: state.extensions is 0"),
        .init(
            "  - \"stage != 'lent' || escrow",
            "  - ▸\"6 / state.extensions > 1\"\n  - \"stage != 'lent' || escrow",
            "does not hold at the beginning"),
        .init("now < terms.until", "now < ▸terms.untill", "\n  did you mean `terms.until`?"),
        .init("now < terms.until", "now ▸< terms.deposit", "`<` does not take"),
        .init("\"now < terms.until\"", "▸terms.deposit", "should be a bool, and is an int"),
        .init("now < terms.until", "now < terms.until ▸)", "found `)`"),
        .init("now < terms.until", "now(▸", "found"),
        .init("now < terms.until", "▸dyn(now) < terms.until", "no place in a contract"),
        .init("now < terms.until", "1.5 ▸< 2", "`<` does not take"),
        .init(
            "now < terms.until", "now.getHours(▸'Asia/Shanghai') < 5",
            "moves with its country's law"),
        .init("now < terms.until", "now.getHours(parties▸.lender) < 5", "must be written out"),
        .init("now < terms.until", "▸[now, 1] == []", "one type"),
        .init("now < terms.until", "▸input.purpose == ''", "is not declared here"),
        .init("now < terms.until", "'a'.matches(▸'(')", "regular expression"),
        .init(
            "by: borrower\n    from: offered", "by: ▸borower\n    from: offered",
            "\n  did you mean `borrower`?"),
        .init(
            "by: borrower\n    from: offered", "by: ▸[borrower, lab]\n    from: offered",
            "takes no action `accept`"),
        .init(
            "by: borrower\n    from: offered", "by: borrower\n    from: ▸ofered",
            "\n  did you mean `offered`?"),
        .init(
            "by: borrower\n    from: offered", "by: borrower\n    from: ▸returned",
            "is final, and has no way out"),
        .init("to: lent\n", "to: ▸lend\n", "\n  did you mean `lent`?"),
        .init("open: return", "open: ▸retrun", "\n  did you mean `return`?"),
        .init("    open: return\n", "", "no action opens it"),
        .init("{extensions: \"state", "{extension: ▸\"state", "\n  did you mean `extensions`?"),
        .init("\"state.extensions + 1\"", "▸\"'many'\"", "should be an int, and is a string"),
        .init("\"state.extensions + 1\"", "▸{append: 1}", "does not fit int(0..3)"),
        .init("\"state.extensions + 1\"", "{ad: ▸1}", "is no effect"),
        .init(
            "{from: borrower, to: escrow", "{from: ▸borower, to: escrow",
            "\n  did you mean `borrower`?"),
        .init(
            "{from: borrower, to: escrow", "{from: borrower, to: ▸lener",
            "\n  did you mean `lender`?"),
        .init(
            "to: escrow, amount: terms.deposit", "to: escrow, amount: ▸rest",
            "`rest` is what is left"),
        .init(
            "amount: terms.deposit}", "amount: ▸terms.until}",
            "should be an int, and is a timestamp"),
        .init(
            "    pay: {from: escrow, to: lender, amount: rest}\n", "",
            "must say who gets what is left"),
        .init(
            "to: lender, amount: rest}", "to: lender, amount: rest, when: \"now > terms.until\"}",
            "needs no `when`"),
        .init("final: [returned, lost]\n", "", "is a dead end"),
        .init(
            "final: [returned, lost]", "final: [returned, lost, ▸losst]", "\n  did you mean `lost`?"
        ),
        .init("    to: lost\n", "", "cannot be reached"),
        .init(
            "stages: [offered, lent, returned, lost]",
            "stages: ▸[offered, lent, returned, lost, limbo]", "`limbo` cannot be reached"),
        .init("{by: borrower, within", "{by: ▸borower, within", "\n  did you mean `borrower`?"),
        .init("within: \"720h\"", "within: ▸720", "should be a string"),
        .init("within: \"720h\"", "within: ▸\"720 hours\"", "duration"),
        .init("else: forfeit", "else: ▸forfait", "there is no action `forfait`"),
        .init("else: forfeit", "else: ▸extend", "has a `by`"),
        .init(
            "  - \"stage != 'lent' || escrow", "  - \"stage ▸!= 1 || escrow", "`!=` does not take"),
        .init(
            "  - \"stage != 'lent' || escrow", "  - \"▸now > terms.until || escrow",
            "`now` is not declared"),
        .init(
            "enforced: none}", "enforced: machine}",
            "no rule, payment, action or invariant names it"),
        .init("enforced: none}", "enforced: obligation}", "no obligation names it"),
        .init(
            "then: {refused: \"2\"}", "then: {refused: \"1\"}",
            "should be refused by 1, and is refused otherwise"),
        .init("when: extend\n", "when: ▸extent\n", "\n  did you mean `extend`?"),
        .init(
            "given: {stage: lent, state: {extensions: 3}}",
            "given: {stage: lent, state: {extensions: ▸4}}", "should be from 0 to 3"),
        .init(
            "given: {stage: lent, state: {extensions: 3}}",
            "given: {stage: ▸lend, state: {extensions: 3}}", "is no stage"),
        .init(
            "given: {stage: lent, state: {extensions: 3}}",
            "given: {stage: lent, ▸states: {extensions: 3}}", "is not a known field"),
        .init("paid: {borrower: 500}", "paid: {borrower: ▸much}", "should be minor units"),
    ]

    @Test("What means nothing is refused where it stands", arguments: meaningMistakes)
    func meaning(_ mistake: Mistake) throws { try check(mistake) }

    private func check(_ mistake: Mistake) throws {
        let marked = Lending.with((mistake.old, mistake.new))
        let text = marked.replacing("▸", with: "")
        let message = try #require(refusal(of: text), "\(mistake.new) is taken")
        let lines = message.split(separator: "\n").map(String.init)
        #expect(message.contains(mistake.problem), "\(message)")
        let line = lines.first { $0.contains(mistake.problem) } ?? lines.first
        let place = line.map { $0.split(separator: ":").prefix(3).joined(separator: ":") }
        let parts = marked.split(separator: "▸", omittingEmptySubsequences: false)
        if parts.count > 1 {
            let before = parts[0].split(separator: "\n", omittingEmptySubsequences: false)
            #expect(
                place == "lending.yaml:\(before.count):\((before.last?.count ?? 0) + 1)",
                "\(message)")
        }
        // A mistake of meaning has a place, too.
        #expect(
            place?.split(separator: ":").dropFirst().allSatisfy { Int($0) != nil } == true,
            "\(message)")
    }
}

/// Why a text is no document that can be published; `nil` where it is one.
func refusal(of text: String, named name: String = "lending.yaml") -> String? {
    do {
        _ = try ContractFile(text: text, name: name).compiled()
        return nil
    } catch {
        return "\(error)"
    }
}
