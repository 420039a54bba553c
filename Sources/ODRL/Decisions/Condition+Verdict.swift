import Policy

extension Condition {
    package func verdict(_ facts: UsageRequest.Facts) -> Verdict {
        switch self {
        case .comparison(let comparison): comparison.verdict(facts)
        case .all(let parts): .all(parts.map { $0.verdict(facts) })
        case .any(let parts):
            .any(parts.map { $0.verdict(facts) }, orElse: "none of the constraints holds")
        case .exactlyOne(let parts): .exactlyOne(parts.map { $0.verdict(facts) })
        case .sequence(let parts):
            // One that held earlier and does not now can have had its turn.
            switch Verdict.all(parts.map { $0.verdict(facts) }) {
            case .yes: .yes
            case .no(let reason), .unknown(let reason): .unknown(reason)
            }
        case .unreadable(let reason): .unknown(reason)
        }
    }
}

extension Comparison {
    func verdict(_ facts: UsageRequest.Facts) -> Verdict {
        if let obstacle { return .unknown("\(obstacle.term): \(obstacle.reason)") }
        guard let comparing = Operator(relation), case .values(let values) = right,
            let first = values.first
        else { return .unknown("\(relation): this operator is not known") }
        let name = left.lastSegment
        let missing = Verdict.unknown("the \(name) is not known")
        switch left {
        case .dateTime:
            guard let moments = first.moments else { return missing }
            return verdict(
                comparing, isBefore: facts.now < moments.start, isAfter: facts.now >= moments.end,
                saw: facts.now.rfc3339)
        case .elapsedTime, .delayPeriod:
            guard let concluded = facts.concluded, case .success(let length) = first.duration,
                let end = concluded.advanced(by: length)
            else { return missing }
            return verdict(
                comparing, isBefore: facts.now < end, isAfter: facts.now > end,
                saw: "concluded \(concluded.rfc3339), now \(facts.now.rfc3339)")
        case .count:
            // The use that is asked for is one of those that are counted.
            guard let count = facts.count, count < .max / 1_000_001, let limit = first.number else {
                return missing
            }
            let number = OperandValue.Millionths((count + 1) * 1_000_000)
            return verdict(
                comparing, isBefore: number < limit, isAfter: limit < number, saw: "\(count + 1)")
        case .purpose: return compare(facts.purpose, comparing, values)
        case .recipient: return compare(facts.recipient, comparing, values)
        case .spatial: return compare(facts.location, comparing, values)
        default:
            guard let fact = facts.others[left] else { return missing }
            guard LeftOperand.known(left)?.kind == .name else {
                return other(fact, comparing, first) ?? missing
            }
            return compare(fact.text, comparing, values)
        }
    }

    private func other(
        _ fact: OperandValue, _ comparing: Operator, _ value: OperandValue
    ) -> Verdict? {
        if let left = fact.number, let right = value.number {
            return verdict(
                comparing, isBefore: left < right, isAfter: right < left, saw: fact.text)
        }
        guard case .success(let left) = fact.duration, case .success(let right) = value.duration
        else { return nil }
        return verdict(
            comparing, isBefore: left.nanoseconds < right.nanoseconds,
            isAfter: left.nanoseconds > right.nanoseconds, saw: fact.text)
    }

    private func verdict(
        _ comparing: Operator, isBefore: Bool, isAfter: Bool, saw: String
    ) -> Verdict {
        let holds: Bool? =
            switch comparing {
            case .eq: !isBefore && !isAfter
            case .neq: isBefore || isAfter
            case .lt: isBefore
            case .lteq: !isAfter
            case .gt: isAfter
            case .gteq: !isBefore
            default: nil
            }
        guard let holds else { return .unknown("\(relation.lastSegment) does not compare these") }
        return holds ? .yes : .no("\(summary): it is \(saw)")
    }

    private func compare(
        _ fact: String?, _ comparing: Operator, _ values: [OperandValue]
    ) -> Verdict {
        guard let fact else { return .unknown("the \(left.lastSegment) is not known") }
        let isAmong = values.contains { $0.text.utf8.elementsEqual(fact.utf8) }
        switch comparing {
        case .eq, .isAnyOf: return isAmong ? .yes : .no("\(summary): it is \(fact)")
        case .neq, .isNoneOf: return isAmong ? .no("\(summary): it is \(fact)") : .yes
        case .isA, .isPartOf:
            return isAmong ? .yes : .unknown("whether \(fact) belongs there is not known")
        default: return .unknown("\(comparing.rawValue) does not compare names")
        }
    }

    /// `count lteq 10`, for messages.
    package var summary: String {
        let texts: [String] =
            switch right {
            case .values(let values): values.map(\.text)
            case .references(let references): references.map { "the value at \($0)" }
            }
        return "\(left.lastSegment) \(relation.lastSegment) \(texts.joined(separator: ", "))"
    }
}

extension Instant {
    fileprivate func advanced(by span: TimeSpan) -> Instant? {
        Instant(
            seconds: seconds + span.nanoseconds / Instant.nanosecondsPerSecond,
            nanoseconds: nanoseconds)
    }
}
