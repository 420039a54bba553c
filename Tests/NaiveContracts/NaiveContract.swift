package import Encodings
import Policy

/// A refusal, as far as two interpreters must agree on it.
package struct NaiveRefusal: Error, Equatable, Sendable {
    package let kind: String
    package let clauses: [String]

    init(_ kind: String, _ clauses: [String] = []) {
        self.kind = kind
        self.clauses = clauses
    }
}

/// A contract and where it stands, run from its document's JSON as `Documentation/contracts.md` says:
/// a second opinion on what the compiled one decides.
package struct NaiveContract: Sendable {
    let document: JSONValue
    let name: String
    let offeredBy: String
    let currency: String?
    let members: [String: [String]]
    let terms: [String: NaiveValue]
    var stage: String
    var state: [String: NaiveValue]
    var signed: Set<String>
    var obligations: [String: Int128]
    package var escrow: Int64 = 0

    /// Makes an instance.
    ///
    /// - Throws: ``NaiveRefusal``.
    package init(
        _ document: JSONValue, name: String, offeredBy: String, parties: JSONValue,
        terms: JSONValue, currency: String?, now: Int128
    ) throws(NaiveRefusal) {
        self.document = document
        self.name = name
        self.offeredBy = offeredBy
        self.currency = currency
        let members = try Self.read(parties, of: document)
        self.members = members
        guard terms.object?.members.count == document["terms"].members.count else {
            throw NaiveRefusal("input")
        }
        var values: [String: NaiveValue] = [:]
        for (term, type) in document["terms"].members {
            guard let json = terms[term], let value = NaiveType(type.string ?? "").read(json) else {
                throw NaiveRefusal("input")
            }
            values[term] = value
        }
        self.terms = values
        guard Self.usesMoney(document) == (currency != nil) else { throw NaiveRefusal("input") }
        let party = Self.singles(of: document).first { [offeredBy] == members[$0] }
        guard let party, Self.offerors(of: document).contains(party) else {
            throw NaiveRefusal("party")
        }
        stage = document["stages"]?.array?.first?.string ?? ""
        signed = [party]
        obligations = [:]
        state = [:]
        var initial: [String: NaiveValue] = [:]
        for (variable, declaration) in document["state"].members {
            let type = NaiveType((declaration["type"] ?? declaration).string ?? "")
            var value = type.least ?? .time(now)
            if let expression = declaration["initial"]?.expression {
                do {
                    value = try evaluator(now: now, seesState: false).value(expression)
                } catch {
                    throw NaiveRefusal("bounds")
                }
            }
            guard type.holds(value) else { throw NaiveRefusal("bounds") }
            initial[variable] = value
        }
        state = initial
        try checkInvariants()
    }

    private static func read(
        _ json: JSONValue, of document: JSONValue
    ) throws(NaiveRefusal) -> [String: [String]] {
        guard json.object?.members.count == document["parties"].members.count else {
            throw NaiveRefusal("input")
        }
        var members: [String: [String]] = [:]
        for (party, kind) in document["parties"].members {
            let names = (json[party]?.array ?? json[party].map { [$0] } ?? []).compactMap(\.string)
            let isList = json[party]?.array != nil
            let countMax = Int(kind.string?.filter(\.isNumber) ?? "") ?? 1
            guard isList == (kind != "member"), (1...countMax).contains(names.count),
                names.allSatisfy({ NaiveType.isMember(Array($0.utf8)) }),
                Set(names).count == names.count
            else { throw NaiveRefusal("input") }
            members[party] = names.sorted()
        }
        let singles = Self.singles(of: document).flatMap { members[$0] ?? [] }
        guard Set(singles).count == singles.count else { throw NaiveRefusal("input") }
        return members
    }

    static func singles(of document: JSONValue) -> [String] {
        document["parties"].members.filter { $0.1 == "member" }.map(\.0)
    }

    static func usesMoney(_ document: JSONValue) -> Bool {
        func hasMoney(_ fields: JSONValue?) -> Bool {
            fields.members.contains { _, type in
                (type["type"] ?? type).string?.contains("money") == true
            }
        }
        return hasMoney(document["terms"]) || hasMoney(document["state"])
            || document["actions"].members.contains { _, action in
                !action["pay"].items.isEmpty || hasMoney(action["input"])
            }
    }

    /// The parties that may make the offer: along every way from each one's offer, everybody has
    /// signed before the lab acts, and everybody whose money moves.
    package static func offerors(of document: JSONValue) -> [String] {
        let stated = document["offer"].items.compactMap(\.string)
        if !stated.isEmpty { return stated }
        return singles(of: document).filter { isSound(document, offeredBy: $0) }
    }

    private static func isSound(_ document: JSONValue, offeredBy offeror: String) -> Bool {
        struct Situation: Hashable {
            let stage: String
            let signed: Set<String>
        }
        let singles = Set(singles(of: document))
        var open = [
            Situation(stage: document["stages"]?.array?.first?.string ?? "", signed: [offeror])
        ]
        var seen = Set(open)
        while let situation = open.popLast() {
            for (_, action) in document["actions"].members
            where action["from"].items.contains(.string(situation.stage)) {
                let actors = action["by"].items.compactMap(\.string)
                if actors.contains("lab"), situation.signed != singles { return false }
                for actor in actors.isEmpty ? ["anyone"] : actors {
                    let joining =
                        actor == "counterparty"
                        ? singles.subtracting([offeror]) : singles.intersection([actor])
                    let signed = situation.signed.union(joining)
                    let payers = Set(action["pay"].items.compactMap { $0["from"]?.string })
                    if !payers.intersection(singles).isSubset(of: signed) { return false }
                    for stage in targets(of: action, from: situation.stage) {
                        let next = Situation(stage: stage, signed: signed)
                        if seen.insert(next).inserted { open.append(next) }
                    }
                }
            }
        }
        return true
    }

    private static func targets(of action: JSONValue, from stage: String) -> [String] {
        guard let to = action["to"] else { return [stage] }
        if let target = to.string { return [target] }
        let turns = to.array ?? []
        let stages = turns.compactMap { $0["stage"]?.string }
        return turns.last?["when"] == nil ? stages : stages + [stage]
    }

    // MARK: - What expressions see

    func evaluator(
        now: Int128?, sender: String? = nil, input: [String: NaiveValue] = [:],
        seesState: Bool = true
    ) -> NaiveEvaluator {
        var variables: [String: NaiveValue] = [
            "contract": .text(name), "offeredBy": .text(offeredBy),
        ]
        if let now { variables["now"] = .time(now) }
        if let sender { variables["sender"] = .text(sender) }
        for (party, kind) in document["parties"].members {
            let names = (members[party] ?? []).map { NaiveValue.text($0) }
            variables["parties.\(party)"] = kind == "member" ? names[0] : .list(names)
        }
        for (name, value) in terms { variables["terms.\(name)"] = value }
        for (name, value) in input { variables["input.\(name)"] = value }
        if seesState {
            variables["stage"] = .text(stage)
            variables["escrow"] = .int(escrow)
            for (name, value) in state { variables["state.\(name)"] = value }
        }
        return NaiveEvaluator(variables)
    }

    func checkInvariants() throws(NaiveRefusal) {
        let evaluator = evaluator(now: nil)
        for invariant in document["invariants"].items {
            guard let condition = invariant.expression ?? invariant["cel"]?.expression,
                evaluator.holds(condition)
            else { throw NaiveRefusal("invariant", invariant["clause"].clauseNames) }
        }
    }

    // MARK: - As a row

    package var json: JSONValue {
        var parties = JSONObject()
        for (party, kind) in document["parties"].members {
            let names = (members[party] ?? []).map { JSONValue.string($0) }
            parties[party] = kind == "member" ? names.first : .array(names)
        }
        func object(_ values: [String: NaiveValue]) -> JSONValue {
            .object(values.reduce(into: JSONObject()) { $0[$1.key] = $1.value.json })
        }
        let due: JSONValue? =
            obligations.isEmpty ? Optional.none : object(obligations.mapValues { .time($0) })
        return [
            "contract": .string(name), "parties": .object(parties), "terms": object(terms),
            "currency": currency.map { .string($0) }, "offeredBy": .string(offeredBy),
            "stage": .string(stage), "state": object(state),
            "signed": .array(signed.sorted().map { .string($0) }),
            "obligations": due,
        ]
    }
}

extension JSONValue? {
    /// The members of an object in the order of their names; none where there is no object.
    var members: [(String, JSONValue)] {
        (self?.object?.members ?? []).map { ($0.key, $0.value) }
            .sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
    }

    /// A list, or what stands in its place.
    var items: [JSONValue] { self?.array ?? self.map { [$0] } ?? [] }

    var clauseNames: [String] {
        items.compactMap { $0.string ?? $0.integer.map { String($0) } }
    }
}

extension JSONValue {
    var expression: String? {
        switch self {
        case .string(let text): text
        case .integer(let value): String(value)
        case .bool(let value): String(value)
        default: nil
        }
    }
}
