/// What a policy becomes in the lab: terms of the library's dataset licence where it says no more
/// than they can, and otherwise a document of its own.
package enum LicenceTranslation: Sendable {
    case terms(DatasetLicenceTerms)
    /// With what the terms could not say.
    case document(ContractDraft, TermsMismatch)

    /// - Parameters:
    ///   - name: What a document of its own is called.
    ///   - digest: The SHA-256 of the import's original, in hex.
    package init(
        _ source: PolicyImport, names: LabNames = LabNames(), name: String, digest: String
    ) {
        do {
            self = .terms(try DatasetLicenceTerms(source.policy, names: names))
        } catch {
            self = .document(
                ContractDraft(
                    of: source.policy, named: name, names: names, original: source.original,
                    digest: digest), error)
        }
    }
}
