/// Whether a measured figure comes to the one that it is compared with.
struct FigureVerdict {
    /// The table's row.
    let name: String
    let isWithin: Bool
    /// Whether `results.md` says that the figure is reproduced; of the others it says why they are
    /// not.
    let isClaimed: Bool

    /// - Parameter band: How far from the reference the figure may lie.
    init(
        _ name: String, measured: Double, reference: Double, band: Double, isClaimed: Bool = true
    ) {
        self.name = name
        // False for what is not a number.
        isWithin = (measured - reference).magnitude <= band
        self.isClaimed = isClaimed
    }

    var cell: String { isWithin ? "yes" : "**no**" }

    var isMissed: Bool { isClaimed && !isWithin }
}

extension [ReproducedResult] {
    /// Which figures are not what `results.md` says they are; `nil` where all are.
    var missed: String? {
        let names = flatMap { result in
            result.verdicts.filter(\.isMissed).map { "\(result.name): \($0.name)" }
        }
        guard !names.isEmpty else { return nil }
        return "results.md says that these are reproduced, and they are outside their bands: "
            + names.joined(separator: "; ")
    }
}
