// Who has signed by when.
extension DocumentChecker {
    /// Finds out who may make the offer: those with whom everybody has signed before the lab acts
    /// or a party's money moves.
    mutating func checkSignatures() {
        let singles = document.parties.filter { $0.kind == .member }.map(\.name)
        for name in document.offer ?? [] where !singles.contains(name) {
            problem(
                "offer", "`\(name)` is no party of one member",
                suggestion: similar(name, in: singles))
        }
        guard !singles.isEmpty else {
            if document.isConstitution { return }
            if document.parties.isEmpty {
                problem("parties", "a contract has parties; at least one of one member")
            } else {
                problem("parties", "somebody makes the offer: one party at least is `member`")
            }
            return
        }
        let violations = singles.map { (party: $0, path: violation(offeredBy: $0, singles)) }
        if let offer = document.offer {
            for case (let party, let violation?) in violations where offer.contains(party) {
                problem(
                    violation.path,
                    "where \(party) makes the offer, \(violation.unsigned) has not signed by then")
            }
            offerors = offer
        } else {
            offerors = violations.filter { $0.path == nil }.map(\.party)
            if offerors.isEmpty, let violation = violations.compactMap(\.path).first {
                problem(
                    violation.path,
                    "whoever makes the offer, not everybody concerned has signed by then (\(violation.unsigned) has not)"
                )
            }
        }
    }

    private func violation(
        offeredBy offeror: String, _ singles: [String]
    ) -> (path: String, unsigned: String)? {
        guard let first = document.stages.first else { return nil }
        var signed: [String: Set<String>] = [first: [offeror]]
        var open = [first]
        while let stage = open.popLast() {
            let before = signed[stage] ?? []
            for action in document.actions where action.from.contains(stage) {
                for joining in signatures(of: action, offeror, singles) {
                    let after = before.union(joining)
                    for target in targets(of: action, from: stage) {
                        let known = signed[target]
                        let both = known.map { $0.intersection(after) } ?? after
                        if known != both {
                            signed[target] = both
                            open.append(target)
                        }
                    }
                }
            }
        }
        for (stage, before) in signed.sorted(by: { $0.key < $1.key }) {
            for action in document.actions where action.from.contains(stage) {
                if action.by.contains(.lab),
                    let missing = singles.first(where: { !before.contains($0) })
                {
                    return ("actions.\(action.name)", missing)
                }
                for joining in signatures(of: action, offeror, singles) {
                    for payment in action.payments {
                        if case .party(let payer) = payment.from,
                            !before.union(joining).contains(payer)
                        {
                            return (payment.path, payer)
                        }
                    }
                }
            }
        }
        return nil
    }

    /// For each of those who may take an action, which parties sign by it.
    private func signatures(
        of action: ActionText, _ offeror: String, _ singles: [String]
    ) -> [Set<String>] {
        guard !action.by.isEmpty else { return [[]] }
        return action.by.map { actor in
            switch actor {
            case .party(let name): singles.contains(name) ? [name] : []
            case .counterparty: Set(singles.filter { $0 != offeror })
            case .anyone, .lab: []
            }
        }
    }
}
