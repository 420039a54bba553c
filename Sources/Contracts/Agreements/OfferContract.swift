import ContractLanguage
package import Encodings
import Policy

/// The action `contract.offer`: a member proposes a contract under a published document; it is in its
/// document's first stage, and the document says how the others agree.
package struct OfferContract: LabAction {
    package static let name = "contract.offer"

    package let contract: ContractID
    package let document: BlobDigest
    package let parties: JSONValue
    package let terms: JSONValue
    package let currency: CurrencyCode?

    package init(
        contract: ContractID, document: BlobDigest, parties: JSONValue, terms: JSONValue,
        currency: CurrencyCode?
    ) {
        self.contract = contract
        self.document = document
        self.parties = parties
        self.terms = terms
        self.currency = currency
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        contract = try input.identifier("contract")
        document = try input.digest("document")
        parties = try input.required("parties")
        terms = try input.required("terms")
        for (name, value) in [("parties", parties), ("terms", terms)] where value.object == nil {
            throw input.wrong(name, "should be an object")
        }
        currency = input.optional("currency") == nil ? nil : try input.currency("currency")
    }

    package var input: JSONValue {
        [
            "contract": contract.json, "document": document.json, "parties": parties,
            "terms": terms, "currency": currency?.json,
        ]
    }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        let sender = try state.members.sender(of: context)
        try state.agreements.requireRoom(forOffersOf: sender.id)
        let document = try state.agreements.published(document)
        try context.require(
            contract != .constitution && state.agreements[contract] == nil, .alreadyExists,
            rule: "the name is free",
            saw: ["contract": contract])
        if let currency {
            try context.require(
                state.accounts.currencies[currency] != nil, .unknown,
                rule: "the currency is registered", saw: ["currency": currency])
        }
        let instance: ContractInstance
        do {
            instance = try document.compiled.conclude(
                ContractOffer(
                    name: contract.text, offeredBy: sender.id.text, parties: parties,
                    terms: terms, currency: currency?.text),
                now: context.now.instant)
        } catch {
            throw Refusal(error, contract, under: document.compiled, action: "offer")
        }
        let row = Contract(
            id: contract, document: document.digest, compiled: document.compiled,
            instance: instance, concluded: context.now)
        try state.requireKnown(row)
        try state.requireLicence(row, in: &context)
        state.agreements.set(row)
    }
}

extension LabState {
    /// Everybody and everything that a contract names is there.
    fileprivate func requireKnown(_ contract: Contract) throws(Refusal) {
        for names in contract.instance.parties {
            for name in names { _ = try members.active(try memberID(name)) }
        }
        for (term, value) in zip(contract.compiled.document.terms, contract.instance.terms) {
            try requireKnown(value, as: term.type)
        }
    }

    private func requireKnown(_ value: Value, as type: DataType) throws(Refusal) {
        switch (type, value) {
        case (.member, .string(let name)): _ = try members.active(try memberID(name))
        case (.dataset, .string(let name)):
            _ = try datasets.registered(try DatasetID(named: name))
        case (.model, .string(let name)):
            let id = try ModelID(named: name)
            guard models[id] != nil else {
                throw Refusal(.unknown, rule: "the model exists", saw: ["model": id])
            }
        case (.list(let element, _), .list(let values)):
            for value in values { try requireKnown(value, as: element) }
        case (.map(let key, let element, _), .map(let entries)):
            for entry in entries {
                try requireKnown(entry.key, as: key)
                try requireKnown(entry.value, as: element)
            }
        default: break
        }
    }
}

extension Identifier {
    /// - Throws: ``Refusal/Code/wrongValue``.
    init(named text: String) throws(Refusal) {
        do {
            try self.init(text)
        } catch {
            throw Refusal(.wrongValue, rule: "the name is well formed", saw: ["name": text])
        }
    }
}
