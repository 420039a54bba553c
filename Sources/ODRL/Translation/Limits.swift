import Policy

/// The conditions of a dataset licence: each of them once, and no others.
struct Limits {
    var purposes: [String] = []
    var rounds: Int64 = 0
    var epsilon = DatasetLicenceTerms.epsilonMax
    let expires: Instant

    init(_ condition: Condition) throws(TermsMismatch) {
        var seen: Set<IRI> = []
        var end: Instant?
        for conjunct in condition.conjuncts {
            guard let comparison = conjunct.comparison, comparison.unit == nil,
                comparison.labObstacle(forbids: false) == nil,
                let relation = Operator(comparison.relation),
                case .values(let values) = comparison.right, let value = values.first
            else { throw TermsMismatch("it has a condition that is no purpose, count or date") }
            guard seen.insert(comparison.left).inserted else {
                throw TermsMismatch("it limits \(comparison.left.lastSegment) twice")
            }
            let wrong = TermsMismatch("the terms cannot say `\(comparison.summary)`")
            switch (comparison.left, relation) {
            case (.purpose, .eq), (.purpose, .isAnyOf), (.purpose, .isA), (.purpose, .isPartOf):
                purposes = values.map(\.text)
            case (.count, .lteq): rounds = value.number?.whole ?? 0
            case (.count, .lt): rounds = (value.number?.whole ?? 0) - 1
            case (.count, .eq) where value.number?.whole == 1: rounds = 1
            case (.epsilonMicro, .lteq):
                guard let number = value.number, number.isWhole else { throw wrong }
                epsilon = number.whole
            case (.dateTime, .lt): end = value.moments?.start
            case (.dateTime, .lteq): end = value.moments?.end
            default: throw wrong
            }
        }
        guard (1...16).contains(purposes.count), purposes.allSatisfy({ !$0.isEmpty }) else {
            throw TermsMismatch("it names \(purposes.count) purposes, and the terms 1 to 16")
        }
        guard (1...100_000).contains(rounds) else {
            throw TermsMismatch("it does not limit the count to 1 to 100,000 rounds")
        }
        guard (0...DatasetLicenceTerms.epsilonMax).contains(epsilon) else {
            throw TermsMismatch("its privacy budget is none that the terms can have")
        }
        guard let end else { throw TermsMismatch("it has no end, and the terms expire") }
        expires = end
    }
}
