import ContractLanguage
import Encodings

extension LabState {
    /// So many times may be divided what was divided.
    package static let divisionsMax = 16

    /// What a contract was divided off from: its parent, that one's parent, and so on.
    package func ancestors(of contract: Contract) -> [Contract] {
        var ancestors: [Contract] = []
        var next = contract.parent
        while let id = next, let ancestor = agreements[id] {
            ancestors.append(ancestor)
            next = ancestor.parent
        }
        return ancestors
    }

    /// Why a contract, whatever its own rules say, takes no action: it is frozen or merged, or something
    /// that it was divided off from has ended or is frozen.
    package func bindingRefusal(on contract: Contract) -> Refusal? {
        guard !contract.isMerged else {
            return Refusal(
                .wrongStage, rule: "the contract has not been merged into its parent",
                saw: ["contract": contract.id, "parent": contract.parent?.text ?? "none"])
        }
        if let reason = contract.frozen {
            return Refusal(
                .contractFrozen, rule: "the contract is not frozen",
                saw: ["contract": contract.id, "frozen": reason])
        }
        for ancestor in ancestors(of: contract) {
            if let reason = ancestor.frozen {
                return Refusal(
                    .contractFrozen,
                    rule: "nothing that the contract was divided off from is frozen",
                    saw: ["contract": contract.id, "ancestor": ancestor.id, "frozen": reason])
            }
            if ancestor.compiled.endsParts(ancestor.instance) {
                return Refusal(
                    .contractAncestorEnded,
                    rule: "nothing that the contract was divided off from has ended",
                    saw: [
                        "contract": contract.id, "ancestor": ancestor.id,
                        "ancestor.stage": ancestor.instance.stage,
                    ])
            }
        }
        return nil
    }

    /// Stops a contract, and all that is divided off from it.
    ///
    /// - Throws: ``Refusal``: `unknown` or `wrong_stage`.
    mutating func freeze(_ id: ContractID, reason: String) throws(Refusal) {
        try requireFreezable(id)
        var contract = try agreements.existing(id)
        guard contract.frozen == nil else {
            throw Refusal(
                .wrongStage, rule: "the contract is not frozen yet", saw: ["contract": id])
        }
        contract.frozen = reason
        agreements.set(contract)
    }

    /// A lab with a frozen constitution could decide nothing any more, not even to unfreeze it.
    ///
    /// - Throws: ``Refusal/Code/wrongValue``.
    func requireFreezable(_ id: ContractID) throws(Refusal) {
        guard id != .constitution else {
            throw Refusal(
                .wrongValue, rule: "the constitution is not frozen; the members can stop the lab",
                saw: ["contract": id])
        }
    }

    /// - Throws: ``Refusal``: `unknown` or `wrong_stage`.
    mutating func unfreeze(_ id: ContractID) throws(Refusal) {
        var contract = try agreements.existing(id)
        guard contract.frozen != nil else {
            throw Refusal(.wrongStage, rule: "the contract is frozen", saw: ["contract": id])
        }
        contract.frozen = nil
        agreements.set(contract)
    }
}
