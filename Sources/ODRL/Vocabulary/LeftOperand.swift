/// What a constraint is about.
package struct LeftOperand: Hashable, Sendable {
    /// What its values are, and so which operators make sense.
    package enum Kind: Hashable, Sendable {
        case moment
        case duration
        case number
        /// A name or a word, compared as it stands.
        case name
    }

    package let iri: IRI
    package let kind: Kind

    private init(_ name: String, _ kind: Kind) {
        self.init(iri: .odrl(name), kind: kind)
    }

    private init(iri: IRI, kind: Kind) {
        self.iri = iri
        self.kind = kind
    }

    package static func known(_ iri: IRI) -> LeftOperand? { byIRI[iri] }

    private static let byIRI = Dictionary(
        uniqueKeysWithValues: (known + own).map { ($0.iri, $0) })

    /// What ODRL has no word for.
    private static let own = [
        LeftOperand(iri: .epsilonMicro, kind: .number), LeftOperand(iri: .weight, kind: .number),
    ]

    /// Those of *ODRL Vocabulary & Expression 2.2* §4.5.
    package static let known: [LeftOperand] =
        [LeftOperand("dateTime", .moment)]
        + ["delayPeriod", "elapsedTime", "meteredTime", "timeInterval"].map {
            LeftOperand($0, .duration)
        }
        + [
            "absoluteSize", "absolutePosition", "absoluteSpatialPosition",
            "absoluteTemporalPosition", "count", "payAmount", "percentage", "relativePosition",
            "relativeSize", "relativeSpatialPosition", "relativeTemporalPosition", "resolution",
        ].map { LeftOperand($0, .number) }
        + [
            "deliveryChannel", "device", "event", "fileFormat", "industry", "language", "media",
            "product", "purpose", "recipient", "spatial", "spatialCoordinates", "system",
            "systemDevice", "unitOfCount", "version", "virtualLocation",
        ].map { LeftOperand($0, .name) }
}

extension IRI {
    package static let dateTime = odrl("dateTime")
    package static let purpose = odrl("purpose")
    package static let count = odrl("count")
    package static let recipient = odrl("recipient")
    package static let elapsedTime = odrl("elapsedTime")
    package static let delayPeriod = odrl("delayPeriod")
    package static let spatial = odrl("spatial")
    package static let event = odrl("event")
    package static let payAmount = odrl("payAmount")
    package static let timeInterval = odrl("timeInterval")
    package static let unitOfCount = odrl("unitOfCount")
    /// The event of a use itself, for duties that come before it or after it.
    package static let policyUsage = odrl("policyUsage")
}

/// How a constraint compares (*ODRL Vocabulary & Expression 2.2* §4.4).
package enum Operator: String, CaseIterable, Sendable {
    case eq, neq, gt, gteq, lt, lteq, hasPart, isA, isAllOf, isAnyOf, isNoneOf, isPartOf

    package init?(_ iri: IRI) {
        switch iri {
        // Slips that documents copy: of the Dataspace Protocol's schema, and of the context at
        // www.w3.org/ns/odrl.jsonld, which expands `neq` so.
        case .odrl("term-lteq"):
            self = .lteq
            return
        case .odrl("neg"):
            self = .neq
            return
        default: break
        }
        guard iri.text.hasPrefix(Namespace.odrl) else { return nil }
        self.init(rawValue: String(iri.text.dropFirst(Namespace.odrl.count)))
    }

    package var iri: IRI { .odrl(rawValue) }

    /// Whether it compares with several values.
    var takesSets: Bool {
        switch self {
        case .isAllOf, .isAnyOf, .isNoneOf, .isA, .isPartOf: true
        case .eq, .neq, .gt, .gteq, .lt, .lteq, .hasPart: false
        }
    }
}

/// What counts where a permission and a prohibition both apply.
package enum ConflictStrategy: String, CaseIterable, Sendable {
    /// The permission.
    case perm
    /// The prohibition.
    case prohibit
    /// Neither: such a policy is void.
    case invalid
}
