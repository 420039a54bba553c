import ContractLanguage
import Encodings
import Foundation
import ODRL
import Policy
import Testing

/// Runs each row of the table of usage-control patterns in `Documentation/odrl.md`: what the page
/// says of a pattern is what its example does.
@Suite struct PatternTests {
    @Test("The table has the 25 patterns, each with an example of its own")
    func tableIsComplete() throws {
        let rows = try PatternRow.all()
        #expect(rows.map(\.number) == Array(1...25))
        #expect(Set(rows.map(\.example)).count == 25)
    }

    @Test("A round that was abandoned is no use, as often as rounds stay used")
    func abandonedUses() throws {
        let file = try Fixture.bytes("Patterns/pc11-number-of-uses.jsonld")
        let source = try PolicyImport(reading: file)
        let run = try PatternRun(
            ContractDraft(
                of: source.policy, named: "counted", names: LabNames(), original: file,
                digest: String(repeating: "0", count: 64)))
        let start = "2026-06-01T09:00:00Z"
        func uses(_ instance: ContractInstance) -> [Value?] {
            ["uses", "abandoned"].map { instance.variable($0, in: run.contract) }
        }
        func abandoned(_ instance: ContractInstance) throws -> ContractInstance {
            try run.contract.take(
                ContractCall(
                    action: "abandon", sender: .lab, input: [:], now: Requests.instant(start),
                    escrow: 0), on: instance
            ).instance
        }
        var instance = try run.concluded(by: "clinic", at: start)
        instance = try run.used(instance, for: "sepsis-research", at: start)
        instance = try abandoned(instance)
        #expect(uses(instance) == [.int(0), .int(1)])
        // One was given back, and none has stayed used yet.
        instance = try run.used(instance, for: "sepsis-research", at: start)
        instance = try abandoned(instance)
        #expect(uses(instance) == [.int(1), .int(1)])
    }

    @Test("A pattern is enforced as the table says", arguments: 1...25)
    func rowIsTrue(number: Int) throws {
        let row = try #require(try PatternRow.all().first { $0.number == number })
        let file = try Fixture.bytes("Patterns/\(row.example)")
        let source = try PolicyImport(reading: file)
        let draft = ContractDraft(
            of: source.policy, named: "pattern", names: LabNames(), original: file,
            digest: String(repeating: "0", count: 64))
        let run = try PatternRun(draft)
        let denied = Set((source.report.denials + draft.report.denials).map(\.term))
        switch row.enforcement {
        case .gate:
            #expect(denied.isEmpty, "\(denied)")
            #expect(try run.refusal(of: row.permitted) == nil)
            if row.refused.isEmpty {
                #expect(try run.sideEffects() > 0)
            } else {
                let refusal = try #require(try run.refusal(of: row.refused))
                #expect(refusal.kind == .rule || refusal.kind == .stage)
            }
            #expect(!draft.clauses(enforced: "machine").isEmpty)
        case .obligation:
            #expect(denied.isEmpty, "\(denied)")
            #expect(try run.refusal(of: row.permitted) == nil)
            let refusal = try #require(try run.refusal(of: row.refused))
            #expect(refusal.kind == .obligation || refusal.kind == .stage)
            #expect(!draft.clauses(enforced: "obligation").isEmpty)
        case .denied:
            #expect(denied.contains { $0.hasSuffix(row.reason) }, "\(denied)")
            #expect(try run.refusal(of: row.permitted) != nil)
            let request = Requests.request(
                assignee: IRI("urn:jointlab:member:clinic"),
                target: IRI("urn:jointlab:dataset:scans"))
            #expect(source.policy.decide(request).outcome != .permitted)
        }
    }
}

/// A row of the table.
struct PatternRow {
    enum Enforcement: String {
        case gate, obligation
        case denied = "recorded only"
    }

    let number: Int
    let example: String
    let enforcement: Enforcement
    /// A use that is permitted, and one that is refused; for a denial, the term behind it.
    let permitted: String
    let refused: String

    var reason: String { refused.replacing("`", with: "") }

    static func all() throws -> [PatternRow] {
        let page = try String(decoding: Fixture.bytes("../../Documentation/odrl.md"), as: UTF8.self)
        return try page.split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|", omittingEmptySubsequences: false).dropFirst()
                .dropLast().map {
                    $0.trimmingCharacters(in: .whitespaces)
                }
            guard cells.count == 6, let number = Int(cells[0]) else { return nil }
            let link = try #require(cells[2].split(separator: "(").last)
            let path = try #require(link.dropLast().split(separator: "/").last)
            return PatternRow(
                number: number, example: String(path),
                enforcement: try #require(Enforcement(rawValue: cells[3]), "\(cells[3])"),
                permitted: cells[4], refused: cells[5])
        }
    }
}

enum Fixture {
    static func bytes(_ name: String) throws -> [UInt8] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        return Array(try Data(contentsOf: folder.appending(path: name)))
    }
}

extension ContractDraft {
    func clauses(enforced: String) -> [String] {
        (json["clauses"]?.object?.members ?? []).filter {
            $0.value["enforced"]?.string == enforced
        }.map(\.key)
    }
}

/// Concludes a generated contract and uses it as a cell of the table says.
struct PatternRun {
    let contract: CompiledContract

    init(_ draft: ContractDraft) throws {
        do {
            contract = try CompiledContract(ContractDocument(draft.json))
        } catch {
            Issue.record("\(error)\n\(draft.json.indentedText)")
            throw error
        }
    }

    /// - Parameter cell: Parts set apart by commas: `at` a moment, `for` a purpose, `by` a member,
    ///   `after` so many uses, `unpaid`, `unprepared`; otherwise in the usual way.
    /// - Returns: Why the use is refused, or `nil`.
    func refusal(of cell: String) throws -> ContractRefusal? {
        var now = "2026-06-02T09:00:00Z"
        var purpose = "sepsis-research"
        var licensee = "clinic"
        var uses = 0
        var prepares = true
        var pays = true
        for part in cell.split(separator: ",") {
            let words = part.split(separator: " ").map { String($0.replacing("`", with: "")) }
            switch words.first {
            case "at": now = words[1]
            case "for": purpose = words[1]
            case "by": licensee = words[1]
            case "after": uses = try #require(Int(words[1]))
            case "unprepared": prepares = false
            case "unpaid": pays = false
            default: Issue.record("no such part: \(part)")
            }
        }
        let start = "2026-06-01T09:00:00Z"
        do {
            var instance = try concluded(by: licensee, at: start)
            if prepares { instance = try prepared(instance, at: start) }
            if pays { instance = try taken("pay-period-1", in: instance, at: start) }
            for _ in 0..<uses { instance = try used(instance, for: purpose, at: start) }
            _ = try used(instance, for: purpose, at: now)
            return nil
        } catch let refusal as ContractRefusal {
            return refusal
        }
    }

    /// How many payments the conclusion makes, and how many events the first use.
    func sideEffects() throws -> Int {
        let start = "2026-06-01T09:00:00Z"
        let offered = try offered(to: "clinic", at: start)
        let accepted = try step("accept", by: .member("clinic"), in: offered, at: start)
        let used = try step("train", by: .lab, in: accepted.instance, at: start)
        return accepted.payments.count + used.events.count
    }

    func concluded(by licensee: String, at moment: String) throws -> ContractInstance {
        let instance = try offered(to: licensee, at: moment)
        return try step("accept", by: .member(licensee), in: instance, at: moment).instance
    }

    private func offered(to licensee: String, at moment: String) throws -> ContractInstance {
        var parties: JSONValue = ["licensor": "hospital", "licensee": .string(licensee)]
        if case .object(var object) = parties {
            for party in contract.document.parties where party.name.hasPrefix("consenter") {
                object[party.name] = "council"
            }
            parties = .object(object)
        }
        var terms: JSONValue = ["dataset": "scans"]
        let hasMoney = contract.document.terms.contains { $0.name == "currency" }
        if hasMoney { terms = ["dataset": "scans", "currency": "EUR"] }
        let offer = ContractOffer(
            name: "licence-1", offeredBy: "hospital", parties: parties, terms: terms,
            currency: contract.usesMoney ? "EUR" : nil)
        return try contract.conclude(offer, now: Requests.instant(moment))
    }

    /// Takes what comes between the conclusion and the first use.
    func prepared(_ instance: ContractInstance, at moment: String) throws -> ContractInstance {
        var instance = instance
        while instance.stage.hasPrefix("waiting") {
            let action = try #require(
                contract.document.actions.first {
                    $0.from == [instance.stage]
                        && ($0.name.hasPrefix("consent") || $0.name.hasPrefix("perform"))
                })
            instance = try taken(action.name, in: instance, at: moment)
        }
        return instance
    }

    func used(
        _ instance: ContractInstance, for purpose: String, at moment: String
    ) throws -> ContractInstance {
        let input = contract.document.actions.first { $0.name == "train" }?.input ?? []
        var object = JSONObject()
        for field in input {
            object[field.name] = field.name == "purpose" ? .string(purpose) : 0
        }
        return try step("train", by: .lab, in: instance, input: .object(object), at: moment)
            .instance
    }

    /// Takes an action, if there is one of that name, by whoever may.
    private func taken(
        _ name: String, in instance: ContractInstance, at moment: String
    ) throws -> ContractInstance {
        guard let action = contract.document.actions.first(where: { $0.name == name }),
            let actor = action.by.first
        else { return instance }
        let member = instance.members("\(actor)", in: contract).first ?? ""
        return try step(name, by: .member(member), in: instance, at: moment).instance
    }

    func step(
        _ action: String, by sender: ContractCall.Sender, in instance: ContractInstance,
        input: JSONValue = .object(JSONObject()), at moment: String
    ) throws -> ContractStep {
        let call = ContractCall(
            action: action, sender: sender, input: input, now: Requests.instant(moment), escrow: 0)
        return try contract.take(call, on: instance)
    }
}
