package import Encodings

/// How certain it is that an entry stays where it is.
package enum Stage: String, Comparable, CaseIterable, Sendable {
    /// The coordinator has signed a checkpoint over it.
    case sequenced
    /// A quorum of members' nodes has cosigned such a checkpoint.
    case certified
    /// A later certified checkpoint contains that certificate.
    case final

    package static func < (left: Stage, right: Stage) -> Bool {
        left.rank < right.rank
    }

    private var rank: Int {
        switch self {
        case .sequenced: 0
        case .certified: 1
        case .final: 2
        }
    }

    package var json: JSONValue { .string(rawValue) }
}

/// How far the ledger is certified, and how far it is final.
package struct Finality: Hashable, Sendable {
    /// A certificate that stands on the ledger.
    private struct Recorded: Hashable {
        let index: UInt64
        let size: UInt64
    }

    /// The largest checkpoint that a quorum is known to have cosigned.
    package private(set) var certifiedSize: UInt64 = 0
    /// The largest one whose certificate lies below a certified checkpoint.
    package private(set) var finalSize: UInt64 = 0
    /// Certificates that no certified checkpoint contains yet, in the order of the ledger.
    private var pending: [Recorded] = []

    package init() {}

    package func stage(of index: UInt64) -> Stage {
        index < finalSize ? .final : index < certifiedSize ? .certified : .sequenced
    }

    /// A certificate for a checkpoint stands on the ledger.
    package mutating func recorded(size: UInt64, at index: UInt64) {
        pending.append(Recorded(index: index, size: size))
        certified(size: size)
    }

    /// A quorum has cosigned a checkpoint.
    package mutating func certified(size: UInt64) {
        certifiedSize = max(certifiedSize, size)
        let contained = pending.prefix { $0.index < certifiedSize }
        finalSize = contained.reduce(finalSize) { max($0, $1.size) }
        pending.removeFirst(contained.count)
    }
}
