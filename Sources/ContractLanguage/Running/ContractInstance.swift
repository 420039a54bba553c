package import Encodings
package import Policy

/// A contract that has been offered or concluded: who the parties are, what they agreed on, and
/// where things stand.
package struct ContractInstance: Hashable, Sendable {
    package let name: String
    /// The members in the places of the document's parties, in the order of the parties' names.
    package internal(set) var parties: [[String]]
    package internal(set) var terms: [Value]
    /// The currency of all its money; `nil` where it has none.
    package let currency: String?
    /// The member that made the offer, or whoever has taken its place since.
    package internal(set) var offeredBy: String
    package internal(set) var stage: String
    package internal(set) var state: [Value]
    /// The parties that have agreed, by making the offer or by acting.
    package internal(set) var signed: Set<String>
    /// When each open obligation is due.
    package internal(set) var obligations: [String: Instant]

    /// Its row, without what the lab adds.
    package func json(_ contract: CompiledContract) -> JSONValue {
        let document = contract.document
        var parties = JSONObject()
        for (party, members) in zip(document.parties, self.parties) {
            parties[party.name] =
                party.kind == .member
                ? members.first.map(JSONValue.string) : .array(members.map(JSONValue.string))
        }
        var terms = JSONObject()
        for (field, value) in zip(document.terms, self.terms) {
            terms[field.name] = DataType.json(value)
        }
        var state = JSONObject()
        for (variable, value) in zip(document.state, self.state) {
            state[variable.name] = DataType.json(value)
        }
        let obligations = self.obligations.reduce(into: JSONObject()) {
            $0[$1.key] = .string($1.value.rfc3339)
        }
        return [
            "contract": .string(name), "parties": .object(parties), "terms": .object(terms),
            "currency": currency.map { .string($0) }, "offeredBy": .string(offeredBy),
            "stage": .string(stage), "state": .object(state),
            "signed": .array(signed.sorted().map { .string($0) }),
            "obligations": obligations.members.isEmpty ? nil : .object(obligations),
        ]
    }

    /// The members in the place of a party.
    package func members(_ party: String, in contract: CompiledContract) -> [String] {
        contract.document.parties.firstIndex { $0.name == party }.map { parties[$0] } ?? []
    }

    package func term(_ name: String, in contract: CompiledContract) -> Value? {
        contract.document.terms.firstIndex { $0.name == name }.map { terms[$0] }
    }

    package func variable(_ name: String, in contract: CompiledContract) -> Value? {
        contract.document.state.firstIndex { $0.name == name }.map { state[$0] }
    }
}
