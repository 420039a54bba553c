package import Contracts

extension OwnerRules {
    /// When a decision may be another one though nothing but time has gone by.
    ///
    /// - Parameter refusal: As ``decision(on:_:)`` gave it.
    /// - Returns: `nil` where time changes nothing. Hours and days begin on whole minutes.
    package func end(
        of refusal: RuleRefusal?, on dataset: DatasetID, decidedAt now: Timestamp
    ) -> Timestamp? {
        let scopes = [node] + [datasets[dataset]].compactMap(\.self)
        guard scopes.contains(where: { $0.hours != nil || $0.dayRoundsMax != nil }) else {
            return nil
        }
        let minute = Timestamp(milliseconds: (now.milliseconds / 60_000 + 1) * 60_000)
        return switch refusal {
        case .hours(let opens): opens ?? minute
        case nil, .dayRounds: minute
        // What lasts is told before what passes.
        default: nil
        }
    }
}
