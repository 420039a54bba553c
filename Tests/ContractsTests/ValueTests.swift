import Contracts
import Encodings
import Testing

/// The small values that everything is made of.
@Suite struct ValueTests {
    @Test(
        "A name has 1 to 63 lower-case letters, digits and inner hyphens",
        arguments: [
            ("a", true), ("0", true), ("a-b", true), ("a--b", true), ("x1-2y", true),
            (String(repeating: "a", count: 63), true), (String(repeating: "a", count: 64), false),
            ("", false), ("-", false), ("-a", false), ("a-", false), ("A", false), ("a_b", false),
            ("a.b", false), ("a/b", false), ("a b", false), ("é", false), ("a\0", false),
        ])
    func identifiers(text: String, valid: Bool) {
        #expect(((try? MemberID(text)) != nil) == valid)
    }

    @Test(
        "A lab's log is named like a URL without its scheme",
        arguments: [
            ("example.org/tumours", true), ("a", true), ("a-b_c.d/e", true), ("", false),
            ("/a", false), ("a/", false), ("A", false), ("a b", false), ("a+b", false),
            ("https://a", false), (String(repeating: "a", count: 100), true),
            (String(repeating: "a", count: 101), false),
        ])
    func origins(base: String, valid: Bool) {
        #expect((LabOrigin(base: base) != nil) == valid)
    }

    @Test("Origins and cosigners' names never meet")
    func originNames() throws {
        let origin = try #require(LabOrigin(base: "a/b"))
        #expect("\(origin)" == "a/b/epoch-1")
        #expect(origin.cosignerName(of: try MemberID("epoch-1")) == "a/b/members/epoch-1")
    }

    static let printed: [(Int64, String)] = [
        (0, "1970-01-01T00:00:00.000Z"), (1, "1970-01-01T00:00:00.001Z"),
        (951_782_399_999, "2000-02-28T23:59:59.999Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (951_868_800_000, "2000-03-01T00:00:00.000Z"),
        (1_767_225_600_000, "2026-01-01T00:00:00.000Z"),
        (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    ]

    @Test("A moment is printed as RFC 3339 does", arguments: printed)
    func moments(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).description == text)
    }

    @Test("Time stops at its ends instead of overflowing")
    func timeIsClamped() {
        let last = Timestamp(milliseconds: .max)
        #expect(last.milliseconds == 253_402_300_799_999)
        #expect(last.advanced(byMilliseconds: .max) == last)
        #expect(Timestamp(milliseconds: -5).milliseconds == 0)
        #expect(Timestamp(milliseconds: 5).advanced(byMilliseconds: .min).milliseconds == 0)
        #expect(last.advanced(byMilliseconds: -1) - last == -1)
    }

    @Test(
        "A digest or a lab's name is 64 lower-case hexadecimal digits",
        arguments: [
            (String(repeating: "a", count: 64), true), (String(repeating: "A", count: 64), false),
            (String(repeating: "a", count: 63), false), (String(repeating: "g", count: 64), false),
            ("", false), (String(repeating: "é", count: 32), false),
        ])
    func digests(text: String, valid: Bool) {
        #expect((BlobDigest(text) != nil) == valid)
        #expect((LabID(text) != nil) == valid)
        #expect((TransactionID(text) != nil) == valid)
    }

    @Test("A plan asks for its tasks in order, and for nothing behind its end")
    func plans() {
        let plan = JobPlan([
            .init(task: .statistics, rounds: 1), .init(task: .train, rounds: 2),
            .init(task: .evaluate, rounds: 1),
        ])
        #expect(plan.rounds == 4)
        #expect(
            (0...5).map { plan.task(afterClosed: $0) } == [
                .statistics, .train, .train, .evaluate, nil, nil,
            ])
    }

    // MARK: - Quorums

    /// The table of the design: members, needed, safe with, live with.
    static let quorums = [
        (2, 2, 1, 0), (3, 3, 2, 0), (3, 2, 0, 1), (4, 3, 1, 1), (5, 4, 2, 1), (7, 5, 2, 2),
        (10, 7, 3, 3),
    ]

    @Test(
        "A quorum says with how many liars it is safe, and with how many absent it is live",
        arguments: quorums)
    func publishedQuorums(members: Int, needed: Int, liars: Int, absent: Int) throws {
        let quorum = try #require(Quorum(members: members, needed: needed))
        #expect(quorum.safeWithLiars == liars)
        #expect(quorum.liveWithAbsent == absent)
        #expect(
            quorum.description
                == "\(needed) of \(members): safe with up to \(liars) liars, "
                + "live with up to \(absent) absent")
    }

    @Test("Half of the members, or more than all, are no quorum", arguments: 1...20)
    func impossibleQuorums(members: Int) {
        for needed in 0...(members + 2) {
            let valid = 2 * needed > members && needed <= members
            #expect((Quorum(members: members, needed: needed) != nil) == valid)
        }
    }

    @Test(
        "A quorum is the least that withstands the liars it should, or everybody", arguments: 1...40
    )
    func leastQuorum(members: Int) {
        for faults in [FaultTolerance.third] + (0...12).map(FaultTolerance.exactly) {
            let quorum = Quorum(members: members, faults: faults)
            let liars = faults.liars(among: members)
            #expect(2 * quorum.needed > members)
            if quorum.needed < members {
                #expect(quorum.safeWithLiars >= liars)
                #expect(2 * (quorum.needed - 1) - members - 1 < liars, "one less would do")
            }
        }
        let third = Quorum(members: members, faults: .third)
        #expect(third.liveWithAbsent >= (members - 1) / 3, "the lab lives with as many absent")
    }

    // MARK: - Rules

    @Test("Rules print what they read, and what is left out keeps its default")
    func rules() throws {
        var rules = Rules()
        rules.faults = .exactly(3)
        rules.admission = .twoThirds
        rules.participantsMin = 1
        #expect(try Rules(rules.json) == rules)
        #expect(try Rules([:]) == Rules())
        #expect(try Rules(["faults": 0]).faults == .exactly(0))
    }

    @Test(
        "Rules out of their range are refused",
        arguments: [
            #"{"faults":"half"}"#, #"{"faults":101}"#, #"{"faults":-1}"#,
            #"{"admission":{"moreThan":[1,1]}}"#, #"{"admission":{"moreThan":[1]}}"#,
            #"{"admission":{"moreThan":[-1,2]}}"#, #"{"admission":{"moreThan":[1,0]}}"#,
            #"{"admission":{"moreThan":[1,1001]}}"#, #"{"admission":"majority"}"#,
            #"{"clockSkewMaxMilliseconds":99}"#, #"{"clockSkewMaxMilliseconds":3600001}"#,
            #"{"transactionLifetimeMaxMilliseconds":999}"#,
            #"{"proposalLifetimeMilliseconds":999}"#, #"{"validationsMin":-1}"#,
            #"{"participantsMin":0}"#, #"{"participantsMin":101}"#, #"{"unknown":1}"#, "[]",
        ])
    func badRules(text: String) throws {
        let json = try JSONValue(parsing: text)
        #expect(throws: JSONShapeError.self) { try Rules(json) }
    }
}
