import ContractLanguage
package import Encodings

/// The action `token.divide`: the holder divides a part of the quotas off: a contract of its own, which
/// counts as used in the one that it came from.
package struct DivideToken: LabAction {
    package static let name = "token.divide"

    package let contract: ContractID
    /// What the part is called.
    package let part: ContractID
    /// The part's value of each term that bounds a quota.
    package let limits: JSONValue

    package init(contract: ContractID, part: ContractID, limits: [String: Int64]) {
        self.contract = contract
        self.part = part
        self.limits = limits.quotasJSON
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        contract = try input.identifier("contract")
        part = try input.identifier("part")
        guard let limits = try input.quotas("limits") else {
            throw input.wrong("limits", "is missing")
        }
        self.limits = limits.quotasJSON
    }

    package var input: JSONValue {
        ["contract": contract.json, "part": part.json, "limits": limits]
    }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        let sender = try state.members.sender(of: context)
        var whole = try state.held(contract, by: sender.id, in: &context)
        try context.require(
            state.agreements[part] == nil, .alreadyExists, rule: "the name is free",
            saw: ["contract": part])
        try state.agreements.requireRoom(forPartsOf: contract)
        let ancestors = state.ancestors(of: whole).count
        try context.require(
            ancestors < LabState.divisionsMax, .limit,
            rule: "divisions above the part <= \(LabState.divisionsMax)",
            saw: ["contract": contract, "ancestors": ancestors])
        let (rest, instance) = try state.asked(whole, "divide") {
            document, instance, escrow throws(ContractRefusal) in
            try document.divide(
                instance, into: part.text, limits: limits, escrow: escrow,
                now: context.now.instant)
        }
        whole.instance = rest
        state.agreements.set(whole)
        state.agreements.set(
            Contract(
                id: part, document: whole.document, compiled: whole.compiled, instance: instance,
                concluded: context.now, parent: contract))
    }
}
