package import Contracts
package import Identity
package import Transport

extension Members {
    /// Whose key it is.
    package func caller(_ key: PublicKey) -> Caller {
        if let member = all.first(where: { $0.status == .active && $0.keys.signing == key }) {
            return .member(member.id)
        }
        let applicant = applications.sorted.first {
            $0.row.status == .open && $0.row.card.keys.signing == key
        }
        return applicant.map { .applicant($0.key) } ?? .stranger(key)
    }
}
