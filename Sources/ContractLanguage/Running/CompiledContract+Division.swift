package import Encodings
package import Policy

/// Dividing a token, and putting it together again.
extension CompiledContract {
    /// How much is left of each quota, under the name of the state variable that counts it.
    package func quotasLeft(in instance: ContractInstance) -> [String: Int64] {
        var left: [String: Int64] = [:]
        for quota in token?.text.quotas ?? [] {
            guard case .int(let used)? = instance.variable(quota.used, in: self),
                case .int(let limit)? = instance.term(quota.limit, in: self)
            else { continue }
            left[quota.used] = limit.subtractingReportingOverflow(used).partialValue
        }
        return left
    }

    /// Divides a part off: an instance of its own, whose limits count as used in what is left.
    ///
    /// - Parameter limits: The part's value of each term that bounds a quota.
    /// - Returns: What is left of the whole, and the part in its first state.
    /// - Throws: ``ContractRefusal``.
    package func divide(
        _ whole: ContractInstance, into name: String, limits: JSONValue, escrow: Int64,
        now: Instant
    ) throws(ContractRefusal) -> (rest: ContractInstance, part: ContractInstance) {
        let token = try tradedToken(of: whole)
        let amounts = try readLimits(limits, of: token)
        guard whole.obligations.isEmpty else {
            throw ContractRefusal(
                .obligation, rule: "a contract is divided while no obligation is open",
                saw: whole.obligations.keys.sorted().map {
                    ContractObservation(name: "obligation", value: $0)
                })
        }
        var rest = whole
        var part = ContractInstance(
            name: name, parties: whole.parties, terms: whole.terms, currency: whole.currency,
            offeredBy: whole.offeredBy, stage: whole.stage, state: [], signed: whole.signed,
            obligations: [:])
        for (index, term) in document.terms.enumerated() {
            guard let amount = amounts[term.name] else { continue }
            try check(.int(amount), as: term.type, named: "terms.\(term.name)", .input)
            part.terms[index] = .int(amount)
        }
        part.state = try initialState(of: part, now: now)
        for quota in token.text.quotas {
            try use(amounts[quota.limit] ?? 0, of: quota, in: &rest)
        }
        try checkInvariants(of: rest, escrow: escrow, now: now)
        try checkInvariants(of: part, escrow: 0, now: now)
        return (rest, part)
    }

    /// Puts a part that nothing was used of back into what it was divided off from. What had been used up
    /// is then in the part's stage: it has something left, as the part had.
    ///
    /// - Throws: ``ContractRefusal``.
    package func merge(
        _ part: ContractInstance, into whole: ContractInstance, escrow: Int64, now: Instant
    ) throws(ContractRefusal) -> ContractInstance {
        let token = try tradedToken(of: whole)
        _ = try tradedToken(of: part)
        let fresh = try initialState(of: part, now: now)
        for (variable, (value, first)) in zip(document.state, zip(part.state, fresh))
        where value != first {
            throw ContractRefusal(
                .token, rule: "nothing of the part was used",
                saw: [ContractObservation(name: "state.\(variable.name)", value: value.literal)])
        }
        guard part.obligations.isEmpty else {
            throw ContractRefusal(
                .obligation, rule: "a part is merged while no obligation is open",
                saw: part.obligations.keys.sorted().map {
                    ContractObservation(name: "obligation", value: $0)
                })
        }
        var next = whole
        let left = quotasLeft(in: whole)
        for quota in token.text.quotas {
            guard case .int(let amount)? = part.term(quota.limit, in: self) else { continue }
            if amount > 0, left[quota.used] == 0 { next.stage = part.stage }
            try use(-amount, of: quota, in: &next)
        }
        try checkInvariants(of: next, escrow: escrow, now: now)
        return next
    }

    private func readLimits(
        _ json: JSONValue, of token: Token
    ) throws(ContractRefusal) -> [String: Int64] {
        guard !token.text.quotas.isEmpty else {
            throw ContractRefusal(
                .token, rule: "\(document.label) can be divided",
                saw: [ContractObservation(name: "token.divide", value: "none")])
        }
        do throws(JSONShapeError) {
            var fields = try JSONFields(json, at: "limits")
            var limits: [String: Int64] = [:]
            // Two quotas may have one limit.
            for term in Set(token.text.quotas.map(\.limit)).sorted() {
                limits[term] = try fields.integer(term, in: 0 ... .max)
            }
            try fields.finish()
            guard limits.values.contains(where: { $0 > 0 }) else {
                throw JSONShapeError(path: "limits", problem: "should not all be 0")
            }
            return limits
        } catch {
            throw ContractRefusal(
                .input, rule: "the limits of the part are those that \(document.label) divides",
                saw: [ContractObservation(name: "problem", value: "\(error)")])
        }
    }

    /// Counts something as used, or less than nothing as not used after all.
    private func use(
        _ amount: Int64, of quota: TokenText.Quota, in instance: inout ContractInstance
    ) throws(ContractRefusal) {
        guard let index = document.state.firstIndex(where: { $0.name == quota.used }),
            case .int(let used) = instance.state[index],
            case .int(let limit)? = instance.term(quota.limit, in: self)
        else { return }
        let (sum, overflow) = used.addingReportingOverflow(amount)
        guard !overflow, sum <= limit else {
            throw ContractRefusal(
                .token, rule: "state.\(quota.used) + part <= terms.\(quota.limit)",
                saw: [
                    ContractObservation(name: "state.\(quota.used)", value: String(used)),
                    ContractObservation(name: "part", value: String(amount)),
                    ContractObservation(name: "terms.\(quota.limit)", value: String(limit)),
                ])
        }
        let variable = document.state[index]
        try check(.int(sum), as: variable.type, named: "state.\(variable.name)", .bounds)
        instance.state[index] = .int(sum)
    }
}
