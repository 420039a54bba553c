package import Contracts
package import MerkleLog

extension TrustPolicy {
    /// The policy that a lab's present members make: its logs, one for each epoch, its cosigners,
    /// its quorum. No quorum of honest members cosigns what an old log signs now.
    ///
    /// Whoever is to trust a checkpoint offline takes it from somebody it trusts, beforehand.
    package init(of state: LabState) throws(TrustPolicyError) {
        let set = state.cosigners.newest[0]
        let witnesses = set.verifiers(of: state.lab.origin).sorted { $0.key < $1.key }.map {
            Witness(name: Self.word($0.key.text), key: $0.value)
        }
        let quorum = Self.word("quorum-of-members")
        try self.init(
            logs: state.lab.epochs.map { Log(key: $0.logVerifier) }, witnesses: witnesses,
            groups: [
                Group(
                    name: quorum, threshold: .atLeast(set.quorum.needed),
                    parts: witnesses.map(\.name))
            ], quorum: .of(quorum))
    }

    private static func word(_ text: String) -> PolicyWord {
        guard let word = PolicyWord(text) else {
            preconditionFailure("a member's name is made of letters, digits and hyphens: \(text)")
        }
        return word
    }
}
