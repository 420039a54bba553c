import ContractFiles
import ContractLanguage
import Encodings
import Policy
import Testing

extension ContractStep.Payment {
    /// Members apart from escrow, whatever they are called.
    fileprivate var text: String {
        func text(_ purse: Purse) -> String {
            if case .member(let name) = purse { "member \(name)" } else { "escrow" }
        }
        return "\(text(from)) to \(text(to)): \(amount)"
    }
}

/// What a party with bad intentions would try.
@Suite struct AttackTests {
    private func compiled(_ text: String) throws -> CompiledContract {
        try ContractFile(text: text, name: "attack.yaml").compiled()
    }

    private static let day: Int64 = 86_400

    private func instant(_ days: Int64) throws -> Instant {
        try #require(Instant(seconds: 1_767_225_600 + days * Self.day))
    }

    private func lending(
        _ contract: CompiledContract, borrower: String = "bob", deposit: Int64 = 100
    ) throws -> ContractInstance {
        try contract.conclude(
            ContractOffer(
                name: "loan-1", offeredBy: "ada",
                parties: ["lender": "ada", "borrower": .string(borrower)],
                terms: ["deposit": .integer(deposit), "until": "2026-03-01T00:00:00Z"],
                currency: "eur"),
            now: instant(0))
    }

    private func take(
        _ action: String, by sender: String, on instance: ContractInstance,
        of contract: CompiledContract,
        day: Int64 = 1, escrow: Int64 = 0, input: JSONValue = [:]
    ) throws -> ContractStep {
        try contract.take(
            ContractCall(
                action: action, sender: .member(sender), input: input, now: try instant(day),
                escrow: escrow),
            on: instance)
    }

    private func kind(_ body: () throws -> ContractStep) -> ContractRefusal.Kind? {
        do {
            _ = try body()
            return nil
        } catch {
            return (error as? ContractRefusal)?.kind
        }
    }

    // MARK: - Who somebody is

    @Test("No member is called `lab`: rules take the sender `lab` for the lab itself")
    func impostor() throws {
        let contract = try compiled(
            Lending.with(
                (
                    "    by: lender\n    from: lent\n    require",
                    "    by: anyone\n    from: lent\n    require"
                )))
        #expect(throws: ContractRefusal.self) { try lending(contract, borrower: "lab") }
        let lent = try take("accept", by: "bob", on: lending(contract), of: contract).instance
        #expect(
            kind { try take("extend", by: "lab", on: lent, of: contract, escrow: 100) } == .party)
        #expect(kind { try take("extend", by: "eve", on: lent, of: contract, escrow: 100) } == nil)
    }

    @Test("Members called `escrow`, `sender` or `rest` are members like others")
    func names() throws {
        let contract = try compiled(Lending.text)
        for name in ["escrow", "sender", "rest", "anyone"] {
            let offered = try lending(contract, borrower: name)
            let step = try take("accept", by: name, on: offered, of: contract)
            #expect(step.payments.map(\.text) == ["member \(name) to escrow: 100"])
            let back = try take(
                "hand-back", by: "ada", on: step.instance, of: contract, escrow: 100)
            #expect(back.payments.map(\.text) == ["escrow to member \(name): 100"])
            #expect(back.escrow == 0)
        }
    }

    @Test("One member cannot be both parties, nor twice on a board")
    func twice() throws {
        let contract = try compiled(Lending.text)
        #expect(throws: ContractRefusal.self) { try lending(contract, borrower: "ada") }
        let board = try compiled(
            Lending.with(("  lender: member\n", "  lender: member\n  board: members(3)\n")))
        #expect(throws: ContractRefusal.self) {
            try board.conclude(
                ContractOffer(
                    name: "l", offeredBy: "ada",
                    parties: ["lender": "ada", "borrower": "bob", "board": ["eve", "eve"]],
                    terms: ["deposit": 1, "until": "2026-03-01T00:00:00Z"], currency: "eur"),
                now: instant(0))
        }
    }

    @Test("The letter K is not the sign for kelvin, though Unicode calls them equivalent")
    func equivalentTexts() throws {
        let contract = try compiled(
            Lending.with(
                (
                    "extensions: int(0..3)",
                    "extensions: int(0..3)\n  tags: list(list(string(8), 2), 4)"
                ),
                (
                    "    effects: {extensions",
                    "    input: {kind: \"choice(K, M)\", tags: \"list(string(8), 2)\"}\n    effects: {tags: {remove: input.tags}, extensions"
                ),
                (
                    "    open: return",
                    "    effects: {tags: \"[['\\\\u212A'], ['K']]\"}\n    open: return"
                )))
        let lent = try take("accept", by: "bob", on: lending(contract), of: contract).instance
        func extended(_ kind: JSONValue) throws -> ContractStep {
            try take(
                "extend", by: "ada", on: lent, of: contract, escrow: 100,
                input: ["kind": kind, "tags": ["K"]])
        }
        #expect(kind { try extended("\u{212A}") } == .input)
        #expect(
            DataType.json(try #require(try extended("K").instance.variable("tags", in: contract)))
                .canonicalText
                == "[[\"\u{212A}\"]]")
    }

    // MARK: - Money

    @Test("Nobody pays without having signed, whoever makes the offer")
    func signatures() throws {
        let forced = Lending.with(
            ("pay: {from: borrower, to: escrow", "pay: {from: lender, to: escrow"),
            ("terms:\n", "offer: [borrower]\nterms:\n"))
        #expect(
            refusal(of: forced)?.contains(
                "lending.yaml:26:10: actions.accept.pay: where borrower makes the offer, lender has not signed"
            ) == true)
        // Through an action that anybody takes.
        let byAnyone = Lending.with(
            ("    by: borrower\n    from: offered", "    by: anyone\n    from: offered"))
        #expect(try compiled(byAnyone).offerors == ["borrower"])
        // On a way past the signature.
        let shortcut = Lending.with(
            (
                "  forfeit:\n",
                "  skip:\n    by: lender\n    from: offered\n    to: lent\n  charge:\n    by: lender\n    from: lent\n    pay: {from: borrower, to: lender, amount: 1}\n  forfeit:\n"
            ),
            ("pay: {from: borrower, to: escrow, amount: terms.deposit}\n    open", "open"))
        #expect(try compiled(shortcut).offerors == ["borrower"])
        #expect(try compiled(Lending.text).offerors == ["borrower", "lender"])
    }

    @Test("What is left in escrow is paid whatever holds, and nothing goes in after it")
    func rest() {
        let conditional = Lending.with(
            (
                "to: lender, amount: rest}",
                "to: lender, amount: rest, when: \"state.extensions > 0\"}"
            ))
        #expect(
            refusal(of: conditional)?.contains(
                "43:10: actions.forfeit.pay: the last payment of what is left needs no `when`")
                == true)
        let late = Lending.with(
            (
                "pay: {from: escrow, to: borrower, amount: rest}",
                "pay: [{from: escrow, to: borrower, amount: rest}, {from: lender, to: escrow, amount: 1}]"
            ))
        #expect(refusal(of: late)?.contains("goes into escrow after what is left was paid") == true)
        let endless = Lending.with(
            ("final: [returned, lost]\n", ""),
            ("    to: lost\n", "    to: offered\n"), ("    to: returned\n", "    to: offered\n"),
            ("[offered, lent, returned, lost]", "[offered, lent]"))
        #expect(
            refusal(of: endless)?.contains("money goes into escrow, and no stage is final") == true)
    }

    @Test(
        "Nobody pays to itself: what is left would stay where it is, and the contract could not end"
    )
    func circle() {
        let text = Lending.with(
            (
                "pay: {from: escrow, to: lender, amount: rest}",
                "pay: {from: escrow, to: escrow, amount: rest}"
            ))
        #expect(refusal(of: text)?.contains("43:29: actions.forfeit.pay.to: who pays gets") == true)
    }

    @Test("What only an overdue obligation allows is no way out where that one was fulfilled")
    func lockedIn() {
        let text = Lending.with(
            ("    fulfil: return\n", ""), ("    to: returned\n", "    to: lost\n"),
            ("[offered, lent, returned, lost]", "[offered, lent, lost]"),
            ("final: [returned, lost]", "final: [lost]"),
            (
                "  hand-back:\n    by: lender\n    from: lent",
                "  hand-back:\n    by: lender\n    from: offered"
            ),
            ("    effects: {extensions", "    fulfil: return\n    effects: {extensions"))
        #expect(
            refusal(of: text)?.contains(
                "17:9: stages: from `lent` no final stage can be reached while no obligation is open"
            ) == true)
    }

    @Test("The lab has no purse: its actions pay nobody called `sender`")
    func labPurse() {
        let text = Lending.with(
            (
                "  extend:\n",
                "  train:\n    by: lab\n    from: lent\n    pay: {from: borrower, to: sender, amount: 1}\n  extend:\n"
            ))
        #expect(refusal(of: text)?.contains("the lab has no purse") == true)
    }

    @Test("A split of nothing among nobody is nothing; of something, it is refused")
    func emptySplit() throws {
        let contract = try compiled(
            Lending.with(
                (
                    "to: borrower, amount: rest}",
                    "to: {split: \"{parties.borrower: state.extensions}\"}, amount: rest}"
                ),
                (
                    "    then: {stage: returned, paid: {borrower: 500}}",
                    "    then: {refused: payment}"
                )))
        let free = try take("accept", by: "bob", on: lending(contract, deposit: 0), of: contract)
            .instance
        #expect(try take("hand-back", by: "ada", on: free, of: contract).payments == [])
        let paid = try take("accept", by: "bob", on: lending(contract), of: contract).instance
        #expect(
            kind { try take("hand-back", by: "ada", on: paid, of: contract, escrow: 100) }
                == .payment)
    }

    @Test("Shares of any weight sum to the amount, and weights that do not fit are refused")
    func weights() {
        let largest = Int64.max
        #expect(
            LargestRemainder.shares(of: largest, weights: [largest, largest]) == [
                largest / 2 + 1, largest / 2,
            ])
        #expect(
            LargestRemainder.shares(of: largest, weights: [largest, largest, largest])
                == [largest / 3 + 1, largest / 3, largest / 3])
        #expect(LargestRemainder.shares(of: 5, weights: [1, 1, 1]) == [2, 2, 1])
        #expect(LargestRemainder.shares(of: 5, weights: [-1, 6]) == nil)
        #expect(LargestRemainder.shares(of: -1, weights: [1]) == nil)
        #expect(LargestRemainder.shares(of: 0, weights: []) == [])
        #expect(LargestRemainder.shares(of: 1, weights: []) == nil)
    }

    @Test("Escrow that would not fit 64 bits refuses the payment, and amounts below nothing too")
    func overflow() throws {
        let contract = try compiled(
            Lending.with(
                (
                    "    effects: {extensions",
                    "    input: {more: \"int(-9223372036854775808..9223372036854775807)\"}\n    pay: {from: sender, to: escrow, amount: input.more}\n    effects: {extensions"
                ),
                ("escrow == terms.deposit", "escrow >= terms.deposit")))
        let lent = try take("accept", by: "bob", on: lending(contract), of: contract).instance
        func extend(_ more: Int64) -> ContractRefusal.Kind? {
            kind {
                try take(
                    "extend", by: "ada", on: lent, of: contract, escrow: 100,
                    input: ["more": .integer(more)])
            }
        }
        #expect(extend(.max) == .payment)
        #expect(extend(-1) == .payment)
        #expect(extend(.min) == .payment)
        #expect(extend(.max - 100) == nil)
    }

    // MARK: - Obligations

    @Test("A remedy that nobody could take holds up nothing, so that no money is caught")
    func blockedRemedy() throws {
        let contract = try compiled(
            Lending.with(
                (
                    "  forfeit:\n    from: lent\n",
                    "  forfeit:\n    from: lent\n    require: {cel: \"state.extensions > 0\", clause: \"2\", says: it was extended}\n"
                )))
        let lent = try take("accept", by: "bob", on: lending(contract), of: contract).instance
        #expect(
            kind { try take("forfeit", by: "eve", on: lent, of: contract, day: 40, escrow: 100) }
                == .rule)
        let back = try take("hand-back", by: "ada", on: lent, of: contract, day: 40, escrow: 100)
        #expect(back.instance.stage == "returned")
        let extended = try take("extend", by: "ada", on: lent, of: contract, escrow: 100).instance
        #expect(
            kind {
                try take("hand-back", by: "ada", on: extended, of: contract, day: 40, escrow: 100)
            } == .obligation)
        #expect(
            try take("forfeit", by: "eve", on: extended, of: contract, day: 40, escrow: 100)
                .instance.stage == "lost")
    }

    @Test("A penalty that somebody may be unable to pay holds up nothing")
    func emptyPurse() throws {
        let contract = try compiled(
            Lending.with(
                (
                    "pay: {from: escrow, to: lender, amount: rest}",
                    "pay: [{from: borrower, to: lender, amount: 5}, {from: escrow, to: lender, amount: rest}]"
                )))
        let lent = try take("accept", by: "bob", on: lending(contract), of: contract).instance
        let back = try take("hand-back", by: "ada", on: lent, of: contract, day: 40, escrow: 100)
        #expect(back.instance.stage == "returned")
        let lost = try take("forfeit", by: "eve", on: lent, of: contract, day: 40, escrow: 100)
        #expect(lost.payments.map(\.amount) == [5, 100])
    }

    @Test("A remedy is not taken before the obligation is due, to the nanosecond")
    func early() throws {
        let contract = try compiled(Lending.text)
        let lent = try take("accept", by: "bob", on: lending(contract), of: contract).instance
        let due = try #require(lent.obligations["return"])
        #expect(due == (try instant(31)))
        let before = try #require(Instant(seconds: due.seconds - 1, nanoseconds: 999_999_999))
        func forfeit(_ now: Instant) throws -> ContractStep {
            try contract.take(
                ContractCall(
                    action: "forfeit", sender: .member("eve"), input: [:], now: now, escrow: 100),
                on: lent)
        }
        #expect(kind { try forfeit(before) } == .obligation)
        #expect(kind { try forfeit(due) } == nil)
        #expect(
            kind { try take("hand-back", by: "ada", on: lent, of: contract, day: 31, escrow: 100) }
                == .obligation)
    }

    @Test("A deadline beyond the year 9999 refuses the action that would open it")
    func farDeadlines() throws {
        let contract = try compiled(
            Lending.with(("within: \"720h\"", "within: \"terms.until - now\"")))
        let offered = try contract.conclude(
            ContractOffer(
                name: "l", offeredBy: "ada", parties: ["lender": "ada", "borrower": "bob"],
                terms: ["deposit": 1, "until": "9999-12-31T23:59:59Z"], currency: "eur"),
            now: instant(0))
        // Longer than 64 bits of nanoseconds.
        #expect(kind { try take("accept", by: "bob", on: offered, of: contract) } == .bounds)
        let late = try #require(Instant(rfc3339: "9999-12-31T00:00:00Z"))
        let plain = try compiled(Lending.text)
        let instance = try plain.conclude(
            ContractOffer(
                name: "l", offeredBy: "ada", parties: ["lender": "ada", "borrower": "bob"],
                terms: ["deposit": 1, "until": "9999-12-31T23:59:59Z"], currency: "eur"), now: late)
        #expect(
            kind {
                try plain.take(
                    ContractCall(
                        action: "accept", sender: .member("bob"), input: [:], now: late, escrow: 0),
                    on: instance)
            } == .bounds)
    }

    // MARK: - Everybody's time and memory

    @Test("What an instance and an input can take is bounded, and the largest part is named")
    func sizes() {
        let huge = "list(list(string(4096), 1024), 1024)"
        #expect(
            refusal(
                of: Lending.with(
                    ("extensions: int(0..3)", "extensions: int(0..3)\n  notes: \(huge)")))?
                .hasPrefix(
                    "lending.yaml:17:10: state.notes: can take 4298116098 bytes; an instance can take"
                ) == true)
        #expect(
            refusal(
                of: Lending.with(
                    ("deposit: money", "deposit: money\n  notes: list(string(4096), 64)")))?
                .contains("terms.notes: can take") == true)
        #expect(
            refusal(
                of: Lending.with(
                    (
                        "    effects: {extensions",
                        "    input: {notes: \"\(huge)\"}\n    effects: {extensions"
                    )))?
                .contains(
                    "actions.extend.input.notes: can take 4298116098 bytes; the input can take")
                == true)
    }

    @Test("A small expression cannot make a large value")
    func valueBomb() {
        let bomb = "terms.names.map(a, terms.names.map(b, terms.names))"
        let text = Lending.with(
            ("deposit: money", "deposit: money\n  names: list(string(1000), 20)"),
            (
                "extensions: int(0..3)",
                "extensions: int(0..3)\n  all: list(list(list(string(9), 2), 2), 2)"
            ),
            ("effects: {extensions", "effects: {all: \"\(bomb)\", extensions"))
        #expect(refusal(of: text)?.contains("bytes and elements, and 262144 are allowed") == true)
    }

    @Test("What is decided before and after an action counts as its cost, and so does a conclusion")
    func costs() {
        let loop =
            "[1,2,3,4,5,6,7,8,9,0].all(a, [1,2,3,4,5,6,7,8,9,0,1,2].all(b, [1,2,3,4,5,6,7,8,9,0].all(c, [1,2,3,4,5,6,7,8,9,0].all(d, d > 0))))"
        let invariants = (0..<8).map { _ in "  - \"\(loop)\"\n" }.joined()
        let text = Lending.with(("invariants:\n", "invariants:\n" + invariants))
        #expect(
            refusal(of: text)?.contains("steps in all, with invariants and overdue obligations")
                == true)
        let initial = (0..<8).map { "  s\($0): {type: bool, initial: \"\(loop)\"}\n" }.joined()
        #expect(
            refusal(
                of: Lending.with(
                    ("  extensions: int(0..3)\n", "  extensions: int(0..3)\n" + initial)))?
                .contains("to conclude it can cost") == true)
    }

    @Test("A receipt does not repeat a long value")
    func receipts() throws {
        let contract = try compiled(
            Lending.with(
                ("deposit: money", "deposit: money\n  names: list(string(1000), 20)"),
                ("now < terms.until", "now < terms.until && size(terms.names) > 0")))
        let instance = try contract.conclude(
            ContractOffer(
                name: "l", offeredBy: "ada", parties: ["lender": "ada", "borrower": "bob"],
                terms: [
                    "deposit": 1, "until": "2026-03-01T00:00:00Z",
                    "names": .array(
                        Array(repeating: .string(String(repeating: "é", count: 500)), count: 20)),
                ], currency: "eur"), now: instant(0))
        let step = try take("accept", by: "bob", on: instance, of: contract)
        let saw = try #require(step.decisions.first?.saw.first { $0.name == "terms.names" })
        #expect(saw.value.hasSuffix("é… (20080 bytes)"), "\(saw.value)")
    }

    @Test("Nothing that nobody sees stands in what people sign or in what machines execute")
    func hidden() {
        for mark in ["\\u202E", "\\u2066", "\\u200B", "\\u0085", "\\u001B"] {
            #expect(
                refusal(of: Lending.with(("Lending a machine", "\"Lending \(mark)\""))) != nil,
                "\(mark)")
            #expect(
                refusal(
                    of: Lending.with(
                        ("\"now < terms.until\"", "\"now < terms.until || '\(mark)' == ''\"")))
                    != nil, "\(mark)")
            #expect(
                refusal(of: Lending.with(("clause: \"1\", says", "clause: \"1\(mark)\", says")))
                    != nil, "\(mark)")
        }
    }
}
