package import ContractLanguage
package import Encodings

/// The action `lab.found`: the first entry of a ledger, and the only place for it.
///
/// Every founder signs it.
package struct FoundLab: LabAction {
    package static let name = "lab.found"

    package let title: String
    package let origin: LabOrigin
    package let coordinator: CoordinatorKeys
    /// The document that governs the lab.
    package let constitution: ContractDocument
    /// Its terms.
    package let rules: Rules
    package let founders: [MemberCard]

    package init(
        title: String, origin: LabOrigin, coordinator: CoordinatorKeys,
        constitution: ContractDocument, rules: Rules, founders: [MemberCard]
    ) {
        self.title = title
        self.origin = origin
        self.coordinator = coordinator
        self.constitution = constitution
        self.rules = rules
        self.founders = founders
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        title = try input.title("title")
        let base = try input.string("origin")
        guard let origin = LabOrigin(base: base) else {
            throw input.wrong(
                "origin", "should be a name like example.org/tumours, in a-z 0-9 . - _ and /")
        }
        self.origin = origin
        var keys = try input.fields("coordinator")
        coordinator = try CoordinatorKeys(&keys)
        try keys.finish()
        constitution = try input.document("constitution")
        rules = try Rules(try input.required("rules"), at: input.path(to: "rules"))

        var founders: [MemberCard] = []
        for (position, value) in try input.array("founders").enumerated() {
            var card = try JSONFields(value, at: input.path(to: "founders[\(position)]"))
            founders.append(try MemberCard(&card))
            try card.finish()
        }
        guard (1...20).contains(founders.count) else {
            throw input.wrong("founders", "should name 1 to 20 members")
        }
        self.founders = founders
    }

    package var input: JSONValue {
        [
            "title": .string(title), "origin": .string(origin.base),
            "coordinator": coordinator.json, "constitution": constitution.source,
            "rules": rules.json,
            "founders": .array(founders.map(\.json)),
        ]
    }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        throw Refusal(
            .wrongStage, rule: "a lab is founded once, by its first entry",
            saw: ["index": context.index])
    }
}
