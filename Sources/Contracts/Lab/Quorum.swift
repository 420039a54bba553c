package import Encodings

/// How many of N cosigners make a checkpoint certified.
///
/// Two quorums of q share at least 2q − N members. While at most 2q − N − 1 members lie, one of the
/// shared ones is honest, and it has signed one history only.
package struct Quorum: Hashable, Sendable, CustomStringConvertible {
    package let members: Int
    package let needed: Int

    /// - Returns: `nil` unless N/2 < q ≤ N: two quorums that need not meet decide nothing.
    package init?(members: Int, needed: Int) {
        guard needed <= members, 2 * needed > members else { return nil }
        self.members = members
        self.needed = needed
    }

    /// The least quorum that is safe with so many liars: ⌊(N + f)/2⌋ + 1, or all where that is
    /// more than there are.
    package init(members: Int, faults: FaultTolerance) {
        precondition(members >= 1, "a lab has a member")
        self.members = members
        needed = min(members, (members + faults.liars(among: members)) / 2 + 1)
    }

    /// The history cannot fork while at most so many members lie.
    package var safeWithLiars: Int { 2 * needed - members - 1 }
    /// The lab goes on while at most so many members are away.
    package var liveWithAbsent: Int { members - needed }

    package var description: String {
        "\(needed) of \(members): safe with up to \(safeWithLiars) liars, "
            + "live with up to \(liveWithAbsent) absent"
    }

    package var json: JSONValue {
        [
            "members": .integer(Int64(members)), "needed": .integer(Int64(needed)),
            "safeWithLiars": .integer(Int64(safeWithLiars)),
            "liveWithAbsent": .integer(Int64(liveWithAbsent)),
        ]
    }
}

/// How many lying members a lab's quorum is to withstand.
package enum FaultTolerance: Hashable, Sendable {
    /// As many as can be withstood while as many may be absent: ⌊(N − 1)/3⌋.
    case third
    case exactly(Int)

    package func liars(among members: Int) -> Int {
        switch self {
        case .third: (members - 1) / 3
        case .exactly(let liars): liars
        }
    }

    var json: JSONValue {
        switch self {
        case .third: "third"
        case .exactly(let liars): .integer(Int64(liars))
        }
    }

    init(_ fields: inout JSONFields, _ key: String) throws(JSONShapeError) {
        switch try fields.required(key) {
        case "third": self = .third
        case .integer(let liars) where (0...100).contains(liars): self = .exactly(Int(liars))
        default: throw fields.wrong(key, "should be \"third\" or a number from 0 to 100")
        }
    }
}
