package import Contracts
import Crypto

/// Seeds that follow from the round, so that who repeats the work draws the same.
package enum RoundSeed {
    /// The same for all participants of a round.
    package static func shared(_ round: RoundID) -> UInt64 {
        seed("round \(round)")
    }

    /// A participant's own: the order of its rows, say.
    static func own(_ seed: UInt64, round: RoundID, member: MemberID) -> UInt64 {
        Self.seed("\(seed) \(round) \(member)")
    }

    /// Below 2⁵³, as all seeds on the ledger are.
    private static func seed(_ text: String) -> UInt64 {
        let digest = SHA256.hash(data: Array(text.utf8))
        let word = digest.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return word >> 11
    }
}
