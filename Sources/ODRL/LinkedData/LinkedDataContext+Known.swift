extension LinkedDataContext {
    /// A context that is known by its address.
    static func known(_ address: String) -> LinkedDataContext? {
        var plain = address[...]
        for scheme in ["https://", "http://"] where plain.hasPrefix(scheme) {
            plain = plain.dropFirst(scheme.count)
        }
        switch plain {
        case "www.w3.org/ns/odrl.jsonld", "www.w3.org/ns/odrl/2/ODRL22.json",
            "www.w3.org/ns/odrl/2/ODRL21.json", "www.w3.org/ns/odrl/2", "www.w3.org/ns/odrl/2/",
            "w3id.org/dspace/2025/1/odrl-profile.jsonld":
            return odrl
        case "w3id.org/dspace/2025/1/context.jsonld": return dataspace
        default: return nil
        }
    }

    /// What policies in messages of the *Dataspace Protocol 2025-1* stand in.
    private static let dataspace: LinkedDataContext = {
        let namespace = "https://w3id.org/dspace/2025/1/"
        var terms = odrl.terms
        terms["dspace"] = Term(iri: namespace)
        terms["dcat"] = Term(iri: "http://www.w3.org/ns/dcat#")
        for name in ["agreement", "offer", "consumerPid", "providerPid"] {
            terms[name] = Term(iri: namespace + name, coercion: .identifier)
        }
        for name in [
            "ContractRequestMessage", "ContractOfferMessage", "ContractAgreementMessage",
            "callbackAddress", "timestamp",
        ] {
            terms[name] = Term(iri: namespace + name)
        }
        return LinkedDataContext(terms: terms)
    }()

    /// The terms of ODRL 2.2 (*ODRL Vocabulary & Expression 2.2*, JSON-LD encoding), with those of
    /// the AI vocabulary's draft.
    static let odrl: LinkedDataContext = {
        var terms: [String: Term] = [:]
        for (prefix, namespace) in Namespace.prefixes { terms[prefix] = Term(iri: namespace) }
        func add(_ names: [String], _ coercion: Term.Coercion = .none, isList: Bool = false) {
            for name in names {
                terms[name] = Term(
                    iri: Namespace.odrl + name, coercion: coercion, isList: isList)
            }
        }
        add(UsageAction.known.map(\.iri.lastSegment))
        add(LeftOperand.known.map(\.iri.lastSegment))
        add(Operator.allCases.map(\.rawValue))
        add(ConflictStrategy.allCases.map(\.rawValue))
        add([
            "Policy", "Set", "Offer", "Agreement", "Assertion", "Request", "Ticket", "Privacy",
            "Rule", "Permission", "Prohibition", "Duty", "Action", "Asset", "AssetCollection",
            "Party", "PartyCollection", "Constraint", "LogicalConstraint", "LeftOperand",
            "RightOperand", "Operator", "ConflictTerm", "UndefinedTerm", "ignore", "support",
            "policyUsage", "rightOperand", "status", "All", "AllConnections",
            "All2ndConnections", "AllGroups", "Group", "Individual",
        ])
        add(
            [
                "profile", "inheritFrom", "inheritRelation", "permission", "prohibition",
                "obligation", "duty", "remedy", "consequence", "failure", "constraint",
                "refinement", "hasPolicy", "relation", "target", "output", "source", "partOf",
                "function", "assigneeOf", "assignerOf",
                "implies", "scope",
            ] + PartyFunction.allCases.map(\.rawValue), .identifier)
        add(
            ["action", "includedIn", "conflict", "leftOperand", "operator", "undefined"],
            .vocabulary)
        add(["and", "or", "xone", "andSequence"], .identifier, isList: true)
        add(["rightOperandReference"], .datatype(.xsd("anyURI")))
        add(["unit"])
        terms["dataType"] = Term(
            iri: Namespace.odrl + "datatype", coercion: .datatype(.xsd("anyType")))
        terms["uid"] = Term(iri: "@id")
        terms["type"] = Term(iri: "@type")
        terms["id"] = Term(iri: "@id")
        return LinkedDataContext(terms: terms)
    }()
}
