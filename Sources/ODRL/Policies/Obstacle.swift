/// Why a part of a policy cannot be enforced.
struct Obstacle: Hashable {
    let term: String
    let reason: String
}

extension Comparison {
    /// What keeps anybody from deciding it, whatever the facts.
    var obstacle: Obstacle? {
        guard let operand = LeftOperand.known(left) else {
            return Obstacle(term: left.text, reason: "this operand is not one of ODRL 2.2")
        }
        guard let comparing = Operator(relation) else {
            return Obstacle(term: relation.text, reason: "this operator is not one of ODRL 2.2")
        }
        guard case .values(let values) = right else {
            return Obstacle(
                term: "rightOperandReference",
                reason: "its value stands elsewhere, and nothing is fetched")
        }
        guard values.count == 1 || comparing.takesSets else {
            return Obstacle(
                term: comparing.rawValue, reason: "it compares with one value, not with several")
        }
        if let unit, left != .payAmount {
            return Obstacle(
                term: unit.text, reason: "\(left.lastSegment) has no unit that is known here")
        }
        let isOrdering = [.eq, .neq, .gt, .gteq, .lt, .lteq].contains(comparing)
        if isOrdering != (operand.kind != .name), comparing != .eq, comparing != .neq {
            return Obstacle(
                term: comparing.rawValue,
                reason: "it does not compare values of \(left.lastSegment)")
        }
        if operand.kind == .name, comparing == .hasPart || comparing == .isAllOf {
            return Obstacle(
                term: comparing.rawValue, reason: "which parts a thing has is not known here")
        }
        for value in values {
            if let reason = value.misfit(operand.kind) {
                return Obstacle(term: value.text, reason: reason)
            }
        }
        if left == .count || left == .epsilonMicro, values.contains(where: { !$0.isWhole }) {
            return Obstacle(
                term: left.lastSegment, reason: "this is counted in whole numbers")
        }
        return nil
    }

    /// The facts that the lab's machine sees when a round opens.
    static let labSight: Set<IRI> = [
        .dateTime, .purpose, .count, .recipient, .elapsedTime, .delayPeriod, .epsilonMicro,
    ]

    /// What keeps the lab from deciding it.
    ///
    /// - Parameter forbids: Whether it is a prohibition's: what the lab does not know then counts
    ///   as true.
    func labObstacle(forbids: Bool) -> Obstacle? {
        if let obstacle { return obstacle }
        guard Self.labSight.contains(left) else {
            let advice =
                left == .payAmount ? "; say it as a duty to compensate" : ""
            return Obstacle(
                term: left.lastSegment,
                reason: "the lab cannot see it when a round opens\(advice)")
        }
        if forbids, [.isA, .isPartOf].contains(Operator(relation)) {
            return Obstacle(
                term: relation.lastSegment,
                reason: "which \(left.lastSegment) is part of which is not known here, so that it "
                    + "may be any")
        }
        if left == .purpose, case .values(let values) = right,
            let long = values.first(where: { $0.text.utf8.count > 64 })
        {
            return Obstacle(
                term: long.text, reason: "a purpose in the lab has at most 64 bytes")
        }
        return nil
    }
}

extension OperandValue {
    fileprivate var isWhole: Bool { number?.isWhole == true }

    /// Why it is no value of such an operand.
    fileprivate func misfit(_ kind: LeftOperand.Kind) -> String? {
        switch kind {
        case .moment: moments == nil ? "this is not a date, nor a date with a time" : nil
        case .duration:
            switch duration {
            case .success: nil
            case .failure(let problem): problem.reason
            }
        case .number: number == nil ? "this is not a number of at most six decimals" : nil
        case .name: nil
        }
    }
}

extension Condition {
    static let sequenceObstacle = Obstacle(
        term: "andSequence",
        reason: "in which order conditions came to hold, the lab cannot see")

    /// What in it keeps its rule from being enforced.
    ///
    /// - Parameter forbids: As in ``Comparison/labObstacle(forbids:)``.
    /// - Parameter inLab: Whether by the lab, rather than by somebody who is told every fact.
    func obstacles(forbids: Bool, inLab: Bool) -> [Obstacle] {
        switch self {
        case .comparison(let comparison):
            let obstacle = inLab ? comparison.labObstacle(forbids: forbids) : comparison.obstacle
            return obstacle.map { [$0] } ?? []
        case .all(let parts), .any(let parts):
            return parts.flatMap { $0.obstacles(forbids: forbids, inLab: inLab) }
        case .exactlyOne(let parts):
            return parts.flatMap { $0.obstacles(forbids: true, inLab: inLab) }
        case .sequence(let parts):
            return (forbids ? [Self.sequenceObstacle] : [])
                + parts.flatMap { $0.obstacles(forbids: forbids, inLab: inLab) }
        case .unreadable(let reason): return [Obstacle(term: "constraint", reason: reason)]
        }
    }
}
