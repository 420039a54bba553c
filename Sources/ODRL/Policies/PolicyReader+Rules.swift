extension PolicyReader {
    mutating func permission(
        _ term: Term, _ shared: RuleScope
    ) throws(ImportError) -> Permission {
        guard let node = try enteredRule(term) else { return Permission(.unreadable(term)) }
        defer { trail.removeLast() }
        let scope = try scope(of: node, shared, .permits, reading: "duty")
        return Permission(uid: name(of: node), scope, duties: try duties("duty", of: node))
    }

    mutating func prohibition(
        _ term: Term, _ shared: RuleScope
    ) throws(ImportError) -> Prohibition {
        guard let node = try enteredRule(term) else { return Prohibition(.unreadable(term)) }
        defer { trail.removeLast() }
        let scope = try scope(of: node, shared, .forbids, reading: "remedy")
        return Prohibition(uid: name(of: node), scope, remedies: try duties("remedy", of: node))
    }

    /// - Parameter shared: What the policy says of all its rules; empty for a duty in a rule.
    mutating func duty(_ term: Term, _ shared: RuleScope) throws(ImportError) -> Duty {
        guard let node = try enteredRule(term) else { return Duty(.unreadable(term)) }
        defer { trail.removeLast() }
        let scope = try scope(of: node, shared, .none, reading: "consequence")
        return Duty(uid: name(of: node), scope, consequences: try duties("consequence", of: node))
    }

    private mutating func duties(
        _ property: String, of node: Node
    ) throws(ImportError) -> [Duty] {
        var duties: [Duty] = []
        for term in node.properties[.odrl(property)] ?? [] {
            duties.append(try duty(term, RuleScope(actions: [])))
        }
        return duties
    }

    /// - Returns: `nil`, with a finding, where there is no description of the rule.
    private mutating func enteredRule(_ term: Term) throws(ImportError) -> Node? {
        guard case .node(let id) = term.value, let node = self.node(id), node.isDescribed else {
            deny(
                term.text, at: term.path, "the rule is not in the document, and nothing is fetched")
            return nil
        }
        try enter(node)
        return node
    }

    private mutating func scope(
        of node: Node, _ shared: RuleScope, _ kind: Judgement, reading nested: String
    ) throws(ImportError) -> RuleScope {
        let outer = judgement
        judgement = kind
        defer { judgement = outer }
        var unreadable: [String] = []
        var scope = RuleScope(
            actions: shared.actions + (try actions(of: node, &unreadable)),
            targets: shared.targets + (try assets("target", of: node, &unreadable)),
            outputs: shared.outputs + (try assets("output", of: node, &unreadable)),
            parties: shared.parties + (try parties(of: node, &unreadable)),
            condition: .both([shared.condition, try condition("constraint", of: node)]))
        if scope.actions.isEmpty, unreadable.isEmpty {
            deny(
                "action", at: node.path,
                "the rule does not say what it is about (*ODRL Information Model* §2.6)",
                &unreadable)
        }
        noteUnread(
            of: node,
            read: Set(
                ["uid", "action", "target", "output", "constraint", nested]
                    + PartyFunction.allCases.map(\.rawValue)), &unreadable)
        noteObstacles(in: node, scope)
        scope.unreadable = unreadable.normalised
        return scope
    }

    private mutating func noteObstacles(in node: Node, _ scope: RuleScope) {
        for action in scope.actions where UsageAction.known(action.iri) == nil {
            if judgement == .none, action.iri == .logUsage { continue }
            deny(
                action.iri.text, at: path(to: "action", of: node),
                "this action is not one of ODRL 2.2 or the AI vocabulary")
        }
        for (property, references) in [
            ("assignee", scope.assignees.map { ($0.name, $0.refinement) }),
            ("target", scope.targets.map { ($0.name, $0.refinement) }),
        ] {
            for (name, refinement) in references where refinement != .always {
                deny(
                    name.text, at: path(to: property, of: node),
                    "which parts of a collection a refinement picks, the lab cannot see")
            }
        }
    }

    private func path(to property: String, of node: Node) -> String {
        node.properties[.odrl(property)]?.first?.path ?? node.path
    }

    // MARK: Actions, assets and parties

    mutating func actions(
        of node: Node, _ unreadable: inout [String]
    ) throws(ImportError) -> [RefinedAction] {
        var actions: [RefinedAction] = []
        for term in node.properties[.odrl("action")] ?? [] {
            switch term.value {
            case .literal(let literal):
                deny(literal.text, at: term.path, "an action is named by an IRI", &unreadable)
            case .node(let id):
                guard let described = self.node(id) else { continue }
                let values = described.properties[.rdfValue] ?? []
                let names = values.isEmpty ? [id.iri] : values.map(\.iri)
                let refinement =
                    described.isDescribed
                    ? try condition("refinement", of: described, enters: true) : .always
                for name in names {
                    guard let name, name.isAbsolute else {
                        deny(
                            name?.text ?? "action", at: term.path, Self.advice(for: name),
                            &unreadable)
                        continue
                    }
                    actions.append(RefinedAction(name, refinement: refinement))
                }
            }
        }
        return actions
    }

    private static func advice(for name: IRI?) -> String {
        guard let name, UsageAction.known(.odrl(name.text)) != nil else {
            return "an action is named by a whole IRI or a term of the context"
        }
        return "this is relative to the document; the action is odrl:\(name.text)"
    }

    mutating func assets(
        _ property: String, of node: Node, _ unreadable: inout [String]
    ) throws(ImportError) -> [AssetReference] {
        try references(property, of: node, collection: "AssetCollection", &unreadable).map {
            AssetReference($0.name, isCollection: $0.isCollection, refinement: $0.refinement)
        }
    }

    mutating func parties(
        of node: Node, _ unreadable: inout [String]
    ) throws(ImportError) -> [PartyRole] {
        var parties: [PartyRole] = []
        for function in PartyFunction.allCases {
            for reference in try references(
                function.rawValue, of: node, collection: "PartyCollection", &unreadable)
            {
                parties.append(PartyRole(function, reference))
            }
        }
        return parties
    }

    private mutating func references(
        _ property: String, of node: Node, collection: String, _ unreadable: inout [String]
    ) throws(ImportError) -> [PartyReference] {
        let outer = judgement
        judgement = .none
        defer { judgement = outer }
        var references: [PartyReference] = []
        for term in node.properties[.odrl(property)] ?? [] {
            var described: Node?
            var name: IRI?
            switch term.value {
            case .literal(let literal): name = IRI(literal.text)
            case .node(let id):
                described = self.node(id)
                name =
                    described.flatMap(self.name) ?? described?.properties[.odrl("source")]?
                    .first?.iri ?? id.iri
            }
            guard let name, name.isAbsolute else {
                deny(
                    name?.text ?? property, at: term.path,
                    "the \(property) is not named by a whole IRI", &unreadable)
                continue
            }
            guard let described, described.isDescribed else {
                references.append(PartyReference(name))
                continue
            }
            references.append(
                PartyReference(
                    name, isCollection: described.types.contains(.odrl(collection)),
                    refinement: try condition("refinement", of: described, enters: true)))
        }
        return references
    }
}

extension RuleScope {
    fileprivate static func unreadable(_ term: LinkedDataGraph.Term) -> RuleScope {
        RuleScope(actions: [], unreadable: ["\(term.text): the rule is not in the document"])
    }
}

extension LinkedDataGraph.Term {
    /// The IRI that it is, or that its text is.
    var iri: IRI? {
        switch value {
        case .node(let id): id.iri
        case .literal(let literal): IRI(literal.text)
        }
    }

    var text: String { iri?.text ?? "a node without a name" }
}
