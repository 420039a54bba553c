/// Whether something is so, as far as is known.
package enum Verdict: Hashable, Sendable {
    case yes
    case no(String)
    /// It may be so or not, and why nobody can tell.
    case unknown(String)

    static func all(_ verdicts: some Sequence<Verdict>) -> Verdict {
        var result = Verdict.yes
        for verdict in verdicts {
            switch (verdict, result) {
            case (.no, _): return verdict
            case (.unknown, .yes): result = verdict
            case (.unknown, _), (.yes, _): continue
            }
        }
        return result
    }

    static func any(_ verdicts: some Collection<Verdict>, orElse reason: String) -> Verdict {
        if verdicts.contains(.yes) { return .yes }
        for case .unknown(let reason) in verdicts { return .unknown(reason) }
        guard verdicts.count == 1, let only = verdicts.first else { return .no(reason) }
        return only
    }

    static func exactlyOne(_ verdicts: some Collection<Verdict>) -> Verdict {
        let holding = verdicts.count { $0 == .yes }
        if holding > 1 { return .no("\(holding) of the exclusive constraints hold") }
        for case .unknown(let reason) in verdicts { return .unknown(reason) }
        return holding == 1 ? .yes : .no("none of the exclusive constraints holds")
    }
}
