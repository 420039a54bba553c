/// Which member and dataset of the lab a policy's IRIs mean.
///
/// IRIs of the forms `urn:jointlab:member:NAME` and `urn:jointlab:dataset:NAME` say it themselves;
/// for others somebody has to.
package struct LabNames: Hashable, Sendable {
    package var licensor: String?
    package var licensee: String?
    package var dataset: String?

    package init(licensor: String? = nil, licensee: String? = nil, dataset: String? = nil) {
        self.licensor = licensor
        self.licensee = licensee
        self.dataset = dataset
    }

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

    /// - Parameter told: Whom somebody has said that it is.
    static func member(_ iri: IRI, told: String?) -> String? { name(iri, "member") ?? told }
    static func dataset(_ iri: IRI, told: String?) -> String? { name(iri, "dataset") ?? told }
}

extension IRI {
    /// How much of the privacy budget uses spend together, in millionths of epsilon.
    package static let epsilonMicro = IRI("\(Namespace.jointlab)epsilonMicro")
    /// The unit of count of what is owed for each round.
    package static let round = IRI("\(Namespace.jointlab)round")
    /// A share's part among the others.
    package static let weight = IRI("\(Namespace.jointlab)weight")
    package static let licenceProfile = IRI("\(Namespace.jointlab)licence")
}
