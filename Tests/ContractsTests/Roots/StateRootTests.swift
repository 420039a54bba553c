import ContractLanguage
import Contracts
import Encodings
import NaiveContracts
import Randomness
import Testing

/// Random documents, published, offered and acted on in a lab by signed transactions, beside the naive
/// interpreter with its own money: the roots of the state are the same.
@Suite struct StateRootTests {
    private static let documents = 0..<120 as Range<UInt64>
    private static let currency = TestLab.currency

    @Test("A lab and the naive interpreter come to the same state roots")
    func roots() throws {
        var run = try Run()
        for seed in Self.documents {
            try run.play(seed)
        }
        #expect(run.concluded > 60, "\(run.concluded) concluded")
        #expect(run.applied > 120, "\(run.applied) applied")
        #expect(run.refused > 200, "\(run.refused) refused")
        #expect(run.paid > 40, "\(run.paid) paid")
        #expect(run.roots.count > 120, "\(run.roots.count) roots")
    }

    /// If this fails, nobody need believe the test above.
    @Test("One unit too much, or one letter of a contract, is another root")
    func rootsTell() throws {
        var rows: [String: JSONValue] = [
            "account/ada/CNY": ["minorUnits": 5], "contract/c-1": ["stage": "s0"],
        ]
        let root = NaiveLab.root(of: rows)
        rows["account/ada/CNY"] = ["minorUnits": 6]
        #expect(NaiveLab.root(of: rows) != root)
        rows["account/ada/CNY"] = ["minorUnits": 5]
        rows["contract/c-1"] = ["stage": "s1"]
        #expect(NaiveLab.root(of: rows) != root)
    }

    private struct Run {
        var lab: TestLab
        var naive: NaiveLab
        var random = SeededRandom(seed: 0)
        var concluded = 0
        var applied = 0
        var refused = 0
        var paid = 0
        var roots: Set<String> = []

        init() throws {
            lab = try TestLab(
                TestPeople.names.map { ($0, $0 == "ed" ? [.issuer] : [.dataOwner]) })
            lab.now = Timestamp(milliseconds: 1_772_366_400_000)
            try lab.registerCurrency()
            try lab.apply(
                RegisterDataset(
                    dataset: try DatasetID("sets"), title: "Sets", schema: ["columns": []], rows: 9,
                    commitment: BlobDigest(sha256: [UInt8](repeating: 7, count: 32))), by: "bob")
            var balances: [String: Int64] = [:]
            for name in TestPeople.names.dropLast() {
                let money = Money(50_000, StateRootTests.currency)
                try lab.apply(IssueMoney(amount: money, to: try MemberID(name)), by: "ed")
                balances[name] = 50_000
            }
            naive = NaiveLab(currency: StateRootTests.currency.text, balances: balances)
        }

        private var now: Int128 { Int128(lab.now.milliseconds) * 1_000_000 }

        /// Publishes a document and runs one contract of it.
        mutating func play(_ seed: UInt64) throws {
            random = SeededRandom(seed: seed ^ 0x0057_A7E5)
            let json = RandomContract.document(seed: seed)
            guard let document = try? ContractDocument(json),
                let contract = try? CompiledContract(document)
            else { return }
            // Members may publish 256 documents each.
            let publisher = TestPeople.names[Int(seed % 5)]
            try lab.apply(PublishDocument(document: document), by: publisher)
            let name = "c-\(seed)"
            guard try conclude(name, contract, json) else { return }
            concluded += 1
            for _ in 0..<12 {
                try act(name, contract)
                guard random.chance(30) else { continue }
                lab.endBatch()
                try compare("seed \(seed)")
            }
            lab.endBatch()
            try compare("seed \(seed)")
        }

        private mutating func conclude(
            _ name: String, _ contract: CompiledContract, _ json: JSONValue
        ) throws -> Bool {
            var parties = JSONObject()
            for party in contract.document.parties {
                let member: JSONValue
                switch (party.name, party.kind) {
                case ("licensor", _): member = "bob"
                case ("licensee", _): member = "ada"
                case (_, .member): member = "cyd"
                default: member = ["ada", "zoe"]
                }
                parties[party.name] = member
            }
            var terms = JSONObject()
            for term in contract.document.terms {
                terms[term.name] = RandomExpression.json(
                    of: "\(term.type)", isHonest: true, &random)
            }
            let offeror = parties[random.pick(contract.offerors)]?.string ?? "eve"
            let currency = contract.usesMoney ? StateRootTests.currency : nil
            let receipt = try lab.execute(
                OfferContract(
                    contract: try ContractID(name),
                    document: PublishDocument.digest(of: contract.document),
                    parties: .object(parties), terms: .object(terms), currency: currency),
                by: offeror)
            let known = try? NaiveContract(
                json, name: name, offeredBy: offeror, parties: .object(parties),
                terms: .object(terms), currency: currency?.text, now: now)
            #expect((receipt.refusal == nil) == (known != nil), "\(name) is offered")
            guard let known, receipt.refusal == nil else { return false }
            var more = JSONObject()
            more["document"] = PublishDocument.digest(of: contract.document).json
            more["label"] = .string(contract.document.label)
            more["concluded"] = lab.now.json
            naive.add(known, name, more: more)
            return true
        }

        private mutating func act(_ name: String, _ contract: CompiledContract) throws {
            let stage = lab.state.agreements[try ContractID(name)]?.instance.stage ?? ""
            let open = contract.document.actions.filter { $0.from.contains(stage) }
            let action = random.pick(
                open.isEmpty || random.chance(10) ? contract.document.actions : open)
            let steps: [Int64] = [0, 60, 3_600, 86_400, 260_000]
            lab.now = lab.now.advanced(byMilliseconds: random.pick(steps) * 1_000)
            let members = action.by.flatMap { actor in
                switch actor {
                case .party(let party):
                    lab.state.agreements[named: name]?.instance.members(party, in: contract)
                        ?? []
                case .counterparty: ["ada", "bob"]
                case .anyone, .lab: ["eve"]
                }
            }
            let sender =
                members.isEmpty || random.chance(15)
                ? random.pick(["ada", "bob", "cyd", "zoe", "eve"]) : random.pick(members)
            var input = JSONObject()
            for field in action.input {
                input[field.name] = RandomExpression.json(of: "\(field.type)", &random)
            }
            let receipt = try lab.execute(
                TakeContractAction(
                    contract: try ContractID(name), action: action.name,
                    parameters: .object(input)), by: sender)
            let isApplied = naive.take(
                action.name, of: name, by: sender, input: .object(input), now: now)
            #expect(
                (receipt.refusal == nil) == isApplied,
                "\(name): \(action.name) by \(sender): \(receipt.refusal?.description ?? "applied")"
            )
            if isApplied { applied += 1 } else { refused += 1 }
            paid += receipt.moved.count
        }

        private mutating func compare(_ what: String) throws {
            let root = NaiveLab.root(of: lab.rows)
            try #require(naive.root(beside: lab.rows) == root, "\(what)")
            roots.insert("\(root)")
        }
    }
}

extension Agreements {
    fileprivate subscript(named name: String) -> Contract? {
        (try? ContractID(name)).flatMap { self[$0] }
    }
}
