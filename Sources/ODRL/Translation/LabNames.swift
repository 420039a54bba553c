/// Which member and dataset of the lab a policy's IRIs mean.
///
/// IRIs of the forms `urn:jointlab:member:NAME` and `urn:jointlab:dataset:NAME` say it themselves;
/// for others somebody has to.
package struct LabNames: Hashable, Sendable {
    private var members: [IRI: String] = [:]
    private var datasets: [IRI: String] = [:]

    /// With those IRIs alone that say it themselves.
    package init() {}

    /// - Parameters:
    ///   - licensor: Who the policy's assigner is; `licensee` and `dataset` likewise its assignee and
    ///     target.
    /// - Throws: ``ImportError`` where the policy has several that the name could mean.
    package init(
        for policy: UsagePolicy, licensor: String? = nil, licensee: String? = nil,
        dataset: String? = nil
    ) throws(ImportError) {
        let scopes = policy.permissions.map(\.scope) + policy.prohibitions.map(\.scope)
        if let licensor {
            let foreign = Self.foreign(scopes.flatMap(\.assigners).map(\.name), "member")
            try Self.add(licensor, for: foreign, "assigner", to: &members)
        }
        if let licensee {
            let foreign = Self.foreign(scopes.flatMap(\.assignees).map(\.name), "member")
            try Self.add(licensee, for: foreign, "assignee", to: &members)
        }
        if let dataset {
            let foreign = Self.foreign(scopes.flatMap(\.targets).map(\.name), "dataset")
            try Self.add(dataset, for: foreign, "target", to: &datasets)
        }
    }

    private static func foreign(_ names: [IRI], _ kind: String) -> [IRI] {
        names.normalised.filter { name($0, kind) == nil }
    }

    private static func add(
        _ name: String, for candidates: [IRI], _ role: String, to names: inout [IRI: String]
    ) throws(ImportError) {
        guard candidates.count < 2 else {
            throw ImportError(
                "the policy has several that could be its \(role) \(name): "
                    + candidates.map(\.text).joined(separator: ", ")
                    + "; write urn:jointlab:… for each in the policy")
        }
        if let candidate = candidates.first { names[candidate] = name }
    }

    func member(_ iri: IRI) -> String? { Self.name(iri, "member") ?? members[iri] }
    func dataset(_ iri: IRI) -> String? { Self.name(iri, "dataset") ?? datasets[iri] }

    static func member(_ name: String) -> IRI { IRI("\(Namespace.jointlab)member:\(name)") }
    static func dataset(_ name: String) -> IRI { IRI("\(Namespace.jointlab)dataset:\(name)") }

    private static func name(_ iri: IRI, _ kind: String) -> String? {
        let prefix = "\(Namespace.jointlab)\(kind):"
        guard iri.text.hasPrefix(prefix) else { return nil }
        let name = String(iri.text.dropFirst(prefix.count))
        return isName(name) ? name : nil
    }

    package static func isName(_ text: String) -> Bool {
        let hyphen = UInt8(ascii: "-")
        return (1...63).contains(text.utf8.count) && text.utf8.first != hyphen
            && text.utf8.last != hyphen
            && text.utf8.allSatisfy {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == hyphen
            }
    }
}

extension IRI {
    /// How much of the privacy budget uses spend together, in millionths of epsilon.
    package static let epsilonMicro = IRI("\(Namespace.jointlab)epsilonMicro")
    /// The unit of count of what is owed for each round.
    package static let round = IRI("\(Namespace.jointlab)round")
    /// A share's part among the others.
    package static let weight = IRI("\(Namespace.jointlab)weight")
    /// To be told how the rounds go while they are trained, so far.
    package static func reports(_ word: String) -> IRI {
        IRI("\(Namespace.jointlab)reports:\(word)")
    }
    package static let licenceProfile = IRI("\(Namespace.jointlab)licence")
}
