import ContractLanguage
package import Encodings
import Policy

/// A contract that allows its licensee to train on a dataset of its licensor: its document has the
/// lab's action `train`.
package struct Licence: Sendable {
    package let contract: Contract
    package let dataset: DatasetID
    package let licensor: MemberID
    package let licensee: MemberID

    package var id: LicenceID { contract.id }
    package var stage: String { contract.instance.stage }

    /// - Returns: `nil` for another kind of contract.
    package init?(_ contract: Contract) {
        guard contract.compiled.isLicence, let licensor = contract.member("licensor"),
            let licensee = contract.member("licensee"),
            case .string(let name)? = contract.instance.term("dataset", in: contract.compiled),
            let dataset = try? DatasetID(name)
        else { return nil }
        self.contract = contract
        self.dataset = dataset
        self.licensor = licensor
        self.licensee = licensee
    }

    package var json: JSONValue {
        guard case .object(var object) = contract.json else { return .null }
        object["licence"] = id.json
        object["dataset"] = dataset.json
        object["licensor"] = licensor.json
        object["licensee"] = licensee.json
        return .object(object)
    }
}

extension CompiledContract {
    /// Whether rounds of training can be opened under it.
    package var isLicence: Bool {
        document.action(LabHook.train.name)?.by == [.lab]
    }
}

extension LabState {
    /// The licence of a name; `nil` where there is none, or it is another kind of contract.
    package func licence(_ id: LicenceID) -> Licence? {
        agreements[id].flatMap(Licence.init)
    }

    package var licences: [Licence] { agreements.all.compactMap(Licence.init) }

    /// - Throws: ``Refusal``: `unknown` or `licence.form`.
    func existingLicence(_ id: LicenceID) throws(Refusal) -> Licence {
        let contract = try agreements.existing(id)
        guard let licence = Licence(contract) else {
            throw Refusal(
                .licenceForm, rule: "the contract is a licence to train",
                saw: ["contract": id, "document": contract.compiled.document.label])
        }
        return licence
    }

    /// Of a licence, the licensor owns the dataset.
    func requireLicence(
        _ contract: Contract, in context: inout ActionContext
    ) throws(Refusal) {
        guard let licence = Licence(contract) else { return }
        let owner = try datasets.registered(licence.dataset).owner
        try context.require(
            licence.licensor == owner, .wrongSender, rule: "the licensor owns the dataset",
            saw: ["licensor": licence.licensor, "dataset.owner": owner])
    }
}
