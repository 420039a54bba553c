import Encodings

/// An ODRL 2.2 policy in its normal form: what it says, without how it was written.
///
/// Everything that has no order is sorted and stands once; what was inherited from policies of the
/// same document is included; what holds for the whole policy is in each of its rules.
package struct UsagePolicy: Hashable, Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        case set = "Set"
        case offer = "Offer"
        case agreement = "Agreement"
    }

    package var uid: IRI?
    package var kind: Kind
    package var conflict: ConflictStrategy
    package var profiles: [IRI]
    /// Policies that it inherits from and that could not be read; they may forbid anything.
    package var unresolvedParents: [IRI]
    package var permissions: [Permission]
    package var prohibitions: [Prohibition]
    package var obligations: [Duty]
    /// What the document says of the policy as a whole that is not understood.
    package var unreadable: [String]

    package init(
        uid: IRI?, kind: Kind = .set, conflict: ConflictStrategy = .invalid,
        profiles: [IRI] = [], unresolvedParents: [IRI] = [], permissions: [Permission] = [],
        prohibitions: [Prohibition] = [], obligations: [Duty] = [], unreadable: [String] = []
    ) {
        self.uid = uid
        self.kind = kind
        self.conflict = conflict
        self.profiles = profiles.normalised
        self.unresolvedParents = unresolvedParents.normalised
        self.permissions = permissions.normalised
        self.prohibitions = prohibitions.normalised
        self.obligations = obligations.normalised
        self.unreadable = unreadable.normalised
    }

    /// Profiles whose terms are all known here.
    package static let knownProfiles: Set<IRI> = [
        IRI("http://www.w3.org/ns/odrl/2/core"), IRI("http://www.w3.org/ns/odrl/2/"),
        IRI("http://www.w3.org/ns/odrl/2/odrl.ttl"), IRI("https://w3c.github.io/odrl/ai-vocab/"),
        IRI("urn:jointlab:licence"),
    ]
}

/// Who may do, or must not do, or must do what with what, and when.
package struct RuleScope: Hashable, Sendable {
    package var actions: [RefinedAction]
    /// Empty for anything.
    package var targets: [AssetReference]
    package var outputs: [AssetReference]
    package var parties: [PartyRole]
    package var condition: Condition
    /// What the document says of the rule that is not understood.
    package var unreadable: [String]

    package init(
        actions: [RefinedAction], targets: [AssetReference] = [], outputs: [AssetReference] = [],
        parties: [PartyRole] = [], condition: Condition = .always, unreadable: [String] = []
    ) {
        self.actions = actions.normalised
        self.targets = targets.normalised
        self.outputs = outputs.normalised
        self.parties = parties.normalised
        self.condition = condition
        self.unreadable = unreadable.normalised
    }

    /// Empty for anybody.
    package var assignees: [PartyReference] { parties(in: .assignee) }
    package var assigners: [PartyReference] { parties(in: .assigner) }

    package func parties(in function: PartyFunction) -> [PartyReference] {
        parties.filter { $0.function == function }.map(\.party)
    }
}

package struct Permission: Hashable, Sendable {
    package var uid: IRI?
    package var scope: RuleScope
    package var duties: [Duty]

    package init(uid: IRI? = nil, _ scope: RuleScope, duties: [Duty] = []) {
        self.uid = uid
        self.scope = scope
        self.duties = duties.normalised
    }
}

package struct Prohibition: Hashable, Sendable {
    package var uid: IRI?
    package var scope: RuleScope
    /// What makes good for having done it all the same.
    package var remedies: [Duty]

    package init(uid: IRI? = nil, _ scope: RuleScope, remedies: [Duty] = []) {
        self.uid = uid
        self.scope = scope
        self.remedies = remedies.normalised
    }
}

package struct Duty: Hashable, Sendable {
    package var uid: IRI?
    package var scope: RuleScope
    /// What is owed in addition where it was not done.
    package var consequences: [Duty]

    package init(uid: IRI? = nil, _ scope: RuleScope, consequences: [Duty] = []) {
        self.uid = uid
        self.scope = scope
        self.consequences = consequences.normalised
    }
}

package struct RefinedAction: Hashable, Sendable {
    package var iri: IRI
    package var refinement: Condition

    package init(_ iri: IRI, refinement: Condition = .always) {
        self.iri = iri
        self.refinement = refinement
    }
}

package struct PartyRole: Hashable, Sendable {
    package var function: PartyFunction
    package var party: PartyReference

    package init(_ function: PartyFunction, _ party: PartyReference) {
        self.function = function
        self.party = party
    }
}

/// A party, or the members of a collection that a refinement picks.
package struct PartyReference: Hashable, Sendable {
    package var name: IRI
    package var isCollection: Bool
    package var refinement: Condition

    package init(_ name: IRI, isCollection: Bool = false, refinement: Condition = .always) {
        self.name = name
        self.isCollection = isCollection
        self.refinement = refinement
    }
}

/// An asset, or the members of a collection that a refinement picks.
package struct AssetReference: Hashable, Sendable {
    package var name: IRI
    package var isCollection: Bool
    package var refinement: Condition

    package init(_ name: IRI, isCollection: Bool = false, refinement: Condition = .always) {
        self.name = name
        self.isCollection = isCollection
        self.refinement = refinement
    }
}
