import ContractLanguage
import Encodings

// The lab's constitution is a contract like others, but nobody concludes it: the lab is founded on
// it, and by its own rules it is amended.

extension ContractID {
    /// The name of the constitution among the contracts.
    package static let constitution: ContractID = {
        do {
            return try ContractID("constitution")
        } catch {
            preconditionFailure("it is a name: \(error)")
        }
    }()
}

/// How the members with a vote stand on a proposal.
struct Ballot {
    let yes: Int
    let no: Int
    let voters: Int

    var input: JSONValue {
        [
            "yes": .integer(Int64(yes)), "no": .integer(Int64(no)),
            "voters": .integer(Int64(voters)),
        ]
    }
}

extension LabState {
    /// Founds the lab on a constitution, or replaces the one that it has.
    ///
    /// - Throws: ``Refusal``: `contract.invalid_document` or `wrong_value`.
    mutating func constitute(
        _ document: ContractDocument, _ rules: Rules, at time: Timestamp
    ) throws(Refusal) {
        let digest = PublishDocument.digest(of: document)
        let published: PublishedDocument
        if let known = agreements[document: digest] {
            published = known
        } else {
            published = PublishedDocument(
                digest: digest, compiled: try document.compiled(), by: nil, published: time)
            agreements.set(published)
        }
        let instance: ContractInstance
        do {
            // An emergency stop outlasts an amendment.
            instance = try published.compiled.found(
                name: ContractID.constitution.text, terms: rules.terms(for: document),
                now: time.instant, keeping: agreements[.constitution]?.instance.stage)
        } catch {
            throw Refusal(error, .constitution, under: published.compiled, action: "found")
        }
        agreements.set(
            Contract(
                id: .constitution, document: digest, compiled: published.compiled,
                instance: instance, concluded: time))
        lab.amend(rules)
    }

    /// Gives the constitution other terms; where things stand does not change.
    mutating func amend(_ rules: Rules, at time: Timestamp) throws(Refusal) {
        var contract = try agreements.existing(.constitution)
        do {
            try contract.compiled.amend(
                &contract.instance, terms: rules.terms(for: contract.compiled.document),
                now: time.instant)
        } catch {
            throw Refusal(error, .constitution, under: contract.compiled, action: "amend")
        }
        agreements.set(contract)
        lab.amend(rules)
    }

    /// Asks the constitution whether enough members have agreed.
    ///
    /// - Throws: ``Refusal`` with the constitution's rule where they have not.
    mutating func decide(
        _ change: Proposal.Change, by ballot: Ballot, in context: inout ActionContext
    ) throws(Refusal) {
        _ = try take(
            change.hook, of: try agreements.existing(.constitution), as: .lab,
            input: ballot.input, in: &context)
    }

    /// - Throws: ``Refusal`` where the members have stopped the lab.
    func requireOperating(in context: inout ActionContext) throws(Refusal) {
        var trial = self
        _ = try trial.take(
            LabHook.operate.name, of: try agreements.existing(.constitution), as: .lab,
            input: [:], in: &context)
    }
}

extension Rules {
    /// Those terms that a document asks for.
    fileprivate func terms(for document: ContractDocument) -> JSONValue {
        let all = terms
        return .object(
            document.terms.reduce(into: JSONObject()) { $0[$1.name] = all[$1.name] })
    }
}
