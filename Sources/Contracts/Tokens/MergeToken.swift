import ContractLanguage
package import Encodings

/// The action `token.merge`: the holder of a part that nothing was used of, and of what it was divided off
/// from, puts them together again.
package struct MergeToken: LabAction {
    package static let name = "token.merge"

    package let part: ContractID

    package init(part: ContractID) {
        self.part = part
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        part = try input.identifier("part")
    }

    package var input: JSONValue { ["part": part.json] }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        let sender = try state.members.sender(of: context)
        var part = try state.held(part, by: sender.id, in: &context)
        guard let parent = part.parent else {
            throw Refusal(
                .wrongValue, rule: "the contract is a part of another",
                saw: ["contract": part.id])
        }
        var whole = try state.held(parent, by: sender.id, in: &context)
        let escrow = state.escrow(of: part)
        try context.require(
            escrow == 0, .contractPayment, rule: "nothing is in the part's escrow",
            saw: ["contract": part.id, "escrow": escrow])
        whole.instance = try state.asked(whole, "merge") {
            document, instance, escrow throws(ContractRefusal) in
            try document.merge(
                part.instance, into: instance, escrow: escrow, now: context.now.instant)
        }
        part.isMerged = true
        state.agreements.set(whole)
        state.agreements.set(part)
    }
}
