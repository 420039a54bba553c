package import ContractLanguage
package import Encodings

/// The action `contract.act`: a member takes an action of a contract.
package struct TakeContractAction: LabAction {
    package static let name = "contract.act"
    /// An input may take so many bytes.
    package static let inputBytesMax = 32_000

    package let contract: ContractID
    package let action: String
    package let parameters: JSONValue

    package init(contract: ContractID, action: String, parameters: JSONValue = [:]) {
        self.contract = contract
        self.action = action
        self.parameters = parameters
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        contract = try input.identifier("contract")
        action = try input.title("action", bytesMax: 63)
        parameters = try input.required("input")
        guard parameters.object != nil,
            parameters.canonicalBytes.count <= Self.inputBytesMax
        else {
            throw input.wrong(
                "input", "should be an object of at most \(Self.inputBytesMax) bytes")
        }
    }

    package var input: JSONValue {
        ["contract": contract.json, "action": .string(action), "input": parameters]
    }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        let sender = try state.members.sender(of: context)
        let contract = try state.agreements.existing(contract)
        let step = try state.take(
            action, of: contract, as: .member(sender.id.text), input: parameters, in: &context)
        for payment in step.payments {
            let amount = try state.money(payment.amount, of: contract)
            let payer = try state.holder(payment.from, of: contract)
            if case .member(let member) = payer {
                try state.accounts.requireWithinLimit(amount, of: member, in: &context)
            }
            try state.accounts.move(
                amount, from: payer,
                to: try state.holder(payment.to, of: contract),
                as: payment.from == .escrow || payment.to == .escrow ? nil : .contract)
        }
    }
}

extension LabState {
    /// Takes an action of a contract and keeps what it changes; the payments are left to the caller.
    mutating func take(
        _ action: String, of contract: Contract, as sender: ContractCall.Sender,
        input: JSONValue, in context: inout ActionContext
    ) throws(Refusal) -> ContractStep {
        // What was opened before a contract was frozen is given back all the same.
        if sender != .lab || action != LabHook.abandon.name,
            let refusal = bindingRefusal(on: contract)
        {
            throw refusal
        }
        let step: ContractStep
        do {
            step = try contract.compiled.take(
                ContractCall(
                    action: action, sender: sender, input: input, now: context.now.instant,
                    escrow: escrow(of: contract)),
                on: contract.instance)
        } catch {
            throw Refusal(error, contract.id, under: contract.compiled, action: action)
        }
        let kind = contract.compiled.isLicence ? "licence" : "contract"
        for decision in step.decisions {
            context.decided(
                Decision(
                    rule: "\(kind) \(contract.id), action \(action): \(decision.rule)",
                    saw: decision.saw.map { Observation($0.name, $0.value) }))
        }
        for event in step.events {
            context.emitted(ContractEvent(contract: contract.id, event: event))
        }
        var next = contract
        next.instance = step.instance
        agreements.set(next)
        return step
    }

    func money(_ amount: Int64, of contract: Contract) throws(Refusal) -> Money {
        guard let currency = contract.currency else {
            throw Refusal(
                .unknown, rule: "the contract has a currency", saw: ["contract": contract.id])
        }
        return Money(amount, currency)
    }

    func holder(
        _ purse: ContractStep.Payment.Purse, of contract: Contract
    ) throws(Refusal) -> AccountHolder {
        switch purse {
        case .escrow: return .contract(contract.id)
        case .member(let name):
            let id = try memberID(name)
            guard members[id] != nil else {
                throw Refusal(.unknown, rule: "the member exists", saw: ["member": id])
            }
            return .member(id)
        }
    }

    func memberID(_ name: String) throws(Refusal) -> MemberID { try MemberID(named: name) }
}

/// Something that a contract told those who follow the lab.
package struct ContractEvent: Hashable, Sendable {
    package let contract: ContractID
    package let event: ContractStep.Event

    package var json: JSONValue {
        ["contract": contract.json, "event": .string(event.name), "data": event.data]
    }
}
