package import Policy

/// Somebody wants to do something, and what is known about it.
package struct UsageRequest: Hashable, Sendable {
    package var assignee: IRI?
    package var action: IRI
    package var target: IRI?
    package var facts: Facts

    package init(
        assignee: IRI? = nil, action: IRI = .training, target: IRI? = nil, facts: Facts
    ) {
        self.assignee = assignee
        self.action = action
        self.target = target
        self.facts = facts
    }

    /// What is known; what is `nil` is not, and no permission follows from it.
    package struct Facts: Hashable, Sendable {
        package var now: Instant
        /// When the agreement was concluded.
        package var concluded: Instant?
        package var purpose: String?
        /// How many times it was done before, by permissions of this policy.
        package var count: Int64?
        package var recipient: String?
        package var location: String?
        /// Other facts, by left operand.
        package var others: [IRI: OperandValue] = [:]
        /// Which collections the assignee and the target belong to.
        package var collections: Set<IRI> = []
        package var fulfilled: Set<Duty> = []
        package var violated: Set<Duty> = []

        package init(
            now: Instant, concluded: Instant? = nil, purpose: String? = nil, count: Int64? = nil,
            recipient: String? = nil, location: String? = nil
        ) {
            self.now = now
            self.concluded = concluded
            self.purpose = purpose
            self.count = count
            self.recipient = recipient
            self.location = location
        }
    }
}
