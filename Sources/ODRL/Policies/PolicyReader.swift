import Encodings

/// Finds a policy in a graph and reads it, with a finding for each thing that cannot be enforced.
struct PolicyReader {
    typealias NodeID = LinkedDataGraph.NodeID
    typealias Node = LinkedDataGraph.Node
    typealias Term = LinkedDataGraph.Term

    /// How many rules and constraints are read: parts that several rules share are read for each.
    static let partsMax = 2_000
    static let depthMax = 32

    let graph: LinkedDataGraph
    var report = ImportReport()
    /// The nodes that reading has gone through to come here.
    var trail: [NodeID] = []
    /// How the comparisons that are read next count where the lab cannot decide them.
    var judgement = Judgement.permits
    private var parts = 0

    enum Judgement {
        case permits
        /// What is not known counts as true.
        case forbids
        /// They are no conditions of a use.
        case none
    }

    /// Nodes that go by what their `uid` says.
    private let named: [NodeID: NodeID]

    init(graph: LinkedDataGraph) {
        self.graph = graph
        var named: [NodeID: NodeID] = [:]
        for id in graph.order where id.iri == nil {
            if let uid = graph[id]?.properties[.odrl("uid")]?.first?.iri {
                named[.named(uid)] = named[.named(uid)] ?? id
            }
        }
        self.named = named
    }

    /// The node of that name, by its own or by its `uid`.
    func node(_ id: NodeID) -> Node? {
        guard let node = graph[id], !node.isDescribed, let other = named[id] else {
            return graph[id]
        }
        return graph[other] ?? node
    }

    private static let rules = ["permission", "prohibition", "obligation"]

    private func isPolicy(_ node: Node) -> Bool {
        node.types.contains { ["Policy", "Set", "Offer", "Agreement"].map(IRI.odrl).contains($0) }
            || Self.rules.contains { node.properties[.odrl($0)] != nil }
    }

    mutating func policy(_ uid: IRI?) throws(ImportError) -> UsagePolicy {
        let policies = graph.order.compactMap { graph[$0] }.filter(isPolicy)
        if let uid {
            guard let node = policies.first(where: { name(of: $0) == uid }) else {
                throw ImportError("the document has no policy \(uid)")
            }
            return try policy(node)
        }
        let parents = Set(
            policies.flatMap { $0.properties[.odrl("inheritFrom")] ?? [] }.compactMap { term in
                if case .node(let id) = term.value { node(id)?.id } else { nil }
            })
        let roots = policies.filter { !parents.contains($0.id) }
        guard let root = roots.first ?? policies.first else {
            throw ImportError(
                "the document has no policy: nothing of type Set, Offer or Agreement, and nothing "
                    + "with a permission, prohibition or obligation")
        }
        guard roots.count < 2 else {
            let names = roots.map { name(of: $0)?.text ?? "the one at \($0.path)" }
            throw ImportError(
                "the document has \(roots.count) policies; say which: "
                    + names.joined(separator: ", "))
        }
        return try policy(root)
    }

    private mutating func policy(_ node: Node) throws(ImportError) -> UsagePolicy {
        try enter(node)
        defer { trail.removeLast() }
        var policy = UsagePolicy(uid: name(of: node))
        var unreadable: [String] = []
        let kinds = node.types.compactMap { type in
            UsagePolicy.Kind.allCases.first { IRI.odrl($0.rawValue) == type }
        }
        policy.kind = kinds.count == 1 ? kinds[0] : .set
        for type in node.types
        where type.text.hasPrefix(Namespace.odrl) && type != .odrl("Policy")
            && !kinds.map({ .odrl($0.rawValue) }).contains(type) || kinds.count > 1
        {
            deny(type.text, at: node.path, "policies of this type are not understood", &unreadable)
        }
        policy.conflict = conflict(of: node, &unreadable)
        policy.profiles = names("profile", of: node, &unreadable).normalised
        for profile in policy.profiles where !UsagePolicy.knownProfiles.contains(profile) {
            deny(
                profile.text, at: node.path,
                "this profile is not known, and it may change what every rule means")
        }
        let shared = try sharedScope(of: node, &unreadable)
        for term in node.properties[.odrl("permission")] ?? [] {
            policy.permissions.append(try permission(term, shared))
        }
        for term in node.properties[.odrl("prohibition")] ?? [] {
            policy.prohibitions.append(try prohibition(term, shared))
        }
        for term in node.properties[.odrl("obligation")] ?? [] {
            policy.obligations.append(try duty(term, shared))
        }
        noteUnread(
            of: node,
            read: Set(
                Self.rules + [
                    "uid", "conflict", "profile", "inheritFrom", "action", "target", "output",
                    "constraint", "hasPolicy",
                ] + PartyFunction.allCases.map(\.rawValue)), &unreadable, isRule: false)
        for parent in node.properties[.odrl("inheritFrom")] ?? [] {
            try inherit(parent, into: &policy, &unreadable)
        }
        return UsagePolicy(
            uid: policy.uid, kind: policy.kind, conflict: policy.conflict,
            profiles: policy.profiles, unresolvedParents: policy.unresolvedParents,
            permissions: policy.permissions, prohibitions: policy.prohibitions,
            obligations: policy.obligations, unreadable: policy.unreadable + unreadable)
    }

    private mutating func inherit(
        _ term: Term, into policy: inout UsagePolicy, _ unreadable: inout [String]
    ) throws(ImportError) {
        guard case .node(let id) = term.value, let node = self.node(id) else {
            deny("inheritFrom", at: term.path, "a policy is named by an IRI", &unreadable)
            return
        }
        guard node.isDescribed, isPolicy(node) else {
            let name = id.iri ?? IRI("urn:jointlab:unnamed")
            policy.unresolvedParents.append(name)
            deny(
                name.text, at: term.path,
                "the policy that this one inherits from is not in the document, and nothing is "
                    + "fetched")
            return
        }
        let parent = try self.policy(node)
        if parent.conflict != policy.conflict, node.properties[.odrl("conflict")] != nil {
            deny(
                "conflict", at: node.path,
                "a policy and the one that it inherits from differ in their conflict strategy",
                &unreadable)
        }
        policy.profiles += parent.profiles
        policy.unresolvedParents += parent.unresolvedParents
        policy.permissions += parent.permissions
        policy.prohibitions += parent.prohibitions
        policy.obligations += parent.obligations
        policy.unreadable += parent.unreadable
    }

    private mutating func conflict(
        of node: Node, _ unreadable: inout [String]
    ) -> ConflictStrategy {
        let names = names("conflict", of: node, &unreadable)
        let known = names.compactMap { name in
            ConflictStrategy.allCases.first { IRI.odrl($0.rawValue) == name }
        }
        guard !names.isEmpty else { return .invalid }
        guard known.count == 1, names.count == 1 else {
            deny(
                "conflict", at: node.path, "the conflict strategy is perm, prohibit or invalid",
                &unreadable)
            return .invalid
        }
        return known[0]
    }

    /// What a policy says of all its rules at once (*ODRL Information Model 2.2* §2.7.1).
    private mutating func sharedScope(
        of node: Node, _ unreadable: inout [String]
    ) throws(ImportError) -> RuleScope {
        RuleScope(
            actions: try actions(of: node, &unreadable),
            targets: try assets("target", of: node, &unreadable),
            outputs: try assets("output", of: node, &unreadable),
            parties: try parties(of: node, &unreadable),
            condition: try condition("constraint", of: node))
    }

    // MARK: Names and places

    /// Its IRI: its own, or what `uid` says.
    func name(of node: Node) -> IRI? {
        if let iri = node.id.iri { return iri.isAbsolute ? iri : nil }
        for term in node.properties[.odrl("uid")] ?? [] {
            switch term.value {
            case .node(let id): if let iri = id.iri, iri.isAbsolute { return iri }
            case .literal(let literal):
                let iri = IRI(literal.text)
                if iri.isAbsolute { return iri }
            }
        }
        return nil
    }

    mutating func names(
        _ property: String, of node: Node, _ unreadable: inout [String]
    ) -> [IRI] {
        var names: [IRI] = []
        for term in node.properties[.odrl(property)] ?? [] {
            switch term.value {
            case .node(.named(let iri)) where iri.isAbsolute: names.append(iri)
            case .literal(let literal) where IRI(literal.text).isAbsolute:
                names.append(IRI(literal.text))
            case .node(let id):
                deny(
                    id.iri?.text ?? property, at: term.path,
                    "a name here is a whole IRI or a term of the context", &unreadable)
            case .literal(let literal):
                deny(
                    literal.text, at: term.path,
                    "a name here is a whole IRI or a term of the context", &unreadable)
            }
        }
        return names
    }

    mutating func enter(_ node: Node) throws(ImportError) {
        guard !trail.contains(node.id) else {
            throw ImportError(
                path: node.path,
                "\(name(of: node)?.text ?? "this node") contains itself, through "
                    + "\(trail.count) others at most")
        }
        guard trail.count < Self.depthMax else {
            throw ImportError(path: node.path, "more than \(Self.depthMax) parts in each other")
        }
        parts += 1
        guard parts <= Self.partsMax else {
            throw ImportError(
                path: node.path, "more than \(Self.partsMax) rules, constraints and parties")
        }
        trail.append(node.id)
    }

    // MARK: Findings

    mutating func deny(_ term: String, at path: String, _ reason: String) {
        report.add(.init(.denied, term, at: path, reason))
    }

    mutating func deny(
        _ term: String, at path: String, _ reason: String, _ unreadable: inout [String]
    ) {
        deny(term, at: path, reason)
        unreadable.append("\(term): \(reason)")
    }

    /// Lists what the document says of a node that nobody reads.
    mutating func noteUnread(
        of node: Node, read: Set<String>, _ unreadable: inout [String], isRule: Bool = true
    ) {
        for (property, terms) in node.properties.sorted(by: { $0.key < $1.key }) {
            let path = terms.first?.path ?? node.path
            if property == IRI(Namespace.jointlab + "unreadable") {
                for case .literal(let literal) in terms.map(\.value) {
                    deny(literal.text, at: path, "an earlier import could not read it")
                    unreadable.append(literal.text)
                }
            } else if property.text.hasPrefix(Namespace.odrl) {
                let name = String(property.text.dropFirst(Namespace.odrl.count))
                if read.contains(name) { continue }
                deny(name, at: path, "this property does not belong here", &unreadable)
            } else if property != .rdfValue {
                let isNote =
                    Namespace.annotations.contains { property.text.hasPrefix($0) }
                    && Namespace.annotationWords.contains(property.lastSegment)
                noteForeign(property.text, at: path, isNote || !isRule, &unreadable)
            }
        }
        for (key, path) in node.undefined { noteForeign(key, at: path, !isRule, &unreadable) }
    }

    private mutating func noteForeign(
        _ name: String, at path: String, _ isHarmless: Bool, _ unreadable: inout [String]
    ) {
        if isHarmless {
            report.add(.init(.ignored, name, at: path, "it describes, and changes no rule"))
        } else {
            deny(
                name, at: path, "this property is not known, and it may change the rule",
                &unreadable)
        }
    }
}
