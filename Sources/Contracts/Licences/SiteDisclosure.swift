import ContractLanguage
import Policy

/// How much of a training run leaves the data's owner for the job's owner to watch.
///
/// A licence says so in a term `reports`; one that does not allows the stages only, which the
/// ledger's own entries show nearly as well, and of a failure its code.
package enum SiteDisclosure: String, Comparable, CaseIterable, Sendable {
    case none
    case stages
    /// Also the share of the work that is done, and the throughput.
    case progress
    /// Also the trainer's own lines and errors, which may speak of the data.
    case messages

    package static func < (left: Self, right: Self) -> Bool {
        guard let first = allCases.firstIndex(of: left), let second = allCases.firstIndex(of: right)
        else { return false }
        return first < second
    }

    /// What a licence allows.
    package init(_ licence: Licence) {
        let contract = licence.contract
        guard case .string(let word)? = contract.instance.term("reports", in: contract.compiled)
        else {
            self = .stages
            return
        }
        // A word that this version does not know allows nothing.
        self = Self(rawValue: word) ?? .none
    }
}
