import ODRL
import Testing

@Suite struct DecisionTests {
    @Test(
        "Permission and prohibition meet as the conflict strategy says",
        arguments: [
            (ConflictStrategy.perm, Decision.Outcome.permitted), (.prohibit, .prohibited),
            (.invalid, .prohibited),
        ])
    func conflicts(strategy: ConflictStrategy, outcome: Decision.Outcome) {
        let both = RuleScope(actions: [RefinedAction(.use)])
        let policy = UsagePolicy(
            uid: nil, conflict: strategy, permissions: [Permission(both)],
            prohibitions: [Prohibition(both)])
        #expect(policy.decide(Requests.request()).outcome == outcome)
    }

    @Test("The wider action covers the narrower, and not the other way round")
    func actionHierarchy() {
        func outcome(_ permitted: IRI, _ asked: IRI) -> Decision.Outcome {
            UsagePolicy(
                uid: nil, permissions: [Permission(RuleScope(actions: [RefinedAction(permitted)]))]
            )
            .decide(Requests.request(action: asked)).outcome
        }
        #expect(outcome(.use, .generativeTraining) == .permitted)
        #expect(outcome(.odrl("data-mining"), .training) == .permitted)
        #expect(outcome(.training, .generativeTraining) == .permitted)
        #expect(outcome(.generativeTraining, .training) == .notPermitted)
        #expect(outcome(.use, .odrl("sell")) == .notPermitted)
        #expect(outcome(.odrl("transfer"), .odrl("sell")) == .permitted)
    }

    @Test("A policy that says nothing permits nothing")
    func emptyPolicy() {
        let decision = UsagePolicy(uid: nil).decide(Requests.request())
        #expect(decision.outcome == .notPermitted)
    }

    @Test("What is not known permits nothing and forbids everything")
    func unknownFacts() {
        let limit = Condition.comparison(Comparison(.spatial, .neq, .text("DE")))
        let scope = RuleScope(actions: [RefinedAction(.use)], condition: limit)
        var request = Requests.request()
        let permits = UsagePolicy(uid: nil, permissions: [Permission(scope)])
        let forbids = UsagePolicy(uid: nil, prohibitions: [Prohibition(scope)])
        #expect(permits.decide(request).outcome == .notPermitted)
        #expect(forbids.decide(request).outcome == .prohibited)
        request.facts.location = "FR"
        #expect(permits.decide(request).outcome == .permitted)
        request.facts.location = "DE"
        #expect(forbids.decide(request).outcome == .notPermitted)
    }

    @Test("A permission's duties are owed until they are fulfilled, and undo it when violated")
    func duties() {
        let duty = Duty(RuleScope(actions: [RefinedAction(.odrl("delete"))]))
        let policy = UsagePolicy(
            uid: nil,
            permissions: [Permission(RuleScope(actions: [RefinedAction(.use)]), duties: [duty])])
        var request = Requests.request()
        #expect(policy.decide(request).owed == [duty])
        request.facts.fulfilled = [duty]
        #expect(policy.decide(request).outcome == .permitted)
        #expect(policy.decide(request).owed.isEmpty)
        request.facts.violated = [duty]
        #expect(policy.decide(request).outcome == .notPermitted)
    }

    @Test("An activation says why its rule does not apply")
    func reasons() throws {
        let limit = Condition.comparison(Comparison(.count, .lteq, .integer(3)))
        let policy = UsagePolicy(
            uid: nil,
            permissions: [Permission(RuleScope(actions: [RefinedAction(.use)], condition: limit))])
        let decision = policy.decide(Requests.request(count: 3))
        #expect(decision.activations.first?.reason == "count lteq 3: it is 4")
    }
}
