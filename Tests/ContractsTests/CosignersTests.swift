import Encodings
import Identity
import Testing

@testable import Contracts

/// Who may cosign what, while membership changes.
@Suite struct CosignersTests {
    private func set(_ names: String, faults: FaultTolerance = .third) throws -> CosignerSet {
        CosignerSet(
            keys: Dictionary(
                uniqueKeysWithValues: try names.map {
                    (try MemberID("\($0)"), TestLab.MemberSecrets("\($0)").keys.cosigner)
                }), faults: faults)
    }

    /// The names of the sets that decide, the one in force first.
    private func names(_ cosigners: Cosigners, _ size: UInt64) -> [String] {
        cosigners.deciding(size: size).map { $0.keys.keys.map(\.text).sorted().joined() }
    }

    @Test("A change takes effect in two certified steps, and not before")
    func twoSteps() throws {
        var cosigners = Cosigners(founding: try set("ab"))
        #expect(!cosigners.isChanging)
        cosigners.record(try set("abc"), at: 10)
        #expect(cosigners.isChanging)
        #expect(names(cosigners, .max) == ["ab"])
        // A certificate of a checkpoint before the change says nothing about it.
        cosigners.certified(size: 9, at: 11)
        #expect(names(cosigners, .max) == ["ab"])
        cosigners.certified(size: 10, at: 12)
        #expect(names(cosigners, 12) == ["ab"])
        #expect(names(cosigners, 13) == ["abc", "ab"])
        // Nor one of a checkpoint before both had to sign.
        cosigners.certified(size: 12, at: 14)
        #expect(names(cosigners, .max) == ["abc", "ab"])
        #expect(cosigners.isChanging)
        cosigners.certified(size: 13, at: 15)
        #expect(names(cosigners, 15) == ["abc", "ab"])
        #expect(names(cosigners, 16) == ["abc"])
        #expect(!cosigners.isChanging)
    }

    @Test("Changes that come together are taken together")
    func severalAtOnce() throws {
        var cosigners = Cosigners(founding: try set("a"))
        cosigners.record(try set("ab"), at: 4)
        cosigners.record(try set("abc"), at: 6)
        cosigners.record(try set("bc"), at: 8)
        cosigners.certified(size: 6, at: 9)
        // The last change came later than what was certified.
        #expect(names(cosigners, .max) == ["abc", "a"])
        cosigners.certified(size: 11, at: 12)
        #expect(names(cosigners, .max) == ["abc"])
        #expect(cosigners.isChanging)
        cosigners.certified(size: 14, at: 15)
        #expect(names(cosigners, .max) == ["bc", "abc"])
        cosigners.certified(size: 17, at: 18)
        #expect(names(cosigners, .max) == ["bc"])
        #expect(!cosigners.isChanging)
    }

    @Test("A change during a change waits until the first is through")
    func changeDuringAChange() throws {
        var cosigners = Cosigners(founding: try set("abc"))
        cosigners.record(try set("abcd"), at: 4)
        cosigners.certified(size: 4, at: 5)
        cosigners.record(try set("bcd"), at: 7)
        #expect(names(cosigners, .max) == ["abcd", "abc"])
        cosigners.certified(size: 7, at: 8)
        #expect(names(cosigners, .max) == ["abcd"])
        cosigners.certified(size: 10, at: 11)
        #expect(names(cosigners, .max) == ["bcd", "abcd"])
        cosigners.certified(size: 13, at: 14)
        #expect(names(cosigners, .max) == ["bcd"])
    }

    @Test("A change that is taken back before it is certified was none")
    func thereAndBack() throws {
        var cosigners = Cosigners(founding: try set("ab"))
        cosigners.record(try set("a"), at: 4)
        cosigners.record(try set("ab"), at: 6)
        cosigners.certified(size: 6, at: 7)
        #expect(names(cosigners, .max) == ["ab"])
        #expect(!cosigners.isChanging)
        // One that is taken back half-way goes both ways.
        cosigners.record(try set("a"), at: 9)
        cosigners.certified(size: 9, at: 10)
        cosigners.record(try set("ab"), at: 12)
        cosigners.certified(size: 12, at: 13)
        #expect(names(cosigners, .max) == ["a"])
        cosigners.certified(size: 15, at: 16)
        #expect(names(cosigners, .max) == ["ab", "a"])
    }

    @Test("A new key or another quorum is a change like any other")
    func keysAndQuorums() throws {
        var cosigners = Cosigners(founding: try set("abcd"))
        var keys = try set("abcd").keys
        keys[try MemberID("a")] = TestLab.MemberSecrets("a again").keys.cosigner
        let rotated = CosignerSet(keys: keys, faults: .third)
        cosigners.record(rotated, at: 4)
        cosigners.certified(size: 4, at: 5)
        #expect(cosigners.deciding(size: .max) == [rotated, try set("abcd")])
        #expect(cosigners.keys(of: try MemberID("a")).count == 2)
        cosigners.certified(size: 6, at: 7)
        #expect(cosigners.deciding(size: .max) == [rotated])

        let unanimous = CosignerSet(keys: keys, faults: .exactly(3))
        cosigners.record(unanimous, at: 9)
        cosigners.certified(size: 9, at: 10)
        #expect(cosigners.deciding(size: .max).map(\.quorum.needed) == [4, 3])
    }

    @Test("The same set at the end of every batch is no change")
    func noChange() throws {
        var cosigners = Cosigners(founding: try set("ab"))
        for size in stride(from: 4 as UInt64, to: 40, by: 2) {
            cosigners.record(try set("ab"), at: size)
        }
        #expect(!cosigners.isChanging)
        var writes: [StateWrite] = []
        cosigners.drainWrites(into: &writes)
        #expect(writes.map(\.key) == ["cosigners"])
        #expect(writes.first?.row?["arrivals"] == [])
    }

    @Test("Members come and go through the machine as through the rules")
    func throughTheState() throws {
        var lab = try TestLab([("ada", [.dataOwner])])
        try lab.apply(ApplyForMembership(card: try TestLab.card("bo")), by: "bo")
        try lab.pass("p-1", by: ["ada"])
        #expect(lab.state.cosigners.newest.map(\.keys.count) == [1])
        lab.endBatch()
        let admitted = lab.index
        #expect(lab.state.cosigners.isChanging)
        lab.state.certified(size: admitted, at: lab.index)
        #expect(lab.state.cosigners.newest.map(\.keys.count) == [2, 1])
        lab.endBatch()
        lab.state.certified(size: lab.index, at: lab.index + 1)
        #expect(lab.state.cosigners.newest.map(\.keys.count) == [2])
        #expect(lab.state.cosigners.newest.map(\.quorum.needed) == [2])
    }

    // MARK: - Every small history

    /// A history with the batch ends that could be certified.
    private struct Branch {
        var cosigners: Cosigners
        var size: UInt64 = 2
        var ends: [UInt64] = [2]
        var covered: UInt64 = 0
        var members: CosignerSet

        /// A batch after which these are the members.
        mutating func batch(_ set: CosignerSet) {
            size += 2
            members = set
            cosigners.record(set, at: size)
            ends.append(size)
        }

        /// A batch with the certificate of an earlier batch's end.
        mutating func record(_ end: UInt64) {
            cosigners.certified(size: end, at: size)
            covered = end
            size += 2
            cosigners.record(members, at: size)
            ends.append(size)
        }
    }

    /// What two histories that part after a common beginning might ask for when they certify the
    /// first checkpoint that the other does not have.
    private func firstDemands(
        after common: Branch, sets: [CosignerSet], steps: Int
    ) -> Set<[CosignerSet]> {
        var demands: Set<[CosignerSet]> = []
        func extend(_ branch: Branch, _ left: Int) {
            if branch.size > common.size {
                demands.insert(branch.cosigners.deciding(size: branch.size))
            }
            guard left > 0 else { return }
            for set in sets where set != branch.members {
                var next = branch
                next.batch(set)
                extend(next, left - 1)
            }
            // Only what the common beginning had certified can be recorded before the first
            // certificate of one's own.
            for end in common.ends where end >= branch.covered {
                var next = branch
                next.record(end)
                extend(next, left - 1)
            }
        }
        extend(common, steps)
        return demands
    }

    /// Whether honest members, each on one side only, with liars on both, could satisfy both.
    private func canConflict(_ left: [CosignerSet], _ right: [CosignerSet]) -> Bool {
        let people = Array(Set((left + right).flatMap(\.keys.keys))).sorted()
        let masks = { (sets: [CosignerSet]) in
            sets.map { set -> (mask: Int, quorum: Quorum) in
                let mask = people.enumerated().reduce(0) {
                    $0 | (set.keys[$1.element] == nil ? 0 : 1 << $1.offset)
                }
                return (mask, set.quorum)
            }
        }
        let (left, right) = (masks(left), masks(right))
        for liars in 0..<1 << people.count {
            let tolerated = (left + right).allSatisfy {
                (liars & $0.mask).nonzeroBitCount <= $0.quorum.safeWithLiars
            }
            guard tolerated else { continue }
            for side in 0..<1 << people.count where side & liars == 0 {
                let other = ~side & ~liars
                let meets = { (sets: [(mask: Int, quorum: Quorum)], signers: Int) in
                    sets.allSatisfy {
                        ($0.mask & signers).nonzeroBitCount >= $0.quorum.needed
                    }
                }
                if meets(left, side | liars), meets(right, other | liars) { return true }
            }
        }
        return false
    }

    private struct Pair: Hashable {
        let left: [CosignerSet]
        let right: [CosignerSet]
    }

    @Test(
        "No two histories of the same lab are certified, however membership changes on either",
        arguments: [
            ["a", "b", "ab"], ["abc", "bcd", "abcd"], ["ab", "cd", "abcd"], ["a", "abcd", "de"],
        ])
    func noTwoHistories(family: [String]) throws {
        let sets = try family.map { try set($0) }
        var checked: Set<Pair> = []
        var histories = 0
        func search(_ common: Branch, _ left: Int) {
            histories += 1
            let demands = firstDemands(after: common, sets: sets, steps: 3)
            for one in demands {
                for other in demands where checked.insert(Pair(left: one, right: other)).inserted {
                    #expect(!canConflict(one, other), "\(one.map(\.json)) \(other.map(\.json))")
                }
            }
            guard left > 0 else { return }
            for set in sets where set != common.members {
                var next = common
                next.batch(set)
                search(next, left - 1)
            }
            for end in common.ends where end > common.covered {
                var next = common
                next.record(end)
                search(next, left - 1)
            }
        }
        for founders in sets {
            search(Branch(cosigners: Cosigners(founding: founders), members: founders), 4)
        }
        #expect(histories > 500)
        #expect(checked.count > 5)
    }

    @Test("Without two steps there would be two histories: the search finds what it looks for")
    func theSearchFindsConflicts() throws {
        #expect(canConflict([try set("a")], [try set("b")]))
        #expect(canConflict([try set("abc")], [try set("cde")]))
        #expect(!canConflict([try set("abc"), try set("bcd")], [try set("bcd")]))
        #expect(!canConflict([try set("abcd")], [try set("abcd")]))
    }
}
