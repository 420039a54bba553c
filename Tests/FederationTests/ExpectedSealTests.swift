import Contracts
import Federation
import Testing

/// When it can be told which updates a round will be made of, before they have come.
@Suite struct ExpectedSealTests {
    private let ann: MemberID
    private let bo: MemberID
    private let cy: MemberID

    init() throws {
        (ann, bo, cy) = (try MemberID("ann"), try MemberID("bo"), try MemberID("cy"))
    }

    private func expected(min: Int = 1, enough: Int? = nil) -> ExpectedSeal {
        ExpectedSeal(
            participants: [ann, bo, cy], participantsMin: min, contributionsEnough: enough)
    }

    @Test("Nothing is expected until every participant has said something")
    func all() {
        var seal = expected()
        seal.announced(cy)
        seal.announced(cy)
        seal.contributed(ann)
        #expect(seal.members == nil)
        seal.announced(bo)
        #expect(seal.members == [ann, bo, cy], "in the order of the seal, not of arrival")
    }

    @Test("Who declines is not waited for, and is if it changes its mind")
    func declines() {
        var seal = expected()
        seal.announced(ann)
        seal.announced(bo)
        seal.declined(cy)
        #expect(seal.members == [ann, bo])
        seal.declined(bo)
        #expect(seal.members == [ann], "an announcement binds nobody")
        seal.announced(bo)
        seal.contributed(cy)
        #expect(seal.members == [ann, bo, cy])
    }

    @Test("A contribution that is here stands, whatever its member says afterwards")
    func stands() {
        var seal = expected()
        seal.contributed(ann)
        seal.declined(ann)
        seal.declined(bo)
        seal.declined(cy)
        #expect(seal.members == [ann])
    }

    @Test("Fewer than the job needs are never expected")
    func tooFew() {
        var seal = expected(min: 2)
        seal.announced(ann)
        seal.declined(bo)
        seal.declined(cy)
        #expect(seal.members == nil)
        seal.announced(cy)
        #expect(seal.members == [ann, cy])
    }

    @Test("Where some are enough, it is the first that spoke, and before them those that are here")
    func enough() {
        var seal = expected(enough: 2)
        seal.announced(cy)
        #expect(seal.members == nil)
        seal.announced(bo)
        #expect(seal.members == [bo, cy])
        seal.announced(ann)
        #expect(seal.members == [bo, cy])
        seal.contributed(ann)
        #expect(seal.members == [ann, cy])
    }

    @Test("Where fewer than the job needs end the round, there is nothing to begin")
    func minimumAboveEnough() {
        var seal = expected(min: 3, enough: 2)
        seal.announced(ann)
        seal.announced(bo)
        seal.announced(cy)
        #expect(seal.members == nil)
    }

    @Test("Nobody but a participant counts")
    func strangers() throws {
        var seal = expected()
        let dee = try MemberID("dee")
        seal.announced(ann)
        seal.announced(bo)
        seal.announced(dee)
        seal.contributed(dee)
        seal.declined(dee)
        #expect(seal.members == nil)
    }

    @Test("A round that everybody declines has nothing to begin")
    func nobody() {
        var seal = expected()
        for member in [ann, bo, cy] { seal.declined(member) }
        #expect(seal.members == nil)
    }
}
