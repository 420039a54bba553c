package import Encodings

extension UsagePolicy {
    static let contextAddress = "http://www.w3.org/ns/odrl.jsonld"

    /// The policy as compact JSON-LD with the ODRL context.
    package var json: JSONValue {
        [
            "@context": [
                .string(Self.contextAddress), ["jointlab": .string(Namespace.jointlab)],
            ],
            "@type": .string(kind.rawValue), "uid": uid.map { .string($0.text) },
            "conflict": conflict == .invalid ? nil : .string(conflict.rawValue),
            "profile": JSONValue.names(profiles), "inheritFrom": JSONValue.names(unresolvedParents),
            "permission": .list(permissions), "prohibition": .list(prohibitions),
            "obligation": .list(obligations), "jointlab:unreadable": .texts(unreadable),
        ]
    }
}

extension RuleScope {
    fileprivate func members(
        uid: IRI?, _ type: String, _ relation: String, _ duties: [Duty]
    ) -> JSONValue {
        var object = JSONObject()
        object["@type"] = .string(type)
        object["uid"] = uid.map { .string($0.text) }
        object["action"] = .list(actions)
        object["target"] = .list(targets)
        object["output"] = .list(outputs)
        for function in Set(parties.map(\.function)) {
            object[function.rawValue] = .list(parties(in: function))
        }
        object["constraint"] = condition.writtenConjuncts
        object["jointlab:unreadable"] = .texts(unreadable)
        object[relation] = .list(duties)
        return .object(object)
    }
}

extension Permission {
    var written: JSONValue { scope.members(uid: uid, "Permission", "duty", duties) }
}

extension Prohibition {
    var written: JSONValue { scope.members(uid: uid, "Prohibition", "remedy", remedies) }
}

extension Duty {
    var written: JSONValue { scope.members(uid: uid, "Duty", "consequence", consequences) }
}

extension RefinedAction {
    var written: JSONValue {
        guard let refinement = refinement.writtenConjuncts else { return .string(iri.shortened) }
        return ["rdf:value": ["@id": .string(iri.text)], "refinement": refinement]
    }
}

extension PartyReference {
    var written: JSONValue {
        .reference(name, isCollection ? "PartyCollection" : nil, refinement)
    }
}

extension AssetReference {
    var written: JSONValue {
        .reference(name, isCollection ? "AssetCollection" : nil, refinement)
    }
}

extension Condition {
    /// One constraint for each part that must hold; `nil` where there is none.
    fileprivate var writtenConjuncts: JSONValue? { .list(conjuncts) }

    var written: JSONValue {
        switch self {
        case .comparison(let comparison): comparison.written
        case .all(let parts): .logical("and", parts)
        case .any(let parts): .logical("or", parts)
        case .exactlyOne(let parts): .logical("xone", parts)
        case .sequence(let parts): .logical("andSequence", parts)
        case .unreadable(let reason):
            ["@type": "Constraint", "jointlab:unreadable": .string(reason)]
        }
    }
}

extension Comparison {
    fileprivate var written: JSONValue {
        var object = JSONObject()
        object["leftOperand"] = .string(left.shortened)
        object["operator"] = .string(relation.shortened)
        switch right {
        case .values(let values): object["rightOperand"] = .collapsed(values.map(\.written))
        case .references(let references): object["rightOperandReference"] = .names(references)
        }
        object["unit"] = unit.map { .string($0.text) }
        return .object(object)
    }
}

extension OperandValue {
    fileprivate var written: JSONValue {
        switch self {
        case .name(let iri): ["@id": .string(iri.text)]
        case .literal(let literal):
            if literal.datatype == .xsd("string"), literal.language == nil {
                .string(literal.text)
            } else {
                [
                    "@value": .string(literal.text),
                    "@type": literal.language == nil ? .string(literal.datatype.text) : nil,
                    "@language": literal.language.map { .string($0) },
                ]
            }
        }
    }
}

extension IRI {
    /// The term of the ODRL context, or the whole IRI.
    fileprivate var shortened: String {
        guard text.hasPrefix(Namespace.odrl) else { return text }
        let name = String(text.dropFirst(Namespace.odrl.count))
        return LinkedDataContext.odrl.terms[name]?.iri == text ? name : text
    }
}

extension JSONValue {
    fileprivate static func list(_ parts: [some NormallyOrdered]) -> JSONValue? {
        parts.isEmpty ? nil : .array(parts.map(\.written))
    }

    fileprivate static func names(_ names: [IRI]) -> JSONValue? {
        names.isEmpty ? nil : .array(names.map { .string($0.text) })
    }

    fileprivate static func texts(_ texts: [String]) -> JSONValue? {
        texts.isEmpty ? nil : .array(texts.map { .string($0) })
    }

    fileprivate static func collapsed(_ values: [JSONValue]) -> JSONValue {
        values.count == 1 ? values[0] : .array(values)
    }

    fileprivate static func logical(_ name: String, _ parts: [Condition]) -> JSONValue {
        ["@type": "LogicalConstraint", name: ["@list": .array(parts.map(\.written))]]
    }

    fileprivate static func reference(
        _ name: IRI, _ type: String?, _ refinement: Condition
    ) -> JSONValue {
        guard type != nil || refinement != .always else { return .string(name.text) }
        // A node of its own: two rules may refine one collection in two ways.
        return [
            "@type": type.map { .string($0) }, "source": .string(name.text),
            "refinement": refinement.writtenConjuncts,
        ]
    }
}
