extension PolicyReader {
    /// The conditions that a property holds; all of them must be so.
    ///
    /// - Parameter enters: Whether the node is gone into here, rather than by the caller.
    mutating func condition(
        _ property: String, of node: Node, enters: Bool = false
    ) throws(ImportError) -> Condition {
        let terms = node.properties[.odrl(property)] ?? []
        guard !terms.isEmpty else { return .always }
        if enters { try enter(node) }
        defer { if enters { trail.removeLast() } }
        return .both(try conditions(terms))
    }

    private mutating func conditions(_ terms: [Term]) throws(ImportError) -> [Condition] {
        var conditions: [Condition] = []
        for term in terms { conditions.append(try condition(term)) }
        return conditions
    }

    private mutating func condition(_ term: Term) throws(ImportError) -> Condition {
        guard case .node(let id) = term.value, let node = self.node(id), node.isDescribed else {
            return unreadable(
                term.text, at: term.path,
                "the constraint is not in the document, and nothing is fetched")
        }
        try enter(node)
        defer { trail.removeLast() }
        if let earlier = node.properties[IRI(Namespace.jointlab + "unreadable")]?.first {
            return unreadable(earlier.text, at: earlier.path, nil)
        }
        let connectives = ["and", "or", "xone", "andSequence"].filter {
            node.properties[.odrl($0)] != nil
        }
        let isComparison = node.properties[.odrl("leftOperand")] != nil
        guard connectives.count + (isComparison ? 1 : 0) == 1 else {
            return unreadable(
                connectives.first ?? "leftOperand", at: node.path,
                "a constraint has a leftOperand, or one of and, or, xone and andSequence")
        }
        var problems: [String] = []
        noteUnread(
            of: node,
            read: Set(
                connectives + [
                    "uid", "leftOperand", "operator", "rightOperand", "rightOperandReference",
                    "unit", "dataType", "datatype", "status",
                ]), &problems)
        if let status = node.properties[.odrl("status")]?.first {
            deny("status", at: status.path, "what the operand is now is for the lab to see")
            problems.append("status: what the operand is now is for the lab to see")
        }
        if let problem = problems.first { return .unreadable(problem) }
        guard let connective = connectives.first else { return comparison(node) }
        let outer = judgement
        defer { judgement = outer }
        // Of an exclusive choice, what is not known can also be what rules out the rest.
        if connective == "xone", judgement != .none { judgement = .forbids }
        let parts = try conditions(node.properties[.odrl(connective)] ?? [])
        if connective == "andSequence", parts.count > 1, judgement == .forbids {
            deny(connective, at: node.path, Condition.sequenceObstacle.reason)
        }
        guard !parts.isEmpty else {
            return unreadable(connective, at: node.path, "it connects no constraints")
        }
        switch connective {
        case "and": return .both(parts)
        case "or": return .either(parts)
        case "xone": return .exclusively(parts)
        default: return parts.count == 1 ? parts[0] : .sequence(parts)
        }
    }

    private mutating func comparison(_ node: Node) -> Condition {
        var problems: [String] = []
        let left = names("leftOperand", of: node, &problems)
        let relation = names("operator", of: node, &problems)
        let units = names("unit", of: node, &problems)
        let types =
            names("dataType", of: node, &problems) + names("datatype", of: node, &problems)
        if let problem = problems.first { return .unreadable(problem) }
        let values = node.properties[.odrl("rightOperand")] ?? []
        let references = node.properties[.odrl("rightOperandReference")] ?? []
        for (name, found, range) in [
            ("leftOperand", left.count, 1...1), ("operator", relation.count, 1...1),
            ("unit", units.count, 0...1), ("dataType", types.count, 0...1),
        ] where !range.contains(found) {
            return unreadable(
                name, at: node.path,
                found == 0 ? "the constraint has no \(name)" : "the constraint has several")
        }
        guard values.isEmpty != references.isEmpty else {
            return unreadable(
                "rightOperand", at: node.path,
                "a constraint has a rightOperand or a rightOperandReference")
        }
        var operands: [OperandValue] = []
        for value in values {
            switch value.value {
            case .literal(let literal):
                operands.append(.literal(literal.retyped(types.first?.unabbreviated)))
            case .node(.named(let iri)) where iri.isAbsolute: operands.append(.name(iri))
            case .node:
                return unreadable(
                    value.text, at: value.path, "a value is a literal or is named by a whole IRI")
            }
        }
        let right: Comparison.Right =
            values.isEmpty ? .references(references.compactMap(\.iri)) : .values(operands)
        let comparison = Comparison(
            left: left[0], relation: relation[0], right: right, unit: units.first)
        judge(comparison, at: node.path)
        return .comparison(comparison)
    }

    private mutating func judge(_ comparison: Comparison, at path: String) {
        guard judgement != .none else { return }
        if let obstacle = comparison.labObstacle(forbids: judgement == .forbids) {
            deny(obstacle.term, at: path, obstacle.reason)
        } else if comparison.left == .dateTime, case .values(let values) = comparison.right {
            for open in values where !open.hasZone {
                report.add(
                    .init(.assumed, open.text, at: path, "it has no time zone; taken in UTC"))
            }
        }
    }

    private mutating func unreadable(
        _ term: String, at path: String, _ reason: String?
    ) -> Condition {
        deny(term, at: path, reason ?? "an earlier import could not read it")
        return .unreadable(reason.map { "\(term): \($0)" } ?? term)
    }
}

extension Literal {
    /// As the constraint's `dataType` says, where the literal itself says nothing.
    fileprivate func retyped(_ type: IRI?) -> Literal {
        guard let type, datatype == .xsd("string"), language == nil else { return self }
        return Literal(text, type)
    }
}

extension IRI {
    /// Contexts that take a `dataType` for a literal leave its prefix as it stands.
    fileprivate var unabbreviated: IRI {
        text.hasPrefix("xsd:") ? .xsd(String(text.dropFirst("xsd:".count))) : self
    }
}
